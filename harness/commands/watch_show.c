/** sockeye watch: what is shown, on a terminal or line by line. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/grading.h"
#include "commands/watch.h"
#include "record/result.h"
#include "report/fullscreen.h"
#include "report/terminal.h"
#include "run/work.h"
#include "sockeye.h"

enum { STEPS_MOST = 12, STEPS_LEAST = 3 };

json_t *watch_lesson(const json_t *document)
{
    return json_array_get(json_object_get(document, "lessons"), 0);
}

/* ------------------------------------------------ the text of each view */

static void tell_end(const struct watch *watch, const struct screen *screen)
{
    const json_t *lesson = watch_lesson(watch->document);
    char words[400];
    if (watch->state != WATCH_IDLE || !result_has_status(lesson, "passed"))
        return;
    grading_tell_full_marks(screen, lesson);
    const struct lesson *next = work_current(watch->kit);
    json_t *last = work_recall(watch->kit, next);
    if (last != NULL && result_has_status(last, "passed"))
        snprintf(words, sizeof words, "Every lesson has full marks.");
    else
        snprintf(words, sizeof words, "Lesson %d is done. Next is lesson %d, %s; this watch stays at lesson %d.",
                 watch->lesson->number, next->number, next->title, watch->lesson->number);
    json_decref(last);
    screen_paragraph(screen, 0, "", words);
    fputc('\n', screen->file);
}

static int count_lines(const char *text)
{
    int count = 0;
    while ((text = strchr(text, '\n')) != NULL) {
        text++;
        count++;
    }
    return count;
}

/* As many steps of a failure's conversation as leave room for what was expected and observed. */
static int steps_that_fit(const struct screen *screen, const json_t *check)
{
    int steps = STEPS_MOST;
    for (; steps > STEPS_LEAST; steps--) {
        char *text = NULL;
        size_t length;
        struct screen trial = *screen;
        trial.file = open_memstream(&text, &length);
        if (trial.file == NULL)
            break;
        report_findings(&trial, check, steps);
        fclose(trial.file);
        bool fits = count_lines(text) + 2 <= fullscreen_rows(); /* below the heading and the check's line */
        free(text);
        if (fits)
            break;
    }
    return steps;
}

static void write_report(const struct watch *watch, const struct screen *screen)
{
    const json_t *failure = report_first_failure(watch_lesson(watch->document));
    struct report_options options = {.typed = sockeye_name(), .work = "", .failure_first = true};
    if (watch->document == NULL) {
        fprintf(screen->file, "%02d %s\n", watch->lesson->number, watch->lesson->name);
        return;
    }
    if (failure != NULL)
        options.steps = steps_that_fit(screen, failure);
    tell_end(watch, screen);
    report_document(screen, watch->document, &options);
    fputc('\n', screen->file);
    grading_tell_mode(screen, &watch->world);
}

/* The whole conversation of the first failure, or, where nothing failed, all conversations. */
static void write_wire(const struct screen *screen, const json_t *document, const char *nothing)
{
    const json_t *failure = report_first_failure(watch_lesson(document));
    struct report_options options = {.trace = true, .typed = sockeye_name(), .work = "", .failure_first = true};
    if (document == NULL) {
        screen_paragraph(screen, 0, "", nothing);
    } else if (failure != NULL) {
        report_line(screen, failure);
        report_findings(screen, failure, 0);
    } else {
        report_document(screen, document, &options);
    }
}

static char *text_of_view(const struct watch *watch)
{
    char *text = NULL;
    size_t length;
    struct screen screen = screen_of_stdout();
    screen.file = open_memstream(&text, &length);
    if (screen.file == NULL)
        return NULL;
    switch (watch->view) {
    case VIEW_REPORT: write_report(watch, &screen); break;
    case VIEW_HINT: fputs(watch->hint, screen.file); break;
    case VIEW_WIRE: write_wire(&screen, watch->document, "Nothing was checked yet."); break;
    case VIEW_REPLAY:
        write_wire(&screen, watch->replayed,
                   watch->state == WATCH_REPLAYING ? "" : "Nothing failed, so there is nothing to replay.");
        break;
    }
    fclose(screen.file);
    return text;
}

/* ------------------------------------------------ the foot */

static int count_waiting(const json_t *lesson, int *all)
{
    const json_t *checks = json_object_get(lesson, "checks");
    int waiting = 0;
    size_t i;
    json_t *check;
    json_array_foreach (checks, i, check)
        waiting += result_has_status(check, "waiting");
    *all = (int)json_array_size(checks);
    return waiting;
}

static void write_state(const struct watch *watch, char *words, size_t size)
{
    const json_t *lesson = watch_lesson(watch->document);
    struct path work = work_folder(watch->kit);
    struct path file = path_shown(source_path(work.text, watch->lesson, 0).text);
    char when[32];
    struct tm tm;
    int all = 0;
    int waiting = count_waiting(lesson, &all);
    strftime(when, sizeof when, "%H:%M:%S", localtime_r(&watch->ended.tv_sec, &tm));
    if (watch->state == WATCH_BUILDING)
        snprintf(words, size, "compiling ...");
    else if (watch->state == WATCH_CHECKING)
        snprintf(words, size, "checking: %d of %d ...", all - waiting, all);
    else if (watch->state == WATCH_REPLAYING)
        snprintf(words, size, "replaying ...");
    else if (watch->view == VIEW_WIRE)
        snprintf(words, size, "the whole conversation    w back");
    else if (watch->view == VIEW_REPLAY)
        snprintf(words, size, "the same seed again, with the program's system calls    Esc back");
    else if (watch->view == VIEW_HINT)
        snprintf(words, size, "h the next hint    Esc back");
    else
        snprintf(words, size, "checked at %s: %d/%d    a save checks again: %s", when, result_number(lesson, "score"),
                 result_number(lesson, "max_score"), file.text);
    if (watch->saves.fd == -1 || watch->saves.missed)
        snprintf(words + strlen(words), size - strlen(words), " (seen within a second: no inotify here)");
}

void watch_draw(struct watch *watch)
{
    struct screen screen = screen_of_stdout();
    char words[PATH_MAX + 200];
    char state[PATH_MAX + 300];
    char keys[200];
    char *text = text_of_view(watch);
    write_state(watch, words, sizeof words);
    snprintf(state, sizeof state, "%s%s%s", screen_code(&screen, BOLD), words, screen_code(&screen, PLAIN));
    snprintf(keys, sizeof keys, "%sEnter check  h hint  w wire  r replay  q quit  %s scroll%s",
             screen_code(&screen, DIM), screen_sign(&screen, "↑↓", "j k"), screen_code(&screen, PLAIN));
    fullscreen_show(text == NULL ? "" : text, &watch->top, (const char *const[]){state, keys});
    free(text);
}

/* ------------------------------------------------ line by line */

void watch_print_new(struct watch *watch)
{
    struct screen screen = screen_of_stdout();
    size_t i;
    json_t *check;
    if (!result_has_status(json_object_get(watch_lesson(watch->document), "build"), "built"))
        return;
    json_array_foreach (json_object_get(watch_lesson(watch->document), "checks"), i, check) {
        if (i >= WATCH_CHECKS_MAX || watch->told[i] || result_has_status(check, "waiting"))
            continue;
        watch->told[i] = true;
        report_line(&screen, check);
    }
    fflush(stdout);
}

void watch_print_end(struct watch *watch)
{
    struct screen screen = screen_of_stdout();
    const json_t *lesson = watch_lesson(watch->document);
    const json_t *failure = report_first_failure(lesson);
    struct report_options options = {.typed = sockeye_name(), .work = ""};
    watch_print_new(watch);
    if (!result_has_status(json_object_get(lesson, "build"), "built")) {
        report_document(&screen, watch->document, &options);
    } else if (failure != NULL) {
        puts("The first failure:");
        report_line(&screen, failure);
        report_findings(&screen, failure, STEPS_MOST);
    }
    printf("%02d %s: %d/%d\n", watch->lesson->number, watch->lesson->name, result_number(lesson, "score"),
           result_number(lesson, "max_score"));
    tell_end(watch, &screen);
    if (watch->saves.missed)
        puts("Saves are found by looking once a second: the kernel does not tell of them here (inotify).");
    fflush(stdout);
}
