#include "report/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/result.h"
#include "report/mark.h"

static void add(json_t *sums, const char *member, int more)
{
    json_object_set_new(sums, member, json_integer(result_number(sums, member) + more));
}

/* The object that is kept under a name, made if it is not there. */
static json_t *kept(json_t *objects, const char *name)
{
    json_t *object = json_object_get(objects, name);
    if (object == NULL) {
        object = json_object();
        json_object_set_new(objects, name, object);
    }
    return object;
}

struct build_id build_id_of(const json_t *lesson)
{
    struct build_id id;
    snprintf(id.text, sizeof id.text, "%02d.build", result_number(lesson, "number") % 1000000);
    return id;
}

static json_t *sums_of(struct tally *tally, const json_t *lesson)
{
    char key[120];
    snprintf(key, sizeof key, "%02d-%s", result_number(lesson, "number"), result_text(lesson, "name"));
    if (tally->lessons == NULL)
        tally->lessons = json_object();
    json_t *sums = kept(tally->lessons, key);
    json_object_set(sums, "number", json_object_get(lesson, "number"));
    json_object_set(sums, "name", json_object_get(lesson, "name"));
    if (result_number(sums, "max") < result_number(lesson, "max_score"))
        json_object_set(sums, "max", json_object_get(lesson, "max_score"));
    return sums;
}

static void count_failure(json_t *checks, const char *id, const char *title)
{
    json_t *failure = kept(checks, id);
    json_object_set_new(failure, "title", json_string(title));
    add(failure, "failed", 1);
}

static void add_lesson(struct tally *tally, const json_t *lesson)
{
    json_t *sums = sums_of(tally, lesson);
    json_t *checks = kept(sums, "checks");
    if (strcmp(level_of_lesson(lesson).class, "fault") == 0)
        tally->faults++;
    if (result_has_status(lesson, "missing"))
        return;
    if (result_has_check(lesson, "not-graded"))
        tally->not_graded++;
    add(sums, "handed_in", 1);
    add(sums, "score", result_number(lesson, "score"));
    if (result_has_status(lesson, "not-built"))
        count_failure(checks, build_id_of(lesson).text, "compiles");
    size_t i;
    json_t *check;
    json_array_foreach (json_object_get(lesson, "checks"), i, check) {
        if (result_has_status(check, "failed"))
            count_failure(checks, result_text(check, "id"), result_text(check, "title"));
    }
    if (json_integer_value(json_object_get(lesson, "graded_at")) > tally->graded_at)
        tally->graded_at = json_integer_value(json_object_get(lesson, "graded_at"));
}

/* Nobody may have a verdict on it: then this is where the class page learns of the lesson. */
static void add_open(struct tally *tally, const char *folder)
{
    char *name;
    int number = (int)strtol(folder, &name, 10);
    json_t *lesson = json_pack("{s:i, s:s}", "number", number, "name", *name == '-' ? name + 1 : name);
    sums_of(tally, lesson);
    json_decref(lesson);
    tally->open++;
}

/* One word for all, as long as all have the same. */
static void agree(char *word, size_t size, const char *next)
{
    if (*word == '\0')
        snprintf(word, size, "%s", next);
    else if (strcmp(word, next) != 0)
        snprintf(word, size, "several");
}

void tally_add(struct tally *tally, const json_t *document)
{
    tally->students++;
    if (tally->names == NULL)
        tally->names = json_object();
    add(tally->names, student_name(document), 1);
    tally->by_rubric = tally->by_rubric || result_mark(document).by_rubric;
    if (json_array_size(json_object_get(document, "problems")) > 0)
        tally->with_problems++;
    if (result_is_untaken(document))
        tally->untaken++;
    size_t i;
    json_t *lesson;
    json_array_foreach (json_object_get(document, "lessons"), i, lesson) {
        add_lesson(tally, lesson);
    }
    bool has_verdict = i > 0;
    json_t *folder;
    json_array_foreach (json_object_get(document, "open"), i, folder) {
        add_open(tally, json_string_value(folder));
    }
    tally->with_open += i > 0;
    if (!has_verdict)
        return;
    agree(tally->kit, sizeof tally->kit, result_text(document, "kit"));
    agree(tally->seeds, sizeof tally->seeds, result_text(document, "seed"));
    agree(tally->mode, sizeof tally->mode, result_text(document, "mode"));
}

bool tally_is_shared(const struct tally *tally, const char *name)
{
    return result_number(tally->names, name) > 1;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct tally_lesson *)a)->key, ((const struct tally_lesson *)b)->key);
}

struct tally_lesson *tally_lessons(const struct tally *tally, size_t *count)
{
    struct tally_lesson *lessons = calloc(json_object_size(tally->lessons) + 1, sizeof *lessons);
    const char *key;
    json_t *sums;
    *count = 0;
    if (lessons == NULL)
        return NULL;
    json_object_foreach(tally->lessons, key, sums) lessons[(*count)++] = (struct tally_lesson){key, sums};
    qsort(lessons, *count, sizeof *lessons, by_key);
    return lessons;
}

/* Ten students of thirty are more to teach again than the only one who handed in. */
static int by_students(const void *a, const void *b)
{
    const struct tally_failure *one = a;
    const struct tally_failure *other = b;
    if (one->failed != other->failed)
        return one->failed < other->failed ? 1 : -1;
    if (one->share != other->share)
        return one->share < other->share ? 1 : -1;
    return strcmp(one->id, other->id);
}

struct tally_failure *tally_failures(const struct tally *tally, size_t *count)
{
    struct tally_failure *failures = NULL;
    const char *key;
    json_t *sums;
    *count = 0;
    json_object_foreach(tally->lessons, key, sums)
    {
        const json_t *checks = json_object_get(sums, "checks");
        struct tally_failure *more = reallocarray(failures, *count + json_object_size(checks) + 1, sizeof *more);
        if (more == NULL)
            break;
        failures = more;
        const char *id;
        json_t *failure;
        json_object_foreach((json_t *)checks, id, failure)
        {
            int failed = result_number(failure, "failed");
            failures[(*count)++] = (struct tally_failure){id, result_text(failure, "title"), sums, failed,
                                                          failed / (double)result_number(sums, "handed_in")};
        }
    }
    if (failures != NULL)
        qsort(failures, *count, sizeof *failures, by_students);
    return failures;
}

void tally_free(struct tally *tally)
{
    json_decref(tally->lessons);
    json_decref(tally->names);
}
