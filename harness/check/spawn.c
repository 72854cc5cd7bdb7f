#define _GNU_SOURCE
#include "check/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/bytes.h"
#include "check/cage.h"
#include "check/debugger.h"
#include "check/stage.h"
#include "check/strace.h"
#include "check/verdict.h"

/* In the new process: makes it the process that the contract speaks of. Returns what could not be done. */
static const char *become_program(const struct how *how, int input, int output, int error)
{
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (chdir(stage.scratch) == -1)
        return "enter its working directory";

    const int given[] = {input, output, error};
    for (int fd = 0; fd < 3; fd++) {
        if (dup2(given[fd], fd) == -1)
            return "set its descriptors";
    }
    int first_free = 3;
    for (; how->extra_descriptors && first_free < 8; first_free++)
        dup2(0, first_free);
    close_range((unsigned int)first_free, ~0U, CLOSE_RANGE_CLOEXEC); /* the way back for errors closes at exec */
    for (int fd = 0; fd < 3; fd++) {
        if (how->closed[fd])
            close(fd);
    }

    sigset_t mask;
    sigemptyset(&mask);
    for (int sig = 1; sig < NSIG; sig++)
        signal(sig, SIG_DFL);
    if (how->signals_ignored) {
        signal(SIGPIPE, SIG_IGN);
        signal(SIGCHLD, SIG_IGN);
        signal(SIGHUP, SIG_IGN);
        signal(SIGUSR1, SIG_IGN);
        signal(SIGTERM, SIG_IGN);
        signal(SIGINT, SIG_IGN);
    }
    if (how->signals_blocked)
        sigfillset(&mask);

    const char *undone = NULL;
    struct rlimit descriptors = {(rlim_t)how->descriptors, (rlim_t)how->descriptors};
    if (how->descriptors > 0 && setrlimit(RLIMIT_NOFILE, &descriptors) == -1)
        undone = "limit its descriptors";
    if (undone == NULL && stage.run_as != (uid_t)-1)
        undone = cage_become(stage.run_as);
    if (undone == NULL)
        undone = cage_enter(stage.private_network, stage.memcheck, stage.processes);
    struct rlimit largest = {how->file_limit, how->file_limit};
    if (how->file_limit > 0) {
        signal(SIGXFSZ, SIG_IGN); /* so that write() fails, as on a full disk */
        if (setrlimit(RLIMIT_FSIZE, &largest) == -1 && undone == NULL)
            undone = "limit its files";
    }
    sigprocmask(SIG_SETMASK, &mask, NULL);
    return undone;
}

static void make_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) == -1)
        fault("no pipe for a program: %s", strerror(errno));
    for (int i = 0; i < 2; i++) { /* never 0 to 2: those belong to the program */
        int high = fcntl(ends[i], F_DUPFD_CLOEXEC, 10);
        close(ends[i]);
        ends[i] = high;
    }
}

/* Waits, stopped, until a tracer is attached to it. The worker may not be traced, and so could not its copy. */
static void wait_for_tracer(void)
{
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    raise(SIGSTOP);
}

#define RUN_IT "run it"

/* What could not be done comes back through a pipe that a successful exec closes. */
static void report_problem(int problem, const char *undone)
{
    dprintf(problem, "%s: %s", undone, strerror(errno));
    _exit(127);
}

void descriptors_needed(int count)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        fault("no limit of descriptors: %s", strerror(errno));
    if (limit.rlim_cur >= (rlim_t)count)
        return;
    limit.rlim_cur = (rlim_t)count;
    if (limit.rlim_max < limit.rlim_cur)
        limit.rlim_max = limit.rlim_cur; /* root may */
    if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
        not_graded("a process may have fewer than %d descriptors here: see ulimit -Hn", count);
}

/* True if it is the program's doing that it can't be run: it is there, and may be run, but wants a loader that is not there, say. */
static bool is_whole_program(const char *path, const char *words)
{
    return strncmp(words, RUN_IT, strlen(RUN_IT)) == 0 && access(path, X_OK) == 0;
}

/* Its stdin, if that is no pipe. */
static int open_input(const struct how *how)
{
    if (how->input_file == NULL)
        return open("/dev/null", O_RDWR | O_CLOEXEC);
    int fd = open(text("%s/%s", stage.scratch, how->input_file), O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        fault("can't open %s for a program: %s", how->input_file, strerror(errno));
    return fd;
}

/* In the place of the pipe's end: a file that takes nothing. */
static void fill_output(int end)
{
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (full == -1)
        not_graded("/dev/full can't be opened here: %s", strerror(errno));
    dup3(full, end, O_CLOEXEC);
    close(full);
}

pid_t spawn(const struct how *how, const char *const *vector, struct spawned_ends *ends)
{
    int in[2] = {-1, -1};
    int out[2];
    int err[2];
    int problem[2];
    if (how->descriptors > 0)
        descriptors_needed(how->descriptors);
    if (how->input)
        make_pipe(in);
    else
        in[0] = open_input(how);
    make_pipe(out);
    if (how->output_full)
        fill_output(out[1]);
    make_pipe(err);
    make_pipe(problem);

    bool debugged = debugger_wants(strrchr(vector[0], '/') + 1);
    cage_prepare(stage.private_network);
    pid_t pid = fork();
    if (pid == -1)
        fault("no process for a program: %s", strerror(errno));
    if (pid == 0) {
        if (debugged)
            debugger_awaits();
        const char *undone = become_program(how, in[0], out[1], err[1]);
        if (undone != NULL)
            report_problem(problem[1], undone);
        if (stage.trace || how->traced_calls != NULL)
            wait_for_tracer();
        const char *path = text("PATH=%s", how->path == NULL ? "/usr/local/bin:/usr/bin:/bin" : how->path);
        const char *const environment[] = {path, "LANG=C.UTF-8", "HOME=/tmp", "RES_OPTIONS=" RESOLVER, NULL};
        execve(vector[0], (char *const *)(uintptr_t)(vector + 1), (char *const *)(uintptr_t)environment);
        report_problem(problem[1], RUN_IT);
    }
    close(in[0]);
    close(out[1]);
    close(err[1]);
    close(problem[1]);
    if (stage.trace || how->traced_calls != NULL) {
        waitid(P_PID, (id_t)pid, &(siginfo_t){0}, WSTOPPED | WEXITED | WNOWAIT);
        strace_trace(pid, how->traced_calls);
        kill(pid, SIGCONT);
    }
    if (debugged)
        debugger_takes(pid);
    char words[256];
    ssize_t n = read(problem[0], words, sizeof words - 1);
    close(problem[0]);
    if (n > 0) {
        words[n] = '\0';
        if (is_whole_program(vector[0], words))
            fails("a program that the kernel can run", text("execve() fails%s", words + strlen(RUN_IT)));
        fault("could not start %s: %s", vector[0], words);
    }
    if (how->input) {
        fcntl(in[1], F_SETPIPE_SZ, 1 << 20); /* more at a time: on a busy machine each turn costs */
        fcntl(in[1], F_SETFL, O_NONBLOCK);
    }
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    fcntl(err[0], F_SETFL, O_NONBLOCK);
    *ends = (struct spawned_ends){.input = in[1], .out = out[0], .err = err[0]};
    return pid;
}
