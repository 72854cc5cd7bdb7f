/**
 * @file
 * Is a program stuck? That is: would it sleep for ever if nobody outside did anything?
 *
 * A set of processes is *asleep* when every thread of each sleeps in a system call that has no time-out. It is
 * *stuck* when two looks, some time apart, find the same calls and the same context-switch counts, and
 * stuck_is_certain() between them found no timer that could still wake it. The caller must know that nothing
 * is on its way to the program: this module looks at the program alone.
 *
 * Any doubt (a call that may not be seen, one that is not in the table, a signal handler for SIGALRM) means *not
 * asleep*: the worst that can happen is that the verdict waits for its deadline.
 */
#pragma once

#include "look/proc.h"

enum { STUCK_THREADS_MAX = 2048 };

struct stuck_look {
    bool asleep;        /**< every thread sleeps in a call without a time-out */
    bool stopped;       /**< every thread is stopped by a signal (SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU) */
    uint64_t signature; /**< equal in two looks only if nothing has moved between them */
    int threads;
    struct thread thread[STUCK_THREADS_MAX];
};

/** Looks once at @p count processes. Zombies are passed over. */
void stuck_look(const pid_t *pids, int count, struct stuck_look *look);

/** Looks deeper at processes that are asleep: SO_RCVTIMEO, SO_SNDTIMEO and timers. False in any doubt. */
bool stuck_is_certain(const struct stuck_look *look);

/** True if a thread waits in vfork(2), or in a clone(2) with CLONE_VFORK, for the child that it has lent its memory to. The
 *  kernel shows it as held up (state D), and no tracer can stop it: yet it sleeps, for as long as the program likes. */
bool stuck_awaits_borrower(const struct thread *thread);

/** The name of the system call that a thread sleeps in, such as "recvfrom", or NULL if it is not in the table. */
const char *stuck_call(const struct thread *thread);

/** The descriptor that a thread's call waits for, or -1 if it waits for none or for several. */
int stuck_descriptor(const struct thread *thread);
