/**
 * @file
 * What was taken of each student: limits, names that were there before, and what lay there besides sources.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct account {
    int sources;     /**< told */
    size_t bytes;    /**< of them */
    int problems;    /**< told, and not told because there were so many */
    int archives;    /**< of the student's that were opened */
    double seconds;  /**< which that took */
    bool full;       /**< nothing more is taken; that was told */
    void *names;     /**< of the sources: a tree of tsearch(3) */
    int others;      /**< entries that are no sources, archives or problems */
    char there[300]; /**< the names of the first of them: "report.pdf, notes.txt" */
};

enum { ACCOUNT_PROBLEMS_MAX = 20 /* told of one student */ };

/** Why a source of that name can't be taken any more, or NULL: then it is counted. */
const char *account_take(struct account *account, const char *own, size_t length);
/** Why no further archive of the student's is opened, or NULL: then it is counted. */
const char *account_open(struct account *account);
/** Notes what is no source. */
void account_note(struct account *account, const char *own);
/** "there is no C source: only report.pdf, notes.txt and 3 more"; @p words has @p size bytes. */
void account_say_empty(const struct account *account, char *words, size_t size);
void account_free(struct account *account);
