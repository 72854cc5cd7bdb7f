#define _GNU_SOURCE
#include "check/debugger.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/bytes.h"
#include "check/program.h"
#include "check/record.h"
#include "check/stage.h"
#include "check/verdict.h"
#include "look/proc.h"

#ifndef PR_SET_PTRACER_ANY
#define PR_SET_PTRACER_ANY ((unsigned long)-1)
#endif

enum {
    LOOK = 20,    /* ms between two looks at what gdb does */
    MAY_NOT = 126 /* the status of a process that may not be traced */
};

static bool used;
static int end = -1; /* a pidfd of gdb */

bool debugger_wants(const char *name)
{
    return stage.debug != NULL && !used && (*stage.debug == '\0' || strcmp(stage.debug, name) == 0);
}

void debugger_awaits(void)
{
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0); /* gdb is no ancestor; where Yama is not there, it fails */
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1)
        _exit(MAY_NOT);
}

/* What gdb is told, as scripts, so that it answers none of it: before it attaches, and then. The program is stopped by
   SIGSTOP, which is not to be seen; later ones are the check's. */
static const char before[] = "set confirm off\n"
                             "handle SIGSTOP nostop noprint nopass\n"
                             "handle SIGCONT nostop noprint pass\n";
static const char then[] = "shell kill -s CONT %d\n"
                           "tbreak main\n"
                           "continue\n"
                           "handle SIGSTOP nostop noprint pass\n";

static const char *script(const char *name, const char *words)
{
    const char *path = text("%s/../%s.gdb", stage.scratch, name);
    FILE *file = fopen(path, "we");
    if (file == NULL || fputs(words, file) == EOF || fclose(file) == EOF)
        fault("can't write what gdb is told: %s", strerror(errno));
    return path;
}

static _Noreturn void become_gdb(pid_t program, const char *first, const char *second)
{
    dup2(TERMINAL_IN, 0);
    dup2(TERMINAL_OUT, 1);
    dup2(TERMINAL_OUT, 2);
    close_range(3, ~0U, 0);
    for (int sig = 1; sig < NSIG; sig++)
        signal(sig, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setenv("HOME", "/tmp", 0);
    unsetenv("DEBUGINFOD_URLS"); /* no questions, and no network */
    execl(GDB, "gdb", "-q", "-ix", first, "-d", stage.programs, "-p", text("%d", program), "-x", second, (char *)NULL);
    _exit(127);
}

static bool is_traced_by(pid_t program, pid_t tracer)
{
    char status[4096];
    if (proc_read(text("/proc/%d/status", program), status, sizeof status) <= 0)
        return false;
    const char *line = strstr(status, "\nTracerPid:");
    return line != NULL && atoi(line + 11) == tracer;
}

/* Waits for gdb's end or, at most so many milliseconds, for a time to look again. */
static bool has_ended(int milliseconds)
{
    struct pollfd ended = {.fd = end, .events = POLLIN};
    return poll(&ended, 1, milliseconds) == 1;
}

void debugger_takes(pid_t pid)
{
    used = true;
    siginfo_t stop = {0};
    if (waitid(P_PID, (id_t)pid, &stop, WSTOPPED | WEXITED | WNOWAIT) == -1)
        fault("a new process is lost: %s", strerror(errno));
    if (stop.si_code == CLD_EXITED && stop.si_status == MAY_NOT)
        not_graded("gdb may not trace a program here: ptrace(2) is forbidden");
    if (stop.si_code == CLD_EXITED)
        return; /* it could not be run, which its start tells */
    waitpid(pid, NULL, 0);
    record_hold(true);
    ptrace(PTRACE_DETACH, pid, NULL, (void *)(long)SIGSTOP); /* it stops, whoever traces it next */
    waitid(P_PID, (id_t)pid, &stop, WSTOPPED | WNOWAIT);
    const char *first = script("before", before);
    const char *second = script("then", text(then, pid));
    pid_t gdb = fork();
    if (gdb == -1)
        fault("no process for gdb: %s", strerror(errno));
    if (gdb == 0)
        become_gdb(pid, first, second);
    programs_helper(gdb);
    end = (int)syscall(SYS_pidfd_open, gdb, 0);
    while (!is_traced_by(pid, gdb)) {
        if (has_ended(LOOK))
            not_graded("gdb could not take the program: what it says stands above");
    }
}

bool debugger_is_there(void)
{
    return end != -1;
}

int debugger_end(void)
{
    return end;
}

static bool holds_a_process(void)
{
    static pid_t pids[PROC_MAX];
    int count = programs_pids(pids, PROC_MAX);
    for (int i = 0; i < count; i++) {
        struct process process;
        if (proc_process(pids[i], &process) == 0 && process.state == 't')
            return true;
    }
    return false;
}

void debugger_attend(void)
{
    if (end == -1)
        return;
    if (has_ended(0)) {
        close(end);
        end = -1;
    }
    record_hold(end != -1 && holds_a_process());
}

/* The programs must not wait for us meanwhile: what they print is read on. */
void debugger_leave(void)
{
    debugger_attend();
    if (end != -1)
        dprintf(TERMINAL_OUT, "\n[The check has its verdict. Leave gdb to read it: quit]\n");
    while (end != -1) {
        programs_attend();
        debugger_attend();
        if (end != -1)
            has_ended(LOOK);
    }
}
