/**
 * @file
 * From what was handed in to what is to be graded: takes sources into the gradebook, finds each lesson's programs among
 * them, and names the units of work.
 */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "class/gradebook.h"
#include "run/lesson.h"
#include "run/world.h"

/** What the units of a class depend on besides the sources. */
struct terms {
    const struct kit *kit;
    const struct lesson
        *lesson[LESSONS_MAX]; /**< that are graded; none: those of which somebody has handed in a program */
    int lessons;
    uint64_t seed;
    bool memcheck;
    bool is_private;
};

struct intake;

/** Begins to take in: nothing of it is seen in the gradebook before intake_finish(). */
struct intake *intake_begin(sqlite3 *db);
/** Takes in one SUBMISSION argument; the same path of the same student counts as it came last. Returns how many students it had,
 *  or -1 with *problem. */
int intake_read(struct intake *intake, const struct world *world, const char *argument, const char **problem);
/** Makes submissions and units of what was read, and chooses the lessons if @p terms names none. Returns how many students were
 *  read. */
int intake_finish(struct intake *intake, struct terms *terms);
