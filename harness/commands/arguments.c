#include "commands/arguments.h"

#include <stdio.h>
#include <string.h>

#include "sockeye.h"

const struct lesson *argument_lesson(const struct kit *kit, int argc, char *argv[], int most)
{
    const char *command = argv[0];
    const char *me = sockeye_name();
    if (argc < 2) {
        usage_error("which lesson? %s %s N, with N from the board", me, command);
        return NULL;
    }
    if (argv[1][0] == '-') {
        usage_error("%s: the lesson comes first, not '%s': %s help %s", command, argv[1], me, command);
        return NULL;
    }
    const struct lesson *lesson = kit_lesson(kit, argv[1]);
    if (lesson == NULL)
        usage_error("there is no lesson '%s': %s board lists them", argv[1], me);
    else if (argc > most + 1)
        usage_error("%s: '%s' is one argument too many: %s help %s", command, argv[most + 1], me, command);
    return argc > most + 1 ? NULL : lesson;
}

const struct check *argument_check(const struct lesson *lesson, const char *word)
{
    char name[128];
    const char *dot = strchr(word, '.');
    snprintf(name, sizeof name, "%s", dot == NULL ? word : dot + 1);
    for (char *c = name; *c != '\0'; c++) {
        if (*c == '-')
            *c = '_';
    }
    return check_named(lesson->folder, name);
}
