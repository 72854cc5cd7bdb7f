/** sockeye board: the lessons, the points so far, and what is next. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/result.h"
#include "report/screen.h"
#include "run/grade.h"
#include "run/work.h"
#include "sockeye.h"

const char help_board[] =
    "Shows every lesson with the points that your program got when it was last checked, and says what is next. "
    "sockeye alone does the same.\n";

/* A lesson as the board has it. */
struct row {
    const struct lesson *lesson;
    const struct state *state;
    int score;
    int max_score;
    bool started;
    bool checked;
};

static const struct state {
    const char *unicode;
    const char *ascii;
    const char *words;
    enum paint paint;
} states[] = {{"✓", "ok", "full marks", GOOD},
              {"✗", "XX", "does not compile", BAD},
              {"◐", "..", "under way", PLAIN},
              {"◔", "..", "started", PLAIN},
              {"·", "--", "not started", DIM}};

enum { FULL_MARKS, NOT_BUILT, UNDER_WAY, STARTED, NOT_STARTED, WORDS_COLUMNS = 16, POINTS_COLUMNS = 7 };

static int state_of(const struct row *row, const json_t *last)
{
    if (!row->checked)
        return row->started ? STARTED : NOT_STARTED;
    if (result_has_status(last, "passed"))
        return FULL_MARKS;
    return result_has_status(last, "not-built") ? NOT_BUILT : UNDER_WAY;
}

static struct row row_of(const struct kit *kit, const struct lesson *lesson)
{
    json_t *last = work_recall(kit, lesson);
    struct row row = {.lesson = lesson,
                      .score = result_number(last, "score"),
                      .max_score = result_number(last, "max_score"),
                      .started = work_is_started(kit, lesson),
                      .checked = last != NULL && !result_has_status(last, "missing")};
    if (row.max_score == 0)
        row.max_score = lesson_points(lesson);
    row.state = &states[state_of(&row, last)];
    json_decref(last);
    return row;
}

/* lessons/parts names the parts of the course: a line "4 Servers" stands before lesson 4. It need not be there. */
static void print_part(const struct kit *kit, const struct screen *screen, int after, int number)
{
    FILE *file = fopen(path_of("%s/lessons/parts", kit->root.text).text, "re");
    char line[100];
    char title[100] = "";
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char *end;
        long first = strtol(line, &end, 10);
        line[strcspn(line, "\n")] = '\0';
        if (first > after && first <= number && *end == ' ')
            snprintf(title, sizeof title, "%s", end + 1);
    }
    if (file != NULL)
        fclose(file);
    if (title[0] == '\0')
        return;
    screen_paint(screen, BOLD);
    printf("%s\n", title);
    screen_paint(screen, PLAIN);
}

static void print_row(const struct screen *screen, const struct row *row)
{
    if (screen->linear) {
        printf("lesson %d, %s: %s, %d of %d points\n", row->lesson->number, row->lesson->title, row->state->words,
               row->score, row->max_score);
        return;
    }
    char points[32] = "";
    const struct state *state = row->state;
    const char *sign = screen_sign(screen, state->unicode, state->ascii);
    if (row->max_score > 0)
        snprintf(points, sizeof points, "%d/%d", row->score, row->max_score);
    int title = screen->width - 2 - screen_columns(sign) - 1 - 2 - 2 - POINTS_COLUMNS - 2 - WORDS_COLUMNS;
    fputs("  ", stdout);
    screen_paint(screen, state->paint);
    printf("%s %2d  ", sign, row->lesson->number);
    if (state->paint != DIM)
        screen_paint(screen, PLAIN);
    screen_cell(screen, row->lesson->title, title);
    printf("%*s  ", POINTS_COLUMNS, points);
    screen_paint(screen, state->paint);
    puts(state->words);
    screen_paint(screen, PLAIN);
}

static void print_next(const struct kit *kit, const struct screen *screen)
{
    const struct lesson *lesson = work_current(kit);
    struct row row = row_of(kit, lesson);
    const char *me = sockeye_name();
    char words[PATH_MAX + 400];
    if (row.state == &states[FULL_MARKS])
        snprintf(words, sizeof words, "every lesson has full marks: compare with %s solution N", me);
    else if (!row.started)
        snprintf(words, sizeof words, "%s start %d", me, lesson->number);
    else if (row.state == &states[UNDER_WAY])
        snprintf(words, sizeof words, "%s check %d, or %s hint %d", me, lesson->number, me, lesson->number);
    else
        snprintf(words, sizeof words, "%s check %d", me, lesson->number);
    putchar('\n');
    screen_paint(screen, BOLD);
    screen_paragraph(screen, 6, "next:", words);
    screen_paint(screen, PLAIN);
    if (row.state != &states[FULL_MARKS] && lesson->summary[0] != '\0')
        screen_paragraph(screen, 6, "", lesson->summary);
}

/* Results of two versions stand beside each other on the board, but can't be compared: their points may differ. */
static void print_outdated(const struct kit *kit, const struct screen *screen)
{
    char lessons[LESSONS_MAX * 6] = "";
    int count = 0;
    for (int i = 0; i < kit->lessons; i++) {
        size_t used = strlen(lessons);
        if (work_is_outdated(kit, &kit->lesson[i]))
            snprintf(lessons + used, sizeof lessons - used, "%s%d", count++ > 0 ? ", " : "", kit->lesson[i].number);
    }
    char words[sizeof lessons + 200];
    snprintf(words, sizeof words,
             "lesson%s %s %s last checked by another version than this, Sockeye %s: check again to compare the points.",
             count == 1 ? "" : "s", lessons, count == 1 ? "was" : "were", kit_version());
    if (count > 0)
        screen_paragraph(screen, 6, "note:", words);
}

int command_board(const struct kit *kit, int argc, char *argv[])
{
    if (argc > 1)
        return usage_error("board takes no arguments, so what is '%s'? %s help board", argv[1], sockeye_name());
    struct screen screen = screen_of_stdout();
    static struct row rows[LESSONS_MAX];
    int score = 0;
    int max = 0;
    for (int i = 0; i < kit->lessons; i++) {
        rows[i] = row_of(kit, &kit->lesson[i]);
        score += rows[i].score;
        max += rows[i].max_score;
    }
    char points[64];
    snprintf(points, sizeof points, "%d of %d points", score, max);
    screen_paint(&screen, BOLD);
    screen_cell(&screen, screen.linear ? "Sockeye: " : "Sockeye", screen.width - screen_columns(points));
    puts(points);
    screen_paint(&screen, PLAIN);
    putchar('\n');
    for (int i = 0; i < kit->lessons; i++) {
        print_part(kit, &screen, i == 0 ? 0 : kit->lesson[i - 1].number, kit->lesson[i].number);
        print_row(&screen, &rows[i]);
    }
    print_next(kit, &screen);
    print_outdated(kit, &screen);
    return 0;
}
