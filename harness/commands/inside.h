/**
 * @file
 * What `sockeye check` does beside grading when one wants to look inside a check: --pcap and --debug.
 */
#pragma once

#include <jansson.h>

#include "report/screen.h"
#include "run/grade.h"

struct inside {
    const char *pcap;  /**< the file that the packets go to; NULL: none */
    const char *debug; /**< stop the program of this name in gdb, "" the first that is run; NULL: none */
};

/** Once plan's checks are chosen: says what is wrong with the request. Returns 0 or an exit status. */
int inside_wrong(const struct inside *inside, const struct plan *plan);
/** Once plan's world is chosen: sets plan's capture and debug, or says what can't be had here. Returns 0 or an exit status. */
int inside_begin(const struct inside *inside, struct plan *plan);
/** Gives the terminal back as it was before gdb. */
void inside_restore(void);
/** Says, below the report, what came of it. NULL for a document: the run was interrupted. */
void inside_end(const struct inside *inside, struct plan *plan, const json_t *document, const struct screen *screen);
