#define _GNU_SOURCE
#include "check/wait.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check/conn.h"
#include "check/debugger.h"
#include "check/dns.h"
#include "check/program.h"
#include "check/record.h"
#include "check/relay.h"
#include "check/stage.h"
#include "check/verdict.h"
#include "look/buffers.h"
#include "look/stuck.h"

enum {
    SCHEDULED_MAX = 256,
    ATTENDED_MAX = 5,
    MEMORY_MAX = 256 << 20,
    MEMCHECK_MAX = 1 << 30,
    MEMORY_STEP = 16 << 20,
    SOCKETS_MOST = 10000
};

/* Looks begin when most programs would have answered, and grow rarer: a look costs some 50 µs of CPU a thread. */
static const double first_look = 0.003;
static const double first_gap = 0.001;
static const double last_gap = 0.100;
/* So long must nothing have moved: longer than the kernel takes to hand over a packet on a busy machine. */
static const double still_for = 0.030;
/* And so long where nothing is claimed of it: the check only goes on when the program is ready for what comes. */
static const double at_rest_for = 0.010;

static struct {
    double at;
    void (*action)(void *context);
    void *context;
} scheduled[SCHEDULED_MAX];
static int scheduled_count;

static struct {
    int fd;
    void (*attend)(int fd);
} attended[ATTENDED_MAX];
static int attended_count;

static double lateness; /* of the timers of the wait under way: the most, in seconds */

/* How long this check was not run at all: where a virtual machine stands still for seconds, programs do too. */
static double stood_still;
static const double hardly_late = 0.3;
static const double long_wait = 1.0; /* for what usually comes in milliseconds */

/* How long waits have gone on in all for programs that were kept from running. Who was held up in the kernel is waited for no
   longer than that: a program may know ways to be, and would wait for ever. */
static double prolonged;
static const double prolonged_at_most = 20;

void schedule(double when, void (*action)(void *context), void *context)
{
    if (scheduled_count == SCHEDULED_MAX)
        fault("too many things scheduled");
    scheduled[scheduled_count].at = when;
    scheduled[scheduled_count].action = action;
    scheduled[scheduled_count].context = context;
    scheduled_count++;
}

void wait_attends(int fd, void (*attend)(int fd))
{
    if (attended_count == ATTENDED_MAX)
        fault("too many peers that answer by themselves");
    attended[attended_count].fd = fd;
    attended[attended_count++].attend = attend;
}

/* Of what is due at the same moment, what was scheduled first. -1: nothing is scheduled. */
static int first_scheduled(void)
{
    int first = scheduled_count > 0 ? 0 : -1;
    for (int i = 1; i < scheduled_count; i++)
        first = scheduled[i].at < scheduled[first].at ? i : first;
    return first;
}

static void do_scheduled(void)
{
    int first;
    while ((first = first_scheduled()) != -1 && scheduled[first].at <= now()) {
        void (*action)(void *) = scheduled[first].action;
        void *context = scheduled[first].context;
        scheduled_count--;
        memmove(&scheduled[first], &scheduled[first + 1], (size_t)(scheduled_count - first) * sizeof scheduled[0]);
        action(context);
    }
}

/* When something is due next, or a time far off. */
static double next_scheduled(void)
{
    int first = first_scheduled();
    return first == -1 ? 1e9 : scheduled[first].at;
}

/* The history of looks in one wait. */
struct watch {
    double next;
    double gap;
    uint64_t signature;
    double since; /* when this signature was first seen */
    int looks;    /* how many looks in a row have seen it */
    double still; /* how long it must have stayed */
    bool doubted; /* looked deeper at this signature, and it is not certain */
};

static struct stuck_look last_look;

static size_t last_memory; /* of all processes, in bytes, at the last look */

/* What is in memory files counts as no process's: looked for only if the machine has much more of it than at our start. */
static size_t hidden_memory(const pid_t *pids, int count)
{
    static size_t at_start;
    size_t shared = proc_shared_memory();
    if (at_start == 0)
        at_start = shared;
    size_t bytes = 0;
    for (int i = 0; i < count && shared > at_start + MEMORY_MAX; i++)
        bytes += proc_memory_files(pids[i]);
    return bytes;
}

/* So it is with what is under way between sockets. The most that the machine has had so far is compared: who else ends
   meanwhile gives some back. */
static size_t buffered_memory(void)
{
    static size_t most;
    size_t available = stage.private_network ? proc_available_memory() : 0;
    if (available > most)
        most = available;
    return most - available > MEMORY_MAX && available > 0 ? buffers_memory() : 0;
}

static size_t sum(size_t (*of)(pid_t pid), const pid_t *pids, int count)
{
    size_t bytes = 0;
    for (int i = 0; i < count; i++)
        bytes += of(pids[i]);
    return bytes;
}

/* Limits of the kernel's are for one process; this one is for all together. */
static void check_memory(const pid_t *pids, int count)
{
    size_t hidden = hidden_memory(pids, count) + buffered_memory();
    size_t bytes = hidden + sum(proc_memory, pids, count);
    last_memory = bytes;
    size_t limit = stage.memcheck ? MEMCHECK_MAX : MEMORY_MAX;
    if (bytes <= limit || hidden + sum(proc_memory_share, pids, count) <= limit)
        return; /* what a parent and its children share counts once */
    verdict_is_whole();
    verdict_because("Memory that grows with every turn of a loop is never enough: use one buffer again and again.");
    fails("a bounded amount of memory", text("the program uses more than %zu MiB", limit >> 20));
}

/* A list of sockets takes the kernel a time that grows with their square. */
static void check_sockets(void)
{
    if (!stage.private_network || proc_sockets() <= SOCKETS_MOST)
        return;
    verdict_is_whole();
    verdict_because("One socket is enough to ask with, and one for each client to serve it.");
    fails("a bounded number of sockets", text("the program has made more than %d sockets", SOCKETS_MOST));
}

static int look(struct watch *watch)
{
    static pid_t pids[PROC_MAX];
    int count = programs_pids(pids, PROC_MAX);
    if (count > PROCESSES_MAX) {
        verdict_is_whole();
        verdict_because("It forks without end. A child that returns to the accept loop forks again, and so do its "
                        "children.");
        fails("a bounded number of processes", text("the program has started more than %d processes", PROCESSES_MAX));
    }
    stuck_look(pids, count, &last_look);
    bool same = watch->looks > 0 && last_look.signature == watch->signature;
    if (!same || !last_look.asleep) /* who has slept since has not taken memory */
        check_memory(pids, count);
    if (!same) {
        check_sockets();
        watch->signature = last_look.signature;
        watch->since = now();
        watch->looks = 0;
        watch->doubted = false;
    }
    watch->looks++;
    watch->gap = watch->gap * 2 > last_gap ? last_gap : watch->gap * 2;
    watch->next = now() + watch->gap;
    double still_enough = watch->since + watch->still;
    if (now() < still_enough && still_enough < watch->next)
        watch->next = still_enough;
    return count;
}

static bool has_been_still(const struct watch *watch)
{
    return watch->looks >= 3 && now() - watch->since >= watch->still;
}

/* Something has come for a peer that answers by itself, or its answer is still being waited for. */
static bool is_about_to_be_answered(void)
{
    struct pollfd fds[ATTENDED_MAX];
    for (int i = 0; i < attended_count; i++)
        fds[i] = (struct pollfd){.fd = attended[i].fd, .events = POLLIN};
    return poll(fds, (nfds_t)attended_count, 0) > 0 || dns_keeps_waiting();
}

static bool something_is_under_way(void)
{
    return conns_in_flight() || relays_have_work() || is_about_to_be_answered();
}

/* Sure only after a deeper look in between two that agree. */
static bool is_stuck(struct watch *watch)
{
    if (debugger_is_there() || !last_look.asleep || watch->doubted || !has_been_still(watch) || scheduled_count > 0 ||
        something_is_under_way())
        return false;
    uint64_t before = watch->signature;
    bool certain = stuck_is_certain(&last_look);
    look(watch);
    watch->doubted = !certain;
    return certain && last_look.asleep && last_look.signature == before;
}

static void check_stopped(const struct watch *watch)
{
    if (!last_look.stopped || !has_been_still(watch) || programs_are_traced())
        return; /* a tracer stops what it traces, and may be slow itself */
    for (int i = 0; program_number(i) != NULL; i++) {
        if (program_number(i)->stopped)
            return; /* it is the check that has stopped it */
    }
    verdict_is_whole();
    verdict_because(
        "A stopped process does nothing until it gets SIGCONT. SIGSTOP comes from raise() or kill(), SIGTTIN "
        "and SIGTTOU from reading or setting a terminal.");
    fails("a program that runs", "your program has stopped itself (state T)");
}

/* All takes longer under memcheck. */
static double room(void)
{
    return stage.memcheck ? 4 : 1;
}

static double earlier(double a, double b)
{
    return a < b ? a : b;
}

/* A check's time is up at some time, but not for who thinks in gdb. */
static double end_of_check(void)
{
    return stage.debug != NULL ? 1e9 : CHECK_SECONDS * room() + stood_still;
}

static void sleep_until(const struct awaited *awaited, double when)
{
    struct pollfd fds[PROGRAMS_MAX * 3 + ATTENDED_MAX + 2];
    int n = programs_poll_fds(fds, PROGRAMS_MAX * 3);
    for (int i = 0; i < attended_count; i++)
        fds[n++] = (struct pollfd){.fd = attended[i].fd, .events = POLLIN};
    if (awaited->fd > 0)
        fds[n++] = (struct pollfd){.fd = awaited->fd, .events = awaited->events};
    double start = now();
    double seconds = when < start ? 0 : when - start;
    if (debugger_is_there()) { /* which stops and starts the clock */
        fds[n++] = (struct pollfd){.fd = debugger_end(), .events = POLLIN};
        seconds = earlier(seconds, first_gap * 10);
    }
    struct timespec timeout = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    bool timed_out = ppoll(fds, (nfds_t)n, &timeout, NULL) == 0;
    if (timed_out && now() - when > lateness)
        lateness = now() - when;
    double late = now() - start - seconds;
    if (late > hardly_late)
        stood_still += late;
}

/* In the kernel, for a disk or for memory: nothing that a program of the course asks for takes long there. */
static bool is_held_up(void)
{
    for (int i = 0; prolonged < prolonged_at_most && i < last_look.threads; i++) {
        if (last_look.thread[i].state == 'D' && !stuck_awaits_borrower(&last_look.thread[i]))
            return true;
    }
    return false;
}

/* Since then they were ready to run most of the time, and hardly ever did. A loop that never waits gets its share even among
   dozens. Under memcheck, where all takes long, it ends at its limit of CPU time. */
static bool have_starved(const struct consumption *before)
{
    struct consumption share = programs_consumption();
    double seconds = share.at - before->at;
    double enough = stage.memcheck ? seconds / 4 : seconds / 50;
    if (before->at <= 0 || share.used - before->used >= enough)
        return false;
    return share.queued - before->queued > seconds / 2 || is_held_up();
}

double wait_was_kept_from(void)
{
    return proc_queued_seconds(getpid()) - programs_cpu_seconds();
}

/* Bytes that have moved so far, in any direction: a slow program that gets on is not late. */
static size_t bytes_moved(void)
{
    size_t bytes = 0;
    for (int i = 0; program_number(i) != NULL; i++)
        bytes += program_number(i)->out.total - program_number(i)->typed.length;
    for (int i = 0; conn_number(i) != NULL; i++)
        bytes += conn_number(i)->said + conn_number(i)->heard;
    return bytes;
}

enum waited wait_until(const struct awaited *awaited)
{
    bool by_progress = awaited->seconds <= 0;
    double patience = by_progress ? WAIT_SECONDS * room() : awaited->seconds;
    double deadline = earlier(now() + patience, end_of_check());
    double counted = stood_still;
    size_t moved = bytes_moved();
    size_t memory = last_memory;
    struct watch watch = {.next = now() + first_look, .gap = first_gap, .still = still_for};
    struct consumption share = {0}; /* since the wait has grown long: who waits in vain for a CPU is not late */
    double began = now();
    lateness = 0;
    bool none_left = false;
    for (;;) {
        programs_attend();
        debugger_attend();
        for (int i = 0; i < attended_count; i++)
            attended[i].attend(attended[i].fd);
        do_scheduled();
        if (awaited->come(awaited->context))
            return CAME;
        for (int i = 0; program_number(i) != NULL; i++)
            program_is_sane(program_number(i));
        if (none_left)
            return ENDED; /* the condition was looked at once more since */
        if (by_progress) {
            deadline += stood_still - counted;
            counted = stood_still;
        }
        if (by_progress && debugger_is_there())
            deadline = now() + patience;
        if (now() >= deadline) {
            if (!have_starved(&share))
                return LATE;
            double starved = now() - share.at;
            stood_still += starved;
            prolonged += starved;
            deadline += by_progress ? 0 : starved;
            share = programs_consumption();
        }
        if (now() >= watch.next) {
            int processes = look(&watch);
            if (share.at == 0 && now() - began > long_wait)
                share = programs_consumption();
            /* One that takes more and more memory gets on, too: to the limit, which is what is to be said of it. */
            if (by_progress && (bytes_moved() != moved || last_memory > memory + MEMORY_STEP)) {
                moved = bytes_moved();
                memory = last_memory;
                deadline = earlier(now() + patience, end_of_check());
                share.at = 0;
                began = now();
            }
            none_left = awaited->until_end && processes == 0 && scheduled_count == 0;
            if (none_left)
                continue;
            if (!awaited->stuck_is_no_end && is_stuck(&watch)) {
                /* What had already left the program may have come while we looked: then it gets on. */
                size_t before = bytes_moved();
                programs_attend();
                if (awaited->come(awaited->context))
                    return CAME;
                if (bytes_moved() == before)
                    return STUCK;
            }
            check_stopped(&watch);
        }
        sleep_until(awaited, earlier(earlier(watch.next, deadline), next_scheduled()));
    }
}

struct settling {
    struct watch watch;
};

static bool nothing_moves(void *context)
{
    struct settling *settling = context;
    if (now() < settling->watch.next)
        return false;
    if (look(&settling->watch) == 0)
        return true;
    for (int i = 0; i < last_look.threads; i++) {
        if (last_look.thread[i].state != 'S' && last_look.thread[i].state != 'T')
            return false;
    }
    return has_been_still(&settling->watch) && !something_is_under_way();
}

static bool wait_still(double still, double seconds)
{
    struct settling settling = {.watch = {.gap = first_gap, .still = still}};
    struct awaited awaited = {.come = nothing_moves, .context = &settling, .seconds = seconds, .stuck_is_no_end = true};
    return wait_until(&awaited) == CAME;
}

bool wait_settled(double seconds)
{
    return wait_still(still_for, seconds);
}

void wait_at_rest(double seconds)
{
    wait_still(at_rest_for, seconds);
}

void wait_was_timely(double seconds)
{
    if (lateness > seconds)
        fault("this machine is too busy to judge time: a timer of ours was %.0f ms late", lateness * 1000);
}

/* ------------------------------------------------ what is it doing instead? */

/* The thread to speak of: one that waits on the connection in question, else the first. No tracer can stop who waits
   in vfork() (state D): what its child does is the answer. */
static const struct thread *culprit(const struct awaited *awaited)
{
    for (int i = 0; awaited->conn != NULL && i < last_look.threads; i++) {
        if (conn_is_held_by(awaited->conn, last_look.thread[i].pid, stuck_descriptor(&last_look.thread[i])))
            return &last_look.thread[i];
    }
    for (int i = 0; i < last_look.threads; i++) {
        if (last_look.thread[i].state != 'D')
            return &last_look.thread[i];
    }
    return last_look.threads > 0 ? &last_look.thread[0] : NULL;
}

static const char *what_for(const struct thread *thread, const char *call)
{
    static const struct {
        const char *call;
        const char *what;
    } reasons[] = {
        {"accept", "another client"},
        {"accept4", "another client"},
        {"wait4", "a child process to end"},
        {"waitid", "a child process to end"},
        {"futex", "a lock or another thread"},
        {"sigsuspend", "a signal"},
        {"pause", "a signal"},
        {"sigtimedwait", "a signal"},
        {"flock", "a lock"},
        {"fcntl", "a lock"},
        {"write", "room to send: nobody reads what it has sent"},
        {"writev", "room to send: nobody reads what it has sent"},
        {"sendto", "room to send: nobody reads what it has sent"},
        {"sendmsg", "room to send: nobody reads what it has sent"},
        {"poll", "an event, without a time-out"},
        {"ppoll", "an event, without a time-out"},
        {"select", "an event, without a time-out"},
        {"pselect", "an event, without a time-out"},
        {"epoll_wait", "an event, without a time-out"},
        {"epoll_pwait", "an event, without a time-out"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (strcmp(call, reasons[i].call) == 0)
            return reasons[i].what;
    }
    return stuck_descriptor(thread) == 0 ? "input on its stdin" : "bytes that nobody will send";
}

static const char *where_words(const struct source *where)
{
    return where->line == 0 ? "" : text(" at %s:%d", where->file, where->line);
}

static const char *describe_stuck(const struct awaited *awaited)
{
    const struct thread *thread = culprit(awaited);
    if (thread == NULL)
        return "";
    const char *system_call = stuck_call(thread);
    struct source where = {0};
    const struct program *program = program_of(thread->pid);
    if (!stage.memcheck && source_find(thread->pid, thread->tid, program->name, &where)) {
        if (where.call[0] == '\0')
            snprintf(where.call, sizeof where.call, "%s", system_call);
        verdict_where(&where);
    }
    const char *call = where.call[0] != '\0' ? where.call : system_call;
    const char *process = thread->pid == program->pid ? "your program" : text("your program's process %d", thread->pid);
    const char *on = conn_of_descriptor(thread->pid, stuck_descriptor(thread));
    verdict_because_also("It waits for %s%s%s.", what_for(thread, system_call),
                         awaited->who_waits == NULL ? "" : ", while ",
                         awaited->who_waits == NULL ? "" : awaited->who_waits);
    if (program->ended)
        process = text("%s, but left process %d behind, which", program_fate(program), thread->pid);
    return text("%s is waiting in %s()%s%s%s", process, call, where_words(&where),
                on == NULL ? "" : ", on its connection to ", on == NULL ? "" : on);
}

static const char *describe_moving(void)
{
    static pid_t pids[PROC_MAX];
    static struct thread threads[STUCK_THREADS_MAX];
    bool held_up = false;
    int count = programs_pids(pids, PROC_MAX);
    for (int i = 0; i < count; i++) {
        int n = proc_threads(pids[i], threads, STUCK_THREADS_MAX);
        double cpu = proc_cpu_seconds(pids[i]);
        for (int k = 0; k < n; k++) {
            struct source where = {0};
            const struct program *program = program_of(pids[i]);
            held_up = held_up || threads[k].state == 'D';
            if (threads[k].state == 'Z' || threads[k].state == 'D') /* no tracer can stop it */
                continue;
            if (!stage.memcheck && source_find(pids[i], threads[k].tid, program->name, &where))
                verdict_where(&where);
            if (count > 20) {
                verdict_because("It forks again and again, and its children do, too.");
                verdict_is_whole();
            }
            if (count > 20)
                return text("your program has %d processes%s", count, where_words(&where));
            /* On a busy machine it had to wait for the CPU most of the time, yet never for anything else. */
            if (threads[k].state != 'S' && cpu > 0.05 && cpu + proc_queued_seconds(pids[i]) > 0.5) {
                verdict_because_also("It has used %.1f s of CPU time: a loop that never waits.%s", cpu,
                                     where.call[0] == '\0' ? "" : " Does it end when the call returns 0 or -1?");
                return text("your program is running in circles%s", where_words(&where));
            }
            return text("your program is still at work%s", where_words(&where));
        }
    }
    return held_up ? "your program is in the kernel, which holds it up (state D)" : "nothing more happened";
}

_Noreturn void wait_fails(enum waited waited, const struct awaited *awaited, const char *expected, const char *observed)
{
    const char *doing = NULL;
    if (waited == STUCK)
        doing = describe_stuck(awaited);
    else if (waited == ENDED && program_newest() != NULL)
        doing = program_fate(program_newest());
    else if (waited == LATE)
        doing = text("after %.1f s %s", awaited->seconds > 0 ? awaited->seconds : WAIT_SECONDS * room(),
                     describe_moving());
    fails(expected, observed == NULL ? doing : doing == NULL ? observed : text("%s; %s", observed, doing));
}
