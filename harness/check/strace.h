/**
 * @file
 * strace(1), attached to a program from outside: to make system calls fail, and to show what was called.
 *
 * Where tracing is not permitted or strace is missing, injection ends the check as not graded here, and a trace
 * is left out.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/** True if strace can be run here. */
bool strace_is_installed(void);
/** Makes @p calls (a set as strace takes it) fail with @p error the first time that each thread there is by now makes
 *  one. Waits until strace is attached. */
void strace_inject(const char *calls, const char *error);
/** Traces a program from its start: called while it is stopped before its exec. @p calls: a set as strace takes it, or
 *  NULL for those that tell a story; a set that is asked for by name makes the check not graded where it can't be had. */
void strace_trace(pid_t pid, const char *calls);
/** The trace has no end: a failure if the program has ended strace, else a fault. */
_Noreturn void strace_is_late(void);
/** True if a line of the trace, which must have ended, holds @p words. */
bool strace_saw(const char *words);
