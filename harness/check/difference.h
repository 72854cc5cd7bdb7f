/**
 * @file
 * Two byte strings that should be the same and are not: how to show it, and what it looks like.
 */
#pragma once

#include "check/bytes.h"

/** What was expected, for a report: the bytes themselves if they are few, else their number and beginning. */
const char *shown(struct bytes bytes);

/**
 * What was got instead, with the first difference marked; sets verdict_because() where the difference looks like a
 * mistake that has a name (a terminating NUL, a lost middle, one buffer only …).
 */
const char *difference(struct bytes expected, struct bytes got);
