#define _GNU_SOURCE
#include "check/program.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/input.h"
#include "check/memcheck.h"
#include "check/record.h"
#include "check/relay.h"
#include "check/reports.h"
#include "check/spawn.h"
#include "check/stage.h"
#include "check/verdict.h"
#include "look/proc.h"

enum { ERROR_OUTPUT_MAX = 4 << 20, HELPERS_MAX = 2 * PROGRAMS_MAX, INHERITED_MAX = 1024 };

static struct program programs[PROGRAMS_MAX];
static int count;
static pid_t helpers[HELPERS_MAX];
static int helper_count;

/* "tcp_client 127.0.0.1 4242 'two words'": as one would type it. */
static const char *command_line(const char *const *args)
{
    const char *line = "";
    for (; *args != NULL; args++) {
        struct bytes arg = bytes(*args);
        bool plain = arg.length > 0 && strspn(*args, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                     "0123456789._-:/[]+=") == arg.length;
        const char *word = plain ? *args : quoted(arg, 60);
        line = text("%s%s%s", line, *line == '\0' ? "" : " ", word);
    }
    return line;
}

static bool is_folder(const char *name)
{
    struct stat status;
    return stat(text("%s/%s", stage.scratch, name), &status) == 0 && S_ISDIR(status.st_mode);
}

/* What is unusual about a start, in few words; NULL if nothing is. */
static const char *oddities(const struct how *how)
{
    const char *words = "";
    for (int fd = 0; fd < 3; fd++) {
        if (how->closed[fd])
            words = text("%s%s%d", words, *words == '\0' ? "" : ", ", fd);
    }
    if (*words != '\0')
        words = text("; %s closed", words);
    if (how->input_file != NULL)
        words = text("%s; stdin is %s%s", words, is_folder(how->input_file) ? "the folder " : "", how->input_file);
    if (how->descriptors > 0)
        words = text("%s; at most %d descriptors", words, how->descriptors);
    words = text("%s%s%s%s", words, how->extra_descriptors ? "; 3 to 7, 100, 300, 900 open" : "",
                 how->signals_ignored ? "; signals ignored" : "", how->signals_blocked ? "; all signals blocked" : "");
    if (how->output_waits || how->output_full)
        words = text("%s; stdout %s", words, how->output_full ? "is full" : "waits to be read");
    if (how->path != NULL)
        words = text("%s; PATH %s", words, how->path);
    if (how->file_limit > 0)
        words = text("%s; room for %zu bytes in a file", words, how->file_limit);
    return *words == '\0' ? NULL : words + 2;
}

struct program *program_runs(struct how how, const char *const *args)
{
    if (count == PROGRAMS_MAX)
        fault("a check may run %d programs", PROGRAMS_MAX);
    int arg_count = 0;
    while (args[arg_count] != NULL)
        arg_count++;
    const char **vector = keep(((size_t)arg_count + 2) * sizeof *vector);
    vector[0] = text("%s/%s", stage.programs, args[0]);
    memcpy(vector + 1, args, (size_t)arg_count * sizeof *vector);

    const char *line = command_line(args);
    if (oddities(&how) != NULL)
        record("check", YOU, text("to start with: %s", oddities(&how)), bytes(""));
    record(YOU, NULL, "start", bytes(line));
    struct spawned_ends ends;
    double started_at = now();
    pid_t pid = spawn(&how, stage.memcheck ? memcheck_command(vector[0], args) : vector, &ends);
    struct program *program = &programs[count++];
    *program = (struct program){
        .name = args[0],
        .line = line,
        .oddity = oddities(&how),
        .pid = pid,
        .input = ends.input,
        .out = {.fd = ends.out, .limit = OUTPUT_MAX},
        .err = {.fd = ends.err, .limit = ERROR_OUTPUT_MAX},
        .output_waits = how.output_waits,
        .started_at = started_at,
    };
    return program;
}

/* What a program has written before it ended is still to come, for a moment. */
static bool is_on_its_way(const struct program *program, int fd)
{
    return program->ended && now() < program->ended_at + 5 && relay_goes_on(fd);
}

static void drain(const struct program *program, struct output *output)
{
    static char buffer[256 << 10];
    while (output->fd != -1) {
        bool more_comes = is_on_its_way(program, output->fd); /* before the read: it may come just after */
        ssize_t n = read(output->fd, buffer, sizeof buffer);
        if (n == -1 && !more_comes)
            return;
        if (n == -1) {
            sched_yield();
            continue;
        }
        if (n == 0) {
            close(output->fd);
            output->fd = -1;
            return;
        }
        output->total += (size_t)n;
        size_t wanted = output->limit - output->length < (size_t)n ? output->limit - output->length : (size_t)n;
        if (output->length + wanted > output->capacity) {
            output->capacity = (output->length + wanted) * 2;
            char *larger = realloc(output->data, output->capacity);
            if (larger == NULL)
                fault("no memory for a program's output");
            output->data = larger;
        }
        if (wanted > 0)
            memcpy(output->data + output->length, buffer, wanted);
        output->length += wanted;
        if (output->total > OUTPUT_MAX)
            return; /* a flood: program_is_sane() has a word for it */
    }
}

static const char *signal_words(int sig)
{
    static const char *const words[] = {
        [SIGSEGV] = "a memory error: it used an address that it may not",
        [SIGBUS] = "a memory error: it used an address that it may not",
        [SIGABRT] = "the C library found an error, such as a broken heap or stack, and gave up",
        [SIGFPE] = "an arithmetic error, such as a division by zero",
        [SIGILL] = "an instruction that does not exist: it runs through memory that is no code",
        [SIGPIPE] = "it wrote to a connection whose other end is closed, or which never came about: ignore SIGPIPE or "
                    "use MSG_NOSIGNAL, then write returns -1 with EPIPE",
        [SIGXCPU] = "it used 20 seconds of CPU time",
        [SIGXFSZ] = "it wrote a file of more than 64 MiB",
        [SIGALRM] = "alarm() went off and nothing caught it",
        [SIGKILL] = "somebody killed it, or it used too much memory",
    };
    return sig < (int)(sizeof words / sizeof *words) ? words[sig] : NULL;
}

const char *program_end(const struct program *program)
{
    if (!program->ended)
        return text("%s is still running", program->name);
    if (WIFSIGNALED(program->status))
        return text("%s was ended by SIG%s", program->name, sigabbrev_np(WTERMSIG(program->status)));
    return text("%s ended with status %d", program->name, WEXITSTATUS(program->status));
}

const char *program_death(const struct program *program)
{
    int sig = program->ended && WIFSIGNALED(program->status) ? WTERMSIG(program->status) : 0;
    return sig == 0 || signal_words(sig) == NULL ? NULL : text("SIG%s: %s.", sigabbrev_np(sig), signal_words(sig));
}

const char *program_fate(const struct program *program)
{
    const char *fate = program_end(program);
    if (!program->ended)
        return fate;
    if (program->err.length > 0)
        return text("%s; its stderr: %s", fate, quoted((struct bytes){program->err.data, program->err.length}, 160));
    return text("%s; its stderr is empty", fate);
}

static void note_end(struct program *program, int status, double queued, const struct rusage *usage)
{
    program->ended = true;
    program->queued = queued;
    program->status = status;
    program->ended_at = now();
    program->usage = *usage;
    if (WIFSIGNALED(status))
        record(YOU, NULL, "exit", bytes(text("ended by SIG%s", sigabbrev_np(WTERMSIG(status)))));
    else
        record(YOU, NULL, "exit", bytes(text("ends with status %d", WEXITSTATUS(status))));
}

/* The run that started us is gone, or wants us gone: the check ends, and cleans up as at any end. */
static void look_for_the_end(void)
{
    sigset_t pending;
    if (sigpending(&pending) == 0 && sigismember(&pending, SIGTERM) == 1)
        fault("the check was ended from outside");
}

static bool is_helper(pid_t pid)
{
    for (int i = 0; i < helper_count; i++) {
        if (helpers[i] == pid)
            return true;
    }
    return false;
}

/* Its number is free again: the next process that has it may be a program's. */
static void forget_helper(pid_t pid)
{
    for (int i = 0; i < helper_count; i++) {
        if (helpers[i] == pid)
            helpers[i--] = helpers[--helper_count];
    }
}

/* NULL if it is none of those that run, but their child, or a helper. */
static struct program *started_as(pid_t pid)
{
    for (int i = 0; i < count; i++) {
        if (programs[i].pid == pid && !programs[i].ended)
            return &programs[i];
    }
    return NULL;
}

/* Those that had a parent of their own, which has ended: then they are ours to wait for. */
static pid_t inherited[INHERITED_MAX];
static int inherited_count;

bool programs_inherited(pid_t pid)
{
    for (int i = 0; i < inherited_count; i++) {
        if (inherited[i] == pid)
            return true;
    }
    return false;
}

void programs_attend(void)
{
    look_for_the_end();
    siginfo_t dead = {0};
    while (waitid(P_ALL, 0, &dead, WEXITED | WNOHANG | WNOWAIT) == 0 && dead.si_pid > 0) {
        pid_t pid = dead.si_pid;
        int status;
        struct rusage usage;
        struct program *program = started_as(pid);
        double queued = program == NULL ? 0 : proc_queued_seconds(pid); /* which nobody knows once it is waited for */
        if (wait4(pid, &status, 0, &usage) != pid)
            break;
        dead.si_pid = 0;
        if (program == NULL && !is_helper(pid) && inherited_count < INHERITED_MAX)
            inherited[inherited_count++] = pid;
        forget_helper(pid);
        if (program != NULL)
            note_end(program, status, queued, &usage);
    }
    for (int i = 0; i < count; i++) {
        if (!programs[i].output_waits)
            drain(&programs[i], &programs[i].out);
        drain(&programs[i], &programs[i].err);
        input_goes_on(&programs[i]);
    }
    reports_attend(); /* behind the ends: what one has said before it ended has come by now */
}

int programs_poll_fds(struct pollfd *fds, int max)
{
    int n = 0;
    for (int i = 0; i < count && n + 3 <= max; i++) {
        if (programs[i].out.fd != -1 && !programs[i].output_waits)
            fds[n++] = (struct pollfd){.fd = programs[i].out.fd, .events = POLLIN};
        if (programs[i].err.fd != -1)
            fds[n++] = (struct pollfd){.fd = programs[i].err.fd, .events = POLLIN};
        if (input_waits_on(&programs[i]) != -1)
            fds[n++] = (struct pollfd){.fd = input_waits_on(&programs[i]), .events = POLLOUT};
    }
    return n + reports_poll_fds(fds + n, max - n);
}

void programs_helper(pid_t pid)
{
    if (helper_count == HELPERS_MAX)
        fault("too many helpers");
    helpers[helper_count++] = pid;
}

bool programs_are_traced(void)
{
    return helper_count > 0;
}

int programs_pids(pid_t *pids, int max)
{
    int all = proc_descendants(getpid(), pids, max);
    int n = 0;
    for (int i = 0; i < all; i++) {
        if (!is_helper(pids[i]))
            pids[n++] = pids[i];
    }
    return n;
}

int programs_alive(void)
{
    pid_t pids[8];
    return programs_pids(pids, 8);
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

double programs_cpu_seconds(void)
{
    static pid_t pids[PROC_MAX];
    struct rusage reaped;
    getrusage(RUSAGE_CHILDREN, &reaped);
    double sum = seconds_of(reaped.ru_utime) + seconds_of(reaped.ru_stime);
    int n = proc_descendants(getpid(), pids, PROC_MAX);
    for (int i = 0; i < n; i++)
        sum += proc_cpu_seconds(pids[i]);
    return sum;
}

struct consumption programs_consumption(void)
{
    static pid_t pids[PROC_MAX];
    struct consumption sum = {.at = now()};
    int n = programs_pids(pids, PROC_MAX);
    for (int i = 0; i < n; i++) {
        sum.used += proc_cpu_seconds(pids[i]);
        sum.queued += proc_queued_seconds(pids[i]);
    }
    return sum;
}

bool programs_sleep(void)
{
    static pid_t pids[PROC_MAX];
    int n = programs_pids(pids, PROC_MAX);
    for (int i = 0; i < n; i++) {
        static struct thread threads[512];
        int thread_count = proc_threads(pids[i], threads, 512);
        for (int k = 0; k < thread_count; k++) {
            if (threads[k].state != 'S' && threads[k].state != 'T' && threads[k].state != 'Z')
                return false;
        }
    }
    return true;
}

void programs_signal(int sig)
{
    static pid_t pids[PROC_MAX];
    int n = programs_pids(pids, PROC_MAX);
    for (int i = 0; i < n; i++)
        kill(pids[i], sig);
}

bool programs_are_stopped(void *unused)
{
    (void)unused;
    static pid_t pids[PROC_MAX];
    int n = programs_pids(pids, PROC_MAX);
    for (int i = 0; i < n; i++) {
        struct process process;
        if (proc_process(pids[i], &process) == 0 && process.state != 'T' && process.state != 'Z')
            return false;
    }
    return true;
}

bool others_run(const struct program *program)
{
    for (int i = 0; i < count; i++) {
        if (&programs[i] != program && !programs[i].ended)
            return true;
    }
    return false;
}

struct program *program_number(int index)
{
    return index < count ? &programs[index] : NULL;
}

struct program *program_of(pid_t pid)
{
    for (int steps = 0; steps < 64; steps++) {
        for (int i = 0; i < count; i++) {
            if (programs[i].pid == pid)
                return &programs[i];
        }
        struct process process;
        if (proc_process(pid, &process) == -1)
            break;
        pid = process.parent;
    }
    return &programs[0];
}

struct program *program_newest(void)
{
    struct program *newest = NULL;
    for (int i = 0; program_number(i) != NULL; i++)
        newest = program_number(i);
    return newest;
}

struct program *program_running(void)
{
    struct program *running = NULL;
    for (int i = 0; program_number(i) != NULL; i++)
        running = program_number(i)->ended ? running : program_number(i);
    return running == NULL ? program_newest() : running;
}

bool program_complains_of(const char *words)
{
    const struct program *program = program_newest();
    return program != NULL && program->err.length > 0 &&
           memmem(program->err.data, program->err.length, words, strlen(words)) != NULL;
}

void program_is_sane(const struct program *program)
{
    if (program->out.total > OUTPUT_MAX) {
        verdict_is_whole();
        verdict_because("A loop writes the same again and again. Does it end when recv() returns 0, and when it "
                        "returns -1?");
        fails("an output of a size that the conversation explains",
              text("%s wrote more than %d MiB to stdout", program->name, OUTPUT_MAX >> 20));
    }
    if (program->err.total > OUTPUT_MAX) {
        verdict_is_whole();
        verdict_because("A loop reports the same error again and again.");
        fails("a message on stderr", text("%s wrote more than %d MiB to stderr", program->name, OUTPUT_MAX >> 20));
    }
    if (program->ended && WIFSIGNALED(program->status)) {
        int sig = WTERMSIG(program->status);
        if ((program->sent & (1UL << sig)) != 0)
            return; /* the check's own doing: its verbs know whether it was right */
        verdict_is_whole();
        if (program_death(program) != NULL)
            verdict_because("%s", program_death(program));
        fails(text("%s ends by itself", program->name), program_fate(program));
    }
}

/* Stops all before it kills any: one that is killed makes room for another fork. Looks again until none runs. */
static void kill_descendants(void)
{
    static pid_t pids[PROC_MAX * 4];
    int running = 1;
    int n = 0;
    for (int pass = 0; running > 0 && pass < 1000; pass++) { /* one in uninterruptible sleep can't be stopped */
        running = 0;
        n = proc_descendants(getpid(), pids, PROC_MAX * 4);
        for (int i = 0; i < n; i++) {
            struct process process;
            if (proc_process(pids[i], &process) == -1 || strchr("TtZX", process.state) != NULL)
                continue;
            kill(pids[i], SIGSTOP);
            running++;
        }
    }
    for (int i = 0; i < n; i++)
        kill(pids[i], SIGKILL);
}

void programs_kill_all(void)
{
    while (waitpid(-1, NULL, WNOHANG) != -1) { /* -1: nobody is left */
        if (stage.private_network)
            kill(-1, SIGKILL); /* its own process table: nobody else is there */
        else
            kill_descendants();
        waitpid(-1, NULL, 0);
    }
    for (int i = 0; i < count; i++) {
        free(programs[i].out.data);
        free(programs[i].err.data);
        programs[i].out.data = programs[i].err.data = NULL;
    }
}
