/**
 * @file
 * What valgrind says of each process: its report, which is XML, and its log.
 *
 * Both come through Unix sockets, one for each, that all processes of a check share: the kernel tells who has sent what
 * (SO_PASSCRED in unix(7)), so that those that fork and do not exec are kept apart. A file could be removed, renamed or
 * rewritten by the program. What has been sent can't be taken back; and the programs' ends have numbers that valgrind
 * lets no program close. One that makes a copy all the same may write between the lines, or shut the way down: then
 * what comes is no report any more, or the way is not open, and both are seen.
 *
 * reports_open() before the first program is started, reports_attend() while they run, as often as the outputs are read.
 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

#include "check/bytes.h"

enum report_kind { REPORT_XML, REPORT_LOG };

enum { REPORT_KINDS = 2 };

/** All that one process has sent. */
struct report {
    pid_t pid;
    struct {
        char *data; /**< ends with '\0', which is not counted */
        size_t length;
        size_t capacity;
    } said[REPORT_KINDS];
    bool is_cut; /**< it had more to say than is kept */
};

/** Makes the sockets, unless they are there already. */
void reports_open(void);
/** The descriptor for @p kind in a program. */
int reports_number(enum report_kind kind);
/** In the new process, before its limits are set: gives it these descriptors. Returns what could not be done, or NULL. */
const char *reports_give(void);
/** Takes what has come. */
void reports_attend(void);
/** Adds what to poll to hear of more; returns how many. */
int reports_poll_fds(struct pollfd *fds, int max);
/** False if a program has shut the way down. */
bool reports_way_is_open(void);
/** The reports in the order of their first words; NULL behind the last. It stays where it is until more is heard. */
struct report *report_number(int index);
/** A process has sent that. */
void reports_hear(enum report_kind kind, pid_t pid, struct bytes words);
/** Forgets all that was sent, and the sockets. */
void reports_forget(void);
