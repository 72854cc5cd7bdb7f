/* JUnit's XML, as GitLab, Jenkins and the reporters of GitHub read it: a testsuite a lesson. */
#include <stdlib.h>
#include <string.h>

#include "export/export.h"
#include "export/suites.h"
#include "export/text.h"
#include "record/result.h"

enum { GITLAB_MAX = 30 << 20 };

static void attribute(FILE *out, const char *name, const char *value)
{
    fprintf(out, " %s=\"", name);
    xml_text(out, value, true);
    fputc('"', out);
}

static void counts(FILE *out, const struct tally *tally, double seconds)
{
    fprintf(out, " tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\" time=\"%.3f\">\n", tally->tests,
            tally->failed, tally->faults, tally->skipped, seconds);
}

static const char *element_of(const char *status)
{
    if (strcmp(status, "failed") == 0)
        return "failure";
    return strcmp(status, "fault") == 0 ? "error" : "skipped";
}

/* Its content is the whole report; a message is a line of it. A skipped test has a message alone. */
static void outcome(FILE *out, const json_t *test)
{
    const char *status = result_text(test, "status");
    const char *element = element_of(status);
    if (strcmp(status, "passed") == 0)
        return;
    fprintf(out, "\n      <%s", element);
    attribute(out, "message", test_message(test));
    if (strcmp(element, "skipped") == 0) {
        fputs("/>\n    ", out);
        return;
    }
    attribute(out, "type", status);
    fputc('>', out);
    char *report = test_report(test, false);
    xml_text(out, report, false);
    free(report);
    fprintf(out, "</%s>\n    ", element);
}

static void testcase(FILE *out, const json_t *suite, const json_t *test)
{
    char *name = NULL;
    size_t size;
    FILE *words = open_memstream(&name, &size);
    if (words == NULL)
        return;
    fprintf(words, "%s %s", result_text(test, "id"), result_text(test, "title"));
    fclose(words);
    fputs("    <testcase", out);
    attribute(out, "classname", result_text(suite, "name"));
    attribute(out, "name", name);
    free(name);
    if (json_object_get(test, "path") != NULL)
        attribute(out, "file", result_text(test, "path"));
    fprintf(out, " time=\"%.3f\"", json_number_value(json_object_get(test, "seconds")));
    if (result_has_status(test, "passed")) {
        fputs("/>\n", out);
        return;
    }
    fputc('>', out);
    outcome(out, test);
    fputs("</testcase>\n", out);
}

static void testsuite(FILE *out, const json_t *suite)
{
    struct tally tally = {0};
    tally_suite(&tally, suite);
    fputs("  <testsuite", out);
    attribute(out, "name", result_text(suite, "name"));
    counts(out, &tally, json_number_value(json_object_get(suite, "seconds")));
    size_t i;
    json_t *test;
    json_array_foreach (json_object_get(suite, "tests"), i, test) {
        testcase(out, suite, test);
    }
    fputs("  </testsuite>\n", out);
}

int export_junit(struct export *export)
{
    json_t *suites = suites_of(export->documents);
    struct tally all = {0};
    double seconds = 0;
    size_t i;
    json_t *suite;
    json_array_foreach (suites, i, suite) {
        tally_suite(&all, suite);
        seconds += json_number_value(json_object_get(suite, "seconds"));
    }
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"sockeye\"", export->out);
    counts(export->out, &all, seconds);
    json_array_foreach (suites, i, suite) {
        testsuite(export->out, suite);
    }
    fputs("</testsuites>\n", export->out);
    json_decref(suites);
    if (ftell(export->out) > GITLAB_MAX)
        export_note(export, "the file is larger than the 30 MB that GitLab reads: export fewer results at a time");
    return 0;
}
