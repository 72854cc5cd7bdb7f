#define _GNU_SOURCE
#include "report/feedback.h"

#include <stdlib.h>
#include <string.h>

#include "record/result.h"
#include "report/html.h"
#include "report/mark.h"
#include "report/student.h"
#include "report/wire.h"

enum { STEPS_SHOWN = 16, COLUMNS = 88 };

/* ------------------------------------------------ HTML */

static void fill_name(FILE *out, void *context)
{
    html_text(out, student_name(context));
}

static void fill_report(FILE *out, void *context)
{
    student_report(out, context, STUDENT);
}

void feedback_html(FILE *out, const json_t *document)
{
    static const struct hole holes[] = {{"css", html_css}, {"name", fill_name}, {"report", fill_report}, {NULL, NULL}};
    html_template(out, page_feedback_html, holes, (void *)document);
}

/* ------------------------------------------------ Markdown */

static const struct screen paper = {.width = COLUMNS, .unicode = true};

/* Text within a line. */
static void words(FILE *out, const char *text)
{
    char *safe = screen_safe(&paper, text);
    for (const char *c = safe; c != NULL && *c != '\0'; c++) {
        if (strchr("\\`*_[]<>#&|~$", *c) != NULL)
            fputc('\\', out);
        fputc(*c == '\n' ? ' ' : *c, out);
    }
    free(safe);
}

/* A block of text as it is, between fences that are longer than any in it. */
static void block(FILE *out, const char *text)
{
    size_t fence = 3;
    char *safe = screen_safe(&paper, text);
    if (safe == NULL)
        return;
    for (const char *c = safe; (c = strchr(c, '`')) != NULL; c += strspn(c, "`")) {
        if (strspn(c, "`") >= fence)
            fence = strspn(c, "`") + 1;
    }
    size_t length = strlen(safe);
    for (int end = 0; end < 2; end++) {
        for (size_t i = 0; i < fence; i++)
            fputc('`', out);
        if (end == 0)
            fprintf(out, "text\n%s%s", safe, length == 0 || safe[length - 1] != '\n' ? "\n" : "");
    }
    fputs("\n\n", out);
    free(safe);
}

static void wire_block(FILE *out, const json_t *wire)
{
    char *text = NULL;
    size_t size = 0;
    struct screen screen = paper;
    screen.file = open_memstream(&text, &size);
    if (screen.file == NULL)
        return;
    wire_draw(&screen, wire, 0, STEPS_SHOWN);
    fclose(screen.file);
    if (size > 0)
        block(out, text);
    free(text);
}

static void point(FILE *out, const char *label, const char *text)
{
    if (*text == '\0')
        return;
    fprintf(out, "- %s: ", label);
    words(out, text);
    fputc('\n', out);
}

static void failure(FILE *out, const json_t *document, const json_t *lesson, const json_t *check)
{
    int number = result_number(lesson, "number");
    const char *id = result_text(check, "id");
    const char *dot = strchr(id, '.');
    const json_t *place = json_object_get(check, "where");
    fprintf(out, "### %s ", level_of_check(check).sign);
    words(out, result_text(check, "title"));
    fprintf(out, " (%d/%d)\n\n", result_number(check, "points"), result_number(check, "max_points"));
    wire_block(out, json_object_get(check, "wire"));
    point(out, "expected", result_text(check, "expected"));
    point(out, "observed", result_text(check, "observed"));
    point(out, "think", result_text(check, "because"));
    if (json_is_object(place)) {
        fputs("- where: ", out);
        words(out, result_text(place, "file"));
        fprintf(out, ":%d, in ", result_number(place, "line"));
        words(out, result_text(place, "function"));
        fputs("()\n", out);
    }
    point(out, "hint", result_text(check, "hint"));
    if (*result_text(check, "hint") == '\0')
        fprintf(out, "- hint: `sockeye hint %d`\n", number);
    fprintf(out, "- replay: `sockeye check %d --only %s --seed %s --trace`\n\n", number, dot == NULL ? id : dot + 1,
            result_text(document, "seed"));
}

/* A check that has not failed, in one line. */
static void line(FILE *out, const json_t *check)
{
    struct level level = level_of_check(check);
    fprintf(out, "- %s %s: ", level.sign, level.words);
    words(out, result_text(check, "title"));
    if (result_has_status(check, "passed") || result_has_status(check, "skipped"))
        fprintf(out, " (%d/%d)", result_number(check, "points"), result_number(check, "max_points"));
    /* What was skipped says which check must pass first, and that one may be hidden. */
    if (!result_has_status(check, "skipped") && *result_text(check, "observed") != '\0') {
        fputs(": ", out);
        words(out, result_text(check, "observed"));
    }
    fputc('\n', out);
}

static void checks(FILE *out, const json_t *document, const json_t *lesson)
{
    size_t i;
    json_t *check;
    int lines = 0;
    json_array_foreach (json_object_get(lesson, "checks"), i, check) {
        if (is_told(check, STUDENT) && !result_has_status(check, "failed"))
            line(out, check), lines++;
    }
    fputs(lines > 0 ? "\n" : "", out);
    json_array_foreach (json_object_get(lesson, "checks"), i, check) {
        if (is_told(check, STUDENT) && result_has_status(check, "failed"))
            failure(out, document, lesson, check);
    }
}

static void compiler(FILE *out, const json_t *document, const json_t *lesson)
{
    const json_t *build = json_object_get(lesson, "build");
    int warnings = result_number(build, "warnings");
    if (result_has_status(lesson, "missing"))
        fprintf(out, "%s\n\n",
                result_is_untaken(document) ? "What was handed in could not be taken." : "No program was handed in.");
    else if (result_has_status(build, "failed"))
        fputs("It does not compile. The compiler says:\n\n", out);
    else if (!result_has_status(build, "built"))
        fputs("It could not be built on the machine that graded, which is not your doing:\n\n", out);
    else if (warnings > 0)
        fprintf(out, "The compiler warns %d time%s:\n\n", warnings, warnings == 1 ? "" : "s");
    else
        return;
    if (!result_has_status(lesson, "missing") && *result_text(build, "output") != '\0')
        block(out, result_text(build, "output"));
}

static void lesson_markdown(FILE *out, const json_t *document, const json_t *lesson)
{
    struct hidden hidden = hidden_of(lesson, STUDENT);
    struct result_mark total = result_mark(lesson);
    struct level level = level_within(document, lesson);
    bool untaken = strcmp(level.class, "untaken") == 0;
    fprintf(out, "## %s %02d ", level.sign, result_number(lesson, "number"));
    words(out, result_text(lesson, "name"));
    if (!untaken)
        fprintf(out, ": %d/%d", result_number(lesson, "score"), result_number(lesson, "max_score"));
    fputs("\n\n", out);
    if (total.by_rubric && !untaken)
        fprintf(out, "%s\n\n", words_of_part(&total, json_integer_value(json_object_get(lesson, "handed_in"))).text);
    compiler(out, document, lesson);
    if (result_has_status(json_object_get(lesson, "build"), "built"))
        checks(out, document, lesson);
    if (hidden.checks > 0)
        fprintf(out, "%d hidden check%s: %d of %d points.\n\n", hidden.checks, hidden.checks == 1 ? "" : "s",
                hidden.points, hidden.max);
}

static void problems(FILE *out, const json_t *document)
{
    size_t i;
    json_t *problem;
    const json_t *list = json_object_get(document, "problems");
    if (json_array_size(list) == 0)
        return;
    fputs("## What was handed in and could not be taken\n\n", out);
    json_array_foreach (list, i, problem) {
        fputs("- ", out);
        words(out, place_for_student(document, result_text(problem, "place")));
        fputs(": ", out);
        words(out, problem_for_student(result_text(problem, "words")));
        fputc('\n', out);
    }
    fputc('\n', out);
}

static void open_lessons(FILE *out, const json_t *document)
{
    size_t i;
    json_t *folder;
    json_array_foreach (json_object_get(document, "open"), i, folder) {
        fputs(i == 0 ? "Not graded yet: " : ", ", out);
        words(out, json_string_value(folder));
    }
    fputs(i > 0 ? ". What counts is known when that is done.\n\n" : "", out);
}

void feedback_markdown(FILE *out, const json_t *document)
{
    fputs("# ", out);
    words(out, student_name(document));
    fprintf(out, ": %s\n\n", words_of_document(document).text);
    fprintf(out, "Handed in: %s.", moment_of(json_integer_value(json_object_get(document, "handed_in"))).text);
    if (json_array_size(json_object_get(document, "lessons")) > 0)
        fprintf(out, " Graded by Sockeye %s, seed `%s`, %s mode.", result_text(document, "kit"),
                result_text(document, "seed"), result_text(document, "mode"));
    fputs("\n\n", out);
    fprintf(out, "Content: `%s`\n\n", result_text(document, "content"));
    open_lessons(out, document);
    problems(out, document);
    size_t i;
    json_t *lesson;
    json_array_foreach (json_object_get(document, "lessons"), i, lesson) {
        lesson_markdown(out, document, lesson);
    }
}
