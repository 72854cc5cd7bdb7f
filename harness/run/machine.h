/**
 * @file
 * What works on this machine: each examination tries the thing itself, in a world as checks have it.
 */
#pragma once

#include <stdbool.h>

#include "run/lesson.h"

enum finding_state {
    WORKS,      /**< it does what it is needed for */
    SPARED,     /**< missing, and grading goes on as well without it */
    NOT_GRADED, /**< missing, and something is not graded for the lack of it */
    BROKEN      /**< missing, and nothing can be graded */
};

struct finding {
    const char *name;
    enum finding_state state;
    char words[400]; /**< what was found */
    char mend[1600]; /**< how to mend it: lines, each a command or a sentence; "" if nothing is to be mended */
};

enum { FINDINGS_MAX = 16 };

/** Examines everything, in the order in which it is needed; returns how many findings there are. */
int machine_examine(const struct kit *kit, struct finding *findings);
