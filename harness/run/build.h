/**
 * @file
 * Builds a program from its one .c file, with the contract's flags, in a world of its own.
 *
 * Builds are kept by content: the same source, compiler and flags are compiled once. They lie in $SOCKEYE_CACHE, else
 * $XDG_CACHE_HOME/sockeye, else ~/.cache/sockeye; where none can be written, nothing is kept.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "run/path.h"
#include "run/world.h"

#define BUILD_COMMAND "cc -std=gnu17 -Wall -Wextra -g -O1"

enum build_status { BUILT, BUILD_FAILED, BUILD_MISSING, BUILD_FAULT };

struct build {
    enum build_status status;
    int warnings;
    char *output; /**< the compiler's words, or the reason; the caller frees it */
};

/** Builds @p source (a path) as program @p name and leaves the executable at @p target. */
struct build build_program(const struct world *world, const char *source, const char *name, const char *target);
/** The folder where builds are kept, made if need be; false if there is none that can be written. */
bool build_cache(struct path *folder);
