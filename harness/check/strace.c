#define _GNU_SOURCE
#include "check/strace.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check/bytes.h"
#include "check/program.h"
#include "check/record.h"
#include "check/stage.h"
#include "check/verdict.h"
#include "check/wait.h"
#include "look/proc.h"

#define STRACE "/usr/bin/strace"

/* The calls that tell a story about sockets and processes; "?" because not every architecture has them all. */
#define STORY                                                                                                          \
    "trace=%network,read,write,readv,writev,close,dup,?dup2,dup3,fcntl,splice,sendfile,?poll,ppoll,?select,pselect6,"  \
    "?epoll_wait,epoll_pwait,?fork,?vfork,clone,?clone3,execve,wait4,waitid,kill,exit_group,rt_sigaction,rt_"          \
    "sigsuspend"

enum { LINES_MAX = 2000 };

static const char *trace_file;

bool strace_is_installed(void)
{
    return access(STRACE, X_OK) == 0;
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
        close_range(3, ~0U, 0);
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

struct attaching {
    pid_t program;
    pid_t strace;
};

/* To every thread: one that is not followed yet makes its calls as ever. */
static bool is_attached(void *context)
{
    const struct attaching *attaching = context;
    static struct thread threads[512];
    int count = proc_threads(attaching->program, threads, 512);
    for (int i = 0; i < count; i++) {
        char status[4096];
        if (proc_read(text("/proc/%d/task/%d/status", attaching->program, threads[i].tid), status, sizeof status) <= 0)
            continue;
        const char *tracer = strstr(status, "\nTracerPid:");
        if (tracer == NULL || atoi(tracer + 11) != attaching->strace)
            return false;
    }
    return true;
}

static bool is_attached_or_gone(void *context)
{
    const struct attaching *attaching = context;
    struct process process;
    bool gone = proc_process(attaching->strace, &process) == -1 || process.state == 'Z';
    return is_attached(context) || gone;
}

/* Returns what strace said if it could not attach, else NULL. */
static const char *attach(pid_t program, const char *const *args)
{
    int errors;
    struct attaching attaching = {.program = program, .strace = start(args, &errors)};
    struct awaited awaited = {.come = is_attached_or_gone, .context = &attaching, .stuck_is_no_end = true};
    enum waited waited = wait_until(&awaited);
    const char *words = NULL;
    if (waited != CAME || !is_attached(&attaching)) {
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

void strace_inject(const char *calls, const char *error)
{
    enum { ATTACHED_MAX = 32 };
    if (stage.debug != NULL)
        not_graded("this check makes system calls fail by means of strace, which can't trace a program beside gdb");
    if (!strace_is_installed())
        not_graded("strace is not installed: install the package strace");
    const char *args[12 + 2 * ATTACHED_MAX] = {"strace", "-qq",
                                               "-o",     "/dev/null",
                                               "-e",     text("trace=%s", calls),
                                               "-e",     text("inject=%s:error=%s:when=1", calls, error)};
    int count = 8;
    pid_t pids[PROC_MAX];
    struct thread threads[ATTACHED_MAX];
    int processes = programs_pids(pids, PROC_MAX);
    for (int i = 0; i < processes; i++) { /* -f would follow their children too, and make those fail as well */
        int n = proc_threads(pids[i], threads, ATTACHED_MAX);
        for (int k = 0; k < n && count < 8 + 2 * ATTACHED_MAX; k++) {
            args[count++] = "-p";
            args[count++] = text("%d", threads[k].tid);
        }
    }
    const char *problem = processes == 0 ? NULL : attach(pids[0], args);
    if (problem != NULL)
        not_graded("strace may not trace here: %s", problem);
}

void strace_trace(pid_t pid, const char *calls)
{
    if (!strace_is_installed()) {
        if (calls != NULL)
            not_graded("strace is not installed: install the package strace");
        return;
    }
    trace_file = text("%s/../trace-%d", stage.scratch, pid);
    const char *const args[] = {"strace", "-f",
                                "-q",     "-ttt",
                                "-s",     "48",
                                "-o",     trace_file,
                                "-e",     calls == NULL ? STORY : text("trace=%s", calls),
                                "-p",     text("%d", pid),
                                NULL};
    const char *problem = attach(pid, args);
    if (problem != NULL && calls != NULL)
        not_graded("strace may not trace here: %s", problem);
    if (problem != NULL)
        trace_file = NULL;
}

bool strace_saw(const char *words)
{
    FILE *file = trace_file == NULL ? NULL : fopen(trace_file, "re");
    char line[600];
    bool saw = false;
    while (file != NULL && !saw && fgets(line, sizeof line, file) != NULL)
        saw = strstr(line, words) != NULL;
    if (file != NULL)
        fclose(file);
    return saw;
}

/* What the loader does before main, and what strace itself does. */
static bool is_noise(const char *line)
{
    static const char *const noise[] = {"<... ", "--- stopped by SIGSTOP", "--- SIGCONT", "execve(", "+++ "};
    static bool in_main;
    for (size_t i = 0; i < sizeof noise / sizeof *noise; i++) {
        if (strncmp(line, noise[i], strlen(noise[i])) == 0)
            return true;
    }
    in_main = in_main || (strncmp(line, "close(", 6) != 0 && strstr(line, "\\177ELF") == NULL);
    return !in_main;
}

/* "123 1700000000.123456 recvfrom(3, "x", 4096, 0, NULL, NULL) = 1" */
static void record_line(char *line, double real_to_own)
{
    char *end;
    pid_t pid = (pid_t)strtol(line, &end, 10);
    double t = strtod(end, &end) + real_to_own;
    while (*end == ' ')
        end++;
    end[strcspn(end, "\n")] = '\0';
    if (*end == '\0' || is_noise(end))
        return;
    char *result = strstr(end, "  "); /* strace lines the results up in a column */
    if (result != NULL)
        memmove(result + 1, result + strspn(result, " "), strlen(result + strspn(result, " ")) + 1);
    bool is_first = pid == program_of(pid)->pid;
    record_at(t, YOU, NULL, "call", bytes(is_first ? text("%s", end) : text("[%d] %s", pid, end)));
}

void strace_record(void)
{
    FILE *file = trace_file == NULL ? NULL : fopen(trace_file, "re");
    char line[600];
    struct timespec real;
    if (file == NULL)
        return;
    clock_gettime(CLOCK_REALTIME, &real);
    double real_to_own = now() - ((double)real.tv_sec + (double)real.tv_nsec / 1e9);
    for (int i = 0; i < LINES_MAX && fgets(line, sizeof line, file) != NULL; i++)
        record_line(line, real_to_own);
    fclose(file);
    record_sort();
}
