/** sockeye reset: puts the skeleton back. */
#include <stdio.h>

#include "commands/arguments.h"
#include "run/skeleton.h"
#include "sockeye.h"

const char help_reset[] =
    "Puts the skeleton of lesson N back into your work folder. What you had is kept beside it as NAME.c.1, then "
    "NAME.c.2, and so on.\n";

static int reset_program(const struct kit *kit, const struct lesson *lesson, int program)
{
    struct path kept;
    const char *problem;
    int done = skeleton_reset(kit, lesson, program, &kept, &problem);
    if (done == -1)
        return fault_error("%s", problem);
    printf("%s %s\n", path_shown(skeleton_work(kit, lesson, program).text).text,
           done == 0 ? "is the skeleton already; nothing is changed." : "is the skeleton again.");
    if (kept.text[0] != '\0')
        printf("What you had is in %s\n", path_shown(kept.text).text);
    return 0;
}

int command_reset(const struct kit *kit, int argc, char *argv[])
{
    const struct lesson *lesson = argument_lesson(kit, argc, argv, 1);
    if (lesson == NULL)
        return EXIT_USAGE;
    int status = 0;
    for (int i = 0; i < lesson->programs && status == 0; i++)
        status = reset_program(kit, lesson, i);
    return status;
}
