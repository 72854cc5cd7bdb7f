/**
 * @file
 * The commands of sockeye: each is a function in a file of its own in commands/.
 */
#pragma once

#include "run/lesson.h"

/** Exit statuses of every command. */
enum { EXIT_FULL_MARKS = 0, EXIT_NOT_FULL = 1, EXIT_USAGE = 2, EXIT_FAULT = 3 };

/** A command gets the arguments behind its name; argv[0] is the name. Returns the exit status. */
typedef int command_function(const struct kit *kit, int argc, char *argv[]);

command_function command_board, command_check;

/** Says on stderr what is wrong with the arguments, in one line and a hint; returns EXIT_USAGE. */
int usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** Says on stderr what has gone wrong with the harness or the machine; returns EXIT_FAULT. */
int fault_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
