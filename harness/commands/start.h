/**
 * @file
 * Starting a lesson, for `sockeye start` and `sockeye next`.
 */
#pragma once

#include "run/lesson.h"

/** Puts the skeleton into the work folder if it is not there, and says where everything is. Returns the exit status. */
int start_lesson(const struct kit *kit, const struct lesson *lesson);

/** Says what to edit, what to read and what to type. @p command: "check", "hint" …: what comes next. */
void start_say_where(const struct kit *kit, const struct lesson *lesson, const char *command);
