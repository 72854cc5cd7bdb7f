/**
 * @file
 * One student's report as HTML: the part that the class page and a feedback file have in common.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/** Who reads it. A student is not told what the hidden checks are, only that there are some, and their sum. */
enum reader { TEACHER, STUDENT };

/** Writes a report on @p document, which may have what a gradebook adds to a result document. Its first heading is an h1. */
void student_report(FILE *out, const json_t *document, enum reader reader);

/** What the hidden checks of a lesson come to. */
struct hidden {
    int checks;
    int points;
    int max;
};

struct hidden hidden_of(const json_t *lesson, enum reader reader);
/** Is this check one that the reader is told of? */
bool is_told(const json_t *check, enum reader reader);
