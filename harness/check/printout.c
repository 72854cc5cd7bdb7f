/* The verb that judges what a program has printed, line by line. */
#define _GNU_SOURCE
#include <stdlib.h>

#include "check/check.h"
#include "check/datagram.h"
#include "check/lines.h"
#include "check/names.h"
#include "check/program.h"
#include "check/record.h"
#include "check/verdict.h"
#include "check/wait.h"

enum { LINES_MAX = 256, LINE_MAX = 1000, SHOWN_MAX = 12, MANY = 8 };

struct printed_line {
    const char *text;      /* a NUL byte in it shows as \000 */
    const struct line *is; /* the one that it is, or NULL */
};

struct printout {
    struct printed_line line[LINES_MAX];
    int count;
    bool unfinished; /* the last one has no newline */
    bool too_many;
};

static void read_lines(struct printout *printout, const struct program *program)
{
    const char *data = program->out.data;
    size_t left = program->out.length;
    *printout = (struct printout){.count = 0};
    while (left > 0) {
        const char *end = memchr(data, '\n', left);
        size_t length = end == NULL ? left : (size_t)(end - data);
        if (printout->count == LINES_MAX) {
            printout->too_many = true;
            return;
        }
        struct bytes bytes = part((struct bytes){data, length}, 0, LINE_MAX);
        const char *plain = text("%.*s", (int)bytes.length, bytes.data);
        if (strlen(plain) < bytes.length) {
            plain = quoted(bytes, LINE_MAX);
            plain = text("%.*s", (int)strlen(plain) - 2, plain + 1);
        }
        printout->line[printout->count++].text = plain;
        printout->unfinished = end == NULL;
        size_t used = length + (end != NULL);
        data += used;
        left -= used;
    }
}

static bool is_right(const struct line *line, long long number)
{
    return !line->numbered || llabs(number - line->number) <= 1;
}

static bool is_taken_by_any(const struct printout *printout, const struct line *line)
{
    for (int i = 0; i < printout->count; i++) {
        if (printout->line[i].is == line)
            return true;
    }
    return false;
}

static void assign(struct printout *printout, const struct line *lines)
{
    for (int i = 0; i < printout->count; i++) {
        for (const struct line *line = lines; line->form != NULL; line++) {
            long long number = 0;
            if (!line->unwanted && !is_taken_by_any(printout, line) &&
                line_fits(line, printout->line[i].text, &number) && is_right(line, number)) {
                printout->line[i].is = line;
                break;
            }
        }
    }
}

static bool all_is_right(const struct printout *printout, const struct line *lines)
{
    int optional = 0;
    int printed = 0;
    for (const struct line *line = lines; line->form != NULL; line++) {
        bool there = is_taken_by_any(printout, line);
        if (!there && !line->optional && !line->possible && !line->unwanted)
            return false;
        optional += line->optional;
        printed += line->optional && there;
    }
    for (int i = 0; i < printout->count; i++) {
        if (printout->line[i].is == NULL)
            return false;
    }
    return !printout->unfinished && !printout->too_many && (printed == 0 || printed == optional);
}

static const char *show(const char *line)
{
    return quoted(bytes(line), 160);
}

static const char *expectation(const struct line *lines)
{
    const char *must = "";
    const char *may = "";
    int count = 0;
    int may_count = 0;
    for (const struct line *line = lines; line->form != NULL; line++) {
        if (line->unwanted)
            continue;
        bool is_possible = line->optional || line->possible;
        if (is_possible && ++may_count <= SHOWN_MAX)
            may = text("%s\n%s", may, show(line_wording(line)));
        else if (!is_possible && ++count <= SHOWN_MAX)
            must = text("%s\n%s", must, show(line_wording(line)));
    }
    if (count > SHOWN_MAX)
        must = text("%s\n(and %d more like these)", must, count - SHOWN_MAX);
    if (may_count > SHOWN_MAX)
        may = text("%s\n(and %d more like these)", may, may_count - SHOWN_MAX);
    if (*must == '\0' && *may == '\0')
        return "nothing on stdout";
    if (*must == '\0')
        return text("on stdout nothing but%s", may);
    return text("on stdout, in any order:%s%s%s", must, *may == '\0' ? "" : "\nand perhaps:", may);
}

static const char *everything(const struct printout *printout)
{
    if (printout->count == 0)
        return "it printed nothing";
    const char *all = "it printed:";
    for (int i = 0; i < printout->count && i < SHOWN_MAX; i++)
        all = text("%s\n%s", all, show(printout->line[i].text));
    return printout->count > SHOWN_MAX ? text("%s\n(and %d more lines)", all, printout->count - SHOWN_MAX) : all;
}

static const char *wrong_number(const struct printout *printout, const struct line *lines)
{
    for (int i = 0; i < printout->count; i++) {
        for (const struct line *line = lines; line->form != NULL; line++) {
            long long number = 0;
            if (printout->line[i].is != NULL || !line->numbered || is_taken_by_any(printout, line) ||
                !line_fits(line, printout->line[i].text, &number))
                continue;
            if (line->explains != NULL)
                line->explains(number, line->number);
            return text("%s: %lld where %ld was expected", show(printout->line[i].text), number, line->number);
        }
    }
    return NULL;
}

static const char *unwanted(const struct printout *printout, const struct line *lines)
{
    for (int i = 0; i < printout->count; i++) {
        for (const struct line *line = lines; line->form != NULL; line++) {
            long long number = 0;
            if (!line->unwanted || printout->line[i].is != NULL || !line_fits(line, printout->line[i].text, &number))
                continue;
            line->explains(number, 0);
            return text("%s, though nobody has answered", show(printout->line[i].text));
        }
    }
    return NULL;
}

static const char *one_too_many(const struct printout *printout, const struct line *lines)
{
    for (int i = 0; i < printout->count; i++) {
        for (const struct line *line = lines; printout->line[i].is == NULL && line->form != NULL; line++) {
            long long number = 0;
            if (line_fits(line, printout->line[i].text, &number))
                return text("the line %s comes more than once", show(printout->line[i].text));
        }
    }
    return NULL;
}

static const char *missing(const struct printout *printout, const struct line *lines)
{
    enum { FEW = 4 };
    const char *list = NULL;
    int there = 0;
    int none = 0;
    for (const struct line *line = lines; line->form != NULL; line++) {
        if (line->optional || line->possible || line->unwanted)
            continue;
        bool is_there = is_taken_by_any(printout, line);
        there += is_there;
        none += !is_there;
        if (!is_there && none <= FEW)
            list = text("%s%s", list == NULL ? "no line " : text("%s, and none ", list), show(line_wording(line)));
    }
    if (none > FEW)
        list = text("%s, nor %d more like these", list, none - FEW);
    if (none > 0 && there >= MANY)
        verdict_because("%d of these lines are there, and %d are not. A table that is full?", there, none);
    return list;
}

/* Is it one of these, but for a CR at its end? */
static bool ends_in_cr(const char *printed, const struct line *lines)
{
    size_t length = strlen(printed);
    if (length == 0 || printed[length - 1] != '\r')
        return false;
    const char *without = text("%.*s", (int)length - 1, printed);
    for (const struct line *line = lines; line->form != NULL; line++) {
        long long number = 0;
        if (line_fits(line, without, &number))
            return true;
    }
    return false;
}

static const char *stranger(const struct printout *printout, const struct line *lines)
{
    for (int i = 0; i < printout->count; i++) {
        if (printout->line[i].is == NULL && ends_in_cr(printout->line[i].text, lines))
            verdict_because("A line on stdout ends in \"\\n\" alone. This one has a \"\\r\" before it, as lines "
                            "on the network often do.");
        if (printout->line[i].is == NULL)
            return text("%s is none of these lines", show(printout->line[i].text));
    }
    return NULL;
}

static const char *what_is_wrong(const struct printout *printout, const struct line *lines,
                                 const struct program *program)
{
    const char *wrong = wrong_number(printout, lines);
    if (wrong == NULL)
        wrong = unwanted(printout, lines);
    if (wrong == NULL)
        wrong = one_too_many(printout, lines);
    if (wrong != NULL)
        return wrong;
    wrong = stranger(printout, lines);
    if (wrong == NULL && printout->unfinished)
        return "the last line does not end in a newline";
    if (wrong != NULL)
        return wrong;
    const char *unheard = datagrams_unheard(program);
    wrong = missing(printout, lines);
    if (wrong != NULL && unheard != NULL)
        verdict_because("%s", unheard);
    return wrong != NULL ? wrong : "some of the optional lines are there, but not all of them";
}

static bool has_ended(void *context)
{
    const struct program *program = context;
    return program->ended && (programs_alive() == 0 || others_run(program));
}

void program_prints_lines(struct program *program, const struct line *lines)
{
    static struct printout printout;
    struct awaited awaited = {.come = has_ended, .context = program};
    enum waited waited = wait_until(&awaited);
    while (waited == LATE && names_are_looked_up() && now() < CHECK_SECONDS - 1)
        waited = wait_until(&awaited);
    if (waited == LATE && names_are_looked_up())
        not_graded("a name server keeps the program waiting: the time that look-ups take is not its doing");
    program_is_sane(program);
    read_lines(&printout, program);
    assign(&printout, lines);
    bool ended = waited == CAME || program->ended;
    if (ended && all_is_right(&printout, lines)) {
        record(YOU, NULL, "stdout", (struct bytes){program->out.data, program->out.length});
        return;
    }
    datagrams_were_timely();
    if (!ended && waited == STUCK)
        verdict_is_whole();
    if (!ended)
        wait_fails(waited, &awaited, expectation(lines), text("so far %s", everything(&printout)));
    const char *wrong = what_is_wrong(&printout, lines, program);
    fails(expectation(lines), text("%s; %s\n%s", wrong, everything(&printout), program_fate(program)));
}
