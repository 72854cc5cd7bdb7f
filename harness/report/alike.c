#define _GNU_SOURCE
#include "report/alike.h"

#include <string.h>

#include "record/result.h"
#include "report/html.h"

/* Of hostile texts, so much is shown. */
enum { RUNS_SHOWN = 200, LINES_SHOWN = 300, COLUMNS_SHOWN = 200, AROUND = 2 };

struct section {
    FILE *out;
    const struct tally *tally;
    int pairs;
};

static const char *text_at(const json_t *pair, const char *member, size_t index)
{
    return json_string_value(json_array_get(json_object_get(pair, member), index));
}

static int number_at(const json_t *array, size_t index)
{
    return (int)json_integer_value(json_array_get(array, index));
}

static int share_of(const json_t *pair, size_t index)
{
    return number_at(json_object_get(pair, "share"), index);
}

/* Two students may have one name, and each other's programs. */
static void name(FILE *out, const struct tally *tally, const json_t *pair, size_t index)
{
    fputs("<bdi>", out);
    html_text(out, text_at(pair, "names", index));
    fputs("</bdi>", out);
    if (!tally_is_shared(tally, text_at(pair, "names", index)))
        return;
    fputs(" <small class=\"key\">", out);
    html_format(out, "%.100s", text_at(pair, "students", index));
    fputs("</small>", out);
}

static void both_names(FILE *out, const struct tally *tally, const json_t *pair)
{
    name(out, tally, pair, 0);
    fputs(" and ", out);
    name(out, tally, pair, 1);
}

/* ------------------------------------------------ a pair, side by side */

static const char *line_at(const char *text, int number)
{
    while (--number > 0 && text != NULL) {
        text = strchr(text, '\n');
        text = text == NULL ? NULL : text + 1;
    }
    return text;
}

static void source_lines(FILE *out, const char *text, int first, int last)
{
    int number = first > AROUND ? first - AROUND : 1;
    int end = last - first >= LINES_SHOWN ? first + LINES_SHOWN - 1 : last;
    const char *line = line_at(text, number);
    for (; line != NULL && *line != '\0' && number <= end + AROUND; number++) {
        int length = (int)strcspn(line, "\n");
        bool same = number >= first && number <= end;
        fprintf(out, "%s<i>%4d</i> ", same ? "<mark>" : "", number);
        html_format(out, "%.*s%s", length < COLUMNS_SHOWN ? length : COLUMNS_SHOWN, line,
                    length < COLUMNS_SHOWN ? "" : " …");
        fputs(same ? "</mark>\n" : "\n", out);
        line = line[length] == '\n' ? line + length + 1 : NULL;
    }
    if (end < last)
        fprintf(out, "     … and %d lines more", last - end);
    fputs("</pre>", out);
}

static void run_row(FILE *out, const struct tally *tally, const json_t *pair, const json_t *sources, const json_t *run)
{
    fputs("<div class=\"run\">", out);
    for (size_t i = 0; i < 2; i++) {
        const json_t *lines = json_array_get(run, i);
        fputs("<pre tabindex=\"0\" role=\"group\" aria-label=\"", out);
        bool shared = tally_is_shared(tally, text_at(pair, "names", i));
        html_format(out, "%.200s%s%.100s, lines %d to %d", text_at(pair, "names", i), shared ? " " : "",
                    shared ? text_at(pair, "students", i) : "", number_at(lines, 0), number_at(lines, 1));
        fputs("\">", out);
        source_lines(out, result_text(sources, text_at(pair, "students", i)), number_at(lines, 0), number_at(lines, 1));
    }
    fputs("</div>\n", out);
}

static void pair_page(FILE *out, const struct tally *tally, const json_t *program, const json_t *pair)
{
    fputs("<header><h1 tabindex=\"-1\">", out);
    both_names(out, tally, pair);
    fputs("</h1><p>", out);
    html_format(out, "Lesson %s, %s.c: ", result_text(program, "lesson"), result_text(program, "program"));
    for (size_t i = 0; i < 2; i++) {
        fprintf(out, "%s%d&nbsp;%% of what is ", i == 0 ? "" : ", and ", share_of(pair, i));
        name(out, tally, pair, i);
        fputs("’s own", out);
    }
    fputs(" is in both.</p><p class=\"note\">Look at it yourself. Names, numbers, layout and comments were not "
          "compared; the marked "
          "lines are the same without them. This is a hint, and no part of a mark.</p></header>\n<div class=\"sides\">"
          "<div class=\"run names\" aria-hidden=\"true\">",
          out);
    for (size_t i = 0; i < 2; i++) {
        fputs("<div>", out);
        name(out, tally, pair, i);
        fputs("</div>", out);
    }
    fputs("</div>\n", out);
    const json_t *runs = json_object_get(pair, "runs");
    for (size_t i = 0; i < json_array_size(runs) && i < RUNS_SHOWN; i++)
        run_row(out, tally, pair, json_object_get(program, "sources"), json_array_get(runs, i));
    if (json_array_size(runs) > RUNS_SHOWN)
        fprintf(out, "<p>… and %zu places more.</p>\n", json_array_size(runs) - RUNS_SHOWN);
    fputs("</div>\n", out);
}

/* ------------------------------------------------ all pairs */

static void begin_table(FILE *out)
{
    fputs(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Pairs\">\n<table class=\"pairs sortable\">\n"
        "<thead><tr><th scope=\"col\" class=\"points\"><button type=\"button\">Alike</button></th>"
        "<th scope=\"col\"><button type=\"button\">Students</button></th>"
        "<th scope=\"col\"><button type=\"button\">Program</button></th></tr></thead>\n<tbody>\n",
        out);
}

static void pair_row(FILE *out, const struct tally *tally, const json_t *program, const json_t *pair, int number)
{
    int larger = share_of(pair, 0) > share_of(pair, 1) ? share_of(pair, 0) : share_of(pair, 1);
    fprintf(out, "<tr><td class=\"share\" data-v=\"%d\"><b>%d&nbsp;%%</b></td><td><a href=\"#alike-%d\">", larger,
            larger, number);
    both_names(out, tally, pair);
    fputs("</a></td><td>", out);
    html_format(out, "%s, %s.c", result_text(program, "lesson"), result_text(program, "program"));
    fputs("</td></tr>\n", out);
    char id[20];
    snprintf(id, sizeof id, "alike-%d", number);
    struct later later;
    later_begin(&later);
    pair_page(later.html, tally, program, pair);
    later_end(&later, out, id);
}

static void tell_program(void *context, json_t *program)
{
    struct section *section = context;
    size_t i;
    json_t *pair;
    json_array_foreach (json_object_get(program, "pairs"), i, pair) {
        if (section->pairs++ == 0)
            begin_table(section->out);
        pair_row(section->out, section->tally, program, pair, section->pairs);
    }
    int more = result_number(program, "found") - (int)i;
    if (more > 0) {
        fprintf(section->out, "<tr><td class=\"share\" data-v=\"0\">…</td><td>%d pairs more</td><td>", more);
        html_format(section->out, "%s, %s.c", result_text(program, "lesson"), result_text(program, "program"));
        fputs("</td></tr>\n", section->out);
    }
}

void alike_section(FILE *out, const struct class_source *source, const struct tally *tally)
{
    struct section section = {out, tally, 0};
    source->alike(source->of, tell_program, &section);
    if (section.pairs > 0)
        fputs("</tbody>\n</table>\n</div>\n", out);
    else
        fputs("<p>No two are.</p>\n", out);
}
