/**
 * @file
 * The lessons of a kit: a lesson is a folder, and everything that is known of it is read from there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "run/path.h"

enum { LESSONS_MAX = 64, LESSON_PROGRAMS_MAX = 4 };

struct lesson {
    int number;
    char folder[64];                       /**< "07-fork-server" */
    const char *name;                      /**< "fork-server", inside folder */
    char title[96];                        /**< the chapter's, without "Lesson 7: " */
    char summary[300];                     /**< the chapter's first sentence */
    char program[LESSON_PROGRAMS_MAX][48]; /**< the .c files but check.c and peer.c, without ".c" */
    int programs;
    bool is_own; /**< it is not the kit's, but lies in its own folder (run/own.h) */
    int checks;  /**< of such a lesson: the descriptor of its checks, a shared object */
};

struct kit {
    struct path root;   /**< where lessons/ and solutions/ are */
    struct path worker; /**< the worker's executable */
    struct path own;    /**< where lessons are that are not the kit's; "" if there are none */
    bool is_installed;  /**< by `make install`: then nothing of a user's lies in root */
    struct lesson lesson[LESSONS_MAX];
    int lessons;
};

/** Finds the kit around the running executable and reads its lessons. Returns -1 with *problem for people. */
int kit_find(struct kit *kit, const char **problem);
/**
 * Adds the lessons that lie in @p folder, NN-name/ each, to those of the kit; their solutions are in solutions/NN-name/ there. What
 * is no lesson, or has a number that another has, is not passed over: returns -1 with *problem for people.
 */
int kit_add_lessons(struct kit *kit, const char *folder, const char **problem);
/** The folder of a lesson: its chapter, skeleton, hints and checks. */
struct path lesson_path(const struct kit *kit, const struct lesson *lesson);
/** The folder with the folder of a lesson's solution. */
struct path lesson_solutions(const struct kit *kit, const struct lesson *lesson);
/** The lesson that a word names: "7", "07", "07-fork-server" or "fork-server"; NULL if there is none. */
const struct lesson *kit_lesson(const struct kit *kit, const char *word);
/** Points that a lesson can give. */
int lesson_points(const struct lesson *lesson);
