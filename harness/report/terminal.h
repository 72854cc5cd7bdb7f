/**
 * @file
 * A result document as a person reads it in a terminal.
 */
#pragma once

#include <jansson.h>

#include "report/screen.h"

/** How much of it. */
struct report_options {
    bool trace;        /**< the whole wire diagram of every check */
    const char *typed; /**< what is typed to run sockeye, for the commands that it names */
    const char *work;  /**< " --work DIR" or "", for the commands that it names */
};

/** Prints every lesson: the first failure in full, the other checks a line each. */
void report_document(const struct screen *screen, const json_t *document, const struct report_options *options);
/** Prints what stands below a check that failed: its wire diagram, what was expected and observed, what to think about. */
void report_failure(const struct screen *screen, const json_t *check, const char *seed,
                    const struct report_options *options);
