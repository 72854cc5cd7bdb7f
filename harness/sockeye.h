/**
 * @file
 * The commands of sockeye: each is a function in a file of its own in commands/, and a line in the table in sockeye.c.
 */
#pragma once

#include <stdbool.h>

#include "run/lesson.h"

/** Exit statuses of every command. */
enum { EXIT_FULL_MARKS = 0, EXIT_NOT_FULL = 1, EXIT_USAGE = 2, EXIT_FAULT = 3 };

/** A command gets the arguments behind its name; argv[0] is the name. Returns the exit status. */
typedef int command_function(const struct kit *kit, int argc, char *argv[]);

command_function command_board, command_check, command_completion, command_doctor, command_explain, command_export,
    command_grade, command_help, command_hint, command_merge, command_next, command_peer, command_reset, command_run,
    command_solution, command_start, command_watch;

/** What `sockeye help COMMAND` says behind the usage line; each stands in its command's file. */
extern const char help_board[], help_check[], help_completion[], help_doctor[], help_explain[], help_export[],
    help_grade[], help_hint[], help_merge[], help_next[], help_peer[], help_reset[], help_run[], help_solution[],
    help_start[], help_watch[];

struct command {
    const char *name;
    command_function *run;
    const char *usage; /**< what is typed behind "sockeye" */
    const char *what;  /**< a line for the list of commands */
    const char *help;  /**< lines, or NULL */
    bool takes_help;   /**< a --help behind its lesson is the command's own business, or its program's */
};

/** The commands in the order of the list; NULL behind the last. */
const struct command *command_at(int index);
/** NULL if there is none of that name. */
const struct command *command_named(const char *name);

/** What is typed to run this program: "./sockeye" in a checkout, "sockeye" where it is installed. */
const char *sockeye_name(void);

/** Says on stderr what is wrong with the arguments, in one line and a hint; returns EXIT_USAGE. */
int usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** Says on stderr what has gone wrong with the harness or the machine; returns EXIT_FAULT. */
int fault_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** Says on stderr why a command did not do what was asked, though nothing is broken; returns EXIT_NOT_FULL. */
int refusal(const char *format, ...) __attribute__((format(printf, 1, 2)));
