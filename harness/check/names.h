/**
 * @file
 * Look-ups of names on this machine, made before a program makes them: no check may judge a program by a slow or
 * strange name server. Each is made in a process of its own, which is ended when it takes too long.
 */
#pragma once

#include <stdbool.h>

/** True if the names of 127.0.0.2 to 127.0.0.4 can be looked up in no time, whatever comes of it. Looks once, at the first
 *  call: before there is a program. */
bool names_are_quick(void);
