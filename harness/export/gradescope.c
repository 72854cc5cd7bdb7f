/* Gradescope: results.json, as "Autograder Specifications" has it. */
#include <stdlib.h>
#include <string.h>

#include "export/export.h"
#include "export/suites.h"
#include "record/result.h"

/* A check that is not graded here counts in neither sum, and is neither passed nor failed. */
static json_t *test_of(const json_t *suite, const json_t *test)
{
    bool not_graded = result_has_status(test, "not-graded");
    bool hidden = json_is_true(json_object_get(test, "hidden"));
    char *output = test_report(test, true);
    json_t *made = json_pack("{s:s, s:o, s:i, s:i, s:s, s:s, s:[s, s]}", "number", result_text(test, "number"), "name",
                             json_sprintf("%s %s", result_text(suite, "lesson"), result_text(test, "title")), "score",
                             result_number(test, "points"), "max_score",
                             not_graded ? 0 : result_number(test, "max_points"), "output", output, "visibility",
                             hidden ? "after_published" : "visible", "tags", result_text(suite, "lesson"),
                             result_text(test, "status"));
    if (!not_graded)
        json_object_set_new(made, "status", json_string(result_has_status(test, "passed") ? "passed" : "failed"));
    free(output);
    return made;
}

static int count_not_graded(const json_t *tests)
{
    int count = 0;
    size_t i;
    json_t *test;
    json_array_foreach (tests, i, test) {
        count += json_integer_value(json_object_get(test, "max_score")) == 0 && json_object_get(test, "status") == NULL;
    }
    return count;
}

static json_t *words_of(const json_t *document, const json_t *tests)
{
    int not_graded = count_not_graded(tests);
    struct result_mark mark = result_mark(document);
    json_t *words = json_sprintf("%.10g of %.10g points, with the seed %s.", mark.score, mark.max,
                                 result_text(document, "seed"));
    if (not_graded == 0)
        return words;
    json_t *all = json_sprintf("%s %d check%s could not be graded on this machine and cost%s no points.",
                               json_string_value(words), not_graded, not_graded == 1 ? "" : "s",
                               not_graded == 1 ? "s" : "");
    json_decref(words);
    return all;
}

/* A whole number is written as one. */
static json_t *points(double value)
{
    return value == (double)(int)value ? json_integer((int)value) : json_real(value);
}

int export_gradescope(struct export *export)
{
    const json_t *document = json_array_get(export->documents, 0);
    struct result_mark mark = result_mark(document);
    json_t *suites = suites_of(export->documents);
    json_t *tests = json_array();
    size_t i;
    json_t *suite;
    json_array_foreach (suites, i, suite) {
        size_t k;
        json_t *test;
        json_array_foreach (json_object_get(suite, "tests"), k, test) {
            json_array_append_new(tests, test_of(suite, test));
        }
    }
    json_t *results = json_pack("{s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:o, s:{s:s, s:s, s:s, s:s, s:o}}", "score",
                                points(mark.score), "output", words_of(document, tests), "output_format", "text",
                                "test_output_format", "text", "test_name_format", "text", "visibility", "visible",
                                "stdout_visibility", "hidden", "tests", tests, "extra_data", "schema",
                                result_text(document, "schema"), "kit", result_text(document, "kit"), "seed",
                                result_text(document, "seed"), "mode", result_text(document, "mode"), "max_score",
                                points(mark.max));
    int failed = json_dumpf(results, export->out, JSON_INDENT(2)) == -1 || fputc('\n', export->out) == EOF;
    json_decref(results);
    json_decref(suites);
    return failed ? export_fails(export, "the result does not fit into Gradescope's JSON") : 0;
}
