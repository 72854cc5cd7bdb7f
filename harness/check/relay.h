/**
 * @file
 * Threads that stand between a program's pipes and us, where the program may hold a pipe's lock.
 *
 * splice(2) locks the pipe while it waits for the socket at its other side. Whoever reads or writes that pipe in the meantime
 * sleeps, and no signal wakes it. If that is the worker, which should serve the socket, everything stands still.
 */
#pragma once

#include <stdbool.h>

/** True if the executable at this path calls splice(2), or may: by its number. */
bool relay_is_needed(const char *path);
/** What comes from this descriptor, a pipe's end, comes from the one that is returned. Takes @p from over. */
int relay_from(int from);
/** True while there is something on its way to this descriptor, which came from relay_from(). */
bool relay_goes_on(int fd);
/** True while a thread could go on and has not come to it: nobody waits in vain who waits for what it carries. */
bool relays_have_work(void);
/** What is written to the descriptor that is returned goes to this one. Takes @p to over. */
int relay_to(int to);
