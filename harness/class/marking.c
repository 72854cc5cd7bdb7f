#include "class/marking.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "record/result.h"

enum { DAY = 24 * 60 * 60 };

static double rounded(double score)
{
    return round(score * 100) / 100;
}

static double number(const json_t *object, const char *member)
{
    return json_number_value(json_object_get(object, member));
}

/* The lesson of a document that a rubric calls by its folder, "07-fork-server". */
static json_t *lesson_of(const json_t *document, const char *folder)
{
    char *name;
    int wanted = (int)strtol(folder, &name, 10);
    size_t i;
    json_t *lesson;
    json_array_foreach (json_object_get(document, "lessons"), i, lesson) {
        if (result_number(lesson, "number") == wanted && *name == '-' &&
            strcmp(name + 1, result_text(lesson, "name")) == 0)
            return lesson;
    }
    return NULL;
}

static bool holds(const json_t *names, const char *name)
{
    size_t i;
    json_t *other;
    json_array_foreach (names, i, other) {
        if (strcmp(json_string_value(other), name) == 0)
            return true;
    }
    return false;
}

static void set_checks(json_t *lesson, const json_t *terms)
{
    size_t i;
    json_t *check;
    json_array_foreach (json_object_get(lesson, "checks"), i, check) {
        const char *dot = strchr(result_text(check, "id"), '.');
        const char *name = dot == NULL ? "" : dot + 1;
        json_t *points = json_object_get(json_object_get(terms, "points"), name);
        if (points != NULL) {
            json_object_set(check, "max_points", points);
            json_object_set_new(check, "points",
                                json_integer(result_has_status(check, "passed") ? json_integer_value(points) : 0));
        }
        if (holds(json_object_get(terms, "hidden"), name))
            json_object_set_new(check, "hidden", json_true());
    }
    result_sum_lesson(lesson);
}

static int days_late(const json_t *lesson, const json_t *terms)
{
    json_int_t due = json_integer_value(json_object_get(terms, "due"));
    json_int_t handed_in = json_integer_value(json_object_get(lesson, "handed_in"));
    return due == 0 || handed_in <= due ? 0 : (int)((handed_in - due + DAY - 1) / DAY);
}

/* The share of a score that lateness leaves: never less than the floor. */
static double share_left(int days, const json_t *terms)
{
    double costly = days - number(terms, "free_days");
    double percent = costly <= 0 ? 100 : 100 - costly * number(terms, "percent_a_day");
    double floor = number(terms, "floor");
    return (percent < floor ? floor : percent) / 100;
}

static json_t *new_mark(double score, double max, int late_days)
{
    return json_pack("{s:f, s:f, s:i}", "score", rounded(score), "max", rounded(max), "late_days", late_days);
}

static json_t *mark_of(const json_t *lesson, const json_t *terms)
{
    double weight = number(terms, "weight");
    int max = result_number(lesson, "max_score");
    int days = days_late(lesson, terms);
    double share = share_left(days, terms);
    json_t *mark = max == 0 ? new_mark(0, 0, days)
                            : new_mark(weight * result_number(lesson, "score") / max * share, weight, days);
    if (days > 0) {
        json_object_set_new(mark, "due", json_integer(json_integer_value(json_object_get(terms, "due"))));
        json_object_set_new(mark, "free_days", json_integer((json_int_t)number(terms, "free_days")));
        json_object_set_new(mark, "percent", json_real(rounded(share * 100)));
    }
    return mark;
}

void marking_apply(json_t *document, const json_t *rubric)
{
    json_t *lessons = json_array();
    double score = 0;
    double max = 0;
    double percent = 100;
    int late_days = 0;
    json_t *open = json_array();
    size_t i;
    json_t *terms;
    json_array_foreach (json_object_get(rubric, "lessons"), i, terms) {
        json_t *lesson = lesson_of(document, result_text(terms, "lesson"));
        if (lesson == NULL) {
            json_array_append(open, json_object_get(terms, "lesson"));
            max += number(terms, "weight");
            continue;
        }
        set_checks(lesson, terms);
        json_t *mark = mark_of(lesson, terms);
        score += number(mark, "score");
        max += number(mark, "max");
        if (result_number(mark, "late_days") > late_days)
            late_days = result_number(mark, "late_days");
        if (result_number(mark, "late_days") > 0 && number(mark, "percent") < percent)
            percent = number(mark, "percent");
        json_object_set_new(lesson, "mark", mark);
        json_array_append(lessons, lesson);
    }
    json_object_set_new(document, "lessons", lessons);
    json_t *mark = new_mark(score, max, late_days);
    json_object_set_new(mark, "open", json_integer((json_int_t)json_array_size(open)));
    if (late_days > 0)
        json_object_set_new(mark, "percent", json_real(percent));
    json_object_set_new(document, "mark", mark);
    result_set_open(document, open);
}
