#include "commands/arguments.h"

#include <stdio.h>
#include <string.h>

#include "class/rubric_words.h"
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

static const struct option *option_of(const struct option *names, int value)
{
    while (names->name != NULL && names->val != value)
        names++;
    return names->name == NULL ? NULL : names;
}

/* "--rubrik": with the name that is most like it. */
static void unknown_option(const char *command, const char *word, const struct option *names)
{
    char typed[80];
    snprintf(typed, sizeof typed, "%.*s", (int)strcspn(word, "="), word);
    struct nearest nearest = nearest_begin(typed);
    for (; names->name != NULL; names++) {
        char name[80];
        snprintf(name, sizeof name, "--%s", names->name);
        nearest_offer(&nearest, name);
    }
    usage_error("%s does not know '%s': %s (%s help %s)", command, typed, nearest_words(&nearest), sockeye_name(),
                command);
}

int argument_option(int argc, char *argv[], const char *letters, const struct option *names)
{
    char quiet[16];
    snprintf(quiet, sizeof quiet, ":%s", letters);
    opterr = 0;
    int name = getopt_long(argc, argv, quiet, names, NULL);
    const char *word = argv[optind - 1];
    if (name != ':' && name != '?')
        return name;
    const struct option *known = optopt == 0 ? NULL : option_of(names, optopt);
    if (name == ':')
        usage_error("%s: %s takes a value: see %s help %s", argv[0], word, sockeye_name(), argv[0]);
    else if (known != NULL && known->has_arg == no_argument && strncmp(word, "--", 2) == 0 && strchr(word, '=') != NULL)
        usage_error("%s: --%s takes no value: see %s help %s", argv[0], known->name, sockeye_name(), argv[0]);
    else if (optopt != 0)
        usage_error("%s does not know '-%c': see %s help %s", argv[0], optopt, sockeye_name(), argv[0]);
    else
        unknown_option(argv[0], word, names);
    return '?';
}
