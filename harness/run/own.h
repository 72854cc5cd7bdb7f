/**
 * @file
 * Lessons of one's own: those in a folder that is not the kit's (`--lessons DIR`, SOCKEYE_LESSONS).
 *
 * DIR/NN-name/ holds what lessons/NN-name/ holds in the kit, and DIR/solutions/NN-name/ a solution. The checks (check.c) and the
 * peer (peer.c, if there is one) are compiled here, with the kit's headers, into shared objects, which lie where builds are kept
 * (run/build.h) and are made anew when their source, the compiler or this kit changes. They are their author's code and run as
 * sockeye itself does: only what was handed in is caged.
 *
 * A worker gets its lesson's checks as a descriptor. So no file of them is in the world in which a program could read it.
 */
#pragma once

#include "run/lesson.h"

/**
 * Adds the lessons in @p folder to the kit, with their checks and peers. Returns -1 with *problem, for people and perhaps of several
 * lines: what is no lesson, or the compiler's words.
 */
int own_lessons(struct kit *kit, const char *folder, const char **problem);
