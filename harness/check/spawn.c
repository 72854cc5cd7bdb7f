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
#include "check/files.h"
#include "check/relay.h"
#include "check/reports.h"
#include "check/stage.h"
#include "check/strace.h"
#include "check/verdict.h"

#define ENTER_FOLDER "enter its working directory"

/* Low ones and high ones; what is in use already is ours, and of those that the limit does not allow there are none. */
static void open_more(void)
{
    static const int numbers[] = {3, 4, 5, 6, 7, 100, 300, 900};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (numbers[i] < 8 || fcntl(numbers[i], F_GETFD) == -1)
            dup2(0, numbers[i]);
    }
}

/* As many as a check asks for, and else as usual; but none may ask the kernel for more than a big server needs. */
static const char *limit_descriptors(int count)
{
    enum { MOST = 4096 };
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        return "see the limit of its descriptors";
    if (count > 0)
        limit.rlim_cur = limit.rlim_max = (rlim_t)count;
    if (limit.rlim_max > MOST)
        limit.rlim_max = MOST;
    if (limit.rlim_cur > limit.rlim_max)
        limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == -1 ? "limit its descriptors" : NULL;
}

/* All but @p problem, and valgrind's own two. */
static void close_others(int problem)
{
    unsigned int kept[] = {(unsigned int)problem, (unsigned int)reports_number(0), (unsigned int)reports_number(1)};
    unsigned int from = 3;
    for (unsigned int next = 0; next < ~0U; from = next + 1) {
        next = ~0U;
        for (size_t i = 0; i < (stage.memcheck ? 3 : 1); i++)
            next = kept[i] >= from && kept[i] < next ? kept[i] : next;
        if (next > from)
            close_range(from, next == ~0U ? next : next - 1, 0);
    }
}

/* In the new process: makes it the process that the contract speaks of, with but one descriptor of ours, @p problem, which closes at
   exec. Returns what could not be done. */
static const char *become_program(const struct how *how, int input, int output, int error, int problem)
{
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (chdir(stage.scratch) == -1)
        return ENTER_FOLDER;

    const int given[] = {input, output, error};
    for (int fd = 0; fd < 3; fd++) {
        if (dup2(given[fd], fd) == -1)
            return "set its descriptors";
    }
    const char *undone = stage.memcheck ? reports_give() : NULL;
    close_others(problem); /* at once, not at exec: before that others may get to see what it has (wait_for_tracer()) */
    if (how->extra_descriptors)
        open_more();
    for (int fd = 0; fd < 3; fd++) {
        if (how->closed[fd])
            close(fd);
    }

    sigset_t mask;
    sigemptyset(&mask);
    for (int sig = 1; sig < NSIG; sig++)
        signal(sig, SIG_DFL);
    for (int sig = 1; how->signals_ignored && sig < NSIG; sig++) {
        if (sig != SIGXCPU && sig != SIGXFSZ) /* they say which limit of the cage was reached */
            signal(sig, SIG_IGN);
    }
    if (how->signals_blocked)
        sigfillset(&mask);

    if (undone == NULL)
        undone = limit_descriptors(how->descriptors);
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
    struct rlimit beside_valgrind = {8UL << 30, 8UL << 30}; /* of which 1 GiB may be used (check/wait.c) */
    if (undone == NULL && stage.memcheck && setrlimit(RLIMIT_DATA, &beside_valgrind) == -1)
        undone = "limit its memory";
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

/* Waits, stopped, until a tracer is attached to it. The worker may not be traced, and so could not its copy; from here on others of
   its user, such as a program of the same check, may look into it as well. */
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

/* The program, or what valgrind runs. */
static bool may_hold_pipes(const char *const *vector)
{
    for (; *vector != NULL; vector++) {
        if (strncmp(*vector, stage.programs, strlen(stage.programs)) == 0)
            return relay_is_needed(*vector);
    }
    return false;
}

/* Its stdin, if that is no pipe. */
static int open_input(const struct how *how)
{
    if (how->input_file == NULL)
        return open("/dev/null", O_RDWR | O_CLOEXEC);
    int fd = open(text("%s/%s", stage.scratch, how->input_file), O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        files_trouble(text("open %s", how->input_file));
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
    if (how->output_waits)
        fcntl(out[1], F_SETPIPE_SZ, 8192); /* two pages: what is longer stands half-written there */
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
        const char *undone = become_program(how, in[0], out[1], err[1], problem[1]);
        if (undone != NULL)
            report_problem(problem[1], undone);
        if (stage.trace || how->traced_calls != NULL)
            wait_for_tracer();
        const char *path = text("PATH=%s", how->path == NULL ? "/usr/local/bin:/usr/bin:/bin" : how->path);
        const char *const environment[] = {path,          "LANG=C.UTF-8",          "HOME=/tmp",
                                           "TZ=KTM-5:45", "RES_OPTIONS=" RESOLVER, NULL};
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
        if (program_newest() != NULL && strncmp(words, ENTER_FOLDER, strlen(ENTER_FOLDER)) == 0)
            fails("its working directory stays as it was", text("the next program could not %s", words));
        fault("could not start %s: %s", vector[0], words);
    }
    if (may_hold_pipes(vector)) {
        out[0] = relay_from(out[0]);
        in[1] = how->input ? relay_to(in[1]) : -1;
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
