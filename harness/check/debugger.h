/**
 * @file
 * gdb(1), in charge of one program of a check, at the terminal of the person who runs it (`sockeye check N --debug`).
 *
 * While gdb holds the program, the check's clock stands still, and so do its peers: now() does not go on. While gdb is
 * there at all, no program is stuck, and none is late because it does not get on.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/** The terminal, as descriptors of the worker. */
enum { TERMINAL_IN = 5, TERMINAL_OUT = 6 };

#define GDB "/usr/bin/gdb"

/** True if the program @p name, which is about to start, is to be stopped in gdb: stage.debug, and only once a check. */
bool debugger_wants(const char *name);
/** In the new process, before it is caged: it will stop at its exec. Where that is not permitted the process ends. */
void debugger_awaits(void);
/** Hands a program that stops at its exec to gdb, which goes on with it to main(). Not graded here if gdb can't. */
void debugger_takes(pid_t pid);

/** Called in every wait: lets the check's clock go on, or holds it. */
void debugger_attend(void);
/** True as long as gdb runs. */
bool debugger_is_there(void);
/** For poll(2): can be read when gdb has ended. -1 if it is not there. */
int debugger_end(void);
/** After the verdict: waits until gdb has ended, and says at its terminal that the check has. */
void debugger_leave(void);
