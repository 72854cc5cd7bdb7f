/**
 * @file
 * Skeletons, and how they come into the work folder: never over anything that lies there.
 *
 * Each file is written under another name first and gets its own when it is whole, so that a full disk or a kill
 * loses nothing.
 */
#pragma once

#include <stdbool.h>

#include "run/lesson.h"

/** Where a program of a lesson is worked on: WORK/NN-name/NAME.c. */
struct path skeleton_work(const struct kit *kit, const struct lesson *lesson, int program);

/** True if every program of the lesson is in the work folder, just as the skeleton has it. */
bool skeleton_untouched(const struct kit *kit, const struct lesson *lesson);

/** Puts the skeletons that the work folder lacks there. Returns how many, or -1 with *problem for people. */
int skeleton_start(const struct kit *kit, const struct lesson *lesson, const char **problem);

/**
 * Puts one skeleton back. What lay there is kept beside it as NAME.c.1 (.2, …: the first that is free), and @p kept
 * gets that path; it comes out empty if nothing lay there. Returns 1, 0 if there is nothing to change, or -1 with
 * *problem for people.
 */
int skeleton_reset(const struct kit *kit, const struct lesson *lesson, int program, struct path *kept,
                   const char **problem);
