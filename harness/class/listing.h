/**
 * @file
 * What a folder or an archive holds, as a list of paths that nobody can be led outside by.
 *
 * Used thus: listing_add() for each entry, listing_sort(), then the questions.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "class/names.h"

enum entry_kind {
    ENTRY_FILE,
    ENTRY_FOLDER,
    ENTRY_SYMLINK,
    ENTRY_HARDLINK,
    ENTRY_DEVICE,
    ENTRY_FIFO,
    ENTRY_SOCKET,
    ENTRY_UNKNOWN,
};

/** One entry. The listing owns its texts. */
struct entry {
    size_t number;  /**< of its archive: the first is 0 */
    char *path;     /**< as it is shown: see name_shown(). No "", "." or ".." in it unless it leads astray */
    char *raw;      /**< a folder's: the bytes by which the kernel knows it */
    char *problem;  /**< why it can't be taken; NULL */
    char *own;      /**< within the student's own; NULL before the roster is made */
    long long size; /**< bytes; -1: not told */
    time_t time;    /**< of its last change; 0: not told */
    int owner;      /**< whose it is, in the roster; -1: nobody's */
    int version;    /**< the platform's count of what is handed in again */
    enum entry_kind kind;
    enum name name;
    bool astray; /**< its path leads outside */
    bool done;   /**< it was told */
};

struct listing {
    struct entry *entry;
    size_t count, room;
    struct entry **sorted; /**< by path */
};

/** Adds an entry; @p raw: see above, or NULL. A path that leads astray or can't be right becomes a problem of the
 *  entry, and so does what is no file, or too large. Returns the entry, or NULL if there is no memory. */
struct entry *listing_add(struct listing *listing, const char *path, size_t length, bool raw, enum entry_kind kind,
                          long long size);
/** Sets a problem, unless there is one. */
void entry_problem(struct entry *entry, const char *problem);
/** Call it when all are added. Returns -1 if there is no memory. */
int listing_sort(struct listing *listing);
void listing_free(struct listing *listing);

/** What lies directly in one folder of it. */
struct top {
    const char *folder;    /**< the first folder's name, up to a '/' or its end; NULL: there is none */
    size_t folder_length;  /**< of that name */
    const char *archive;   /**< the first archive's path; NULL */
    bool more_folders;     /**< than that one */
    bool more_archives;    /**< than that one */
    bool sources, lessons; /**< a *.c; a folder NN-name */
    bool metadata;         /**< Gradescope's */
    bool moodle;           /**< at least one of Moodle's names */
    bool canvas;           /**< more of Canvas's names than of others */
};

/** Looks at the folder @p prefix ("" or ending with '/'). */
struct top listing_top(const struct listing *listing, const char *prefix);
/** The entries below @p prefix, in order of their paths: the first of them, and how many. */
struct entry **listing_below(const struct listing *listing, const char *prefix, size_t *count);
/** Several folders in it that are no lessons hold lessons, or sources of one name: it is a class, whatever lies beside them. */
bool listing_has_students(const struct listing *listing, const char *prefix);
/** Where a student's own begins at or below @p prefix: folders that hold nothing but one folder are gone through. The
 *  caller frees it; NULL if there is no memory. */
char *listing_unwrap(const struct listing *listing, const char *prefix);
