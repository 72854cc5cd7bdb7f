/**
 * @file
 * Arguments that several commands take.
 */
#pragma once

#include "run/lesson.h"

/**
 * The lesson that a command's first argument names. @p most: how many arguments the command takes at most, the lesson
 * included. NULL if they are wrong, after saying so: the command returns EXIT_USAGE then.
 */
const struct lesson *argument_lesson(const struct kit *kit, int argc, char *argv[], int most);
