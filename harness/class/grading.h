/**
 * @file
 * Grades what is open in a gradebook: each unit by a process of its own, which does what `sockeye check` does.
 */
#pragma once

#include <sqlite3.h>

#include "class/intake.h"

/** How it is done. */
struct grading_plan {
    sqlite3 *db;
    const struct terms *terms;
    const struct world *world;
    int jobs;   /**< checks side by side, of all units together; 0: as many as the machine carries */
    int shard;  /**< only these units: the I-th of N parts, from 1; */
    int shards; /**< and N */
};

/** What came of it. */
struct graded {
    int units;  /**< graded now */
    int kept;   /**< that had a verdict from before */
    int faults; /**< that have none but a fault in the end */
    int again;  /**< that were tried a second time, alone, since the machine had been too busy */
    double seconds;
    int open;            /**< not graded, since a signal has interrupted it, or it could not go on */
    const char *problem; /**< why it could not go on, or NULL */
};

/** Grades. Each verdict is kept before the next unit is begun in its place. */
struct graded grade_class(const struct grading_plan *plan);
