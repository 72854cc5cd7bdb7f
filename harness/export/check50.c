/* check50's JSON, as `check50 -o json` writes it. */
#include <stdlib.h>
#include <string.h>

#include "export/export.h"
#include "export/suites.h"
#include "record/result.h"

static json_t *lines_of(const char *text)
{
    json_t *lines = json_array();
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        json_array_append_new(lines, json_stringn(text, length));
        text += length + (text[length] == '\n');
    }
    return lines;
}

static json_t *text_or_null(const char *text)
{
    return *text == '\0' ? json_null() : json_string(text);
}

static json_t *cause_of(const json_t *test)
{
    bool hidden = json_is_true(json_object_get(test, "hidden"));
    if (result_has_status(test, "passed"))
        return json_null();
    json_t *cause = json_pack("{s:s, s:o}", "rationale", test_message(test), "help",
                              text_or_null(hidden ? "" : result_text(test, "because")));
    if (result_has_status(test, "failed") && !hidden && *result_text(test, "expected") != '\0') {
        json_object_set(cause, "expected", json_object_get(test, "expected"));
        json_object_set(cause, "actual", json_object_get(test, "observed"));
    }
    return cause;
}

static json_t *result_of(const json_t *test)
{
    char *report = test_report(test, false);
    json_t *passed = result_has_status(test, "passed")   ? json_true()
                     : result_has_status(test, "failed") ? json_false()
                                                         : json_null();
    json_t *result = json_pack("{s:s, s:s, s:o, s:o, s:o, s:{s:s, s:i, s:i, s:f}, s:n}", "name",
                               result_text(test, "id"), "description", result_text(test, "title"), "passed", passed,
                               "log", lines_of(report), "cause", cause_of(test), "data", "status",
                               result_text(test, "status"), "points", result_number(test, "points"), "max_points",
                               result_number(test, "max_points"), "seconds",
                               json_number_value(json_object_get(test, "seconds")), "dependency");
    free(report);
    return result;
}

int export_check50(struct export *export)
{
    const json_t *document = json_array_get(export->documents, 0);
    json_t *suites = suites_of(export->documents);
    json_t *results = json_array();
    const char *lesson = "sockeye";
    size_t i;
    json_t *suite;
    json_array_foreach (suites, i, suite) {
        size_t k;
        json_t *test;
        lesson = result_text(suite, "lesson");
        json_array_foreach (json_object_get(suite, "tests"), k, test) {
            json_array_append_new(results, result_of(test));
        }
    }
    json_t *slug = json_array_size(suites) == 1 ? json_sprintf("sockeye/%s", lesson) : json_string("sockeye");
    json_t *all = json_pack("{s:o, s:o, s:s}", "slug", slug, "results", results, "version",
                            result_text(document, "kit"));
    int failed = json_dumpf(all, export->out, JSON_INDENT(2)) == -1 || fputc('\n', export->out) == EOF;
    json_decref(all);
    json_decref(suites);
    return failed ? export_fails(export, "the result does not fit into check50's JSON") : 0;
}
