/**
 * @file
 * What a class comes to, counted while its result documents go by one at a time: of the class nothing is kept but sums and names.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct tally {
    json_t
        *lessons;  /**< by folder name: number, name, max, handed_in, score, broken, and checks by id: title, failed */
    json_t *names; /**< how many students have each */
    int students;
    int with_problems; /**< students of whose work something could not be taken */
    int untaken;       /**< those of whom nothing could be */
    int faults;        /**< verdicts that are none, since the machine failed */
    int not_graded;    /**< verdicts of which the machine could not show a part */
    int open;          /**< lessons of students that have no verdict yet */
    int with_open;     /**< students who have such */
    bool by_rubric;    /**< totals are marks */
    json_int_t graded_at;
    char kit[40];
    char seeds[40]; /**< the class's seed, or "several" */
    char mode[40];  /**< likewise */
};

/** Counts one student. An empty tally is one that is all zero. */
void tally_add(struct tally *tally, const json_t *document);

/** True if several students have that name, so that it does not tell who it is. */
bool tally_is_shared(const struct tally *tally, const char *name);

/** One lesson of the class. The names belong to the tally. */
struct tally_lesson {
    const char *key; /**< "07-fork-server" */
    const json_t *sums;
};

/** The lessons in their order; the caller frees the array. */
struct tally_lesson *tally_lessons(const struct tally *tally, size_t *count);

/** A check that somebody has failed, or a lesson that did not compile. */
struct tally_failure {
    const char *id; /**< of the check, or "07.build" */
    const char *title;
    const json_t *lesson; /**< its sums */
    int failed;
    double share; /**< of those who have handed in the lesson, from 0 to 1 */
};

/** What failed, what most students failed first, and of these what the greatest share did; the caller frees the array. */
struct tally_failure *tally_failures(const struct tally *tally, size_t *count);

/** What stands for a lesson's compiling beside the ids of its checks. */
struct build_id {
    char text[16];
};

struct build_id build_id_of(const json_t *lesson);

void tally_free(struct tally *tally);
