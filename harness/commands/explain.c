/** sockeye explain: what a check asks for, and why it matters. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "check/registry.h"
#include "commands/arguments.h"
#include "report/screen.h"
#include "run/hints.h"
#include "run/work.h"
#include "sockeye.h"

const char help_explain[] =
    "Says what a check asks of your program, and what goes wrong in the real world where it is not met. CHECK is its "
    "name, as in 07.no-zombies; without the lesson's number it is one of the lesson that you are at. For a lesson, or "
    "without an argument, it lists the lesson's checks.\n";

enum { LABEL = 12, WHY_MAX = 4000 };

static bool belongs_to(const struct check *check, const struct lesson *lesson)
{
    return check != NULL && strcmp(check->lesson, lesson->folder) == 0;
}

/* A check's name as people write it: "no-zombies". */
static const char *shown_name(const char *name)
{
    static char shown[128];
    snprintf(shown, sizeof shown, "%s", name);
    for (char *c = shown; *c != '\0'; c++) {
        if (*c == '_')
            *c = '-';
    }
    return shown;
}

static int list(const struct lesson *lesson)
{
    struct screen screen = screen_of_stdout();
    int column = 0;
    for (const struct check *check = checks_of(lesson->folder); belongs_to(check, lesson); check = check->next) {
        int length = (int)strlen(check->name);
        column = length > column ? length : column;
    }
    column += 7; /* two spaces, "07.", and two spaces behind it */
    screen_paint(&screen, BOLD);
    printf("Lesson %d: %s\n", lesson->number, lesson->title);
    screen_paint(&screen, PLAIN);
    for (const struct check *check = checks_of(lesson->folder); belongs_to(check, lesson); check = check->next) {
        char label[160];
        snprintf(label, sizeof label, "  %02d.%s", lesson->number, shown_name(check->name));
        screen_paragraph(&screen, column, label, check->title);
    }
    printf("\nMore about one: %s explain CHECK\n", sockeye_name());
    return 0;
}

/* What is alike in several lessons stands in lessons/why.md, the rest in the lesson's own. */
static void read_why(const struct kit *kit, const struct lesson *lesson, const struct check *check, char *why)
{
    struct path own = path_of("%s/why.md", lesson_path(kit, lesson).text);
    struct path common = path_of("%s/lessons/why.md", kit->root.text);
    const char *name = shown_name(check->name);
    if (hints_paragraph(own.text, name, why, WHY_MAX) == -1 || *why == '\0')
        hints_paragraph(common.text, name, why, WHY_MAX);
}

static void item(const struct screen *screen, const char *label, const char *text)
{
    if (text == NULL || *text == '\0')
        return;
    char indented[40];
    snprintf(indented, sizeof indented, "  %s", label);
    screen_paragraph(screen, LABEL, indented, text);
}

static void tell_prerequisites(const struct screen *screen, const struct lesson *lesson, const struct check *check)
{
    char names[256];
    char *rest = names;
    snprintf(names, sizeof names, "%s", check->after == NULL ? "" : check->after);
    for (char *name; (name = strsep(&rest, ", ")) != NULL;) {
        const struct check *first = *name == '\0' ? NULL : check_named(lesson->folder, name);
        char words[400];
        if (first == NULL)
            continue;
        snprintf(words, sizeof words, "%s: %s", shown_name(name), first->title);
        item(screen, "first", words);
    }
}

static int explain(const struct kit *kit, const struct lesson *lesson, const struct check *check)
{
    struct screen screen = screen_of_stdout();
    static char why[WHY_MAX];
    char words[300];
    read_why(kit, lesson, check, why);
    snprintf(words, sizeof words, "%02d.%s: %s", lesson->number, shown_name(check->name), check->title);
    screen_paint(&screen, BOLD);
    screen_paragraph(&screen, 0, "", words);
    screen_paint(&screen, PLAIN);
    putchar('\n');
    if (*why != '\0') {
        screen_paragraph(&screen, 2, "", why);
        putchar('\n');
    }
    item(&screen, "think", check->because);
    tell_prerequisites(&screen, lesson, check);
    snprintf(words, sizeof words, "%d point%s%s%s", check->points, check->points == 1 ? "" : "s",
             check->memcheck ? "; graded with valgrind" : "",
             check->private_network ? "; graded in a private network alone" : "");
    item(&screen, "worth", words);
    snprintf(words, sizeof words, "%s check %d --only %s", sockeye_name(), lesson->number, shown_name(check->name));
    screen_item(&screen, LABEL, "  try it", words);
    return 0;
}

/* Says where a check of that name is, if not in this lesson. */
static int not_here(const struct kit *kit, const struct lesson *lesson, const char *word)
{
    char places[600] = "";
    for (int i = 0; i < kit->lessons; i++) {
        size_t used = strlen(places);
        if (argument_check(&kit->lesson[i], word) != NULL)
            snprintf(places + used, sizeof places - used, " %02d.%s", kit->lesson[i].number, shown_name(word));
    }
    if (*places != '\0')
        return usage_error("lesson %d has no check '%s'. There are:%s", lesson->number, word, places);
    return usage_error("there is no check '%s': %s explain %d lists those of lesson %d", word, sockeye_name(),
                       lesson->number, lesson->number);
}

int command_explain(const struct kit *kit, int argc, char *argv[])
{
    const struct lesson *lesson = work_current(kit);
    if (argc > 2)
        return usage_error("explain: '%s' is one argument too many: %s help explain", argv[2], sockeye_name());
    if (argc < 2)
        return list(lesson);
    const struct lesson *named = kit_lesson(kit, argv[1]);
    if (named != NULL)
        return list(named);
    const char *word = argv[1];
    const char *dot = strchr(word, '.');
    if (dot != NULL) {
        char number[64];
        snprintf(number, sizeof number, "%.*s", (int)(dot - word), word);
        lesson = kit_lesson(kit, number);
        if (lesson == NULL)
            return usage_error("there is no lesson '%s': %s board lists them", number, sockeye_name());
        word = dot + 1;
    }
    const struct check *check = argument_check(lesson, word);
    return check == NULL ? not_here(kit, lesson, word) : explain(kit, lesson, check);
}
