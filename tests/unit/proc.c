/* look/proc.h: what the kernel tells of processes. */
#define _GNU_SOURCE
#include "look/proc.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check/bytes.h"
#include "unit.h"

/* ppoll() without an event and a time-out is what pause() is, on every architecture. */
static void sleeps(void *context)
{
    (void)context;
    for (;;)
        syscall(SYS_ppoll, NULL, 0, NULL, NULL, 8);
}

static void ends(void *context)
{
    (void)context;
}

static void is_stopped(void *context)
{
    raise(SIGSTOP);
    sleeps(context);
}

static void has_an_odd_name(void *context)
{
    prctl(PR_SET_NAME, context, 0, 0, 0);
    sleeps(NULL);
}

struct wanted {
    pid_t pid;
    char state;
    int threads;
};

static bool is_in_state(void *context)
{
    const struct wanted *wanted = context;
    struct process process;
    return proc_process(wanted->pid, &process) == 0 && process.state == wanted->state &&
           (wanted->threads == 0 || process.threads == wanted->threads);
}

static bool comes_to(pid_t pid, char state, int threads)
{
    struct wanted wanted = {pid, state, threads};
    return eventually(is_in_state, &wanted);
}

static void a_sleeping_child_is_seen(void)
{
    pid_t pid = unit_child(sleeps, NULL);
    CU_ASSERT_FATAL(comes_to(pid, 'S', 0));
    struct process process;
    assert_number(proc_process(pid, &process), 0);
    assert_number(process.pid, pid);
    assert_number(process.parent, getpid());
    assert_number(process.threads, 1);

    struct thread thread[4];
    assert_number(proc_threads(pid, thread, 4), 1);
    assert_number(thread[0].pid, pid);
    assert_number(thread[0].tid, pid);
    CU_ASSERT(thread[0].state == 'S' && thread[0].call_known && !thread[0].signal_due);
    assert_number(thread[0].call, SYS_ppoll);
    assert_number(thread[0].args[1], 0);
    assert_number(thread[0].args[4], 8);
    CU_ASSERT(thread[0].switches > 0);
}

static void a_zombie_is_seen_until_it_is_reaped(void)
{
    pid_t pid = unit_child(ends, NULL);
    CU_ASSERT_FATAL(comes_to(pid, 'Z', 0));
    struct thread thread[4];
    assert_number(proc_threads(pid, thread, 4), 1);
    CU_ASSERT(thread[0].state == 'Z');
    pid_t list[64];
    bool found = false;
    int count = proc_children(getpid(), list, 64);
    for (int i = 0; i < count; i++)
        found = found || list[i] == pid;
    CU_ASSERT(found);
    struct descriptor descriptor[4];
    CU_ASSERT(proc_descriptors(pid, descriptor, 4) <= 0);
    CU_ASSERT(proc_cpu_seconds(pid) >= 0);
    CU_ASSERT(!proc_has_timer(pid));
}

static void what_is_gone_is_told_as_gone(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    waitpid(pid, NULL, 0);
    struct process process;
    struct thread thread[4];
    struct descriptor descriptor[4];
    pid_t list[4];
    assert_number(proc_process(pid, &process), -1);
    assert_number(proc_threads(pid, thread, 4), 0);
    assert_number(proc_descriptors(pid, descriptor, 4), -1);
    assert_number(proc_children(pid, list, 4), 0);
    assert_number(proc_descendants(pid, list, 4), 0);
    CU_ASSERT(proc_cpu_seconds(pid) == 0);
}

static void a_stopped_child_is_seen_and_so_is_a_signal_that_is_due(void)
{
    pid_t pid = unit_child(is_stopped, NULL);
    CU_ASSERT_FATAL(comes_to(pid, 'T', 0));
    struct thread thread[4];
    assert_number(proc_threads(pid, thread, 4), 1);
    CU_ASSERT(thread[0].state == 'T' && !thread[0].signal_due);
    kill(pid, SIGTERM);
    assert_number(proc_threads(pid, thread, 4), 1);
    CU_ASSERT(thread[0].signal_due);
}

static void blocks_and_stops(void *context)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    is_stopped(context);
}

static void a_blocked_signal_is_not_due(void)
{
    pid_t pid = unit_child(blocks_and_stops, NULL);
    CU_ASSERT_FATAL(comes_to(pid, 'T', 0));
    kill(pid, SIGTERM);
    struct thread thread[4];
    assert_number(proc_threads(pid, thread, 4), 1);
    CU_ASSERT(!thread[0].signal_due);
}

/* proc(5): the name stands in parentheses, and nothing in it is escaped. */
static void a_name_with_parentheses_and_spaces_misleads_nobody(void)
{
    static const char *const names[] = {"a) Z 1 1 (b", ")", "((((", ") R 0 0 0 0", "two words", "line\nbreak"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        pid_t pid = unit_child(has_an_odd_name, (void *)(uintptr_t)names[i]);
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/comm", pid);
        CU_ASSERT_FATAL(comes_to(pid, 'S', 1));
        struct process process;
        assert_number(proc_process(pid, &process), 0);
        assert_number(process.parent, getpid());
        CU_ASSERT(process.state == 'S');
    }
}

static void *thread_sleeps(void *context)
{
    sleeps(context);
    return NULL;
}

static void starts_threads(void *context)
{
    for (int i = 0; i < 5; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, thread_sleeps, NULL);
    }
    sleeps(context);
}

static void every_thread_is_looked_at(void)
{
    pid_t pid = unit_child(starts_threads, NULL);
    CU_ASSERT_FATAL(comes_to(pid, 'S', 6));
    struct thread thread[8];
    assert_number(proc_threads(pid, thread, 8), 6);
    for (int i = 0; i < 6; i++) {
        assert_number(thread[i].pid, pid);
        for (int k = 0; k < i; k++)
            CU_ASSERT(thread[i].tid != thread[k].tid);
    }
    assert_number(proc_threads(pid, thread, 3), 3); /* and no more than there is room for */
}

static void *thread_forks(void *context)
{
    if (fork() == 0)
        sleeps(context);
    sleeps(context);
    return NULL;
}

static void forks_from_a_thread(void *context)
{
    pthread_t thread;
    pthread_create(&thread, NULL, thread_forks, NULL);
    sleeps(context);
}

static bool has_a_child(void *context)
{
    pid_t child;
    return proc_children(*(pid_t *)context, &child, 1) == 1;
}

static void a_threads_child_is_the_processs_child(void)
{
    pid_t pid = unit_child(forks_from_a_thread, NULL);
    CU_ASSERT(eventually(has_a_child, &pid));
}

static void has_a_family(void *context)
{
    for (int i = 0; i < 3; i++) {
        if (fork() == 0) {
            for (int k = 0; k < 2; k++) {
                if (fork() == 0)
                    sleeps(context);
            }
            sleeps(context);
        }
    }
    sleeps(context);
}

static bool has_nine_descendants(void *context)
{
    pid_t list[16];
    return proc_descendants(*(pid_t *)context, list, 16) == 9;
}

static void all_descendants_come_after_their_parents(void)
{
    pid_t pid = unit_child(has_a_family, NULL);
    CU_ASSERT_FATAL(eventually(has_nine_descendants, &pid));
    pid_t list[16];
    int count = proc_descendants(pid, list, 16);
    assert_number(count, 9);
    for (int i = 0; i < count; i++) {
        struct process process;
        assert_number(proc_process(list[i], &process), 0);
        bool known = process.parent == pid;
        for (int k = 0; k < i; k++)
            known = known || process.parent == list[k];
        CU_ASSERT(known);
    }
    assert_number(proc_children(pid, list, 16), 3);
    assert_number(proc_descendants(pid, list, 5), 5);
    assert_number(proc_children(pid, list, 2), 2);
}

static void opens_descriptors(void *context)
{
    int socket_fd = *(int *)context;
    dup2(socket_fd, 100);
    close_range(0, 99, 0);
    close_range(101, ~0U, 0);
    int ends_of_pipe[2];
    if (pipe(ends_of_pipe) == 0)
        open("/dev/null", O_RDONLY);
    sleeps(NULL);
}

static void descriptors_are_told_with_what_they_are(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pid_t pid = unit_child(opens_descriptors, &fd);
    CU_ASSERT_FATAL(comes_to(pid, 'S', 0));
    struct descriptor descriptor[8];
    assert_number(proc_descriptors(pid, descriptor, 8), 4);
    assert_number(descriptor[0].fd, 0);
    assert_contains(descriptor[0].target, "pipe:[");
    assert_number(descriptor[2].fd, 2);
    assert_text(descriptor[2].target, "/dev/null");
    assert_number(descriptor[3].fd, 100);
    struct stat status;
    fstat(fd, &status);
    assert_number(proc_socket_inode(&descriptor[3]), status.st_ino);
    assert_number(proc_socket_inode(&descriptor[0]), 0);
    assert_number(proc_socket_inode(&descriptor[2]), 0);
    assert_number(proc_descriptors(pid, descriptor, 2), 2);
    close(fd);
}

static void on_alarm(int sig)
{
    (void)sig;
}

static void catches_sigalrm(void *context)
{
    struct sigaction action = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &action, NULL);
    sleeps(context);
}

static void has_a_posix_timer(void *context)
{
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    sleeps(context);
}

static void has_a_timerfd(void *context)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, 0);
    struct itimerspec in_an_hour = {.it_value.tv_sec = *(int *)context};
    timerfd_settime(fd, 0, &in_an_hour, NULL);
    sleeps(NULL);
}

static void timers_are_found(void)
{
    static int an_hour = 3600;
    static int never = 0;
    static const struct {
        const char *what;
        void (*body)(void *context);
        void *context;
        bool has_timer;
    } table[] = {
        {"no timer", sleeps, NULL, false},
        {"a caught SIGALRM", catches_sigalrm, NULL, true},
        {"a POSIX timer", has_a_posix_timer, NULL, true},
        {"an armed timerfd", has_a_timerfd, &an_hour, true},
        {"a timerfd that is not armed", has_a_timerfd, &never, false},
    };
    signal(SIGALRM, SIG_IGN); /* this program's file names alarm(), which would end its children */
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        pid_t pid = unit_child(table[i].body, table[i].context);
        CU_ASSERT_FATAL(comes_to(pid, 'S', 0));
        if (proc_has_timer(pid) != table[i].has_timer)
            fail_test("%s: proc_has_timer() is wrong", table[i].what);
    }
    signal(SIGALRM, SIG_DFL);
}

static void works_for_a_while(void *context)
{
    struct timespec used;
    do
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    while (used.tv_sec == 0 && used.tv_nsec < 50000000);
    sleeps(context);
}

static bool is_in_ppoll(void *context)
{
    struct thread thread;
    return proc_threads(*(pid_t *)context, &thread, 1) == 1 && thread.call_known && thread.call == SYS_ppoll;
}

static void cpu_time_is_counted(void)
{
    pid_t busy = unit_child(works_for_a_while, NULL);
    pid_t idle = unit_child(sleeps, NULL);
    CU_ASSERT_FATAL(eventually(is_in_ppoll, &busy) && eventually(is_in_ppoll, &idle));
    double seconds = proc_cpu_seconds(busy);
    CU_ASSERT(seconds >= 0.05 && seconds < 0.5);
    CU_ASSERT(proc_cpu_seconds(idle) < 0.03);
}

static void files_are_read_as_texts(void)
{
    char small[5];
    const char *path = text("%s/file", unit_folder());
    unit_write(path, "0123456789");
    assert_number(proc_read(path, small, sizeof small), 4);
    assert_text(small, "0123");
    unit_write(path, "");
    assert_number(proc_read(path, small, sizeof small), 0);
    assert_text(small, "");
    assert_number(proc_read("/proc/nothing", small, sizeof small), -1);
}

static CU_TestInfo tests[] = {
    {"a sleeping child is seen, with its system call", a_sleeping_child_is_seen},
    {"a zombie is seen until it is reaped", a_zombie_is_seen_until_it_is_reaped},
    {"what is gone is told as gone", what_is_gone_is_told_as_gone},
    {"a stopped child is seen, and so is a signal that is due", a_stopped_child_is_seen_and_so_is_a_signal_that_is_due},
    {"a blocked signal is not due", a_blocked_signal_is_not_due},
    {"a name with parentheses and spaces misleads nobody", a_name_with_parentheses_and_spaces_misleads_nobody},
    {"every thread is looked at", every_thread_is_looked_at},
    {"a thread's child is the process's child", a_threads_child_is_the_processs_child},
    {"all descendants come after their parents", all_descendants_come_after_their_parents},
    {"descriptors are told with what they are", descriptors_are_told_with_what_they_are},
    {"timers are found", timers_are_found},
    {"CPU time is counted", cpu_time_is_counted},
    {"files are read as texts", files_are_read_as_texts},
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo proc_suite = {"proc", NULL, NULL, NULL, unit_tear_down, tests};
