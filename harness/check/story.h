/**
 * @file
 * What strace wrote about the programs (strace.h), one file a process: their system calls, as a person would tell them.
 *
 * A call that takes something (read, accept, wait …) stands at the time when it returned, any other where it was made:
 * so it stands beside what it took or sent.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/** One system call, as far as it has been understood. */
struct call {
    double t;          /**< when it stands in the record: seconds since the check began */
    pid_t pid;         /**< who made it */
    const char *words; /**< for people: "read(3, "x", 4096) = 1" */
    const char *name;  /**< as libc has it: "recv" */
    const char
        *socket; /**< what its descriptor is, as strace -yy says, such as "TCP:[127.0.0.1:1->127.0.0.1:2]"; or "" */
    long asked;  /**< the size of its buffer or data; -1 if it has none, or several */
    long result; /**< -1 if it failed */
    const char *problem; /**< "EINTR (Interrupted system call)" if it failed; else "" */
    bool has_returned;
    bool peeks; /**< MSG_PEEK */
};

/** Where strace writes: the path up to the point and the number of a process that it appends. */
const char *story_files(void);
/** Reads all of it and adds it to the record, at its times. */
void story_record(void);
/** The calls that were read, in order; NULL behind the last. */
const struct call *story_call(int index);
