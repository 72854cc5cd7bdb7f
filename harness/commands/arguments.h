/**
 * @file
 * Arguments that several commands take.
 */
#pragma once

#include <getopt.h>

#include "check/registry.h"
#include "run/lesson.h"

/**
 * The lesson that a command's first argument names. @p most: how many arguments the command takes at most, the lesson
 * included. NULL if they are wrong, after saying so: the command returns EXIT_USAGE then.
 */
const struct lesson *argument_lesson(const struct kit *kit, int argc, char *argv[], int most);
/** The check of a lesson that a word names: "no-zombies", "07.no-zombies" or "no_zombies". NULL if it has none. */
const struct check *argument_check(const struct lesson *lesson, const char *word);

/** The next option, as getopt_long(3) gives it. '?' for one that is wrong, after saying in one line what is: the command
 *  returns EXIT_USAGE then. */
int argument_option(int argc, char *argv[], const char *letters, const struct option *names);
