/**
 * @file
 * What is written for people about a lesson's checks.
 *
 * A lesson's hints.md: for each check, hints in steps from a question to nearly the answer.
 *
 *     ## prints-answer, empty-answer
 *     1. a question
 *     2. a pointer, which may wrap over lines
 *        indented by three spaces
 *     3. nearly the answer
 *
 * The heading `start` has the hints for when nothing works yet.
 */
#pragma once

#include <stddef.h>

enum { HINT_STEPS_MAX = 9 };

struct hints {
    int count;
    char step[HINT_STEPS_MAX][2000]; /**< one paragraph each, without its number */
};

/** Reads the hints under the heading that names @p key. Returns 0, also if there are none; -1 with errno if the file
 *  can't be read. */
int hints_read(const char *path, const char *key, struct hints *hints);

/** Reads the paragraph under the heading that names @p key, as in why.md, into @p text, which it fills at most; "" if
 *  there is none. Returns -1 with errno if the file can't be read. */
int hints_paragraph(const char *path, const char *key, char *text, size_t size);
