#define _GNU_SOURCE
#include "report/class_page.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "record/result.h"
#include "report/alike.h"
#include "report/html.h"
#include "report/mark.h"
#include "report/student.h"
#include "report/tally.h"

struct page {
    const struct class_source *source;
    struct tally tally;
    struct tally_lesson *lessons;
    size_t count;
    FILE *out;
    FILE *reports; /* a temporary file */
};

/* All that needs no other student: a document is long to read, so it is done at once. */
static void take_student(void *context, json_t *document)
{
    struct page *page = context;
    tally_add(&page->tally, document);
    char id[sizeof(struct slug) + 2];
    snprintf(id, sizeof id, "s-%s", slug_of(result_text(document, "submission")).text);
    struct later later;
    later_begin(&later);
    student_report(later.html, document, TEACHER);
    later_end(&later, page->reports, id);
}

static const char *plural(int count)
{
    return count == 1 ? "" : "s";
}

/* ------------------------------------------------ what the class comes to */

static void summary(FILE *out, void *context)
{
    const struct tally *tally = &((struct page *)context)->tally;
    fprintf(out, "<p>%d student%s, %zu lesson%s. ", tally->students, plural(tally->students),
            ((struct page *)context)->count, plural((int)((struct page *)context)->count));
    if (*tally->kit == '\0')
        fputs("Nothing is graded yet.", out);
    else
        html_format(out, "Graded until %s by Sockeye %s, seed %s, %s mode.", moment_of(tally->graded_at).text,
                    tally->kit, tally->seeds, tally->mode);
    fputs(tally->by_rubric ? " Totals are by the rubric.</p>\n" : "</p>\n", out);
    if (tally->open > 0)
        fprintf(out,
                "<p class=\"note open\"><b>… %d lesson%s of %d student%s</b> %s not graded yet: the same command goes "
                "on from there, and <code>sockeye merge</code> joins the parts of a class. Until then sums are no "
                "marks.</p>\n",
                tally->open, plural(tally->open), tally->with_open, plural(tally->with_open),
                tally->open == 1 ? "is" : "are");
    if (tally->faults > 0)
        fprintf(out,
                "<p class=\"note fault\"><b>! %d fault%s</b> of the machine that graded or of the kit, which "
                "cost nobody a mark: run <code>sockeye grade</code> again.</p>\n",
                tally->faults, plural(tally->faults));
    if (tally->not_graded > 0)
        fprintf(out,
                "<p class=\"note\"><b>· %d verdict%s</b> without some checks, which could not be graded there; "
                "these count in no score.</p>\n",
                tally->not_graded, plural(tally->not_graded));
    if (tally->with_problems > 0)
        fprintf(out,
                "<p class=\"note\"><b>%d student%s</b> handed in something that could not be taken: each report "
                "says what.</p>\n",
                tally->with_problems, plural(tally->with_problems));
    if (tally->untaken > 0)
        fprintf(
            out,
            "<p class=\"note untaken\"><b>? %d student%s</b> handed in nothing that could be taken, and so %s no mark: "
            "look at what it is.</p>\n",
            tally->untaken, plural(tally->untaken), tally->untaken == 1 ? "has" : "have");
}

static void sort_head(FILE *out, const char *class, const char *label, const char *small)
{
    fprintf(out, "<th scope=\"col\" class=\"%s\"><button type=\"button\">", class);
    html_text(out, label);
    if (*small != '\0') {
        fputs(" <span>", out);
        html_text(out, small);
        fputs("</span>", out);
    }
    fputs("</button></th>\n", out);
}

static void head(FILE *out, void *context)
{
    const struct page *page = context;
    sort_head(out, "who", "Student", "");
    sort_head(out, "points total", "Total", "");
    for (size_t i = 0; i < page->count; i++) {
        char number[20];
        snprintf(number, sizeof number, "%02d", result_number(page->lessons[i].sums, "number"));
        sort_head(out, "points lesson", number, result_text(page->lessons[i].sums, "name"));
    }
}

static void foot(FILE *out, void *context)
{
    const struct page *page = context;
    fprintf(out, "<tr><th scope=\"row\">Mean of those who handed in%s</th><td></td>",
            page->tally.open > 0 ? ", as far as they are graded" : "");
    for (size_t i = 0; i < page->count; i++) {
        int handed_in = result_number(page->lessons[i].sums, "handed_in");
        if (handed_in == 0)
            fputs("<td>–</td>", out);
        else
            fprintf(out, "<td>%.1f</td>", result_number(page->lessons[i].sums, "score") / (double)handed_in);
    }
    fputs("</tr>\n", out);
}

/* ------------------------------------------------ a student's row */

static const json_t *lesson_named(const json_t *document, const json_t *sums)
{
    size_t i;
    json_t *lesson;
    json_array_foreach (json_object_get(document, "lessons"), i, lesson) {
        if (json_equal(json_object_get(lesson, "number"), json_object_get(sums, "number")) &&
            json_equal(json_object_get(lesson, "name"), json_object_get(sums, "name")))
            return lesson;
    }
    return NULL;
}

static bool is_open(const json_t *document, const char *folder)
{
    size_t i;
    json_t *open;
    json_array_foreach (json_object_get(document, "open"), i, open) {
        if (strcmp(json_string_value(open), folder) == 0)
            return true;
    }
    return false;
}

/* Few bytes and few elements: a class has thousands of them. The style puts the level's sign before it. */
static void cell(FILE *out, const json_t *document, const struct tally_lesson *column)
{
    const json_t *lesson = lesson_named(document, column->sums);
    if (lesson == NULL) {
        fputs(is_open(document, column->key)
                  ? "<td class=\"open\" data-v=\"\"><span class=\"sr\">not graded yet</span>"
                  : "<td data-v=\"\"><span class=\"sr\">not asked for when this student was graded</span>",
              out);
        return;
    }
    struct level level = level_within(document, lesson);
    if (strcmp(level.class, "untaken") == 0) {
        fprintf(out, "<td class=\"untaken\" data-v=\"\"><span class=\"sr\">%s</span>", level.words);
        return;
    }
    bool missing = result_has_status(lesson, "missing");
    bool is_told_by_points = result_has_status(lesson, "passed") || result_has_status(lesson, "failed");
    fprintf(out, "<td class=\"%s%s\"%s>%d/%d", level.class,
            !missing && result_has_check(lesson, "not-graded") ? " part" : "", missing ? " data-v=\"\"" : "",
            result_number(lesson, "score"), result_number(lesson, "max_score"));
    if (!is_told_by_points || strcmp(level.class, "fault") == 0)
        fprintf(out, "<span class=\"sr\"> %s</span>", level.words);
}

/* The ids of what a student has failed: the search finds them. */
static void failed_ids(FILE *out, const json_t *document)
{
    size_t i;
    json_t *lesson;
    json_array_foreach (json_object_get(document, "lessons"), i, lesson) {
        if (result_has_status(lesson, "not-built"))
            html_format(out, " %s", build_id_of(lesson).text);
        size_t k;
        json_t *check;
        json_array_foreach (json_object_get(lesson, "checks"), k, check) {
            if (result_has_status(check, "failed"))
                html_format(out, " %s", result_text(check, "id"));
        }
    }
}

static void total_cell(FILE *out, const struct result_mark *total)
{
    fprintf(out, "<td class=\"total\" data-v=\"%.4f\">", total->score);
    if (total->max > 0 || total->open == 0)
        fprintf(out, "<b>%g</b>/%g", total->score, total->max);
    if (total->open > 0)
        fprintf(out, " <small class=\"tag\">%s%d not graded yet</small>", total->max > 0 ? "so far: " : "",
                total->open);
    if (total->late_days > 0)
        fprintf(out, " <small class=\"tag\">%s</small>", words_of_days(total).text);
}

static void student_row(void *context, json_t *document)
{
    const struct page *page = context;
    FILE *out = page->out;
    const json_t *student = json_object_get(document, "student");
    const char *key = result_text(document, "submission");
    struct result_mark total = result_mark(document);
    size_t problems = json_array_size(json_object_get(document, "problems"));
    fputs("<tr data-find=\"", out);
    html_format(out, "%.500s %.100s %.100s %.200s", key, result_text(student, "id"), result_text(student, "login"),
                result_text(student, "email"));
    failed_ids(out, document);
    fprintf(out, "\"><th scope=\"row\"><a href=\"#s-%s\"><bdi>", slug_of(key).text);
    html_text(out, student_name(document));
    fputs("</bdi>", out);
    if (tally_is_shared(&page->tally, student_name(document))) {
        fputs(" <small class=\"key\">", out);
        html_format(out, "%.100s", key);
        fputs("</small>", out);
    }
    fputs("</a>", out);
    if (problems > 0)
        fprintf(out, " <small class=\"tag\">%zu problem%s</small>", problems, plural((int)problems));
    if (result_is_untaken(document))
        fputs("<td class=\"total untaken\" data-v=\"\"><span class=\"sr\">handed in, could not be taken</span>", out);
    else
        total_cell(out, &total);
    for (size_t i = 0; i < page->count; i++)
        cell(out, document, &page->lessons[i]);
    fputc('\n', out);
}

static void rows(FILE *out, void *context)
{
    struct page *page = context;
    page->out = out;
    page->source->each(page->source->of, student_row, page);
}

/* ------------------------------------------------ what to teach again */

static void failures(FILE *out, void *context)
{
    const struct page *page = context;
    size_t count;
    struct tally_failure *failures = tally_failures(&page->tally, &count);
    if (count == 0)
        fputs("<tr><td colspan=\"4\">Nobody has failed a check.</td></tr>\n", out);
    for (size_t i = 0; i < count; i++) {
        const struct tally_failure *failure = &failures[i];
        int handed_in = result_number(failure->lesson, "handed_in");
        int number = result_number(failure->lesson, "number");
        int percent = (int)(failure->share * 100 + 0.5);
        fprintf(
            out,
            "<tr><td class=\"count\" data-v=\"%d\"><b>%d</b> of %d</td><td class=\"share\" data-v=\"%.6f\">%d&nbsp;%%"
            "<meter min=\"0\" max=\"100\" value=\"%d\" aria-hidden=\"true\"></meter></td>"
            "<td class=\"lesson\" data-v=\"%d\">",
            failure->failed, failure->failed, handed_in, failure->share, percent, percent, number);
        html_format(out, "%02d %s", number, result_text(failure->lesson, "name"));
        fputs("</td><td class=\"what\">", out);
        html_text(out, failure->title);
        fputs(" <button type=\"button\" class=\"find\" data-id=\"", out);
        html_text(out, failure->id);
        fputs("\">who<span class=\"sr\"> failed ", out);
        html_text(out, failure->id);
        fputs("</span></button></td></tr>\n", out);
    }
    free(failures);
}

/* ------------------------------------------------ the page */

static void reports(FILE *out, void *context)
{
    const struct page *page = context;
    char buffer[65536];
    size_t n;
    rewind(page->reports);
    while ((n = fread(buffer, 1, sizeof buffer, page->reports)) > 0)
        fwrite(buffer, 1, n, out);
}

static void alike(FILE *out, void *context)
{
    const struct page *page = context;
    alike_section(out, page->source, &page->tally);
}

bool class_page(FILE *out, const struct class_source *source)
{
    static const struct hole holes[] = {
        {"policy", html_policy}, {"css", html_css}, {"js", html_js}, {"summary", summary},
        {"head", head},          {"rows", rows},    {"foot", foot},  {"failures", failures},
        {"reports", reports},    {"alike", alike},  {NULL, NULL},
    };
    struct page page = {.source = source, .reports = tmpfile()};
    if (page.reports == NULL)
        return false;
    source->each(source->of, take_student, &page);
    bool whole = fflush(page.reports) == 0 && !ferror(page.reports); /* rewind() forgets it */
    page.lessons = tally_lessons(&page.tally, &page.count);
    html_template(out, page_class_html, holes, &page);
    fclose(page.reports);
    free(page.lessons);
    tally_free(&page.tally);
    return whole;
}
