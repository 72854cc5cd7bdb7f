/** sockeye board: the lessons, the points so far, and what is next. */
#include <stdio.h>

#include "record/result.h"
#include "report/screen.h"
#include "run/work.h"
#include "sockeye.h"

int command_board(const struct kit *kit, int argc, char *argv[])
{
    (void)argv;
    if (argc > 1)
        return usage_error("board takes no arguments");
    struct screen screen = screen_of_stdout();
    for (int i = 0; i < kit->lessons; i++) {
        const struct lesson *lesson = &kit->lesson[i];
        json_t *last = work_recall(kit, lesson);
        printf("%02d %s %d/%d\n", lesson->number, lesson->name, result_number(last, "score"), lesson_points(lesson));
        json_decref(last);
    }
    (void)screen;
    return 0;
}
