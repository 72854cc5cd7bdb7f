/** sockeye next: starts the next lesson, or says where the student is. */
#include <stdio.h>

#include "commands/start.h"
#include "record/result.h"
#include "report/screen.h"
#include "run/work.h"
#include "sockeye.h"

const char help_next[] =
    "Starts the first lesson without full marks. If that is started already, says where you are.\n";

static int say_where(const struct kit *kit, const struct lesson *lesson, const json_t *last)
{
    struct screen screen = screen_of_stdout();
    char points[64];
    char words[300];
    snprintf(points, sizeof points, "%d of %d points", result_number(last, "score"), result_number(last, "max_score"));
    snprintf(words, sizeof words, "You are at lesson %d, %s: %s.", lesson->number, lesson->title,
             last == NULL                           ? "not checked yet"
             : result_has_status(last, "not-built") ? "it did not compile"
                                                    : points);
    screen_paragraph(&screen, 0, "", words);
    putchar('\n');
    start_say_where(kit, lesson, "check");
    return 0;
}

int command_next(const struct kit *kit, int argc, char *argv[])
{
    if (argc > 1)
        return usage_error("next takes no arguments, so what is '%s'? %s help next", argv[1], sockeye_name());
    const struct lesson *lesson = work_current(kit);
    json_t *last = work_recall(kit, lesson);
    int status = 0;
    if (last != NULL && result_has_status(last, "passed"))
        printf("Every lesson has full marks. There is nothing left to start: %s board\n", sockeye_name());
    else if (work_is_started(kit, lesson))
        status = say_where(kit, lesson, last);
    else
        status = start_lesson(kit, lesson);
    json_decref(last);
    return status;
}
