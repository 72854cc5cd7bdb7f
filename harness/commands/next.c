/** sockeye next: starts the next lesson, or says where the student is. */
#include <stdio.h>

#include "commands/start.h"
#include "record/result.h"
#include "run/work.h"
#include "sockeye.h"

const char help_next[] =
    "Starts the first lesson without full marks. If that is started already, says where you are.\n";

static int say_where(const struct kit *kit, const struct lesson *lesson, const json_t *last)
{
    printf("You are at lesson %d, %s", lesson->number, lesson->title);
    if (last == NULL)
        puts(": not checked yet.\n");
    else if (result_has_status(last, "not-built"))
        puts(": it did not compile.\n");
    else
        printf(": %d of %d points.\n\n", result_number(last, "score"), result_number(last, "max_score"));
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
