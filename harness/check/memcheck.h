/**
 * @file
 * Memory errors and leaks, found by valgrind's memcheck in the program and in every process that it forks.
 *
 * The reports are XML (valgrind's docs/internals/xml-output-protocol4.txt), one a process, read with expat. They come
 * to the worker while the programs run (check/reports.h). A program that ends by itself must leave a whole one; a process
 * that was killed, or has become another program, leaves what it had said until then.
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
/** A system call that the program makes and this valgrind does not know: nothing can be judged then. NULL if there is none, or
 *  something was found all the same: an error, a leak, a signal, a broken report. */
const char *memcheck_unknown_call(void);
/** Finds, in the reports of a replay, the memory error or the place of the signal that ended a program. */
bool memcheck_crash(struct source *where, const char **words);
