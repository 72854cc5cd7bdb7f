/**
 * @file
 * Memory errors and leaks, found by valgrind's memcheck in the program and in every process that it forks.
 *
 * The reports are XML files (valgrind's docs/internals/xml-output-protocol4.txt), one a process, read with expat.
 */
#pragma once

#include <stdbool.h>

#include "look/source.h"

/** Ends the check as not graded here if valgrind can't be had. */
void memcheck_needed(void);
/** What spawn() takes to run @p path with @p args under valgrind. */
const char *const *memcheck_command(const char *path, const char *const *args);
/** Reads all reports after the programs have ended; fails the check at the first error, at the program's line. */
void memcheck_judge(void);
/** A system call that the program makes and this valgrind does not know, or NULL: nothing can be judged then. */
const char *memcheck_unknown_call(void);
/** Finds, in the reports of a replay, the memory error or the place of the signal that ended a program. */
bool memcheck_crash(struct source *where, const char **words);
