/** sockeye help: the list of commands, or all about one. */
#include "commands/help.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "report/screen.h"
#include "sockeye.h"

enum { USAGE_COLUMNS = 28, OPTION_COLUMNS = 20 };

/* A label that is too long for its column stands on a line of its own. */
static void labelled(const struct screen *screen, int columns, const char *label, const char *text)
{
    bool fits = screen->linear || screen_columns(label) < columns;
    if (!fits)
        puts(label);
    screen_paragraph(screen, columns, fits ? label : "", text);
}

const char help_intro[] = "Sockeye teaches socket programming in C: you write the program, it plays the other end.\n";

const char help_arguments[] = "N is a lesson's number or name. The status is 0 if all is well, 1 if not, 2 for wrong "
                              "arguments, and 3 if this machine or the kit is at fault.\n";

const char help_common[] = "  --color WHEN\tcolours: always, never, or auto, which is on a terminal\n"
                           "  --lessons DIR\tlessons of your own beside the kit's, DIR/NN-name/ each\n"
                           "  --linear\tfor screen readers: a statement a line, no columns, no drawings\n";

const char help_environment[] = "  SOCKEYE_WORK\tyour work folder, if it is not ./work or the kit's\n"
                                "  SOCKEYE_CACHE\tthe folder for kept builds, if it is not ~/.cache/sockeye\n"
                                "  SOCKEYE_LESSONS\ta folder with lessons of your own: --lessons for every command\n"
                                "  SOCKEYE_LINEAR\tset to anything: --linear for every command\n"
                                "  NO_COLOR\tset to anything: no colours, unless --color asks for them\n";

const char *help_read(const char *help, struct help_line *line)
{
    if (*help == '\0')
        return NULL;
    int length = (int)strcspn(help, "\n");
    int label = (int)strcspn(help, "\t\n");
    bool has_label = help[label] == '\t';
    int text = has_label ? label + 1 : 0;
    snprintf(line->label, sizeof line->label, "%.*s", has_label ? label : 0, help);
    snprintf(line->text, sizeof line->text, "%.*s", length - text, help + text);
    return help + length + (help[length] == '\n');
}

static void list_commands(const struct screen *screen)
{
    help_print(help_intro);
    printf("\n%s COMMAND, with one of these commands:\n\n", sockeye_name());
    const struct command *command;
    for (int i = 0; (command = command_at(i)) != NULL; i++) {
        char label[USAGE_COLUMNS + 16];
        snprintf(label, sizeof label, "  %s", command->usage);
        labelled(screen, USAGE_COLUMNS, label, command->what);
    }
    putchar('\n');
    help_print(help_arguments);
    puts("\nEvery command takes:\n");
    help_print(help_common);
    puts("\nIn the environment:\n");
    help_print(help_environment);
}

void help_print(const char *help)
{
    struct screen screen = screen_of_stdout();
    struct help_line line;
    while ((help = help_read(help, &line)) != NULL) {
        if (line.label[0] != '\0')
            labelled(&screen, OPTION_COLUMNS, line.label, line.text);
        else
            screen_paragraph(&screen, 0, "", line.text);
    }
}

int command_help(const struct kit *kit, int argc, char *argv[])
{
    (void)kit;
    struct screen screen = screen_of_stdout();
    if (argc > 2)
        return usage_error("help: '%s' is one argument too many: %s help COMMAND", argv[2], sockeye_name());
    if (argc == 2 && strcmp(argv[1], "--man") == 0) {
        manual_print();
        return 0;
    }
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
