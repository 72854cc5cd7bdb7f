/**
 * @file
 * What the worker gives a check to play on: set once, before the check begins.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct stage {
    bool private_network; /**< a network and a process table of the check's own; else the machine's loopback */
    const char *programs; /**< the folder of the built programs, which see it read-only */
    const char *scratch;  /**< an empty folder for the programs, their working directory */
    uid_t run_as;         /**< the user that programs run as; (uid_t)-1: the worker's own */
    int processes;        /**< as many may the user have who runs the programs (RLIMIT_NPROC); 0: no limit */
    uint64_t seed;
    bool memcheck;     /**< programs run under valgrind */
    bool trace;        /**< their system calls are recorded */
    const char *debug; /**< this program is stopped in gdb, "": the first that is run; NULL: none */
    bool capture;      /**< the packets are captured */
};

extern struct stage stage;
