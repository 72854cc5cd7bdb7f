/**
 * @file
 * A terminal that is taken over for a while: on its other screen, a text of which as many lines are shown as fit, and
 * two lines at the foot.
 *
 * Keys come one by one and are not shown; Control-C and Control-Z still send their signals. The terminal is given back by
 * fullscreen_leave(), and when the process ends without that, even by SIGKILL: a small process of its own waits for it.
 */
#pragma once

#include <stdbool.h>

/** Takes stdin's and stdout's terminal. Returns -1 with errno if it can't. */
int fullscreen_enter(void);
/** Gives the terminal back as it was. */
void fullscreen_leave(void);
/** Lines that are left for the text. */
int fullscreen_rows(void);
/**
 * Draws. @p text: lines, which may have colours; one that is too long goes on in the next line. @p top: how many lines
 * are scrolled away, which is brought into range. @p foot: two lines, cut to the width.
 */
void fullscreen_show(const char *text, int *top, const char *const foot[2]);
