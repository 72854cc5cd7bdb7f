/** sockeye solution: shows the solution, to those who have one of their own. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands/arguments.h"
#include "record/result.h"
#include "run/work.h"
#include "sockeye.h"

const char help_solution[] =
    "Shows the kit's solution of lesson N on stdout, as C, once your own program has full marks.\n"
    "\n"
    "  --anyway\tshows it before that, too\n";

static int show(const struct kit *kit, const struct lesson *lesson, int program)
{
    struct path path = path_of("%s/%s/%s.c", lesson_solutions(kit, lesson).text, lesson->folder,
                               lesson->program[program]);
    FILE *file = fopen(path.text, "re");
    if (file == NULL && errno == ENOENT)
        return refusal("this kit has no solution of lesson %d: %s is not there", lesson->number,
                       path_shown(path.text).text);
    if (file == NULL)
        return fault_error("can't read %s: %s", path_shown(path.text).text, strerror(errno));
    char buffer[4096];
    size_t n;
    printf("%s/* %s */\n", program > 0 ? "\n" : "", path_shown(path.text).text);
    while ((n = fread(buffer, 1, sizeof buffer, file)) > 0)
        fwrite(buffer, 1, n, stdout);
    fclose(file);
    return 0;
}

static int refuse(const struct lesson *lesson, const json_t *last)
{
    const char *me = sockeye_name();
    int n = lesson->number;
    if (last == NULL)
        return refusal("lesson %d was not checked yet: %s check %d, or %s solution %d --anyway", n, me, n, me, n);
    return refusal("lesson %d has %d of %d points: %s hint %d helps, %s solution %d --anyway shows all", n,
                   result_number(last, "score"), result_number(last, "max_score"), me, n, me, n);
}

int command_solution(const struct kit *kit, int argc, char *argv[])
{
    bool anyway = false;
    int count = 0;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--anyway") == 0)
            anyway = true;
        else
            argv[count++] = argv[i];
    }
    const struct lesson *lesson = argument_lesson(kit, count, argv, 1);
    if (lesson == NULL)
        return EXIT_USAGE;
    json_t *last = work_recall(kit, lesson);
    int status = 0;
    if (!anyway && (last == NULL || !result_has_status(last, "passed")))
        status = refuse(lesson, last);
    else
        for (int i = 0; i < lesson->programs && status == 0; i++)
            status = show(kit, lesson, i);
    json_decref(last);
    return status;
}
