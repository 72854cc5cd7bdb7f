#define _GNU_SOURCE
#include "look/stuck.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "look/sockets.h"

/* How a call tells that it has no time-out. */
enum wait_kind {
    ON_READING,   /* until the descriptor in argument 0 can be read: SO_RCVTIMEO may end it */
    ON_WRITING,   /* likewise for writing: SO_SNDTIMEO */
    ON_SPLICING,  /* until one can be read or the other written: descriptors in arguments 0 and 2 */
    UNTIL_OTHERS, /* until another process or a signal */
    BY_POINTER,   /* no time-out if argument `argument` is NULL */
    BY_NUMBER,    /* no time-out if argument `argument` is negative */
    BY_LENDING,   /* until the child that has its memory meanwhile ends or execs: see stuck_awaits_borrower() */
};

static const struct call {
    long number;
    const char *name;
    enum wait_kind kind;
    int argument;
} calls[] = {
    {SYS_read, "read", ON_READING, 0},
    {SYS_readv, "readv", ON_READING, 0},
    {SYS_recvfrom, "recvfrom", ON_READING, 0},
    {SYS_recvmsg, "recvmsg", ON_READING, 0},
    {SYS_accept, "accept", ON_READING, 0},
    {SYS_accept4, "accept4", ON_READING, 0},
    {SYS_recvmmsg, "recvmmsg", ON_READING, 0}, /* its own time-out is looked at only when a datagram has come */
    {SYS_splice, "splice", ON_SPLICING, 0},
    {SYS_write, "write", ON_WRITING, 0},
    {SYS_writev, "writev", ON_WRITING, 0},
    {SYS_sendto, "sendto", ON_WRITING, 0},
    {SYS_sendmsg, "sendmsg", ON_WRITING, 0},
    {SYS_sendmmsg, "sendmmsg", ON_WRITING, 0},
    {SYS_sendfile, "sendfile", ON_WRITING, 0},
    {SYS_wait4, "wait4", UNTIL_OTHERS, 0},
    {SYS_waitid, "waitid", UNTIL_OTHERS, 0},
    {SYS_rt_sigsuspend, "sigsuspend", UNTIL_OTHERS, 0},
    {SYS_flock, "flock", UNTIL_OTHERS, 0},
    {SYS_fcntl, "fcntl", UNTIL_OTHERS, 0}, /* F_SETLKW: nothing else of it sleeps */
    {SYS_futex, "futex", BY_POINTER, 3},
    {SYS_rt_sigtimedwait, "sigtimedwait", BY_POINTER, 2},
    {SYS_ppoll, "ppoll", BY_POINTER, 2},
    {SYS_pselect6, "pselect", BY_POINTER, 4},
    {SYS_epoll_pwait, "epoll_pwait", BY_NUMBER, 3},
    {SYS_clone, "clone", BY_LENDING, 0},
#ifdef SYS_clone3
    {SYS_clone3, "clone3", BY_LENDING, 0},
#endif
#ifdef SYS_vfork
    {SYS_vfork, "vfork", BY_LENDING, 0},
#endif
#ifdef SYS_epoll_pwait2
    {SYS_epoll_pwait2, "epoll_pwait2", BY_POINTER, 3},
#endif
#ifdef SYS_pause /* the calls that newer architectures, such as arm64, no longer have */
    {SYS_pause, "pause", UNTIL_OTHERS, 0},
    {SYS_poll, "poll", BY_NUMBER, 2},
    {SYS_select, "select", BY_POINTER, 4},
    {SYS_epoll_wait, "epoll_wait", BY_NUMBER, 3},
#endif
};

static const struct call *call_of(const struct thread *thread)
{
    for (size_t i = 0; thread->call_known && i < sizeof calls / sizeof *calls; i++) {
        if (calls[i].number == thread->call)
            return &calls[i];
    }
    return NULL;
}

const char *stuck_call(const struct thread *thread)
{
    const struct call *call = call_of(thread);
    return call == NULL ? NULL : call->name;
}

int stuck_descriptor(const struct thread *thread)
{
    const struct call *call = call_of(thread);
    if (call == NULL || (call->kind != ON_READING && call->kind != ON_WRITING))
        return -1;
    return (int)thread->args[0];
}

/* The flags of a clone(2); those of clone3(2) stand first in a structure in the program's memory. */
static uint64_t clone_flags(const struct thread *thread)
{
    uint64_t flags = thread->args[0];
#ifdef SYS_clone3
    if (thread->call != SYS_clone3)
        return flags;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", thread->pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1 || pread(fd, &flags, sizeof flags, (off_t)thread->args[0]) != (ssize_t)sizeof flags)
        flags = 0;
    if (fd != -1)
        close(fd);
#endif
    return flags;
}

bool stuck_awaits_borrower(const struct thread *thread)
{
    const struct call *call = call_of(thread);
    if (thread->state != 'D' || call == NULL || call->kind != BY_LENDING)
        return false;
#ifdef SYS_vfork
    if (thread->call == SYS_vfork)
        return true;
#endif
    return (clone_flags(thread) & CLONE_VFORK) != 0;
}

static bool sleeps_for_ever(const struct thread *thread)
{
    const struct call *call = call_of(thread);
    bool sleeps = thread->state == 'S' || stuck_awaits_borrower(thread);
    if (!sleeps || thread->signal_due || call == NULL)
        return false;
    switch (call->kind) {
    case BY_POINTER: return thread->args[call->argument] == 0;
    case BY_NUMBER: return (int)thread->args[call->argument] < 0;
    case BY_LENDING: return thread->state == 'D';
    default: return true;
    }
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * 0x100000001b3ULL; /* FNV-1a, a word at a time */
}

void stuck_look(const pid_t *pids, int count, struct stuck_look *look)
{
    look->threads = 0;
    look->signature = 0xcbf29ce484222325ULL;
    look->asleep = true;
    look->stopped = true;
    for (int i = 0; i < count; i++) {
        struct thread *first = look->thread + look->threads;
        int n = proc_threads(pids[i], first, STUCK_THREADS_MAX - look->threads);
        for (int k = 0; k < n; k++) {
            if (first[k].state == 'Z' || first[k].state == 'X')
                continue;
            look->asleep = look->asleep && sleeps_for_ever(&first[k]);
            look->stopped = look->stopped && first[k].state == 'T';
            look->signature = mix(look->signature, (uint64_t)first[k].tid);
            look->signature = mix(look->signature, first[k].switches);
            look->signature = mix(look->signature, (uint64_t)first[k].call);
            for (int a = 0; a < 6; a++)
                look->signature = mix(look->signature, first[k].args[a]);
            look->thread[look->threads++] = first[k];
        }
    }
    look->asleep = look->asleep && look->threads > 0 && look->threads < STUCK_THREADS_MAX;
    look->stopped = look->stopped && look->threads > 0;
}

/* A socket may have a time-out of its own (socket(7)). What is no socket has none. */
static bool socket_has_timeout(pid_t pid, int fd, int option)
{
    int copy = sockets_copy(pid, fd);
    if (copy == -1)
        return true;
    struct timeval timeout = {0};
    socklen_t size = sizeof timeout;
    int got = getsockopt(copy, SOL_SOCKET, option, &timeout, &size);
    close(copy);
    return got == 0 && (timeout.tv_sec != 0 || timeout.tv_usec != 0);
}

static bool descriptor_has_timeout(const struct call *call, const struct thread *thread)
{
    int in = (int)thread->args[0];
    switch (call->kind) {
    case ON_READING: return socket_has_timeout(thread->pid, in, SO_RCVTIMEO);
    case ON_WRITING: return socket_has_timeout(thread->pid, in, SO_SNDTIMEO);
    case ON_SPLICING:
        return socket_has_timeout(thread->pid, in, SO_RCVTIMEO) ||
               socket_has_timeout(thread->pid, (int)thread->args[2], SO_SNDTIMEO);
    default: return false;
    }
}

bool stuck_is_certain(const struct stuck_look *look)
{
    pid_t last = 0;
    for (int i = 0; i < look->threads; i++) {
        const struct thread *thread = &look->thread[i];
        const struct call *call = call_of(thread);
        if (call == NULL || descriptor_has_timeout(call, thread))
            return false;
        if (thread->pid != last && proc_has_timer(thread->pid))
            return false;
        last = thread->pid;
    }
    return true;
}
