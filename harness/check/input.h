/**
 * @file
 * What a program gets on its stdin. The verbs are in check.h.
 *
 * What is typed waits in the check until the program's pipe has room for it: every wait hands on what fits, so a
 * check never waits for a program that does not read, and may type megabytes.
 */
#pragma once

#include "check/program.h"

/** Hands on what fits into the pipe by now, then the end of the input, if it is due; called by every wait. */
void input_goes_on(struct program *program);
/** A descriptor that poll(2) may watch for room (POLLOUT), or -1 if nothing waits. */
int input_waits_on(const struct program *program);
