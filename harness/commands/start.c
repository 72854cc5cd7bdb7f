/** sockeye start: puts a lesson's skeleton into the work folder. */
#include "commands/start.h"

#include <stdio.h>
#include <unistd.h>

#include "commands/arguments.h"
#include "report/screen.h"
#include "run/skeleton.h"
#include "sockeye.h"

const char help_start[] =
    "Puts the skeleton of lesson N into work/NN-name/, and says which file to edit and which chapter to read. "
    "What lies there already is never touched: sockeye reset N puts a skeleton back.\n"
    "\n"
    "The work folder is work/ in the kit, or where you are if the kit is installed or can't be written; SOCKEYE_WORK "
    "names another.\n";

enum { LABEL_COLUMNS = 10 };

void start_say_where(const struct kit *kit, const struct lesson *lesson, const char *command)
{
    struct path chapter = path_of("%s/README.md", lesson_path(kit, lesson).text);
    struct screen screen = screen_of_stdout();
    if (access(chapter.text, R_OK) == 0)
        screen_item(&screen, LABEL_COLUMNS, "  read", path_shown(chapter.text).text);
    for (int i = 0; i < lesson->programs; i++)
        screen_item(&screen, LABEL_COLUMNS, "  edit", path_shown(skeleton_work(kit, lesson, i).text).text);
    screen_item(&screen, LABEL_COLUMNS, "  next", path_of("%s %s %d", sockeye_name(), command, lesson->number).text);
}

int start_lesson(const struct kit *kit, const struct lesson *lesson)
{
    const char *problem;
    int count = skeleton_start(kit, lesson, &problem);
    if (count == -1)
        return fault_error("%s", problem);
    struct screen screen = screen_of_stdout();
    screen_paint(&screen, BOLD);
    printf("Lesson %d: %s\n", lesson->number, lesson->title);
    screen_paint(&screen, PLAIN);
    if (lesson->summary[0] != '\0')
        screen_paragraph(&screen, 0, "", lesson->summary);
    if (count == 0)
        puts("\nIt was started before; nothing is changed.");
    putchar('\n');
    start_say_where(kit, lesson, "check");
    return 0;
}

int command_start(const struct kit *kit, int argc, char *argv[])
{
    const struct lesson *lesson = argument_lesson(kit, argc, argv, 1);
    return lesson == NULL ? EXIT_USAGE : start_lesson(kit, lesson);
}
