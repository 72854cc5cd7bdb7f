#include "record/result.h"

#include <string.h>

const char *result_text(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));
    return text == NULL ? "" : text;
}

int result_number(const json_t *object, const char *member)
{
    return (int)json_integer_value(json_object_get(object, member));
}

bool result_has_status(const json_t *object, const char *status)
{
    return strcmp(result_text(object, "status"), status) == 0;
}

json_t *result_new(const char *kit, const char *seed, bool is_private, const char *submission)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:[]}", "schema", "sockeye/result/v1", "kit", kit, "seed",
                     seed, "mode", is_private ? "private" : "plain", "submission", submission, "score", 0, "max_score",
                     0, "lessons");
}

void result_sum_lesson(json_t *lesson)
{
    int score = 0;
    int max = 0;
    size_t i;
    json_t *check;
    json_array_foreach (json_object_get(lesson, "checks"), i, check) {
        score += result_number(check, "points");
        if (!result_has_status(check, "not-graded"))
            max += result_number(check, "max_points");
    }
    json_object_set_new(lesson, "score", json_integer(score));
    json_object_set_new(lesson, "max_score", json_integer(max));
}

void result_sum(json_t *document)
{
    int score = 0;
    int max = 0;
    size_t i;
    json_t *lesson;
    json_array_foreach (json_object_get(document, "lessons"), i, lesson) {
        score += result_number(lesson, "score");
        max += result_number(lesson, "max_score");
    }
    json_object_set_new(document, "score", json_integer(score));
    json_object_set_new(document, "max_score", json_integer(max));
}

void result_set_open(json_t *document, json_t *open)
{
    if (json_array_size(open) > 0)
        json_object_set(document, "open", open);
    else
        json_object_del(document, "open");
    json_decref(open);
}

struct result_mark result_mark(const json_t *counted)
{
    const json_t *mark = json_object_get(counted, "mark");
    if (!json_is_object(mark))
        return (struct result_mark){.score = result_number(counted, "score"),
                                    .max = result_number(counted, "max_score"),
                                    .open = (int)json_array_size(json_object_get(counted, "open"))};
    return (struct result_mark){.score = json_number_value(json_object_get(mark, "score")),
                                .max = json_number_value(json_object_get(mark, "max")),
                                .late_days = result_number(mark, "late_days"),
                                .percent = json_is_number(json_object_get(mark, "percent"))
                                               ? json_number_value(json_object_get(mark, "percent"))
                                               : -1,
                                .free_days = result_number(mark, "free_days"),
                                .due = json_integer_value(json_object_get(mark, "due")),
                                .open = result_number(mark, "open"),
                                .by_rubric = true};
}

bool result_has_check(const json_t *lesson, const char *status)
{
    size_t i;
    json_t *check;
    json_array_foreach (json_object_get(lesson, "checks"), i, check) {
        if (result_has_status(check, status))
            return true;
    }
    return false;
}

bool result_lesson_has_fault(const json_t *lesson)
{
    return result_has_status(lesson, "fault") || result_has_check(lesson, "fault");
}

bool result_has_fault(const json_t *document)
{
    size_t i;
    json_t *lesson;
    json_array_foreach (json_object_get(document, "lessons"), i, lesson) {
        if (result_lesson_has_fault(lesson))
            return true;
    }
    return false;
}

bool result_is_untaken(const json_t *document)
{
    size_t i;
    json_t *lesson;
    json_array_foreach (json_object_get(document, "lessons"), i, lesson) {
        if (!result_has_status(lesson, "missing"))
            return false;
    }
    return json_array_size(json_object_get(document, "problems")) > 0 && result_mark(document).open == 0;
}

int result_exit_status(const json_t *document)
{
    if (result_has_fault(document))
        return 3;
    size_t i;
    json_t *lesson;
    json_array_foreach (json_object_get(document, "lessons"), i, lesson) {
        if (!result_has_status(lesson, "passed"))
            return 1;
    }
    return 0;
}
