/**
 * @file
 * The one temporary folder of a run: programs, sources and a small /etc for the worlds.
 *
 * It is gone when the run has ended, however it ends: a small process of its own, the janitor, waits for the end of
 * the run and removes it.
 */
#pragma once

/** Makes the folder (below $TMPDIR or /tmp) and its janitor; returns its path, or NULL with a reason in errno. */
const char *rundir_make(void);
/** Its path; NULL before rundir_make(). */
const char *rundir(void);
/** For a process that works for this run: goes on in a folder of its own inside, under a name that cannot be guessed.
 *  Returns -1 with errno. */
int rundir_enter(void);
/** Removes it at once, and ends the janitor. */
void rundir_remove(void);
