/** sockeye hint: the next of three hints, on what failed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands/arguments.h"
#include "record/result.h"
#include "report/screen.h"
#include "report/terminal.h"
#include "run/hints.h"
#include "run/skeleton.h"
#include "run/work.h"
#include "sockeye.h"

const char help_hint[] =
    "Gives a hint on the first check that failed when lesson N (without N, the lesson you are at) was last checked, "
    "or on CHECK. There are three for each, from a question to nearly the answer: each call gives one more, and the "
    "last is repeated. When the check passes, it is forgotten that they were given.\n";

enum { LABEL_COLUMNS = 13 };

/* What the hint is on: its key in hints.md, and in words. */
struct subject {
    char key[100];
    char words[300];
    bool named; /* it was asked for by its name */
};

static void about_start(struct subject *subject, const char *words)
{
    snprintf(subject->key, sizeof subject->key, "start");
    snprintf(subject->words, sizeof subject->words, "%s", words);
}

static void about_check(struct subject *subject, const json_t *check)
{
    const char *id = result_text(check, "id");
    const char *dot = strchr(id, '.');
    snprintf(subject->key, sizeof subject->key, "%s", dot == NULL ? id : dot + 1);
    snprintf(subject->words, sizeof subject->words, "failed: %s", result_text(check, "title"));
}

static void about_named(struct subject *subject, const struct check *check)
{
    snprintf(subject->key, sizeof subject->key, "%s", check->name);
    for (char *c = subject->key; *c != '\0'; c++)
        *c = *c == '_' ? '-' : *c;
    snprintf(subject->words, sizeof subject->words, "%s", check->title);
    subject->named = true;
}

/* Returns an exit status that ends the command, or -1 to go on. */
static int choose_subject(const struct kit *kit, const struct lesson *lesson, const json_t *last,
                          struct subject *subject)
{
    const char *me = sockeye_name();
    const json_t *check = report_first_failure(last);
    int n = lesson->number;
    bool untouched = skeleton_untouched(kit, lesson);
    if (last != NULL && result_has_status(last, "passed") && !untouched) {
        printf("Lesson %d has full marks: nothing failed when it was last checked, so there is nothing to hint at.\n",
               n);
        return 0;
    }
    if (!work_is_started(kit, lesson))
        return refusal("lesson %d is not started: %s start %d", n, me, n);
    if (last == NULL)
        about_start(subject, "no check was run yet, so this is on how to begin");
    else if (result_has_status(last, "not-built"))
        about_start(subject, "it did not compile when it was last checked. Read the compiler's first message: it names "
                             "a line, and those below "
                             "are often its echoes. A name that it does not know is in a header: the man page of that "
                             "function shows which.");
    else if (untouched)
        about_start(subject, "it is still the skeleton, so this is on how to begin");
    else if (check != NULL)
        about_check(subject, check);
    else
        return refusal(
            "the last check of lesson %d found no failure of yours, but it could not be finished: %s check %d", n, me,
            n);
    return -1;
}

static int give(const struct kit *kit, const struct lesson *lesson, const struct subject *subject)
{
    static struct hints hints;
    struct path path = path_of("%s/hints.md", lesson_path(kit, lesson).text);
    const char *me = sockeye_name();
    if (hints_read(path.text, subject->key, &hints) == -1) {
        if (errno == ENOENT)
            return refusal("lesson %d has no hints", lesson->number);
        return fault_error("can't read %s: %s", path_shown(path.text).text, strerror(errno));
    }
    if (hints.count == 0)
        return refusal("lesson %d has no hint on %s (%s)", lesson->number, subject->key, subject->words);
    int given = work_hints(kit, lesson, subject->key);
    bool again = given >= hints.count;
    int now = again ? hints.count : given + 1;
    if (!again)
        work_set_hints(kit, lesson, subject->key, now);

    struct screen screen = screen_of_stdout();
    screen_paint(&screen, BOLD);
    printf("Lesson %d, %s: hint %d of %d%s\n", lesson->number, subject->key, now, hints.count,
           again ? ", once more" : "");
    screen_paint(&screen, PLAIN);
    screen_paint(&screen, DIM);
    screen_paragraph(&screen, 0, "", subject->words);
    screen_paint(&screen, PLAIN);
    putchar('\n');
    screen_paragraph(&screen, 2, "", hints.step[now - 1]);
    putchar('\n');
    const char *key = subject->named ? subject->key : "";
    screen_item(&screen, LABEL_COLUMNS, "  try it",
                path_of("%s check %d%s%s", me, lesson->number, *key == '\0' ? "" : " --only ", key).text);
    screen_item(&screen, LABEL_COLUMNS, "  next hint",
                now < hints.count ? path_of("%s hint %d%s%s", me, lesson->number, *key == '\0' ? "" : " ", key).text
                                  : "none: that was the last one on this");
    if (work_hints(kit, lesson, subject->key) < now) {
        fflush(stdout);
        fprintf(stderr, "sockeye: can't write %s, so this hint will come again\n",
                path_shown(work_folder(kit).text).text);
    }
    return 0;
}

int command_hint(const struct kit *kit, int argc, char *argv[])
{
    const struct lesson *lesson = argc == 1 ? work_current(kit) : argument_lesson(kit, argc, argv, 2);
    if (lesson == NULL)
        return EXIT_USAGE;
    struct subject subject = {0};
    if (argc > 2) {
        const struct check *check = argument_check(lesson, argv[2]);
        if (check == NULL)
            return usage_error("lesson %d has no check '%s': %s explain %d lists them", lesson->number, argv[2],
                               sockeye_name(), lesson->number);
        if (!work_is_started(kit, lesson))
            return refusal("lesson %d is not started: %s start %d", lesson->number, sockeye_name(), lesson->number);
        about_named(&subject, check);
        return give(kit, lesson, &subject);
    }
    json_t *last = work_recall(kit, lesson);
    int status = choose_subject(kit, lesson, last, &subject);
    json_decref(last);
    return status == -1 ? give(kit, lesson, &subject) : status;
}
