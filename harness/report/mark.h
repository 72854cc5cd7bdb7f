/**
 * @file
 * What a page says of a check, a lesson and a student in one sign, one word and one number.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "record/result.h"

/** How something went. The class is the style's; the sign and the words say the same without colour. */
struct level {
    const char *class;
    const char *sign;
    const char *words;
};

struct level level_of_check(const json_t *check);
struct level level_of_lesson(const json_t *lesson);
/** The same, but a lesson of which there is no program is "untaken" where nothing that was handed in could be taken. */
struct level level_within(const json_t *document, const json_t *lesson);

/** What counts, as "36 of 60 points, 3 days late, costs points" or "28 of 38 points so far, 2 lessons not graded yet". */
struct total_words {
    char text[240];
};

struct total_words words_of_total(const struct result_mark *total);
/** Lateness in a few words: "1 day late, free". */
struct total_words words_of_days(const struct result_mark *total);
/** What lateness leaves of a lesson by the rubric's terms: "late by 5 days, 1 free: counts 60 %"; "" if it is not late. */
struct total_words words_of_late(const struct result_mark *part);
/** What a lesson counts by the rubric, in sentences; @p handed_in: when it was, in seconds since 1970. */
struct total_words words_of_part(const struct result_mark *part, json_int_t handed_in);
/** The same of a whole document, also where it has no mark since nothing could be taken. */
struct total_words words_of_document(const json_t *document);

/** Who it is, as people write it; the key if no name is known. Belongs to @p document. */
const char *student_name(const json_t *document);

/** Where something lay that could not be taken, for the student: without the folders and the archive that the instructor has it in. */
const char *place_for_student(const json_t *document, const char *place);
/** What is said of it, for the student: without the places of other files. */
const char *problem_for_student(const char *words);

/** A moment in UTC as "2026-11-30 04:36 UTC". */
struct moment {
    char text[40];
};

struct moment moment_of(json_int_t seconds);

/**
 * A student's key as a name for files and fragments, of letters, digits and "._~-" alone, on any system. Two keys never have
 * the same, however alike they are: what is not kept as it is gets a hash behind a tilde.
 */
struct slug {
    char text[100];
};

struct slug slug_of(const char *key);
