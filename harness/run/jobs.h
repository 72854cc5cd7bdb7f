/**
 * @file
 * Processes that work side by side, each of which hands back one JSON value through a pipe.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

enum { JOBS_MAX = 64 };

/** One process under way. */
struct job {
    pid_t pid;   /**< 0: this place is free */
    bool served; /**< it is the work of a server that goes on (run/server.h), which reaps it; pid is the server's */
    int result;  /**< our end of its descriptor 3 */
    int errors;  /**< our end of its stderr */
    char *data;
    size_t length;
    char words[2048]; /**< the beginning of what it said on stderr */
    size_t words_length;
    double deadline; /**< monotonic seconds */
    bool overdue;    /**< it was ended because its deadline had passed */
    void *context;   /**< the caller's */
};

/** What a process hands things back through: its ends are [1]. */
struct job_pipes {
    int result[2]; /**< for its value */
    int errors[2]; /**< for its stderr */
};

/** Opens them; false with errno if there are none to be had. */
bool jobs_open_pipes(struct job_pipes *pipes);

/** Takes a process that was just started, with its ends of @p pipes, into place @p job, for so many seconds at most. If @p pid
 *  is -1, no process was started: then the pipes are closed, and it returns false; errno stays. */
bool jobs_begin(struct job *job, pid_t pid, const struct job_pipes *pipes, double seconds, void *context);

/** What else may happen while jobs are waited for. */
struct jobs_event {
    int fd;                          /**< readable when it has; the caller's */
    bool (*happened)(void *context); /**< called then, and takes it; true: wait no longer */
    void *context;
};

/** Waits for jobs until one has ended. Its value (NULL if it gave none that can be read) goes to @p value. Returns the
 *  job, with pid 0, or NULL when interrupted is set, or @p event (which may be NULL) says so. @p end ends a job that is
 *  late; one that is overdue by then was told before. */
struct job *jobs_wait(struct job *jobs, int count, json_t **value, void (*end)(const struct job *job),
                      const struct jobs_event *event);

/** Reaps a process that is about to end; one that a program of the same user keeps from it is killed in the end. */
void jobs_reap(pid_t pid);

/** What a process does to hand back its value: writes it to @p fd in few pieces, and closes that. */
void jobs_hand_back(int fd, const json_t *value);

/** How many processors this process may keep busy: those of the machine that a scheduler (sched_setaffinity(2)) and the
 *  container's share of time (cpu.max of cgroups(7)) leave to it. At least 1. */
int jobs_cores(void);
/** Monotonic seconds. */
double jobs_now(void);
/** Set by SIGINT and SIGTERM once jobs_catch_signals() was called. */
bool jobs_interrupted(void);
void jobs_catch_signals(void);
