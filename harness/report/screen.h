/**
 * @file
 * A terminal, or what stands for one: its width, its colours, and whether it can show more than ASCII.
 *
 * Colour only on a terminal and without NO_COLOR (no-color.org), unless --color says otherwise; every mark is a word or a
 * sign of its own besides. A linear screen is read aloud, by a screen reader: a statement a line, no columns, no drawings.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct screen {
    FILE *file;
    int width; /**< columns, from 60 to 100 */
    bool colour;
    bool unicode;
    bool linear; /**< asked for with --linear or SOCKEYE_LINEAR */
};

enum paint { PLAIN, GOOD, BAD, DIM, BOLD, HINT };

enum colours { COLOURS_AUTO, COLOURS_ALWAYS, COLOURS_NEVER };

/** What was asked for, for every screen that is made from now on. */
void screen_choose_colours(enum colours colours);
void screen_choose_linear(void);
/** Looks at stdout and the environment. Calls setlocale(). */
struct screen screen_of_stdout(void);
/** Starts a colour, or ends it with PLAIN; nothing without colours. */
void screen_paint(const struct screen *screen, enum paint paint);
/** What starts that colour, "" without colours: for a label. */
const char *screen_code(const struct screen *screen, enum paint paint);
/** Prints @p text, made safe and broken at spaces, with @p indent columns before each line; a label stands in the
 *  first indentation. On a linear screen: the label, a colon and all of the text. */
void screen_paragraph(const struct screen *screen, int indent, const char *label, const char *text);
/** Prints a label and, from column @p indent on, a text that is not broken: a path or a command, to be copied. */
void screen_item(const struct screen *screen, int indent, const char *label, const char *text);
/** Columns that a UTF-8 text takes; colours in it take none. */
int screen_columns(const char *text);
/** What the screen can show of @p text: control characters but newline and tab as octal escapes, since what a program or
 *  its source says must not speak to the terminal; and on a screen for ASCII alone, ASCII. The caller frees it. */
char *screen_safe(const struct screen *screen, const char *text);
/** Chooses between two signs. */
const char *screen_sign(const struct screen *screen, const char *unicode, const char *ascii);
/** Prints @p text, made safe, cut to @p columns with an ellipsis, and filled up to them with spaces; on a linear screen, all
 *  of it and nothing more. */
void screen_cell(const struct screen *screen, const char *text, int columns);
