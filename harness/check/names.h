/**
 * @file
 * Names and name servers. No check may judge a program by a name server that is slow or strange, as a machine's own may
 * be in plain mode.
 */
#pragma once

#include <stdbool.h>

/** True while a program waits for the answer of a name server that is the machine's own. */
bool names_are_looked_up(void);
