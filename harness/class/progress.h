/**
 * @file
 * How far a long run is: a line that is drawn again and again on a terminal, plain lines now and then elsewhere. On stderr.
 */
#pragma once

#include <stdbool.h>

struct progress {
    int total;
    int done;
    double began; /**< monotonic seconds */
    double told;  /**< when it was last said */
    bool on_terminal;
};

struct progress progress_begin(int total);
/** One more is done; @p what says which. */
void progress_step(struct progress *progress, const char *what);
/** Clears the line, before something else is said. */
void progress_clear(const struct progress *progress);
