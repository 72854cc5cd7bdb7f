/**
 * @file
 * Grading: builds the programs of some lessons, plays their checks side by side, and makes the result document.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "run/jobs.h"
#include "run/lesson.h"
#include "run/world.h"

enum { ONLY_MAX = 64 };

/** What is to be graded, and how. */
struct plan {
    const struct kit *kit;
    const struct world *world;
    const struct lesson *lesson[LESSONS_MAX];
    int lessons;
    const char *work;           /**< programs in WORK/NN-name/ or directly in WORK; NULL: the solutions */
    const char *submission;     /**< its name in the result */
    const char *only[ONLY_MAX]; /**< these checks alone, by name; NULL behind the last, none: all. What must pass first
                                     counts only if it is among them */
    uint64_t seed;
    int jobs;      /**< checks side by side at most; 0: as many as the machine carries */
    bool memcheck; /**< false: checks under memcheck are not graded here */
    bool trace;    /**< record the programs' system calls */
    const char
        *debug;  /**< stop the program of this name in gdb, "": the first that is run; NULL: none. The check is one */
    int capture; /**< where the packets of the one check go that is played; 0: nowhere. In a private network only */
    const char *first; /**< for somebody who waits at a screen: this check, by name, is played as soon as it can be, and
                            memcheck when all else has begun; "" if it is all the same which; or NULL */
    /** Called when a lesson is built and as each check ends; may be NULL. A check that has no result yet has the status
        "waiting". */
    void (*progress)(void *context, const json_t *document);
    void *context;                  /**< for progress */
    const struct jobs_event *event; /**< what may end it early; or NULL */
};

/**
 * Grades. Returns the document, which the caller owns, or NULL if it was interrupted by SIGINT or SIGTERM or ended early
 * by the plan's event: everything is cleaned up then.
 */
json_t *grade(const struct plan *plan);

/** The path of a program's source in a folder of work: WORK/NN-name/NAME.c, or WORK/NAME.c if only that is there. */
struct path source_path(const char *work, const struct lesson *lesson, int program);

/** The version of this kit. */
const char *kit_version(void);
