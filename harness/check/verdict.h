/**
 * @file
 * How a check ends: passed, failed, not graded here, or a fault of ours.
 *
 * Each function below ends the check at once, from however deep: the worker's main function goes on behind them
 * and cleans up. What failed is always the program's doing; a fault is always ours or the machine's.
 */
#pragma once

#include <stdbool.h>

#include "look/source.h"

enum outcome { PASSED, FAILED, NOT_GRADED, FAULT };

struct verdict {
    enum outcome outcome;
    const char *expected; /**< what the contract asks for; NULL unless failed */
    const char *observed; /**< what the program did, or the reason for a fault or for not grading */
    const char *because;  /**< what leads to the cause; may be NULL */
    struct source where;  /**< file "" if unknown */
    bool is_whole;        /**< `because` says it all: the check's own words add nothing */
    bool crashed;         /**< ended by a signal that a memory error raises: memcheck may know the line */
};

/** Says why, for a failure that comes next: verdict_because() first, then fails(). The last one counts. */
void verdict_because(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** The same, behind what was said already. */
void verdict_because_also(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** Why a port is @p got where it should be @p port: a forgotten htons(3). */
void verdict_port_is_swapped(int got, int port);
/** The reason found is the whole story (a crash, a flood …), whatever the check was about. */
void verdict_is_whole(void);
/** Says where in the program, for a failure that comes next. */
void verdict_where(const struct source *where);

/** The program has broken its contract. */
_Noreturn void fails(const char *expected, const char *observed);
/** The machine can't judge this; @p format says what is missing and how it could be had. */
_Noreturn void not_graded(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** The harness or the machine has failed, never the program. */
_Noreturn void fault(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Runs @p body until it returns or ends by one of the functions above. */
struct verdict verdict_of(void (*body)(void));
