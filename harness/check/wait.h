/**
 * @file
 * The one place where a check waits: for facts, not for time.
 *
 * A verb fills a `struct awaited` and calls wait_until(). It returns as soon as the awaited thing has come, the
 * programs have ended, they are stuck (see look/stuck.h), or the time is up. While it waits it attends to
 * everything else: it reaps, reads the programs' output and does what was scheduled.
 */
#pragma once

#include <stdbool.h>

#include "check/bytes.h"

enum waited { CAME, ENDED, STUCK, LATE };

enum { FDS_MAX = 4 };

struct awaited {
    bool (*come)(void *context); /**< has it come? May read, must not block. Called often. */
    void *context;
    int fd;                  /**< a descriptor whose events may bring it; 0 for none */
    short events;            /**< of poll(2) */
    double seconds;          /**< at most so long; 0 means WAIT_SECONDS without a byte moving anywhere */
    bool until_end;          /**< when no program is left it can't come any more */
    bool stuck_is_no_end;    /**< wait for the whole time though the programs are stuck */
    const char *who_waits;   /**< "the server waits for end-of-file": for the report */
    const struct conn *conn; /**< the connection that this is about, or NULL */
};

#define WAIT_SECONDS 5.0   /**< a verb's patience with a program that moves but does not get there */
#define CHECK_SECONDS 40.0 /**< a check's, all its verbs together */

/** Waits, and returns which of the four ends it was. A program that has gone mad ends the check from within. */
enum waited wait_until(const struct awaited *awaited);

/** Ends the check as failed, for a wait that ended otherwise than CAME; says what the program is doing instead. */
_Noreturn void wait_fails(enum waited waited, const struct awaited *awaited, const char *expected,
                          const char *observed);

/** Does @p action(@p context) when now() is @p when, during whichever wait is then under way; what is due sooner first. */
void schedule(double when, void (*action)(void *context), void *context);

/** Calls @p attend(@p fd) now and then in every wait, and when @p fd can be read: for a peer that answers by itself. */
void wait_attends(int fd, void (*attend)(int fd));

/** Waits until every program sleeps and nothing has moved for two looks; false if that is not so in @p seconds. */
bool wait_settled(double seconds);

/** The same, but soon: for a check that only goes on when the program is ready, and claims nothing of it. */
void wait_at_rest(double seconds);

/**
 * How many seconds so far the harness itself was ready to run, and others had the CPUs: on a busy machine about as many as a
 * program that it talks to. What the programs have used of the CPUs is taken off: a program can't make a machine busy.
 */
double wait_was_kept_from(void);

/** A fault if the harness's own timers were late by more than @p seconds in the last wait. */
void wait_was_timely(double seconds);
