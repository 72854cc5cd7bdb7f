/**
 * @file
 * What a process finds at its first descriptors.
 *
 * 0 to 2 are the usual ones; 3 takes its result, 4 captured packets, 5 and 6 are a terminal's two directions, 7 is a lesson's
 * checks that are not built in.
 */
#pragma once

enum {
    ENDS_IN,
    ENDS_OUT,
    ENDS_ERR,
    ENDS_RESULT,
    ENDS_CAPTURE,
    ENDS_TERMINAL_IN,
    ENDS_TERMINAL_OUT,
    ENDS_CHECKS,
    ENDS_COUNT
};

/** The descriptors, as their owner has them, that become 0 to 7; -1: none. */
struct ends {
    int fd[ENDS_COUNT];
};

/** Puts them into place, in the process that is to have them; where 0 to 3 are none, it is /dev/null. All others stay open. */
void ends_place(const struct ends *ends);
