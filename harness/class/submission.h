/**
 * @file
 * What was handed in: folders and archives, as learning platforms give them out, read without trust.
 *
 * Archives are read with libarchive in a world of their own (class/unpacker.c), which sees nothing but the archive and
 * hands back what it finds; nothing is ever unpacked into a file system. Links are not followed, and of what is
 * no C source nothing is taken.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "run/world.h"

/** Limits: what is beyond them is passed over, and said. */
enum {
    HANDED_IN_FILE_MAX = 4 << 20,   /**< bytes of one source */
    HANDED_IN_TOTAL_MAX = 64 << 20, /**< bytes taken of one student */
    HANDED_IN_FILES_MAX = 2000,     /**< files of one student */
    HANDED_IN_DEPTH_MAX = 16,       /**< folders in each other */
    HANDED_IN_NESTED_MAX = 2,       /**< archives in each other */
    HANDED_IN_ARCHIVES_MAX = 20,    /**< archives in one student's own */
    HANDED_IN_SECONDS_MAX = 15,     /**< seconds for all of these */
};

/** Who handed it in: as much as its place tells. Texts are UTF-8, "" where they are not known. */
struct student {
    const char *
        key; /**< names the student in this class: the folder's or the archive's name, without what a platform adds. No two
                   of one call have the same: the second becomes "Ada (12)", by the platform's number, or "ada (2)" */
    const char *name; /**< as people write it */
    const char *id;   /**< the platform's number */
    const char *login;
    const char *email;
};

/** One thing that was found. A student's things may come between those of others. What can't be told to be anybody's is
 *  told of a student whose key is the argument's name: "class.zip". All belongs to the reader, and is there only during the call. */
struct handed_in {
    const struct student *student;
    const char *place; /**< where: "class.zip: Ada Lovelace_12_assignsubmission_file_/07-fork-server/fork_server.c" */
    const char *path;  /**< within the student's own: "07-fork-server/fork_server.c" */
    time_t time;       /**< when it was handed in or last changed, the best that is known; 0: unknown */
    const char *data;  /**< a source's bytes, any bytes; NULL if there is a problem instead */
    size_t length;
    const char *problem; /**< why it was passed over, for people: "a symbolic link", "the archive is broken: …"; NULL */
    bool nobodys;        /**< @p student is no student: it can't be told whose it is */
};

typedef void handed_in_function(void *context, const struct handed_in *found);

/**
 * Reads one SUBMISSION argument (a student's folder, a folder of students, a student's archive, an archive of all) and tells
 * each source and each problem. A student of whom there is nothing but an empty place is told once, with a problem.
 * Returns how many students there were, or -1 with *problem (for people; static) if the argument itself can't be read. If an archive
 * of several students can't be read to its end, *problem says why, too; else it is NULL.
 * @p one: where a folder with nothing but a folder in it can be a class of one or a student's, it is a student's.
 */
int submissions_read(const struct world *world, const char *argument, bool one, handed_in_function *tell, void *context,
                     const char **problem);
