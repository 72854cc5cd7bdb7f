/**
 * @file
 * Programs under test: starting them, what they print, how they end. The verbs are in check.h.
 *
 * A program starts with default signal actions, an empty signal mask, descriptors 0 to 2 only, a fixed environment
 * (whose time zone is not UTC, so that who counts in local time shows) and an empty folder as its working directory,
 * in a session of its own, without privileges and within limits (see cage.h). Its stdin is /dev/null unless asked
 * otherwise.
 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "check/bytes.h"

enum { PROGRAMS_MAX = 64, OUTPUT_MAX = 48 << 20, PROCESSES_MAX = 400 };

/** What is read from a pipe of a program. */
struct output {
    int fd; /**< -1 once its end was seen */
    char *data;
    size_t length; /**< bytes kept */
    size_t capacity;
    size_t limit; /**< bytes kept at most */
    size_t total; /**< bytes read */
};

struct program {
    const char *name;
    const char *line;   /**< its command line, for people */
    const char *oddity; /**< what was unusual about its start, for people; NULL: nothing */
    pid_t pid;
    int input;          /**< our end of its stdin, or -1 (see input.h) */
    struct bytes typed; /**< what it gets there, but has had no room for yet */
    bool input_ends;    /**< behind that comes end-of-file */
    bool output_waits;  /**< nobody reads its stdout yet */
    struct output out;
    struct output err;
    bool ended;
    int status;         /**< of waitpid(2), once ended */
    unsigned long sent; /**< the signals that the check has sent it, as bits */
    bool stopped;       /**< the check has stopped it */
    double ended_at;
    struct rusage usage; /**< once ended: its own and that of children that it has waited for */
    double queued;       /**< once ended: seconds in which it was ready to run, but kept waiting */
    double started_at;
};

/** How a program is started; all zero is as usual. */
struct how {
    bool closed[3];           /**< descriptors 0 to 2 that it does not get */
    bool extra_descriptors;   /**< it inherits some open descriptors above 2, low ones and high ones */
    bool input;               /**< its stdin is a pipe that is_typed() writes to */
    const char *input_file;   /**< its stdin is this file or folder, which has been put there; NULL: it is not */
    bool output_waits;        /**< its stdout is a pipe of two pages that nobody reads before output_is_read() */
    bool output_full;         /**< its stdout takes nothing: writing fails, as on a full disk (/dev/full) */
    bool signals_ignored;     /**< every signal that can be is ignored at its start, but SIGXCPU and SIGXFSZ */
    bool signals_blocked;     /**< every signal is blocked at its start */
    const char *path;         /**< its PATH; NULL: as usual */
    size_t file_limit;        /**< a file of its may have so many bytes, then writing fails (EFBIG); 0: as usual */
    int descriptors;          /**< as many may it have open (RLIMIT_NOFILE), and not one more; 0: as usual */
    const char *traced_calls; /**< strace follows it from its start: a set of calls; NULL: not asked for */
};

#define AS_USUAL ((struct how){0})

/** Reaps, and reads what the programs have written; called by every wait. */
void programs_attend(void);
/** How many programs have not ended, or left processes behind. */
int programs_alive(void);
/** All processes of all programs, zombies too. */
int programs_pids(pid_t *pids, int max);
/** CPU seconds that all programs have used so far, with what they started and what traced them. */
double programs_cpu_seconds(void);

/** What all programs that are there have had of the CPUs so far, in seconds. */
struct consumption {
    double used;
    double queued; /**< ready to run, but kept waiting */
    double at;     /**< when it was looked at, as now() tells it */
};
struct consumption programs_consumption(void);
/** Sends a signal to every process of every program. */
void programs_signal(int sig);
/** True if none of them runs: all are stopped or zombies. For wait_until(): the context is not used. */
bool programs_are_stopped(void *unused);
/** Ends everything that was started, wherever it is by now. */
void programs_kill_all(void);
/** True if a process that the programs have started has ended with no parent left but us to wait for it. */
bool programs_inherited(pid_t pid);
/** Names a process that is none of the program's, such as strace, until it has ended. */
void programs_helper(pid_t pid);
/** True if there is a helper: strace is attached. */
bool programs_are_traced(void);
/** The program that a process belongs to; the first one if it can't be told. */
struct program *program_of(pid_t pid);
/** Every program, in the order of their start; NULL behind the last. */
struct program *program_number(int index);
/** "tcp_client ended with status 1". */
const char *program_end(const struct program *program);
/** What the signal that ended it means, for people; NULL if none did, or if there is nothing to say about it. */
const char *program_death(const struct program *program);
/** How it ended, and what it has said on stderr. */
const char *program_fate(const struct program *program);
/** The program that was run last; NULL if none was. */
struct program *program_newest(void);
/** The last that has not ended; program_newest() if all have. */
struct program *program_running(void);
/** True if it has said these words on stderr. */
bool program_complains_of(const char *words);
/** Fails if the program was ended by a signal that speaks of a bug, floods or has gone mad. */
void program_is_sane(const struct program *program);
/** True if every thread of every process sleeps (state S), whatever it waits for, or is stopped. */
bool programs_sleep(void);
/** True if another program than @p program has not ended. */
bool others_run(const struct program *program);
/** What poll(2) may watch for the programs' output, and for room in their input: three at most each. Returns how many. */
int programs_poll_fds(struct pollfd *fds, int max);
/** Runs args[0], a program of the lesson, with its arguments; the verb runs() in check.h. */
struct program *program_runs(struct how how, const char *const *args);
