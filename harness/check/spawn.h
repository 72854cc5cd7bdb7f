/**
 * @file
 * Starting one program as the contract has it: see program.h for what it gets and what it does not.
 */
#pragma once

#include <sys/types.h>

#include "check/program.h"

/** $RES_OPTIONS of programs and of the worker (resolv.conf(5)): a name server that does not answer costs a second. */
#define RESOLVER "timeout:1 attempts:1"

/** Our ends of a new program's pipes; the caller closes them. */
struct spawned_ends {
    int input; /**< -1 unless how->input */
    int out;   /**< does not block */
    int err;   /**< does not block */
};

/** Raises the worker's own limit of descriptors, if it is lower. Ends the check as not graded here if it may not be so
 *  high. */
void descriptors_needed(int count);
/** Runs the file vector[0] with the arguments vector[1] … NULL (vector[1] is its argv[0]). A fault if it can't. */
pid_t spawn(const struct how *how, const char *const *vector, struct spawned_ends *ends);
