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
/** What was taken in. */
struct taken {
    int students;           /**< that were found */
    int programs;           /**< of theirs */
    int together;           /**< students who came in several arguments, which were taken together */
    char one_together[200]; /**< the first of these */
};

/** Takes in one SUBMISSION argument. @p one, what is returned and *problem: see submissions_read(). */
int intake_read(struct intake *intake, const struct world *world, const char *argument, bool one, const char **problem);
/** Makes submissions and units of what was read, and chooses the lessons if @p terms names none. A program that a student has not
 *  handed in this time stays as it was before. */
void intake_finish(struct intake *intake, struct terms *terms, struct taken *told);
