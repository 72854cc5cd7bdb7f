/**
 * @file
 * The last step before a program runs: what it may not do, and what it may use.
 *
 * Applied in the new process, between fork and exec. Nothing here asks for root.
 */
#pragma once

#include <stdbool.h>

/**
 * Limits (setrlimit(2)), no new privileges, no capabilities, and a seccomp filter that denies ptrace and its like.
 * @p private_table: the program has a process table of its own; else kill(-1) is denied too.
 * @p big: its memory has no limit here, since a sanitizer needs more than any.
 * @p processes: the user may have so many, threads counted, all together; 0: no limit. Root has none in any case.
 * Returns NULL, or what could not be done; a filter that can't be had is passed over.
 */
const char *cage_enter(bool private_table, bool big, int processes);

/** Makes that filter, which takes as long as a fork: what is prepared before one is there for all that come of it.
    The first call of a process decides; later ones do nothing. */
void cage_prepare(bool private_table);

/** The limits alone, for a compiler. @p big, @p processes: as above. Returns NULL or what could not be done. */
const char *cage_limits(bool big, int processes);

/** Gives up root for @p uid, as user and group. Returns NULL or what could not be done. */
const char *cage_become(unsigned int uid);
