/* Classroom 50: result.json, `classroom50/result/v1`. Where it belongs to, the runner tells by the environment. */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "export/export.h"
#include "record/result.h"

/* Its members that come from the environment. A review is asked for only sometimes: else it is the commit. */
static const struct {
    const char *member;
    const char *variable;
    const char *or_else;
} places[] = {
    {"classroom", "CLASSROOM", NULL}, {"assignment", "ASSIGNMENT", NULL}, {"submission", "SUBMISSION_TAG", NULL},
    {"commit", "COMMIT_URL", NULL},   {"release", "RELEASE_URL", NULL},   {"review", "REVIEW_URL", "COMMIT_URL"},
};

static const char *variable(const char *name)
{
    const char *value = name == NULL ? NULL : getenv(name);
    return value == NULL || *value == '\0' ? NULL : value;
}

static int add_places(struct export *export, json_t *result)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char *value = variable(places[i].variable);
        if (value == NULL)
            value = variable(places[i].or_else);
        if (value == NULL)
            return export_fails(export, "classroom50 takes the environment of its runner, and %s is not set",
                                places[i].variable);
        if (json_object_set_new(result, places[i].member, json_string(value)) == -1)
            return export_fails(export, "%s is not UTF-8", places[i].variable);
    }
    return 0;
}

static void add_tests(json_t *tests, const json_t *lesson)
{
    size_t i;
    json_t *check;
    json_array_foreach (json_object_get(lesson, "checks"), i, check) {
        if (result_has_status(check, "not-graded"))
            continue; /* it counts in neither sum */
        json_t *name = json_sprintf("%s %s", result_text(check, "id"), result_text(check, "title"));
        json_array_append_new(tests,
                              json_pack("{s:o, s:b, s:i, s:i}", "test-name", name, "passed",
                                        result_has_status(check, "passed"), "score", result_number(check, "points"),
                                        "max-score", result_number(check, "max_points")));
    }
}

int export_classroom50(struct export *export)
{
    const json_t *document = json_array_get(export->documents, 0);
    json_t *result = json_pack("{s:s}", "schema", "classroom50/result/v1");
    int status = add_places(export, result);
    char now[32];
    time_t seconds = time(NULL);
    strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", gmtime(&seconds));
    json_object_set_new(result, "datetime", json_string(now));
    struct result_mark mark = result_mark(document);
    json_object_set_new(result, "score", json_integer(lround(mark.score)));
    json_object_set_new(result, "max-score", json_integer(lround(mark.max)));
    json_t *tests = json_array();
    json_object_set_new(result, "tests", tests);
    size_t i;
    json_t *lesson;
    json_array_foreach (json_object_get(document, "lessons"), i, lesson) {
        add_tests(tests, lesson);
    }
    if (status == 0 && (json_dumpf(result, export->out, JSON_INDENT(2)) == -1 || fputc('\n', export->out) == EOF))
        status = export_fails(export, "the result does not fit into Classroom 50's JSON");
    json_decref(result);
    return status;
}
