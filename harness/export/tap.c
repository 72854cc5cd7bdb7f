/* TAP 14, the Test Anything Protocol, with a YAML block below what did not pass. */
#include <stdlib.h>

#include "export/export.h"
#include "export/suites.h"
#include "export/text.h"
#include "record/result.h"

/* One line; # and \ are escaped, or they would begin a directive. */
static void words(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '#' || *text == '\\')
            fputc('\\', out);
        fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
    }
}

static void entry(FILE *out, const char *key, const char *value)
{
    if (*value == '\0')
        return;
    fprintf(out, "  %s: ", key);
    yaml_text(out, value);
    fputc('\n', out);
}

static void block(FILE *out, const json_t *test)
{
    char *report = test_report(test, false);
    fputs("  ---\n", out);
    entry(out, "message", test_message(test));
    fprintf(out, "  severity: %s\n", result_has_status(test, "fault") ? "fault" : "fail");
    if (!json_is_true(json_object_get(test, "hidden"))) {
        entry(out, "expected", result_text(test, "expected"));
        entry(out, "think", result_text(test, "because"));
        entry(out, "file", result_text(test, "path"));
    }
    fputs("  report: |\n", out);
    yaml_block(out, *report == '\0' ? "-\n" : report, 4);
    fputs("  ...\n", out);
    free(report);
}

static void test_line(FILE *out, int number, const json_t *suite, const json_t *test)
{
    bool bad = result_has_status(test, "failed") || result_has_status(test, "fault");
    fprintf(out, "%sok %d - ", bad ? "not " : "", number);
    words(out, result_text(suite, "name"));
    fputc(' ', out);
    words(out, result_text(test, "title"));
    if (!bad && !result_has_status(test, "passed")) {
        fputs(" # SKIP ", out);
        words(out, test_message(test));
    }
    fputc('\n', out);
    if (bad)
        block(out, test);
}

int export_tap(struct export *export)
{
    json_t *suites = suites_of(export->documents);
    struct tally all = {0};
    size_t i;
    json_t *suite;
    json_array_foreach (suites, i, suite) {
        tally_suite(&all, suite);
    }
    fprintf(export->out, "TAP version 14\n1..%d\n", all.tests);
    int number = 0;
    json_array_foreach (suites, i, suite) {
        size_t k;
        json_t *test;
        json_array_foreach (json_object_get(suite, "tests"), k, test) {
            test_line(export->out, ++number, suite, test);
        }
    }
    json_decref(suites);
    return 0;
}
