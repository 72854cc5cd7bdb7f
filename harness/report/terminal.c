#define _GNU_SOURCE
#include "report/terminal.h"

#include <stdlib.h>
#include <string.h>

#include "record/result.h"
#include "report/wire.h"

enum { STEPS_SHOWN = 12, LABEL = 16 };

static const struct mark {
    const char *status;
    const char *unicode;
    const char *ascii;
    enum paint paint;
} marks[] = {
    {"passed", "✓", "ok", GOOD},    {"failed", "✗", "XX", BAD},  {"skipped", "–", "--", DIM},
    {"not-graded", "·", "..", DIM}, {"waiting", "…", "..", DIM}, {"fault", "!", "!!", BAD},
};
enum { MARKS = sizeof marks / sizeof *marks };

static const struct mark *mark_of(const char *status)
{
    for (int i = 0; i < MARKS; i++) {
        if (strcmp(marks[i].status, status) == 0)
            return &marks[i];
    }
    return &marks[MARKS - 1];
}

/* The id without the lesson's number: what --only takes. */
static const char *short_id(const json_t *check)
{
    const char *id = result_text(check, "id");
    const char *dot = strchr(id, '.');
    return dot == NULL ? id : dot + 1;
}

static void heading(const struct screen *screen, const json_t *lesson)
{
    char name[120];
    char points[32];
    snprintf(name, sizeof name, "%02d %s", result_number(lesson, "number"), result_text(lesson, "name"));
    int score = result_number(lesson, "score");
    int most = result_number(lesson, "max_score");
    if (screen->linear) {
        fprintf(screen->file, "Lesson %s: %d of %d points\n", name, score, most);
        return;
    }
    snprintf(points, sizeof points, "%d/%d", score, most);
    screen_paint(screen, BOLD);
    screen_cell(screen, name, screen->width - screen_columns(points));
    fprintf(screen->file, "%s\n", points);
    screen_paint(screen, PLAIN);
}

/* On a linear screen: "failed, 0 of 3 points: leaves no zombie". */
static void check_statement(const struct screen *screen, const json_t *check)
{
    const char *status = result_text(check, "status");
    bool counts = strcmp(status, "not-graded") != 0 && strcmp(status, "fault") != 0;
    fprintf(screen->file, "%s", counts || *status == 'f' ? status : "not graded here");
    if (counts)
        fprintf(screen->file, ", %d of %d points", result_number(check, "points"), result_number(check, "max_points"));
    fputs(": ", screen->file);
    screen_cell(screen, result_text(check, "title"), 0);
    fputc('\n', screen->file);
}

void report_line(const struct screen *screen, const json_t *check)
{
    const char *status = result_text(check, "status");
    if (screen->linear) {
        check_statement(screen, check);
        return;
    }
    const struct mark *mark = mark_of(status);
    const char *sign = screen_sign(screen, mark->unicode, mark->ascii);
    char points[200];
    if (mark->paint == GOOD || strcmp(status, "failed") == 0)
        snprintf(points, sizeof points, "%d/%d", result_number(check, "points"), result_number(check, "max_points"));
    else if (strcmp(status, "skipped") == 0)
        snprintf(points, sizeof points, "skipped 0/%d", result_number(check, "max_points"));
    else if (strcmp(status, "waiting") == 0)
        snprintf(points, sizeof points, "-/%d", result_number(check, "max_points"));
    else
        snprintf(points, sizeof points, "%s", strcmp(status, "fault") == 0 ? "fault" : "not graded here");
    fputs("  ", screen->file);
    screen_paint(screen, mark->paint);
    fputs(sign, screen->file);
    if (mark->paint != DIM)
        screen_paint(screen, PLAIN);
    fputc(' ', screen->file);
    screen_cell(screen, result_text(check, "title"), screen->width - 4 - screen_columns(sign) - screen_columns(points));
    fprintf(screen->file, " %s\n", points);
    screen_paint(screen, PLAIN);
}

static void part(const struct screen *screen, const char *label, const char *text, enum paint paint)
{
    char indented[64];
    if (*text == '\0')
        return;
    snprintf(indented, sizeof indented, "      %s", label);
    screen_paint(screen, paint);
    screen_paragraph(screen, LABEL, indented, text);
    screen_paint(screen, PLAIN);
}

static void where(const struct screen *screen, const json_t *place)
{
    char text[300];
    if (!json_is_object(place))
        return;
    const char *call = result_text(place, "call");
    snprintf(text, sizeof text, "%s:%d, in %s()%s%s%s", result_text(place, "file"), result_number(place, "line"),
             result_text(place, "function"), *call == '\0' ? "" : ", which called ", call, *call == '\0' ? "" : "()");
    part(screen, "where", text, PLAIN);
}

void report_findings(const struct screen *screen, const json_t *check, int steps)
{
    wire_draw(screen, json_object_get(check, "wire"), 6, steps);
    part(screen, "expected", result_text(check, "expected"), PLAIN);
    part(screen, "observed", result_text(check, "observed"), BAD);
    part(screen, "trace", result_text(check, "calls"), PLAIN);
    part(screen, "think", result_text(check, "because"), PLAIN);
    where(screen, json_object_get(check, "where"));
}

void report_failure(const struct screen *screen, const json_t *check, const char *seed,
                    const struct report_options *options)
{
    char text[400];
    int number = atoi(result_text(check, "id"));
    report_findings(screen, check, options->trace ? 0 : STEPS_SHOWN);
    snprintf(text, sizeof text, "%s hint %d%s%s", options->typed, number, options->chosen ? " " : "",
             options->chosen ? short_id(check) : "");
    part(screen, "hint", text, HINT);
    snprintf(text, sizeof text, "%s check %d --only %s --seed %s --trace%s", options->typed, number, short_id(check),
             seed, options->work);
    part(screen, "replay", text, HINT);
}

/* The compiler's words, as it has laid them out. */
static void compiler_says(const struct screen *screen, const json_t *lesson)
{
    char *words = screen_safe(screen, result_text(json_object_get(lesson, "build"), "output"));
    if (words == NULL)
        return;
    fprintf(screen->file, "\n%s%s", words, *words == '\0' || words[strlen(words) - 1] == '\n' ? "" : "\n");
    free(words);
}

static void not_built(const struct screen *screen, const json_t *lesson, const struct report_options *options)
{
    screen_paint(screen, BAD);
    fprintf(screen->file, "  %s %s\n", screen->linear ? "failed:" : screen_sign(screen, "✗", "XX"),
            result_has_status(lesson, "missing") ? "the program is missing"
            : result_has_status(lesson, "fault") ? "it could not be built here, which is not your doing"
                                                 : "it does not compile; the compiler says:");
    screen_paint(screen, PLAIN);
    compiler_says(screen, lesson);
    if (result_has_status(lesson, "missing"))
        fprintf(screen->file, "\n  begin with: %s start %d\n", options->typed, result_number(lesson, "number"));
}

static void warnings(const struct screen *screen, const json_t *lesson)
{
    int count = result_number(json_object_get(lesson, "build"), "warnings");
    char words[100];
    if (count == 0)
        return;
    snprintf(words, sizeof words, "the compiler warns %d time%s; it is right more often than not:", count,
             count == 1 ? "" : "s");
    screen_paragraph(screen, 2, "", words);
    compiler_says(screen, lesson);
    fputc('\n', screen->file);
}

const json_t *report_first_failure(const json_t *lesson)
{
    size_t i;
    json_t *check;
    json_array_foreach (json_object_get(lesson, "checks"), i, check) {
        if (result_has_status(check, "failed"))
            return check;
    }
    return NULL;
}

static void check_report(const struct screen *screen, const json_t *check, const struct report_options *options)
{
    report_line(screen, check);
    if (result_has_status(check, "fault") || result_has_status(check, "not-graded"))
        part(screen, "", result_text(check, "observed"), DIM);
    else if (options->trace && !result_has_status(check, "skipped"))
        wire_draw(screen, json_object_get(check, "wire"), 6, 0);
}

/* The others that failed, by the names that --only takes: each is seen in full when it is played alone. */
static void others(const struct screen *screen, const json_t *lesson, const json_t *first,
                   const struct report_options *options)
{
    char names[2048] = "";
    char text[2 * sizeof names + 400];
    size_t i;
    json_t *check;
    json_array_foreach (json_object_get(lesson, "checks"), i, check) {
        size_t used = strlen(names);
        if (check != first && result_has_status(check, "failed"))
            snprintf(names + used, sizeof names - used, "%s%s", used == 0 ? "" : ", ", short_id(check));
    }
    if (*names == '\0')
        return;
    snprintf(text, sizeof text, "%s: %s check %d --only %s%s", names, options->typed, result_number(lesson, "number"),
             strchr(names, ',') == NULL ? names : "CHECK", options->work);
    fputc('\n', screen->file);
    screen_paint(screen, HINT);
    screen_paragraph(screen, LABEL, "  also failed", text);
    screen_paint(screen, PLAIN);
}

static void lesson_report(const struct screen *screen, const json_t *lesson, const char *seed,
                          const struct report_options *options)
{
    heading(screen, lesson);
    if (!result_has_status(json_object_get(lesson, "build"), "built")) {
        not_built(screen, lesson, options);
        return;
    }
    const json_t *first = report_first_failure(lesson); /* in full, as with --trace all of them are */
    if (options->failure_first && first != NULL) {
        report_line(screen, first);
        report_findings(screen, first, options->steps > 0 ? options->steps : STEPS_SHOWN);
        fputc('\n', screen->file);
    }
    warnings(screen, lesson);
    size_t i;
    json_t *check;
    json_array_foreach (json_object_get(lesson, "checks"), i, check) {
        bool failed = result_has_status(check, "failed");
        if (!options->failure_first && failed && (check == first || options->trace)) {
            struct report_options named = *options;
            named.chosen = options->chosen || check != first;
            report_line(screen, check);
            report_failure(screen, check, seed, &named);
            fputc('\n', screen->file);
        } else if (!options->failure_first || check != first) {
            check_report(screen, check, options);
        }
    }
    if (!options->failure_first && !options->trace)
        others(screen, lesson, first, options);
}

void report_document(const struct screen *screen, const json_t *document, const struct report_options *options)
{
    size_t i;
    json_t *lesson;
    json_array_foreach (json_object_get(document, "lessons"), i, lesson) {
        if (i > 0)
            fputc('\n', screen->file);
        lesson_report(screen, lesson, result_text(document, "seed"), options);
    }
}
