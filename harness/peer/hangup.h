/**
 * @file
 * The end of a peer: Ctrl-C, or another signal that asks it to end, as an event for poll(2).
 */
#pragma once

#include <stdbool.h>

/** A descriptor that becomes readable. Holds SIGINT, SIGTERM and SIGHUP back from now on. */
int hangup_descriptor(void);
/** Reads it; true if such a signal has come. Ends the line that "^C" stands in. */
bool hangup_came(int descriptor);
