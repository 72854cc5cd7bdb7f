/**
 * @file
 * Programs of a class that are alike: a hint for people, who look at them side by side. It is never part of a mark.
 *
 * Compared are the newest programs of all students, each program with its namesakes, by their fingerprints
 * (class/fingerprint.h). What the kit itself gives (skeletons, solutions, the chapters' C) counts for nothing, and neither does
 * what many of the class have. Nothing is kept: the answer is worked out from the gradebook's sources each time.
 */
#pragma once

#include <jansson.h>
#include <sqlite3.h>

#include "run/lesson.h"

enum {
    SIMILAR_SHARE = 20,        /**< percent of the fingerprints of one of the two: less is not told */
    SIMILAR_PRINTS = 12,       /**< that both have, at least */
    SIMILAR_PAIRS_MAX = 100,   /**< that are told of a program, the best */
    SIMILAR_COMMON_MIN = 10,   /**< a fingerprint is common if more students have it than these, … */
    SIMILAR_COMMON_SHARE = 25, /**< … and than these percent of those who handed the program in */
    SIMILAR_TEXT_MAX = 200000, /**< bytes of a source that are shown */
};

typedef void similar_function(void *context, json_t *program);

/**
 * Tells each program of which at least one pair is alike, in the order of lessons and programs:
 *
 *     {"lesson": "07-fork-server", "program": "fork_server", "students": 200, "found": 3,
 *      "pairs": [{"students": ["ada", "bob"], "names": ["Ada L.", "bob"], "share": [93, 71], "prints": 120,
 *                 "runs": [[[12, 40], [15, 44]], …]}, …],
 *      "sources": {"ada": "…", "bob": "…"}}
 *
 * `share` is, for each of the two, how many percent of its own fingerprints the other has as well; the pairs stand in the order
 * of the larger share, and `found` counts those too that are beyond SIMILAR_PAIRS_MAX. `runs` are first and last lines, of the
 * one and of the other, in the order of the first one's lines. `sources` has a text for each student of `pairs`: bytes
 * that are no UTF-8 are replaced, and it ends after SIMILAR_TEXT_MAX bytes.
 *
 * The value is the teller's and lives during the call. Without memory, ends sockeye with status 3 after saying so.
 */
void similar_programs(sqlite3 *db, const struct kit *kit, similar_function *tell, void *context);
