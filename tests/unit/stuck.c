/* look/stuck.h: which sleeping programs would sleep for ever. */
#define _GNU_SOURCE
#include "look/stuck.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check/bytes.h"
#include "unit.h"

/* Small programs: each comes to rest, or does not, in its own way. A byte would wake most of them: nobody sends it. */

static int quiet_pipe[2]; /* nobody writes to it */
static struct timeval soon = {100, 0};

static char byte_buffer[1 << 16];

static ssize_t result; /* so that no result is ignored */

static int stream(void)
{
    int pair[2] = {-1, -1};
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    return pair[0]; /* the other end stays open too */
}

static int listener(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bind(fd, (struct sockaddr *)&any, sizeof any);
    listen(fd, 5);
    return fd;
}

static int udp(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    bind(fd, (struct sockaddr *)&any, sizeof any);
    return fd;
}

static void reads_a_pipe(void *context)
{
    (void)context;
    result = read(quiet_pipe[0], byte_buffer, 1);
}

static void reads_a_socket(void *context)
{
    (void)context;
    result = read(stream(), byte_buffer, 1);
}

static void receives(void *context)
{
    (void)context;
    result = recv(stream(), byte_buffer, 1, 0);
}

static void receives_a_message(void *context)
{
    (void)context;
    struct iovec part_of_it = {byte_buffer, 1};
    struct msghdr message = {.msg_iov = &part_of_it, .msg_iovlen = 1};
    result = recvmsg(udp(), &message, 0);
}

static void receives_datagrams(void *context)
{
    struct mmsghdr message = {0};
    struct timespec limit = {100, 0};
    recvmmsg(udp(), &message, 1, 0, context == NULL ? NULL : &limit);
}

static void receives_datagrams_in_time(void *context)
{
    struct mmsghdr message = {0};
    int fd = udp();
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, context, sizeof soon);
    recvmmsg(fd, &message, 1, 0, NULL);
}

static void accepts(void *context)
{
    (void)context;
    accept(listener(), NULL, NULL);
}

static void writes_to_a_full_pipe(void *context)
{
    (void)context;
    int ends[2];
    result = pipe(ends);
    for (;;)
        result = write(ends[1], byte_buffer, sizeof byte_buffer);
}

static void sends_to_a_full_socket(void *context)
{
    int fd = stream();
    if (context != NULL)
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, context, sizeof soon);
    for (;;)
        result = send(fd, byte_buffer, sizeof byte_buffer, 0);
}

static void receives_with_a_timeout(void *context)
{
    int fd = stream();
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, context, sizeof soon);
    for (;;)
        result = recv(fd, byte_buffer, 1, 0);
}

static void accepts_with_a_timeout(void *context)
{
    int fd = listener();
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, context, sizeof soon);
    accept(fd, NULL, NULL);
}

/* A time-out for sending does not end a recv. */
static void receives_with_a_timeout_for_sending(void *context)
{
    int fd = stream();
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, context, sizeof soon);
    result = recv(fd, byte_buffer, 1, 0);
}

static void polls(void *context)
{
    struct pollfd ready = {.fd = quiet_pipe[0], .events = POLLIN};
    poll(&ready, 1, *(int *)context);
}

static void selects(void *context)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(quiet_pipe[0], &set);
    struct timeval limit = soon;
    select(quiet_pipe[0] + 1, &set, NULL, NULL, context == NULL ? NULL : &limit);
}

static int epoll_of(int fd)
{
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    return epoll;
}

static void waits_by_epoll(void *context)
{
    struct epoll_event event;
    epoll_wait(epoll_of(quiet_pipe[0]), &event, 1, *(int *)context);
}

static void waits_for_a_timerfd_by_epoll(void *context)
{
    struct epoll_event event;
    int fd = timerfd_create(CLOCK_MONOTONIC, 0);
    struct itimerspec when = {.it_value.tv_sec = *(int *)context};
    timerfd_settime(fd, 0, &when, NULL);
    epoll_wait(epoll_of(fd), &event, 1, -1);
}

static void on_signal(int sig)
{
    (void)sig;
}

static void reads_with_sigalrm_caught(void *context)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGALRM, &action, NULL);
    alarm(100);
    reads_a_pipe(context);
}

static void reads_until_an_alarm_ends_it(void *context)
{
    signal(SIGALRM, SIG_DFL);
    alarm(100);
    reads_a_pipe(context);
}

static void block(int sig, sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, sig);
    sigprocmask(SIG_BLOCK, set, NULL);
}

/* alarm() can be waited for without a handler: signal-safety(7) is no concern of such a program. */
static void waits_for_sigalrm_by_sigwait(void *context)
{
    (void)context;
    sigset_t set;
    int sig;
    block(SIGALRM, &set);
    alarm(100);
    sigwait(&set, &sig);
}

static void waits_for_sigalrm_by_signalfd(void *context)
{
    (void)context;
    sigset_t set;
    block(SIGALRM, &set);
    alarm(100);
    struct pollfd ready = {.fd = signalfd(-1, &set, 0), .events = POLLIN};
    poll(&ready, 1, -1);
}

static void waits_for_sigterm_by_sigwait(void *context)
{
    (void)context;
    sigset_t set;
    int sig;
    block(SIGTERM, &set);
    sigwait(&set, &sig);
}

static void waits_for_sigchld_by_signalfd(void *context)
{
    (void)context;
    sigset_t set;
    block(SIGCHLD, &set);
    struct signalfd_siginfo info;
    result = read(signalfd(-1, &set, 0), &info, sizeof info);
}

static void reads_with_a_posix_timer(void *context)
{
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct itimerspec when = {.it_value.tv_sec = 100};
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    timer_settime(timer, 0, &when, NULL);
    reads_a_pipe(context);
}

static void sleeps_a_while(void *context)
{
    (void)context;
    nanosleep(&(struct timespec){100, 0}, NULL);
}

static void suspends(void *context)
{
    (void)context;
    sigset_t none;
    sigemptyset(&none);
    sigsuspend(&none);
}

static pthread_mutex_t mutex[2] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};
static pthread_barrier_t barrier;

static void *locks_both(void *context)
{
    int first = *(int *)context;
    pthread_mutex_lock(&mutex[first]);
    pthread_barrier_wait(&barrier);
    pthread_mutex_lock(&mutex[1 - first]);
    return NULL;
}

static void deadlocks(void *context)
{
    (void)context;
    static int number[2] = {0, 1};
    pthread_t thread[2];
    pthread_barrier_init(&barrier, NULL, 2);
    for (int i = 0; i < 2; i++)
        pthread_create(&thread[i], NULL, locks_both, &number[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
}

static void waits_for_a_condition_with_a_timeout(void *context)
{
    (void)context;
    pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    struct timespec when;
    clock_gettime(CLOCK_REALTIME, &when);
    when.tv_sec += 100;
    pthread_mutex_lock(&mutex[0]);
    pthread_cond_timedwait(&condition, &mutex[0], &when);
}

static void waits_for_a_lock(void *context)
{
    int holder = open(context, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int waiter = open(context, O_RDWR | O_CLOEXEC);
    flock(holder, LOCK_EX);
    flock(waiter, LOCK_EX);
}

static void runs_in_circles(void *context)
{
    (void)context;
    for (;;)
        getppid();
}

/* ------------------------------------------------ what is said of each */

struct situation {
    const char *what;
    void (*body)(void *context);
    void *context;
    long calls[2];      /* it has come to rest when it sleeps in one of them */
    bool asleep;        /* no time-out is to be seen */
    bool certain;       /* and none is hidden */
    const char *call;   /* its name; NULL: not in the table, and so never asleep */
    bool on_descriptor; /* it waits for one descriptor alone */
};

#ifdef SYS_poll
#define POLL SYS_poll, SYS_ppoll
#define SELECT SYS_select, SYS_pselect6
#define EPOLL SYS_epoll_wait, SYS_epoll_pwait
#else
#define POLL SYS_ppoll, SYS_ppoll
#define SELECT SYS_pselect6, SYS_pselect6
#define EPOLL SYS_epoll_pwait, SYS_epoll_pwait
#endif

static int minus_one = -1;
static int some_time = 100000;
static int hundred = 100;
static int zero = 0;

static const struct situation situations[] = {
    {"read on a pipe", reads_a_pipe, NULL, {SYS_read}, true, true, "read", true},
    {"read on a socket", reads_a_socket, NULL, {SYS_read}, true, true, "read", true},
    {"recv", receives, NULL, {SYS_recvfrom}, true, true, "recvfrom", true},
    {"recvmsg on UDP", receives_a_message, NULL, {SYS_recvmsg}, true, true, "recvmsg", true},
    {"recvmmsg", receives_datagrams, NULL, {SYS_recvmmsg}, true, true, "recvmmsg", true},
    {"recvmmsg with a time-out, which is none",
     receives_datagrams,
     &some_time,
     {SYS_recvmmsg},
     true,
     true,
     "recvmmsg",
     true},
    {"recvmmsg with SO_RCVTIMEO", receives_datagrams_in_time, &soon, {SYS_recvmmsg}, true, false, "recvmmsg", true},
    {"accept", accepts, NULL, {SYS_accept, SYS_accept4}, true, true, "accept", true},
    {"accept with SO_RCVTIMEO", accepts_with_a_timeout, &soon, {SYS_accept, SYS_accept4}, true, false, "accept", true},
    {"write to a full pipe", writes_to_a_full_pipe, NULL, {SYS_write}, true, true, "write", true},
    {"send to a full socket", sends_to_a_full_socket, NULL, {SYS_sendto}, true, true, "sendto", true},
    {"send with SO_SNDTIMEO", sends_to_a_full_socket, &soon, {SYS_sendto}, true, false, "sendto", true},
    {"recv with SO_RCVTIMEO", receives_with_a_timeout, &soon, {SYS_recvfrom}, true, false, "recvfrom", true},
    {"recv with SO_SNDTIMEO", receives_with_a_timeout_for_sending, &soon, {SYS_recvfrom}, true, true, "recvfrom", true},
    {"poll(-1)", polls, &minus_one, {POLL}, true, true, "poll", false},
    {"poll with a time-out", polls, &some_time, {POLL}, false, false, "poll", false},
    {"select without a time-out", selects, NULL, {SELECT}, true, true, "select", false},
    {"select with a time-out", selects, &some_time, {SELECT}, false, false, "select", false},
    {"epoll_wait(-1)", waits_by_epoll, &minus_one, {EPOLL}, true, true, "epoll", false},
    {"epoll_wait with a time-out", waits_by_epoll, &some_time, {EPOLL}, false, false, "epoll", false},
    {"an armed timerfd in epoll", waits_for_a_timerfd_by_epoll, &hundred, {EPOLL}, true, false, "epoll", false},
    {"a timerfd that is not armed in epoll", waits_for_a_timerfd_by_epoll, &zero, {EPOLL}, true, true, "epoll", false},
    {"read with SIGALRM caught", reads_with_sigalrm_caught, NULL, {SYS_read}, true, false, "read", true},
    {"read with SIGALRM as it was at first", reads_until_an_alarm_ends_it, NULL, {SYS_read}, true, false, "read", true},
    {"alarm() waited for by sigwait",
     waits_for_sigalrm_by_sigwait,
     NULL,
     {SYS_rt_sigtimedwait},
     true,
     false,
     "sigtimedwait",
     false},
    {"alarm() waited for by signalfd", waits_for_sigalrm_by_signalfd, NULL, {POLL}, true, false, "poll", false},
    {"sigwait for SIGTERM",
     waits_for_sigterm_by_sigwait,
     NULL,
     {SYS_rt_sigtimedwait},
     true,
     true,
     "sigtimedwait",
     false},
    {"signalfd for SIGCHLD", waits_for_sigchld_by_signalfd, NULL, {SYS_read}, true, true, "read", true},
    {"read with a POSIX timer", reads_with_a_posix_timer, NULL, {SYS_read}, true, false, "read", true},
    {"nanosleep", sleeps_a_while, NULL, {SYS_clock_nanosleep, SYS_nanosleep}, false, false, NULL, false},
    {"sigsuspend", suspends, NULL, {SYS_rt_sigsuspend}, true, true, "sigsuspend", false},
    {"a deadlock of two threads", deadlocks, NULL, {SYS_futex}, true, true, "futex", false},
    {"pthread_cond_timedwait", waits_for_a_condition_with_a_timeout, NULL, {SYS_futex}, false, false, "futex", false},
};

static struct stuck_look first_look, second_look;

struct resting {
    pid_t pid;
    const long *calls; /* one or two; 0, which is a number of a call, is no second one */
    int threads;       /* so many, all of them there; 0: any */
};

static bool rests(void *context)
{
    const struct resting *resting = context;
    static struct thread thread[8];
    int count = proc_threads(resting->pid, thread, 8);
    for (int i = 0; i < count; i++) {
        if (thread[i].state != 'S' || !thread[i].call_known ||
            (thread[i].call != resting->calls[0] && (resting->calls[1] == 0 || thread[i].call != resting->calls[1])))
            return false;
    }
    return count > 0 && (resting->threads == 0 || count == resting->threads);
}

static bool comes_to_rest(pid_t pid, const long *calls, int threads)
{
    struct resting resting = {pid, calls, threads};
    return eventually(rests, &resting);
}

static void judge(const struct situation *situation)
{
    const char *what = situation->what;
    pid_t pid = unit_child(situation->body, situation->context);
    if (!comes_to_rest(pid, situation->calls, situation->body == deadlocks ? 3 : 0)) {
        fail_test("%s: it never sleeps in its call", what);
        return;
    }
    stuck_look(&pid, 1, &first_look);
    if (first_look.asleep != situation->asleep)
        fail_test("%s: is it asleep? %s expected", what, situation->asleep ? "yes" : "no");
    if (first_look.stopped)
        fail_test("%s: it is not stopped", what);
    bool certain = first_look.asleep && stuck_is_certain(&first_look);
    if (certain != situation->certain)
        fail_test("%s: is it certain? %s expected", what, situation->certain ? "yes" : "no");
    stuck_look(&pid, 1, &second_look);
    if (second_look.signature != first_look.signature)
        fail_test("%s: two looks at what does not move differ", what);
    if (situation->call != NULL) /* the C library may call poll or ppoll, select or pselect */
        assert_contains(stuck_call(&first_look.thread[0]), situation->call);
    else
        assert_text(stuck_call(&first_look.thread[0]), NULL);
    int fd = stuck_descriptor(&first_look.thread[0]);
    if ((fd >= 0) != situation->on_descriptor)
        fail_test("%s: it waits for descriptor %d", what, fd);
}

static void open_quiet_pipe(void)
{
    result = pipe2(quiet_pipe, O_CLOEXEC);
    signal(SIGALRM, SIG_IGN); /* this program's file names alarm(): its children would be doubted, all of them */
}

static void close_quiet_pipe(void)
{
    unit_tear_down();
    close(quiet_pipe[0]);
    close(quiet_pipe[1]);
    signal(SIGALRM, SIG_DFL);
}

static void who_sleeps_for_ever_and_who_does_not(void)
{
    if (!unit_may_look())
        return;
    for (size_t i = 0; i < sizeof situations / sizeof *situations; i++)
        judge(&situations[i]);
}

static void who_waits_for_a_lock_sleeps_for_ever(void)
{
    const struct situation situation = {
        "flock", waits_for_a_lock, (void *)(uintptr_t)text("%s/lock", unit_folder()), {SYS_flock}, true, true, "flock",
        false};
    judge(&situation);
}

static void waits_for_a_record_lock(void *context)
{
    int mine = open(context, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int ready[2];
    char one = 0;
    if (pipe(ready) == -1)
        return;
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        fcntl(mine, F_SETLKW, &lock);
        (void)!write(ready[1], &one, 1);
        pause();
    }
    (void)!read(ready[0], &one, 1);
    fcntl(mine, F_SETLKW, &lock);
}

static void who_waits_for_a_record_lock_sleeps_for_ever(void)
{
    const struct situation situation = {"fcntl",
                                        waits_for_a_record_lock,
                                        (void *)(uintptr_t)text("%s/lock", unit_folder()),
                                        {SYS_fcntl},
                                        true,
                                        true,
                                        "fcntl",
                                        false};
    judge(&situation);
}

static bool is_running(void *context)
{
    return proc_cpu_seconds(*(pid_t *)context) > 0.005;
}

static void who_runs_in_circles_is_not_asleep(void)
{
    pid_t pid = unit_child(runs_in_circles, NULL);
    CU_ASSERT_FATAL(eventually(is_running, &pid));
    stuck_look(&pid, 1, &first_look);
    CU_ASSERT(!first_look.asleep && !first_look.stopped);
}

static void stops_itself(void *context)
{
    raise(SIGSTOP);
    reads_a_pipe(context);
}

static bool is_stopped(void *context)
{
    struct process process;
    return proc_process(*(pid_t *)context, &process) == 0 && process.state == 'T';
}

static void who_is_stopped_is_stopped_and_not_asleep(void)
{
    pid_t pids[2] = {unit_child(stops_itself, NULL), unit_child(reads_a_pipe, NULL)};
    static const long reading[2] = {SYS_read};
    CU_ASSERT_FATAL(eventually(is_stopped, &pids[0]) && comes_to_rest(pids[1], reading, 0));
    stuck_look(pids, 1, &first_look);
    CU_ASSERT(first_look.stopped && !first_look.asleep);
    stuck_look(pids, 2, &first_look); /* one of two is neither: it may be continued */
    CU_ASSERT(!first_look.stopped && !first_look.asleep);
}

static void has_a_child_that_reads(void *context)
{
    if (fork() == 0)
        reads_a_pipe(context);
    wait(NULL);
}

static bool parent_and_child_rest(void *context)
{
    pid_t *pids = context;
    static const long waiting[2] = {SYS_wait4, SYS_waitid};
    static const long reading[2] = {SYS_read, SYS_read};
    struct resting parent = {pids[0], waiting, 0};
    struct resting child = {pids[1], reading, 0};
    if (proc_children(pids[0], &pids[1], 1) != 1)
        return false;
    child.pid = pids[1];
    return rests(&parent) && rests(&child);
}

static void who_waits_for_a_child_is_asleep_with_it(void)
{
    if (!unit_may_look())
        return;
    pid_t pids[2] = {unit_child(has_a_child_that_reads, NULL)};
    CU_ASSERT_FATAL(eventually(parent_and_child_rest, pids));
    stuck_look(pids, 2, &first_look);
    CU_ASSERT(first_look.asleep && stuck_is_certain(&first_look));
    assert_number(first_look.threads, 2);
    assert_text(stuck_call(&first_look.thread[0]), "wait4");
    assert_text(stuck_call(&first_look.thread[1]), "read");
    assert_number(stuck_descriptor(&first_look.thread[0]), -1);
    assert_number(stuck_descriptor(&first_look.thread[1]), quiet_pipe[0]);
}

static void lends_its_memory(void *context)
{
    if (vfork() == 0)
        reads_a_pipe(context);
}

static void lends_its_memory_to_one_who_sleeps(void *context)
{
    if (vfork() == 0)
        sleeps_a_while(context);
}

/* Both are where they stay: a child is there, and the parent is in state D. */
static bool memory_is_lent(void *context)
{
    pid_t *pids = context;
    struct process parent;
    struct process child;
    return proc_children(pids[0], &pids[1], 1) == 1 && proc_process(pids[0], &parent) == 0 &&
           proc_process(pids[1], &child) == 0 && parent.state == 'D' && child.state == 'S';
}

static void who_waits_in_vfork_is_asleep_with_its_child(void)
{
    if (!unit_may_look())
        return;
    pid_t pids[2] = {unit_child(lends_its_memory, NULL)};
    CU_ASSERT_FATAL(eventually(memory_is_lent, pids));
    stuck_look(pids, 2, &first_look);
    CU_ASSERT(first_look.asleep && stuck_is_certain(&first_look));
    CU_ASSERT(stuck_awaits_borrower(&first_look.thread[0]) && !stuck_awaits_borrower(&first_look.thread[1]));
    assert_number(stuck_descriptor(&first_look.thread[0]), -1);
    assert_text(stuck_call(&first_look.thread[1]), "read");

    pids[0] = unit_child(lends_its_memory_to_one_who_sleeps, NULL);
    CU_ASSERT_FATAL(eventually(memory_is_lent, pids));
    stuck_look(pids, 2, &first_look);
    CU_ASSERT(!first_look.asleep && stuck_awaits_borrower(&first_look.thread[0]));
}

/* One that is awake could wake the others. */
static void who_is_not_alone_asleep_is_not_asleep(void)
{
    static const long reading[2] = {SYS_read};
    static const long sleeping[2] = {SYS_clock_nanosleep, SYS_nanosleep};
    pid_t pids[2] = {unit_child(reads_a_pipe, NULL), unit_child(sleeps_a_while, NULL)};
    CU_ASSERT_FATAL(comes_to_rest(pids[0], reading, 0) && comes_to_rest(pids[1], sleeping, 0));
    stuck_look(pids, 1, &first_look);
    CU_ASSERT(first_look.asleep);
    stuck_look(pids, 2, &first_look);
    CU_ASSERT(!first_look.asleep);
}

static void ends_at_once(void *context)
{
    (void)context;
}

static bool is_zombie(void *context)
{
    struct process process;
    return proc_process(*(pid_t *)context, &process) == 0 && process.state == 'Z';
}

static void zombies_are_passed_over(void)
{
    static const long reading[2] = {SYS_read};
    pid_t pids[2] = {unit_child(ends_at_once, NULL), unit_child(reads_a_pipe, NULL)};
    CU_ASSERT_FATAL(eventually(is_zombie, &pids[0]) && comes_to_rest(pids[1], reading, 0));
    stuck_look(pids, 2, &first_look);
    CU_ASSERT(first_look.asleep);
    assert_number(first_look.threads, 1);
    stuck_look(pids, 1, &first_look); /* who is dead does not sleep */
    CU_ASSERT(!first_look.asleep && !first_look.stopped);
    stuck_look(pids, 0, &first_look);
    CU_ASSERT(!first_look.asleep && !first_look.stopped);
}

static void reads_again_and_again(void *context)
{
    int fd = *(int *)context;
    while (read(fd, byte_buffer, 1) == 1)
        ;
}

struct consuming {
    pid_t pid;
    int fd;
};

static bool has_read_all(void *context)
{
    static const long reading[2] = {SYS_read};
    const struct consuming *consuming = context;
    struct resting resting = {consuming->pid, reading, 0};
    int left = 1;
    return ioctl(consuming->fd, FIONREAD, &left) == 0 && left == 0 && rests(&resting);
}

/* It sleeps in the same call with the same arguments as before, and yet it has moved. */
static void a_byte_that_was_read_shows(void)
{
    int ends[2];
    CU_ASSERT_FATAL(pipe2(ends, O_CLOEXEC) == 0);
    struct consuming consuming = {unit_child(reads_again_and_again, &ends[0]), ends[0]};
    for (int i = 0; i < 20; i++) {
        CU_ASSERT_FATAL(eventually(has_read_all, &consuming));
        stuck_look(&consuming.pid, 1, &first_look);
        CU_ASSERT(first_look.asleep);
        result = write(ends[1], "x", 1);
        CU_ASSERT_FATAL(eventually(has_read_all, &consuming));
        stuck_look(&consuming.pid, 1, &second_look);
        CU_ASSERT(second_look.asleep);
        CU_ASSERT(first_look.signature != second_look.signature);
    }
    close(ends[0]);
    close(ends[1]);
}

static void who_may_not_be_seen_is_not_judged(void)
{
    struct thread thread = {.state = 'S', .call_known = false, .call = SYS_read};
    assert_text(stuck_call(&thread), NULL);
    assert_number(stuck_descriptor(&thread), -1);
    first_look = (struct stuck_look){.asleep = true, .threads = 1};
    first_look.thread[0] = thread;
    CU_ASSERT(!stuck_is_certain(&first_look));
}

/* The process is gone between the two looks: its descriptor can't be asked any more. */
static void who_is_gone_is_not_certain(void)
{
    static const long receiving[2] = {SYS_recvfrom};
    pid_t pid = unit_child(receives, NULL);
    CU_ASSERT_FATAL(comes_to_rest(pid, receiving, 0));
    stuck_look(&pid, 1, &first_look);
    kill(pid, SIGKILL);
    CU_ASSERT_FATAL(eventually(is_zombie, &pid));
    CU_ASSERT(!stuck_is_certain(&first_look));
}

static CU_TestInfo tests[] = {
    {"who sleeps for ever, and who does not", who_sleeps_for_ever_and_who_does_not},
    {"who waits for a lock sleeps for ever", who_waits_for_a_lock_sleeps_for_ever},
    {"who waits for a record lock sleeps for ever", who_waits_for_a_record_lock_sleeps_for_ever},
    {"who runs in circles is not asleep", who_runs_in_circles_is_not_asleep},
    {"who is stopped is stopped, and not asleep", who_is_stopped_is_stopped_and_not_asleep},
    {"who waits for a child is asleep with it", who_waits_for_a_child_is_asleep_with_it},
    {"who waits in vfork() is asleep with its child", who_waits_in_vfork_is_asleep_with_its_child},
    {"who is not alone asleep is not asleep", who_is_not_alone_asleep_is_not_asleep},
    {"zombies are passed over", zombies_are_passed_over},
    {"a byte that was read shows", a_byte_that_was_read_shows},
    {"who may not be seen is not judged", who_may_not_be_seen_is_not_judged},
    {"who is gone is not certain", who_is_gone_is_not_certain},
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo stuck_suite = {"stuck", NULL, NULL, open_quiet_pipe, close_quiet_pipe, tests};
