/**
 * @file
 * main: the table of commands.
 */
#include "sockeye.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/screen.h"
#include "run/grade.h"
#include "run/own.h"

static const struct command commands[] = {
    {"board", command_board, "[board]", "the lessons, your points, and what is next", help_board, false},
    {"start", command_start, "start N", "puts a lesson's skeleton into your work folder", help_start, false},
    {"next", command_next, "next", "starts the next lesson, or says where you are", help_next, false},
    {"check", command_check, "check [N|all]... [OPTION]...", "builds and grades your programs", help_check, false},
    {"watch", command_watch, "watch [N]", "checks your program each time you save it", help_watch, false},
    {"hint", command_hint, "hint [N [CHECK]]", "the next hint, on what failed", help_hint, false},
    {"explain", command_explain, "explain [N|CHECK]", "what a check asks for, and why it matters", help_explain, false},
    {"run", command_run, "run N [ARGUMENT]...", "builds your program and runs it", help_run, true},
    {"peer", command_peer, "peer N [OPTION]...", "plays the other end, to talk to by hand", help_peer, true},
    {"solution", command_solution, "solution N [--anyway]", "shows the solution", help_solution, false},
    {"reset", command_reset, "reset N", "puts the skeleton back, and keeps what you had", help_reset, false},
    {"grade", command_grade, "grade SUBMISSION... -o DIR", "grades a class of strangers", help_grade, false},
    {"merge", command_merge, "merge DB... -o DB", "joins gradebooks", help_merge, false},
    {"export", command_export, "export RESULT... --as FORMAT [OPTION]...", "results for another system", help_export,
     false},
    {"doctor", command_doctor, "doctor", "what works on this machine, and how to mend the rest", help_doctor, false},
    {"completion", command_completion, "completion bash|zsh|fish", "completes what you type, in your shell",
     help_completion, false},
    {"help", command_help, "help [COMMAND]", "this list, or all about one command", NULL, false},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static struct path name_typed;
static const char *lessons_folder; /* that was asked for with --lessons; NULL: none */

const struct command *command_at(int index)
{
    return index < COMMANDS ? &commands[index] : NULL;
}

const struct command *command_named(const char *name)
{
    for (int i = 0; i < COMMANDS; i++) {
        if (strcmp(name, commands[i].name) == 0)
            return &commands[i];
    }
    return NULL;
}

const char *sockeye_name(void)
{
    return name_typed.text;
}

static void set_name(const char *typed)
{
    struct path shown = path_shown(typed);
    if (strchr(typed, '/') == NULL)
        name_typed = path_of("sockeye");
    else
        name_typed = path_of("%s%s", strchr(shown.text, '/') == NULL ? "./" : "", shown.text);
}

/* One line, whatever was typed: a control character in an argument must not become one of the terminal's. */
static void complain(const char *format, va_list list)
{
    char line[2048];
    vsnprintf(line, sizeof line, format, list);
    for (char *c = line; *c != '\0'; c++) {
        if (iscntrl((unsigned char)*c))
            *c = '?';
    }
    fflush(stdout);
    fprintf(stderr, "sockeye: %s\n", line);
}

int usage_error(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    complain(format, list);
    va_end(list);
    return EXIT_USAGE;
}

int fault_error(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    complain(format, list);
    va_end(list);
    return EXIT_FAULT;
}

int refusal(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    complain(format, list);
    va_end(list);
    return EXIT_NOT_FULL;
}

/* True if a word is the option @p name with its value, "--color=never", or with the value behind it. */
static bool takes_value(const char *word, const char *next, const char *name, const char **value)
{
    size_t length = strlen(name);
    if (strncmp(word, name, length) != 0 || (word[length] != '\0' && word[length] != '='))
        return false;
    *value = word[length] == '=' ? word + length + 1 : next;
    return true;
}

/* Returns how many words a common option takes, 0 if it is none, -1 if it is wrong. */
static int take_common_option(const char *word, const char *next)
{
    const char *value;
    static const struct {
        const char *word;
        enum colours colours;
    } table[] = {{"always", COLOURS_ALWAYS}, {"auto", COLOURS_AUTO}, {"never", COLOURS_NEVER}};
    if (strcmp(word, "--linear") == 0) {
        screen_choose_linear();
        return 1;
    }
    if (takes_value(word, next, "--lessons", &value)) {
        lessons_folder = value;
        if (value == NULL || *value == '\0')
            usage_error("--lessons takes a folder of lessons");
        return value == NULL || *value == '\0' ? -1 : value == next ? 2 : 1;
    }
    if (!takes_value(word, next, "--color", &value))
        return 0;
    for (size_t i = 0; value != NULL && i < sizeof table / sizeof *table; i++) {
        if (strcmp(value, table[i].word) == 0) {
            screen_choose_colours(table[i].colours);
            return value == next ? 2 : 1;
        }
    }
    usage_error("--color takes always, auto or never, not '%s'", value == NULL ? "" : value);
    return -1;
}

/* Takes the options of all commands out of the arguments. What stands behind a lesson that is to be run is its
 * program's, and what stands behind `completion` is only asked about. */
static int take_common_options(int *argc, char *argv[])
{
    int kept = argc[0] > 0 ? 1 : 0;
    for (int i = kept; i < *argc;) {
        const struct command *command = kept > 1 ? command_named(argv[1]) : NULL;
        bool is_for_us = command == NULL || (command->run != command_completion && !(command->takes_help && kept > 2));
        int words = is_for_us ? take_common_option(argv[i], argv[i + 1]) : 0;
        if (words == -1)
            return -1;
        if (words == 0)
            argv[kept++] = argv[i++];
        i += words;
    }
    argv[kept] = NULL;
    *argc = kept;
    return 0;
}

static bool asks_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* "sockeye start 1 --help" asks about start. What stands behind `run 1` is for the program. */
static bool asks_help_on(const struct command *command, int argc, char *argv[])
{
    int last = command->takes_help && argc > 3 ? 3 : argc;
    for (int i = 2; i < last; i++) {
        if (asks_help(argv[i]))
            return true;
    }
    return false;
}

/* Lessons that are not the kit's: for all commands but those that only say what there is to type. */
static int add_lessons(struct kit *kit, const struct command *command)
{
    const char *folder = lessons_folder != NULL ? lessons_folder : getenv("SOCKEYE_LESSONS");
    const char *problem;
    bool is_wanted = folder != NULL && *folder != '\0' && command->run != command_help;
    if (!is_wanted || own_lessons(kit, folder, &problem) == 0)
        return 0;
    size_t length = strcspn(problem, "\n");
    usage_error("%.*s", (int)length, problem);
    fputs(problem[length] == '\0' ? "" : problem + length + 1, stderr);
    return command->run == command_completion ? 0 : EXIT_USAGE;
}

static int run_command(const struct command *command, int argc, char *argv[])
{
    static struct kit kit;
    const char *problem;
    if (kit_find(&kit, &problem) == -1)
        return fault_error("%s", problem);
    if (add_lessons(&kit, command) != 0)
        return EXIT_USAGE;
    if (argc > 2 && asks_help_on(command, argc, argv))
        return command_help(&kit, 2, (char *[]){"help", argv[1], NULL});
    return command->run(&kit, argc < 2 ? 0 : argc - 1, argv + 1);
}

int main(int argc, char *argv[])
{
    set_name(argc > 0 ? argv[0] : "sockeye");
    if (take_common_options(&argc, argv) == -1)
        return EXIT_USAGE;
    const char *name = argc < 2 ? "board" : asks_help(argv[1]) ? "help" : argv[1];
    if (strcmp(name, "--version") == 0) {
        printf("sockeye %s\n", kit_version());
        return 0;
    }
    const struct command *command = command_named(name);
    if (command == NULL)
        return usage_error("there is no command '%s': %s help lists them", name, sockeye_name());
    int status = run_command(command, argc, argv);
    if (fflush(stdout) == EOF || ferror(stdout))
        return fault_error("can't write what there was to say: %s", strerror(errno));
    return status;
}
