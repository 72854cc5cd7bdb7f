/**
 * @file
 * The gradebook: one SQLite file that keeps who handed in what, and every verdict with what it rests on.
 *
 * Its tables are told in docs/gradebook.md. Names in it are made of contents (SHA-256), so that gradebooks of several machines can be
 * joined row by row, and work that was done is known again:
 *
 * - a *submission* is all sources of one student at one reading;
 * - a *unit* is what one verdict of one student on one lesson depends on: the lesson's checks, the kit, the seed, what was
 *   asked for, and the sources of its programs. A unit that has a verdict is not graded again.
 */
#pragma once

#include <jansson.h>
#include <sha2.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <time.h>

/** A SHA-256 in hexadecimal digits. */
struct hash {
    char hex[SHA256_DIGEST_STRING_LENGTH];
};

struct hash hash_of(const void *data, size_t length);

enum gradebook_use {
    GRADEBOOK_READ, /**< changes nothing */
    GRADEBOOK_WRITE /**< makes it if it is not there; until it is closed no other process can write to it, and others may read */
};

/** Opens a gradebook. What is none, or that of a later kit, is refused: NULL, with *problem for people. To be closed by
 *  sqlite3_close(). */
sqlite3 *gradebook_open(const char *path, enum gradebook_use use, const char **problem);

/** In a process that was forked from one that writes: lets go of the gradebook, which is not its own. */
void gradebook_leave(void);

/** One verdict, of one student on one lesson. */
struct verdict_row {
    const char *student;
    const char *lesson; /**< its folder */
    const char *unit;
    const char *seed;
    const char *kit;
    const char *mode;     /**< "private" or "plain" */
    const json_t *result; /**< the lesson's entry in a result document */
    double seconds;       /**< that it took */
    double cpu_seconds;   /**< of all processes, the compiler's among them */
};

/** Keeps a verdict, for good: it is on the disk when this returns, but for one on a program that is missing, which the next
 *  one takes along. The wires of checks that have not failed are not kept. */
void gradebook_keep(sqlite3 *db, const struct verdict_row *row);
/** Writes to the disk what has waited. */
void gradebook_settle(sqlite3 *db);

/** Remembers something by name, such as the class's seed. */
void gradebook_set(sqlite3 *db, const char *name, const char *value);
/** What was remembered, or NULL; the caller frees it. */
char *gradebook_get(sqlite3 *db, const char *name);
/** Forgets it. */
void gradebook_forget(sqlite3 *db, const char *name);
/** The rubric that this class is marked by (class/rubric.h); NULL: none. It was remembered as "rubric". */
json_t *gradebook_rubric(sqlite3 *db);

typedef void document_function(void *context, json_t *document);

/**
 * Gives each student's result document (docs/result-v1.md) in the order of the students' keys: all lessons of the class,
 * as the newest submission has them, with `student` and, in each lesson, `graded_at` and `handed_in` (when its newest program was
 * first known to be handed in; seconds since 1970, 0: unknown). Lessons without a verdict yet are not there; `open` names them
 * (result_set_open()). Where there is a rubric, marking_apply() has been at it.
 * The document belongs to the gradebook and lives during the call.
 */
void gradebook_documents(sqlite3 *db, document_function *tell, void *context);

/** Reads all of a gradebook, which was opened from @p path; -1 with *problem if it is damaged anywhere. */
int gradebook_examine(sqlite3 *db, const char *path, const char **problem);

/** Joins @p path's rows into @p db; -1 with *problem if it is no gradebook of this class's shape. Of two seeds that one stays with
 *  which the later reading was graded. */
int gradebook_merge(sqlite3 *db, const char *path, const char **problem);
