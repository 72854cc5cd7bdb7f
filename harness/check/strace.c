#define _GNU_SOURCE
#include "check/strace.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/bytes.h"
#include "check/program.h"
#include "check/stage.h"
#include "check/story.h"
#include "check/verdict.h"
#include "check/wait.h"
#include "look/proc.h"

#define STRACE "/usr/bin/strace"
#define LATE_WORDS "it did not attach in time"
#define GONE_WORDS "No such process"

/* The calls that tell a story about sockets and processes; "?" because not every architecture has them all. */
#define STORY                                                                                                          \
    "trace=%network,read,write,readv,writev,close,dup,?dup2,dup3,fcntl,splice,sendfile,?poll,ppoll,?select,pselect6,"  \
    "?epoll_wait,epoll_pwait,?fork,?vfork,clone,?clone3,execve,wait4,waitid,kill,exit_group,rt_sigaction,rt_"          \
    "sigsuspend"

static pid_t tracer;   /* the last strace that was started */
static int trace = -1; /* where strace writes what it saw: no program can come by it */

bool strace_is_installed(void)
{
    return access(STRACE, X_OK) == 0;
}

static void trace_is_kept(void)
{
    trace = trace == -1 ? memfd_create("trace", MFD_CLOEXEC) : trace;
    if (trace == -1)
        fault("no memory for what strace sees: %s", strerror(errno));
}

static pid_t start(const char *const *args, int *errors)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) == -1)
        fault("no pipe for strace: %s", strerror(errno));
    pid_t pid = fork();
    if (pid == 0) {
        setsid();
        dup2(open("/dev/null", O_RDWR), 0);
        dup2(0, 1);
        dup2(ends[1], 2);
        dup2(trace == -1 ? 0 : trace, 3);
        close_range(4, ~0U, 0);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        execv(STRACE, (char *const *)(uintptr_t)args);
        _exit(127);
    }
    if (pid == -1)
        fault("no process for strace: %s", strerror(errno));
    close(ends[1]);
    *errors = ends[0];
    programs_helper(pid);
    return pid;
}

enum { ATTACHED_MAX = 512 };

struct attaching {
    pid_t threads[ATTACHED_MAX];
    int count;
    pid_t strace;
};

/* To every thread that there was: one that is not followed yet makes its calls as ever. Of those that have ended since nobody
   asks. */
static bool is_attached(void *context)
{
    const struct attaching *attaching = context;
    for (int i = 0; i < attaching->count; i++) {
        char status[4096];
        if (proc_read(text("/proc/%d/status", attaching->threads[i]), status, sizeof status) <= 0)
            continue;
        const char *state = strstr(status, "\nState:\t");
        const char *traced_by = strstr(status, "\nTracerPid:");
        bool has_ended = state != NULL && strchr("ZX", state[8]) != NULL;
        if (!has_ended && (traced_by == NULL || atoi(traced_by + 11) != attaching->strace))
            return false;
    }
    return true;
}

static bool is_gone(pid_t pid)
{
    struct process process;
    return proc_process(pid, &process) == -1 || process.state == 'Z';
}

static bool has_gone(void *context)
{
    return is_gone(*(const pid_t *)context);
}

static bool is_attached_or_gone(void *context)
{
    const struct attaching *attaching = context;
    return is_attached(context) || is_gone(attaching->strace);
}

/* Returns what strace said if it could not attach, else NULL. */
static const char *attach(struct attaching *attaching, const char *const *args)
{
    int errors;
    attaching->strace = start(args, &errors);
    tracer = attaching->strace;
    struct awaited awaited = {.come = is_attached_or_gone, .context = attaching, .stuck_is_no_end = true};
    enum waited waited = wait_until(&awaited);
    const char *words = waited == CAME ? NULL : LATE_WORDS;
    if (waited == CAME && is_gone(attaching->strace)) {
        char said[300] = "";
        struct pollfd ready = {.fd = errors, .events = POLLIN};
        ssize_t n = poll(&ready, 1, 0) == 1 ? read(errors, said, sizeof said - 1) : 0;
        said[n > 0 ? n : 0] = '\0';
        said[strcspn(said, "\n")] = '\0';
        words = text("%s", said);
    }
    close(errors);
    return words;
}

static _Noreturn void was_ended(void)
{
    verdict_is_whole();
    verdict_because("strace watches the program in this check. It is none of the program's processes to end.");
    fails("only the program's own processes are sent signals", "strace was ended while it watched the program");
}

/* Where it may not, it says so before it ends. That it takes its time is the machine's affair, and that there is nobody to
   attach to the program's. */
static void must_trace(const char *problem)
{
    if (problem == NULL)
        return;
    if (*problem == '\0')
        was_ended();
    if (strcmp(problem, LATE_WORDS) == 0)
        fault("strace: %s", problem);
    if (strstr(problem, GONE_WORDS) != NULL)
        fails("a process that stays while it waits", "all that were there have ended before strace was attached");
    not_graded("strace may not trace here: %s", problem);
}

/* The arguments for all threads that @p program has; with -f strace finds those of a process itself. */
static int name_threads(const struct program *program, bool children_too, struct attaching *attaching,
                        const char **args)
{
    static pid_t pids[PROC_MAX];
    static struct thread threads[ATTACHED_MAX];
    int processes = programs_pids(pids, PROC_MAX);
    int count = 0;
    attaching->count = 0;
    for (int i = 0; i < processes; i++) {
        int n = program_of(pids[i]) == program ? proc_threads(pids[i], threads, ATTACHED_MAX) : 0;
        bool named = false;
        for (int k = 0; k < n && attaching->count < ATTACHED_MAX; k++) {
            if (strchr("ZX", threads[k].state) != NULL) /* the first of a process may have ended before the others */
                continue;
            attaching->threads[attaching->count++] = threads[k].tid;
            if (!named || !children_too) {
                args[count++] = "-p";
                args[count++] = text("%d", threads[k].tid);
            }
            named = true;
        }
    }
    args[count] = NULL;
    return attaching->count;
}

void strace_inject(const struct program *program, const char *calls, const char *error, const char *when,
                   bool children_too)
{
    enum { OPTIONS = 9, TRIES = 5 };
    if (stage.debug != NULL)
        not_graded("this check makes system calls fail by means of strace, which can't trace a program beside gdb");
    if (!strace_is_installed())
        not_graded("strace is not installed: install the package strace");
    trace_is_kept();
    static struct attaching attaching;
    const char *args[OPTIONS + 2 * ATTACHED_MAX + 1] = {
        "strace", children_too ? "-qqf" : "-qq", "-o", "/proc/self/fd/3",
        "-e",     text("trace=%s", calls),       "-e", text("inject=%s:error=%s:when=%s", calls, error, when),
    };
    const char *problem = NULL;
    for (int i = 0; i == 0 || (i < TRIES && problem != NULL && strstr(problem, GONE_WORDS) != NULL); i++) {
        problem = NULL;
        if (name_threads(program, children_too, &attaching, args + OPTIONS - 1) > 0)
            problem = attach(&attaching, args);
    }
    must_trace(problem);
}

void strace_leaves_when_it_saw(const char *words)
{
    if (tracer == 0 || !strace_saw(words))
        return;
    kill(tracer, SIGTERM); /* it lets all go */
    pid_t pid = tracer;
    struct awaited awaited = {.come = has_gone, .context = &pid, .stuck_is_no_end = true};
    if (wait_until(&awaited) != CAME)
        fault("strace does not end");
    tracer = 0;
}

void strace_must_be_there(void)
{
    if (tracer != 0 && is_gone(tracer))
        was_ended();
}

void strace_trace(pid_t pid, const char *calls)
{
    if (!strace_is_installed()) {
        if (calls != NULL)
            not_graded("strace is not installed: install the package strace");
        return;
    }
    const char *who = text("%d", pid);
    struct attaching attaching = {.threads = {pid}, .count = 1};
    if (calls == NULL) { /* without it, if it may not trace here */
        attach(&attaching, (const char *const[]){"strace", "-ff", "-q", "-ttt", "-T", "-yy", "-s", "48", "-o",
                                                 story_files(), "-e", STORY, "-p", who, NULL});
        return;
    }
    trace_is_kept();
    must_trace(attach(&attaching, (const char *const[]){"strace", "-f", "-q", "-o", "/proc/self/fd/3", "-e",
                                                        text("trace=%s", calls), "-p", who, NULL}));
}

void strace_is_late(void)
{
    if (is_gone(tracer))
        was_ended();
    fault("strace did not finish its trace");
}

bool strace_saw(const char *words)
{
    FILE *file = trace == -1 ? NULL : fdopen(fcntl(trace, F_DUPFD_CLOEXEC, 0), "r");
    if (file != NULL)
        rewind(file);
    char line[600];
    bool saw = false;
    while (file != NULL && !saw && fgets(line, sizeof line, file) != NULL)
        saw = strstr(line, words) != NULL;
    if (file != NULL)
        fclose(file);
    return saw;
}
