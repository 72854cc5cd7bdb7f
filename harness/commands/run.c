/** sockeye run: builds a program and runs it, as itself: at this terminal, with these arguments. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands/arguments.h"
#include "run/build.h"
#include "run/grade.h"
#include "run/rundir.h"
#include "run/work.h"
#include "sockeye.h"

const char help_run[] =
    "Builds your program of lesson N as sockeye check does, and runs it here, with the arguments behind N. Where a "
    "lesson has several programs, the first of them says which. Its exit status is the program's; 128 and "
    "the signal's number if a signal ended it.\n";

static int choose_program(const struct lesson *lesson, const char *word)
{
    for (int i = 0; word != NULL && i < lesson->programs; i++) {
        if (strcmp(lesson->program[i], word) == 0)
            return i;
    }
    char names[LESSON_PROGRAMS_MAX * 60] = "";
    for (int i = 0; i < lesson->programs; i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i > 0 ? " or " : "", lesson->program[i]);
    usage_error("lesson %d has several programs, which one? %s run %d %s ...", lesson->number, sockeye_name(),
                lesson->number, names);
    return -1;
}

static int build(const struct kit *kit, const struct lesson *lesson, int program, struct path *target)
{
    struct world world;
    const char *problem;
    if (world_init(&world, kit, false, &problem) == -1)
        return fault_error("%s", problem);
    *target = path_of("%s/%s", rundir(), lesson->program[program]);
    struct path source = source_path(work_folder(kit).text, lesson, program);
    struct build build = build_program(&world, source.text, lesson->program[program], target->text);
    const char *words = build.output == NULL ? "" : build.output;
    int status = 0;
    if (build.status == BUILD_MISSING)
        status = refusal("%s is not there: %s start %d", path_shown(source.text).text, sockeye_name(), lesson->number);
    else if (build.status == BUILD_FAULT)
        status = fault_error("%s could not be built here: %s", lesson->program[program], words);
    else
        fputs(words, stderr);
    if (build.status == BUILD_FAILED)
        status = refusal("%s does not compile", path_shown(source.text).text);
    free(build.output);
    return status;
}

static _Noreturn void become_program(const char *file, char *argv[], const sigset_t *mask)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
    sigprocmask(SIG_SETMASK, mask, NULL);
    execv(file, argv);
    fprintf(stderr, "sockeye: can't run what was built: %s%s\n", strerror(errno),
            errno == EACCES ? " (set TMPDIR to a folder where programs may run)" : "");
    _exit(EXIT_FAULT);
}

/* Waits for the program. Control-C reaches it from the terminal; what is sent to us alone is passed on. */
static int wait_for(pid_t pid, const sigset_t *ours)
{
    struct pollfd fds[] = {{.fd = signalfd(-1, ours, SFD_CLOEXEC), .events = POLLIN},
                           {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN}};
    while (fds[1].fd != -1 && fds[1].revents == 0) {
        struct signalfd_siginfo signal;
        if (poll(fds, 2, -1) == -1 && errno != EINTR)
            break;
        if (fds[0].revents != 0 && read(fds[0].fd, &signal, sizeof signal) > 0 && signal.ssi_code != SI_KERNEL)
            kill(pid, (int)signal.ssi_signo);
        fds[0].revents = 0;
    }
    int status = 0;
    while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
        ;
    close(fds[0].fd);
    close(fds[1].fd);
    return status;
}

static int run(const char *file, char *argv[])
{
    sigset_t ours;
    sigset_t before;
    sigemptyset(&ours);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGQUIT);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGHUP);
    sigprocmask(SIG_BLOCK, &ours, &before);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == -1)
        return fault_error("can't start a process: %s", strerror(errno));
    if (pid == 0)
        become_program(file, argv, &before);
    int status = wait_for(pid, &ours);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    int sig = WTERMSIG(status);
    fprintf(stderr, "sockeye: %s was ended by SIG%s (%s)\n", argv[0],
            sigabbrev_np(sig) == NULL ? "?" : sigabbrev_np(sig), strsignal(sig));
    return 128 + sig;
}

int command_run(const struct kit *kit, int argc, char *argv[])
{
    const struct lesson *lesson = argument_lesson(kit, argc < 2 ? argc : 2, argv, 1);
    if (lesson == NULL)
        return EXIT_USAGE;
    char **arguments = argv + 1; /* N stands where argv[0] of the program goes */
    int program = 0;
    if (lesson->programs > 1) {
        program = choose_program(lesson, argv[2]);
        if (program == -1)
            return EXIT_USAGE;
        arguments++;
    }
    char name[sizeof lesson->program[0]];
    memcpy(name, lesson->program[program], sizeof name);
    arguments[0] = name;
    struct path target;
    int status = build(kit, lesson, program, &target);
    if (status == 0)
        status = run(target.text, arguments);
    world_leave();
    return status;
}
