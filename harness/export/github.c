/* GitHub Actions: annotations, which stand beside the code, and a table in the job's summary. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "export/export.h"
#include "export/suites.h"
#include "record/result.h"
#include "report/mark.h"

/* A workflow command is one line: what would end it, or a property of it, is escaped. Who reads the log in a terminal gets no
   control characters. */
static void value(FILE *out, const char *text, bool property)
{
    for (; *text != '\0'; text++) {
        if (strchr("%\r\n", *text) != NULL || (property && strchr(":,", *text) != NULL))
            fprintf(out, "%%%02X", (unsigned char)*text);
        else if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7f)
            fprintf(out, "\\%03o", (unsigned char)*text);
        else
            fputc(*text, out);
    }
}

static void line(FILE *out, const char *label, const char *text)
{
    if (*text == '\0')
        return;
    value(out, label, false);
    value(out, text, false);
    fputs("%0A", out);
}

/* Beside the code there is no room for a wire diagram, and no fixed pitch. */
static void message(FILE *out, const json_t *test)
{
    bool hidden = json_is_true(json_object_get(test, "hidden"));
    const char *name = strchr(result_text(test, "id"), '.');
    if (result_has_status(test, "fault"))
        line(out, "The machine or the kit failed, which is not the program's doing.", " ");
    if (hidden || json_object_get(test, "build") != NULL) {
        char *report = test_report(test, false);
        value(out, report, false);
        free(report);
        return;
    }
    line(out, "expected: ", result_text(test, "expected"));
    line(out, "observed: ", result_text(test, "observed"));
    line(out, "", result_text(test, "because"));
    fprintf(out, "to see it: ./sockeye check %d --only ", atoi(result_text(test, "id")));
    value(out, name == NULL ? "" : name + 1, false);
    fputs(" --seed ", out);
    value(out, result_text(test, "seed"), false);
}

static void annotation(FILE *out, const json_t *suite, const json_t *test)
{
    const char *path = result_text(test, "path");
    bool hidden = json_is_true(json_object_get(test, "hidden"));
    fprintf(out, "::error ");
    if (*path != '\0' && !hidden) {
        fputs("file=", out);
        value(out, path, true);
        fprintf(out, ",line=%d,", result_number(json_object_get(test, "where"), "line"));
    }
    fputs("title=", out);
    value(out, result_text(suite, "name"), true);
    fputc(' ', out);
    value(out, result_text(test, "title"), true);
    fputs("::", out);
    message(out, test);
    fputc('\n', out);
}

/* A cell of a Markdown table: one line, and nothing in it speaks to Markdown or HTML. */
static void cell(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '<' || *text == '>' || *text == '&')
            fprintf(out, "&#%d;", *text);
        else if (strchr("\\|`*_[]~#", *text) != NULL)
            fprintf(out, "\\%c", *text);
        else
            fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
    }
}

/* The lesson's part of the mark, where there is a rubric. */
static struct result_mark points_of(const json_t *suite)
{
    struct result_mark mark = result_mark(suite);
    size_t i;
    json_t *test;
    json_array_foreach (json_object_get(suite, "tests"), i, test) {
        if (mark.by_rubric)
            break;
        mark.score += result_number(test, "points");
        if (!result_has_status(test, "not-graded"))
            mark.max += result_number(test, "max_points");
    }
    return mark;
}

static void summary_row(FILE *out, const json_t *suite)
{
    struct result_mark mark = points_of(suite);
    int told = 0;
    fputs("| ", out);
    cell(out, result_text(suite, "name"));
    fprintf(out, " | %.10g/%.10g | ", mark.score, mark.max);
    size_t i;
    json_t *test;
    json_array_foreach (json_object_get(suite, "tests"), i, test) {
        bool fault = result_has_status(test, "fault");
        if (!fault && !result_has_status(test, "failed"))
            continue;
        fprintf(out, "%s%s ", told++ > 0 ? "<br>" : "", fault ? "⚠️ a fault, not the program's doing:" : "❌");
        cell(out, json_object_get(test, "build") != NULL ? test_message(test) : result_text(test, "title"));
    }
    fprintf(out, "%s |\n", told > 0 ? "" : mark.score == mark.max ? "✅" : words_of_late(&mark).text);
}

static int write_summary(struct export *export, const json_t *suites)
{
    const char *name = getenv("GITHUB_STEP_SUMMARY");
    if (name == NULL || *name == '\0')
        return 0;
    FILE *out = fopen(name, "ae");
    if (out == NULL)
        return export_fails(export, "can't write the summary, %s: %s", name, strerror(errno));
    fputs("| lesson | points | what to mend |\n|---|---:|---|\n", out);
    size_t i;
    json_t *suite;
    json_array_foreach (suites, i, suite) {
        summary_row(out, suite);
    }
    fputc('\n', out);
    if (fclose(out) == EOF)
        return export_fails(export, "can't write the summary, %s: %s", name, strerror(errno));
    return 0;
}

int export_github(struct export *export)
{
    json_t *suites = suites_of(export->documents);
    size_t i;
    json_t *suite;
    json_array_foreach (suites, i, suite) {
        size_t k;
        json_t *test;
        json_array_foreach (json_object_get(suite, "tests"), k, test) {
            if (result_has_status(test, "failed") || result_has_status(test, "fault"))
                annotation(export->out, suite, test);
        }
    }
    int status = write_summary(export, suites);
    json_decref(suites);
    return status;
}
