#define _GNU_SOURCE
#include "commands/grading.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "commands/start.h"
#include "record/result.h"
#include "run/skeleton.h"
#include "run/work.h"
#include "sockeye.h"

void grading_start_lesson(const struct kit *kit, const struct lesson *lesson, bool quietly)
{
    const char *problem;
    struct path folder = path_of("%s/%s", work_folder(kit).text, lesson->folder);
    if (access(folder.text, F_OK) == 0 || skeleton_start(kit, lesson, &problem) <= 0 || quietly)
        return;
    printf("Lesson %d was not started yet. Here is its skeleton:\n\n", lesson->number);
    start_say_where(kit, lesson, "hint");
    putchar('\n');
    fflush(stdout);
}

uint64_t grading_seed(void)
{
    uint64_t seed = 0;
    return getrandom(&seed, 4, 0) == 4 ? seed & 0xffffffff : 0;
}

void grading_tell_mode(const struct screen *screen, const struct world *world)
{
    if (world->is_private)
        return;
    char words[800];
    snprintf(words, sizeof words,
             "plain mode (%s): on this machine's own loopback, so some checks are not graded here. "
             "%s doctor says how to get the rest.",
             world->why_plain, sockeye_name());
    screen_paragraph(screen, 0, "", words);
    fputc('\n', screen->file);
}

void grading_tell_full_marks(const struct screen *screen, const json_t *lesson)
{
    screen_paint(screen, GOOD);
    fputs("Full marks.", screen->file);
    screen_paint(screen, PLAIN);
    char words[300];
    int indent = screen_columns("Full marks. ");
    snprintf(words, sizeof words, "Compare: %s solution %d    Go on: %s next", sockeye_name(),
             result_number(lesson, "number"), sockeye_name());
    char *second = strstr(words, "    Go on");
    if (indent + screen_columns(words) > screen->width)
        *second = '\n';
    fprintf(screen->file, " %.*s", (int)strcspn(words, "\n"), words);
    if (*second == '\n')
        fprintf(screen->file, "\n%*s%s", indent, "", second + strspn(second, "\n "));
    fputc('\n', screen->file);
}
