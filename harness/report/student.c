#define _GNU_SOURCE
#include "report/student.h"

#include <string.h>

#include "record/result.h"
#include "report/html.h"
#include "report/mark.h"
#include "report/wire_html.h"

enum { STEPS_SHOWN = 16 };

bool is_told(const json_t *check, enum reader reader)
{
    return reader == TEACHER || !json_is_true(json_object_get(check, "hidden"));
}

struct hidden hidden_of(const json_t *lesson, enum reader reader)
{
    struct hidden hidden = {0, 0, 0};
    size_t i;
    json_t *check;
    json_array_foreach (json_object_get(lesson, "checks"), i, check) {
        if (is_told(check, reader))
            continue;
        hidden.checks++;
        hidden.points += result_number(check, "points");
        hidden.max += result_has_status(check, "not-graded") ? 0 : result_number(check, "max_points");
    }
    return hidden;
}

static void sign(FILE *out, struct level level)
{
    fprintf(out, "<b class=\"sign %s\" aria-hidden=\"true\">%s</b><span class=\"sr\">%s: </span>", level.class,
            level.sign, level.words);
}

static void row(FILE *out, const char *label, const char *text)
{
    if (*text == '\0')
        return;
    fprintf(out, "<dt>%s</dt><dd>", label);
    html_text(out, text);
    fputs("</dd>\n", out);
}

static void code_row(FILE *out, const char *label, const char *text)
{
    if (*text == '\0')
        return;
    fprintf(out, "<dt>%s</dt><dd><code>", label);
    html_text(out, text);
    fputs("</code></dd>\n", out);
}

static void where(FILE *out, const json_t *place)
{
    char text[500];
    if (!json_is_object(place))
        return;
    const char *call = result_text(place, "call");
    snprintf(text, sizeof text, "%.200s:%d, in %.100s()%s%.60s%s", result_text(place, "file"),
             result_number(place, "line"), result_text(place, "function"), *call == '\0' ? "" : ", which called ", call,
             *call == '\0' ? "" : "()");
    row(out, "where", text);
}

static void failure(FILE *out, const json_t *document, const json_t *lesson, const json_t *check)
{
    char text[300];
    int number = result_number(lesson, "number");
    const char *id = result_text(check, "id");
    const char *dot = strchr(id, '.');
    wire_html(out, json_object_get(check, "wire"), STEPS_SHOWN);
    fputs("<dl class=\"why\">\n", out);
    row(out, "expected", result_text(check, "expected"));
    row(out, "observed", result_text(check, "observed"));
    row(out, "think", result_text(check, "because"));
    where(out, json_object_get(check, "where"));
    snprintf(text, sizeof text, "sockeye hint %d", number);
    row(out, "hint", result_text(check, "hint"));
    if (*result_text(check, "hint") == '\0')
        code_row(out, "hint", text);
    snprintf(text, sizeof text, "sockeye check %d --only %.100s --seed %.40s --trace", number,
             dot == NULL ? id : dot + 1, result_text(document, "seed"));
    code_row(out, "replay", text);
    fputs("</dl>\n", out);
}

static void tag_if_hidden(FILE *out, const json_t *check)
{
    if (json_is_true(json_object_get(check, "hidden")))
        fputs(" <small class=\"tag\">hidden</small>", out);
}

static void failed_check(FILE *out, const json_t *document, const json_t *lesson, const json_t *check)
{
    fputs("<section class=\"failed\"><h3>", out);
    sign(out, level_of_check(check));
    fputs("<span>", out);
    html_text(out, result_text(check, "title"));
    tag_if_hidden(out, check);
    fprintf(out, "</span><span class=\"points\">%d/%d</span></h3>\n", result_number(check, "points"),
            result_number(check, "max_points"));
    failure(out, document, lesson, check);
    fputs("</section>\n", out);
}

/* A check of which there is little to say, in few bytes: a class has many of them. */
static void plain_check(FILE *out, const json_t *check)
{
    const char *reason = result_has_status(check, "skipped") ? "" : result_text(check, "observed");
    fputs("<li>", out);
    html_text(out, result_text(check, "title"));
    tag_if_hidden(out, check);
    if (result_has_status(check, "passed") || result_has_status(check, "skipped"))
        fprintf(out, " <i>%d/%d</i>", result_number(check, "points"), result_number(check, "max_points"));
    if (*reason != '\0') {
        fputs(": ", out);
        html_text(out, reason);
    }
    fputc('\n', out);
}

/* All checks of a lesson with one status. */
static void group(FILE *out, const json_t *lesson, const char *status, const char *words, enum reader reader)
{
    int count = 0;
    size_t i;
    json_t *check;
    json_array_foreach (json_object_get(lesson, "checks"), i, check) {
        if (!result_has_status(check, status) || !is_told(check, reader))
            continue;
        if (count++ == 0)
            fprintf(out, "<section class=\"group %s\"><h3><b class=\"sign\" aria-hidden=\"true\">%s</b>%s</h3><ul>\n",
                    status, level_of_check(check).sign, words);
        plain_check(out, check);
    }
    fputs(count > 0 ? "</ul></section>\n" : "", out);
}

/* What failed comes first, since it is what a report is read for. */
static void checks(FILE *out, const json_t *document, const json_t *lesson, enum reader reader)
{
    size_t i;
    json_t *check;
    json_array_foreach (json_object_get(lesson, "checks"), i, check) {
        if (result_has_status(check, "failed") && is_told(check, reader))
            failed_check(out, document, lesson, check);
    }
    group(out, lesson, "fault", "Could not be graded: a fault of the machine or the kit, run again", reader);
    group(out, lesson, "skipped", "Skipped, since a check that must pass first did not", reader);
    group(out, lesson, "passed", "Passed", reader);
    group(out, lesson, "not-graded", "Not graded here, counts in no score", reader);
}

static void compiler(FILE *out, const char *words, const char *output)
{
    fprintf(out, "<p class=\"says\">%s</p>\n", words);
    if (*output == '\0')
        return;
    fputs("<pre tabindex=\"0\" role=\"region\" aria-label=\"The compiler's words\">", out);
    html_text(out, output);
    fputs("</pre>\n", out);
}

static void build(FILE *out, const json_t *document, const json_t *lesson)
{
    const json_t *build = json_object_get(lesson, "build");
    const char *output = result_text(build, "output");
    char words[100];
    int warnings = result_number(build, "warnings");
    if (result_has_status(lesson, "missing"))
        fprintf(out, "<p class=\"says\">%s</p>\n",
                result_is_untaken(document) ? "What was handed in could not be taken." : "No program was handed in.");
    else if (result_has_status(build, "failed"))
        compiler(out, "It does not compile. The compiler says:", output);
    else if (!result_has_status(build, "built"))
        compiler(out, "It could not be built on the machine that graded, which is no student's doing:", output);
    else if (warnings > 0) {
        snprintf(words, sizeof words, "The compiler warns %d time%s:", warnings, warnings == 1 ? "" : "s");
        compiler(out, words, output);
    }
}

static void lesson_html(FILE *out, const json_t *document, const json_t *lesson, enum reader reader)
{
    struct level level = level_within(document, lesson);
    bool untaken = strcmp(level.class, "untaken") == 0;
    struct hidden hidden = hidden_of(lesson, reader);
    struct result_mark total = result_mark(lesson);
    bool calm = result_has_status(lesson, "passed") || result_has_status(lesson, "missing");
    fprintf(out, "<details class=\"lesson\"%s><summary><h2>", calm ? "" : " open");
    sign(out, level);
    html_format(out, "%02d %s", result_number(lesson, "number"), result_text(lesson, "name"));
    fputs("</h2>", out);
    if (!untaken)
        fprintf(out, " <span class=\"%s points\">%d/%d</span>", level.class, result_number(lesson, "score"),
                result_number(lesson, "max_score"));
    fputs("</summary>\n", out);
    if (total.by_rubric && !untaken)
        fprintf(out, "<p class=\"says\">%s</p>\n",
                words_of_part(&total, json_integer_value(json_object_get(lesson, "handed_in"))).text);
    build(out, document, lesson);
    if (result_has_status(json_object_get(lesson, "build"), "built"))
        checks(out, document, lesson, reader);
    if (hidden.checks > 0)
        fprintf(out, "<p class=\"says\">%d hidden check%s: %d of %d points.</p>\n", hidden.checks,
                hidden.checks == 1 ? "" : "s", hidden.points, hidden.max);
    fputs("</details>\n", out);
}

static void fact(FILE *out, const char *label, const char *text)
{
    if (*text == '\0')
        return;
    fprintf(out, "<div><dt>%s</dt><dd>", label);
    html_text(out, text);
    fputs("</dd></div>\n", out);
}

static void facts(FILE *out, const json_t *document)
{
    const json_t *student = json_object_get(document, "student");
    const char *key = result_text(document, "submission");
    fprintf(out, "<p class=\"total\">%s</p>\n<dl class=\"facts\">\n", words_of_document(document).text);
    fact(out, "Key", strcmp(student_name(document), key) == 0 ? "" : key);
    fact(out, "Number", result_text(student, "id"));
    fact(out, "Login", result_text(student, "login"));
    fact(out, "Mail", result_text(student, "email"));
    fact(out, "Handed in", moment_of(json_integer_value(json_object_get(document, "handed_in"))).text);
    if (json_array_size(json_object_get(document, "lessons")) > 0) { /* else nothing was graded */
        fact(out, "Kit", result_text(document, "kit"));
        fact(out, "Seed", result_text(document, "seed"));
        fact(out, "Mode", result_text(document, "mode"));
    }
    fact(out, "Content (SHA-256)", result_text(document, "content"));
    fputs("</dl>\n", out);
}

static void problems(FILE *out, const json_t *document, enum reader reader)
{
    const json_t *list = json_object_get(document, "problems");
    if (json_array_size(list) == 0)
        return;
    fputs("<section class=\"problems\"><h2>What was handed in and could not be taken</h2>\n<ul>\n", out);
    size_t i;
    json_t *problem;
    json_array_foreach (list, i, problem) {
        fputs("<li><code>", out);
        const char *place = result_text(problem, "place");
        html_text(out, reader == STUDENT ? place_for_student(document, place) : place);
        fputs("</code> ", out);
        const char *words = result_text(problem, "words");
        html_text(out, reader == STUDENT ? problem_for_student(words) : words);
        fputs("</li>\n", out);
    }
    fputs("</ul></section>\n", out);
}

static void open_lessons(FILE *out, const json_t *document)
{
    size_t i;
    json_t *folder;
    json_array_foreach (json_object_get(document, "open"), i, folder) {
        fputs(i == 0 ? "<p class=\"note open\">Not graded yet: " : ", ", out);
        html_text(out, json_string_value(folder));
    }
    fputs(i > 0 ? ". What counts is known when that is done.</p>\n" : "", out);
}

void student_report(FILE *out, const json_t *document, enum reader reader)
{
    fputs("<header><h1 tabindex=\"-1\"><bdi>", out);
    html_text(out, student_name(document));
    fputs("</bdi></h1>\n", out);
    facts(out, document);
    open_lessons(out, document);
    fputs("</header>\n", out);
    problems(out, document, reader);
    size_t i;
    json_t *lesson;
    json_array_foreach (json_object_get(document, "lessons"), i, lesson) {
        lesson_html(out, document, lesson, reader);
    }
}
