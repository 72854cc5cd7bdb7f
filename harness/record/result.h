/**
 * @file
 * The result document, `sockeye/result/v1`: what a run found, as JSON (docs/result-v1.schema.json).
 *
 * Results are jansson values from the worker to the report, so that what is shown, kept and exported is one thing.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

/** A member's text; "" if it is null or missing. Belongs to @p object. */
const char *result_text(const json_t *object, const char *member);
/** A member's whole number; 0 if it is missing. */
int result_number(const json_t *object, const char *member);
bool result_has_status(const json_t *object, const char *status);

/** A new document without lessons; the caller owns it. */
json_t *result_new(const char *kit, const char *seed, bool is_private, const char *submission);
/** Sets score and max_score of a lesson from its checks; what is not graded here counts in neither. */
void result_sum_lesson(json_t *lesson);
/** Sets score and max_score of the document from its lessons. */
void result_sum(json_t *document);
/** Says which lessons of a document have no verdict yet: an array of their folders, which is given away. None: nothing is said. */
void result_set_open(json_t *document, json_t *open);
/** What counts of a document or a lesson: its mark, where an instructor's rubric has given it one, else its points. */
struct result_mark {
    double score; /**< to hundredths; a whole number where there is no rubric */
    double max;
    int late_days;  /**< of a document, the most of any lesson */
    double percent; /**< that lateness leaves; of a document, the least of any lesson. Less than 0: not told */
    int free_days;  /**< of a lesson that is late: days that cost nothing */
    json_int_t due; /**< of a lesson that is late: when it was to be handed in, in seconds since 1970 */
    int open;       /**< of a document: lessons that have no verdict yet, so that it is no mark */
    bool by_rubric;
};

struct result_mark result_mark(const json_t *counted);
/** Does a check of the lesson have this status? */
bool result_has_check(const json_t *lesson, const char *status);
/** True if the harness or the machine failed in a lesson's entry. */
bool result_lesson_has_fault(const json_t *lesson);
/** True if the harness or the machine failed in it: its score is no mark then. */
bool result_has_fault(const json_t *document);
/** True if something was handed in that could not be taken ("problems"), and no program of any lesson: its score is no mark then. */
bool result_is_untaken(const json_t *document);
/** The exit status that a document stands for: 0 full marks, 1 not, 3 a fault. */
int result_exit_status(const json_t *document);
