/**
 * @file
 * strace(1), attached to a program from outside: to make system calls fail, and to show what was called.
 *
 * Where tracing is not permitted or strace is missing, injection ends the check as not graded here, and a trace
 * is left out. A program can't have that: one that ends strace, or whose processes end before it is attached, fails.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct program;

/** True if strace can be run here. */
bool strace_is_installed(void);
/** Makes @p calls (a set as strace takes it) fail with @p error when a thread that the program has by now makes one: @p when
 *  is "1", the first time, "1+", every time, or "1+2", every other time. @p children_too: so do those that are started from
 *  now on, each anew. Waits until strace is attached. */
void strace_inject(const struct program *program, const char *calls, const char *error, const char *when,
                   bool children_too);
/** Ends strace, and with it all that it does, if a line of its trace holds @p words. */
void strace_leaves_when_it_saw(const char *words);
/** Fails if the program has ended strace. */
void strace_must_be_there(void);
/** Traces a program from its start: called while it is stopped before its exec. @p calls: a set as strace takes it, or
 *  NULL for those that tell a story; a set that is asked for by name makes the check not graded where it can't be had. */
void strace_trace(pid_t pid, const char *calls);
/** The trace has no end: a failure if the program has ended strace, else a fault. */
_Noreturn void strace_is_late(void);
/** True if a line of the trace, as far as it is written, holds @p words. */
bool strace_saw(const char *words);
