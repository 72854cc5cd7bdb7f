/**
 * @file
 * The middle of class/submission.h: one SUBMISSION that is being read, what is told of it, and the archives in it.
 *
 * For an archive, or a folder: a listing, a roster of it, accounts for the members, and then each entry once.
 */
#pragma once

#include "class/account.h"
#include "class/listing.h"
#include "class/roster.h"
#include "class/submission.h"

/** One call of submissions_read(). */
struct reading {
    const struct world *world;
    handed_in_function *tell;
    void *context;
    const char *argument;
    bool one; /**< see submissions_read() */
    struct roster roster;
    struct account *account; /**< of each member of the roster */
    json_t *metadata;
    char *metadata_problem; /**< NULL: none */
    const char *fault;      /**< why it can't go on, and nothing more is told; NULL */
    const char *cut;        /**< why not all students of an archive were found; NULL */
};

/** A folder or an archive that is being read. */
struct container {
    struct reading *reading;
    struct listing listing;
    int folder;          /**< its descriptor; -1: it is an archive */
    const char *place;   /**< what its paths are shown behind: "class.zip: " */
    const char *own;     /**< what a student's own paths begin with: the folder that an archive lies in */
    time_t time;         /**< an archive: of its own last change; 0: not known, or it is many students' */
    int nested;          /**< archives that it lies in, itself counted */
    struct entry *entry; /**< an archive: the entry that is due */
    size_t last;         /**< an archive: behind the number of the last entry whose data are wanted */
    const char *problem; /**< an archive: why its end was not reached */
    int metadata;        /**< an archive: a file with Gradescope's; -1: none */
    int metadata_depth;  /**< folders that it lies in */
};

/** Tells one thing of the member @p owner; of many problems only the first, and all are counted. */
void reading_tell(struct reading *reading, int owner, struct handed_in found);
/** Tells an entry that has an owner: its data, or a problem. */
void reading_tell_entry(const struct container *container, const struct entry *entry, const char *data, size_t length,
                        const char *problem);
/** Tells all of an entry that can be told without its data. True if the data are wanted too. Once for each entry. */
bool reading_about(const struct container *container, struct entry *entry);
/** Makes accounts for the roster. Returns -1 if there is no memory. */
int reading_open_accounts(struct reading *reading);
/** Reads Gradescope's metadata from @p fd, which lie so many folders deep. */
void reading_metadata(struct reading *reading, int fd, int depth);
/** How many folders a path goes through. */
int reading_depth(const char *path);
/** Reads an archive. @p owner: whose it is; -1: that is to be found out, it is the argument. */
void reading_archive(struct container *container, int fd, int owner);
/** Reads an archive that lies in @p container. @p fd: of its data. */
void reading_nested(struct container *container, const struct entry *entry, int fd);
