/**
 * @file
 * Who handed in what: finds the students in a listing, by the shapes in which platforms and people hand over a class.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "class/listing.h"
#include "class/submission.h"

/** One student. The texts of @p student belong to the roster. */
struct member {
    struct student student;
    time_t time;       /**< when it was handed in, if the platform tells; else 0 */
    bool is_the_class; /**< no student: what can't be told to be anybody's */
};

struct roster {
    struct member *member;
    size_t count;
    bool is_one;   /**< all is one student's, who has the argument's name */
    json_t *index; /**< what names a student in the listing, and its number in member */
};

/**
 * Finds the students, and sets owner, own and version of each entry. Of two entries of one name the later counts: the
 * earlier gets a problem.
 *
 * @p argument is the path of the folder or archive. @p one: see submissions_read(); an archive is never a class of one.
 * @p metadata: Gradescope's, by folder; or NULL.
 * Returns -1 if there is no memory.
 */
int roster_make(struct roster *roster, struct listing *listing, const char *argument, bool one, const json_t *metadata);

/** Gives all entries to the one student @p owner: what an archive of one student's holds. */
int roster_give_all(struct listing *listing, int owner);

/** The member for what is nobody's; made if it is not there. Returns its number, or -1. */
int roster_nobody(struct roster *roster, const char *argument);

void roster_free(struct roster *roster);
