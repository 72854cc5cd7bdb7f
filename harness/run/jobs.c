#define _GNU_SOURCE
#include "run/jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RESULT_MAX = 32 << 20 };

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
    interrupted = sig;
}

bool jobs_interrupted(void)
{
    return interrupted != 0;
}

void jobs_catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

/* A container sees its own limit at the root of its cgroups; a whole machine has none there. */
static int cores_of_container(void)
{
    long quota;
    long period;
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "re");
    bool limited = file != NULL && fscanf(file, "%ld %ld", &quota, &period) == 2 && quota > 0 && period > 0;
    if (file != NULL)
        fclose(file);
    return limited ? (int)((quota + period - 1) / period) : INT_MAX;
}

int jobs_cores(void)
{
    cpu_set_t ours;
    int cores = sched_getaffinity(0, sizeof ours, &ours) == 0 ? CPU_COUNT(&ours) : (int)sysconf(_SC_NPROCESSORS_ONLN);
    int share = cores_of_container();
    return cores < share ? cores : share;
}

double jobs_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void close_both(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

bool jobs_open_pipes(struct job_pipes *pipes)
{
    if (pipe2(pipes->result, O_CLOEXEC) == -1)
        return false;
    if (pipe2(pipes->errors, O_CLOEXEC) == 0)
        return true;
    close_both(pipes->result);
    return false;
}

bool jobs_begin(struct job *job, pid_t pid, const struct job_pipes *pipes, double seconds, void *context)
{
    if (pid == -1) {
        close_both(pipes->result);
        close_both(pipes->errors);
        return false;
    }
    close(pipes->result[1]);
    close(pipes->errors[1]);
    *job = (struct job){.pid = pid,
                        .result = pipes->result[0],
                        .errors = pipes->errors[0],
                        .deadline = jobs_now() + seconds,
                        .context = context};
    return true;
}

/* Returns false at the end of the result, which is the end of the job's work. */
static bool read_result(struct job *job)
{
    char buffer[65536];
    ssize_t n = read(job->result, buffer, sizeof buffer);
    if (n == -1 && errno == EINTR)
        return true;
    if (n <= 0)
        return false;
    size_t length = job->length + (size_t)n;
    char *larger = length > RESULT_MAX ? NULL : realloc(job->data, length);
    if (larger == NULL) {
        job->length = 0; /* a part of a value is none, even if it can be read */
        return false;
    }
    memcpy(larger + job->length, buffer, (size_t)n);
    job->data = larger;
    job->length = length;
    return true;
}

static void read_words(struct job *job)
{
    char waste[4096];
    ssize_t n = read(job->errors, waste, sizeof waste);
    if (n <= 0) {
        close(job->errors);
        job->errors = -1;
        return;
    }
    size_t room = sizeof job->words - 1 - job->words_length;
    size_t kept = (size_t)n < room ? (size_t)n : room;
    memcpy(job->words + job->words_length, waste, kept);
    job->words_length += kept;
    job->words[job->words_length] = '\0';
}

void jobs_reap(pid_t pid)
{
    enum { PATIENCE = 60 }; /* seconds: on a busy machine a worker needs some to end hundreds of processes */
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd ended = {.fd = fd, .events = POLLIN};
    for (int i = 0; fd != -1 && i < PATIENCE && poll(&ended, 1, 1000) != 1; i++)
        kill(pid, SIGCONT); /* a program of the same user may have stopped it */
    if (fd != -1 && ended.revents == 0)
        kill(pid, SIGKILL);
    if (fd != -1)
        close(fd);
    while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
        ;
}

static json_t *finish(struct job *job)
{
    json_t *value = json_loadb(job->data == NULL ? "" : job->data, job->length, 0, NULL);
    free(job->data);
    job->data = NULL;
    close(job->result);
    if (!job->served)
        jobs_reap(job->pid);
    while (job->errors != -1) { /* its last words: the pipe may be held open by nobody now, so this ends */
        struct pollfd ready = {.fd = job->errors, .events = POLLIN};
        if (poll(&ready, 1, 0) != 1)
            break;
        read_words(job);
    }
    if (job->errors != -1)
        close(job->errors);
    job->pid = 0;
    return value;
}

void jobs_hand_back(int fd, const json_t *value)
{
    FILE *file = fdopen(fd, "w");
    if (file == NULL)
        return;
    setvbuf(file, NULL, _IOFBF, 65536); /* json_dumpfd() makes a system call for each token */
    json_dumpf(value, file, JSON_COMPACT | JSON_ENSURE_ASCII);
    fclose(file);
}

/* A signal that comes between a look at `interrupted` and poll() would not be seen before something else happens: so it can
   come in ppoll() alone. */
static int wait_for(struct pollfd *fds, nfds_t count, double seconds)
{
    struct timespec timeout = {.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};
    sigset_t ours;
    sigset_t before;
    sigemptyset(&ours);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGHUP);
    sigprocmask(SIG_BLOCK, &ours, &before);
    int n = -1;
    if (interrupted)
        errno = EINTR;
    else
        n = ppoll(fds, count, &timeout, &before);
    int reason = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = reason;
    return n;
}

struct job *jobs_wait(struct job *jobs, int count, json_t **value, void (*end)(const struct job *job),
                      const struct jobs_event *event)
{
    while (!interrupted) {
        struct pollfd fds[JOBS_MAX * 2 + 1];
        double next = jobs_now() + 60;
        for (int i = 0; i < count; i++) {
            bool busy = jobs[i].pid != 0;
            fds[2 * i] = (struct pollfd){.fd = busy ? jobs[i].result : -1, .events = POLLIN};
            fds[2 * i + 1] = (struct pollfd){.fd = busy ? jobs[i].errors : -1, .events = POLLIN};
            if (busy && jobs[i].deadline < next)
                next = jobs[i].deadline;
        }
        struct pollfd *other = &fds[2 * count];
        *other = (struct pollfd){.fd = event == NULL ? -1 : event->fd, .events = POLLIN};
        double left = next - jobs_now();
        int n = wait_for(fds, (nfds_t)count * 2 + 1, left < 0 ? 0 : left);
        if (n == -1 && errno != EINTR)
            return NULL;
        if (event != NULL && n > 0 && other->revents != 0 && event->happened(event->context))
            return NULL;
        for (int i = 0; i < count; i++) {
            if (jobs[i].pid == 0)
                continue;
            if (n > 0 && fds[2 * i + 1].revents != 0)
                read_words(&jobs[i]);
            if (n > 0 && fds[2 * i].revents != 0 && !read_result(&jobs[i])) {
                *value = finish(&jobs[i]);
                return &jobs[i];
            }
            if (jobs_now() > jobs[i].deadline) {
                jobs[i].deadline = jobs_now() + 5; /* and once more, if that was not enough */
                end(&jobs[i]);
                jobs[i].overdue = true;
            }
        }
    }
    return NULL;
}
