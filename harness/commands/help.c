/** sockeye help: the list of commands, or all about one. */
#include "commands/help.h"

#include <stdio.h>
#include <string.h>

#include "report/screen.h"
#include "sockeye.h"

enum { USAGE_COLUMNS = 28, OPTION_COLUMNS = 20 };

/* A label that is too long for its column stands on a line of its own. */
static void labelled(const struct screen *screen, int columns, const char *label, const char *text)
{
    bool fits = screen_columns(label) < columns;
    if (!fits)
        puts(label);
    screen_paragraph(screen, columns, fits ? label : "", text);
}

static void list_commands(const struct screen *screen)
{
    screen_paragraph(screen, 0, "",
                     "Sockeye teaches socket programming in C: you write the program, it plays the other end.");
    printf("\n%s COMMAND, with one of these commands:\n\n", sockeye_name());
    const struct command *command;
    for (int i = 0; (command = command_at(i)) != NULL; i++) {
        char label[USAGE_COLUMNS + 16];
        snprintf(label, sizeof label, "  %s", command->usage);
        labelled(screen, USAGE_COLUMNS, label, command->what);
    }
    putchar('\n');
    screen_paragraph(screen, 0, "",
                     "N is a lesson's number or name. The status is 0 if all is well, 1 if not, 2 for wrong "
                     "arguments, and 3 if this machine or the kit is at fault.");
}

void help_print(const char *help)
{
    struct screen screen = screen_of_stdout();
    while (*help != '\0') {
        int length = (int)strcspn(help, "\n");
        char line[1000];
        snprintf(line, sizeof line, "%.*s", length, help);
        char *tab = strchr(line, '\t');
        if (tab != NULL)
            *tab = '\0';
        if (tab != NULL)
            labelled(&screen, OPTION_COLUMNS, line, tab + 1);
        else
            screen_paragraph(&screen, 0, "", line);
        help += length + (help[length] == '\n');
    }
}

int command_help(const struct kit *kit, int argc, char *argv[])
{
    (void)kit;
    struct screen screen = screen_of_stdout();
    if (argc > 2)
        return usage_error("help: '%s' is one argument too many: %s help COMMAND", argv[2], sockeye_name());
    if (argc < 2) {
        list_commands(&screen);
        return 0;
    }
    const struct command *command = command_named(argv[1]);
    if (command == NULL)
        return usage_error("there is no command '%s': %s help lists them", argv[1], sockeye_name());
    printf("%s %s\n\n", sockeye_name(), command->usage);
    if (command->help == NULL)
        list_commands(&screen);
    else
        help_print(command->help);
    return 0;
}
