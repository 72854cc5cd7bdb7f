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
};

struct kit {
    struct path root;   /**< where lessons/ and solutions/ are */
    struct path worker; /**< the worker's executable */
    bool is_installed;  /**< by `make install`: then nothing of a user's lies in root */
    struct lesson lesson[LESSONS_MAX];
    int lessons;
};

/** Finds the kit around the running executable and reads its lessons. Returns -1 with *problem for people. */
int kit_find(struct kit *kit, const char **problem);
/** The lesson that a word names: "7", "07", "07-fork-server" or "fork-server"; NULL if there is none. */
const struct lesson *kit_lesson(const struct kit *kit, const char *word);
/** Points that a lesson can give. */
int lesson_points(const struct lesson *lesson);
