/**
 * @file
 * A result document as a person reads it in a terminal.
 */
#pragma once

#include <jansson.h>

#include "report/screen.h"

/** How much of it. */
struct report_options {
    bool trace;         /**< the whole wire diagram of every check */
    const char *typed;  /**< what is typed to run sockeye, for the commands that it names */
    const char *work;   /**< " --work DIR" or "", for the commands that it names */
    bool chosen;        /**< only some checks were played: a hint names the check that it is on */
    bool failure_first; /**< the first failure before all else, and no commands: for a screen with keys */
    int steps;          /**< of its conversation, the last ones; 0: as many as are usual */
};

/** Prints every lesson: the first failure in full, the other checks a line each. */
void report_document(const struct screen *screen, const json_t *document, const struct report_options *options);
/** Prints what stands below a check that failed: its wire diagram, what was expected and observed, what to think about. */
void report_failure(const struct screen *screen, const json_t *check, const char *seed,
                    const struct report_options *options);
/** The first check of a lesson that failed, or NULL. */
const json_t *report_first_failure(const json_t *lesson);
/** Prints one line: a check, what became of it, and its points. */
void report_line(const struct screen *screen, const json_t *check);
/** Prints what a check found: its conversation, the last @p steps of it (0: all), and what was expected and observed. */
void report_findings(const struct screen *screen, const json_t *check, int steps);
