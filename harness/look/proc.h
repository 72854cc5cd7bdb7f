/**
 * @file
 * What the kernel tells of a program from outside: /proc, read and never guessed.
 *
 * Nothing here changes the program that it looks at. Every function may be called at any moment; a process that
 * is gone by then is reported as gone, never as an error. Source: proc(5).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum { PROC_MAX = 1024, PROC_DESCRIPTORS_MAX = 4096 };

/** A process as /proc/PID/stat has it. */
struct process {
    pid_t pid;
    pid_t parent;
    char state; /**< R, S, D, T, t, Z or X: proc(5) */
    int threads;
    double started; /**< in seconds of CLOCK_BOOTTIME, to a tick of the kernel's (10 ms), never later than it was */
};

/** One thread, looked at once. */
struct thread {
    pid_t pid;
    pid_t tid;
    char state;
    bool call_known; /**< false where /proc/PID/syscall may not be read, or the thread is running */
    long call;       /**< the system call's number, or -1 outside of one */
    unsigned long args[6];
    unsigned long long switches; /**< voluntary and involuntary context switches so far */
    unsigned long long sleeps;   /**< the voluntary ones: it has gone to sleep so often */
    bool signal_due;             /**< a signal is pending that is not blocked */
};

/** An open descriptor and what /proc/PID/fd says it is, such as "socket:[1234]". */
struct descriptor {
    int fd;
    char target[96];
};

/** Fills @p process; returns -1 if there is no such process. */
int proc_process(pid_t pid, struct process *process);

/** Writes the children of every thread of @p pid, zombies too; returns how many (at most @p max). */
int proc_children(pid_t pid, pid_t *children, int max);

/** Writes all descendants of @p pid, parents before children; returns how many (at most @p max). */
int proc_descendants(pid_t pid, pid_t *descendants, int max);
/** Sends SIGKILL to @p pid and to all its descendants: it may sleep, uninterruptibly, for what one of them holds. */
void proc_kill_tree(pid_t pid);

/** Looks at each thread of @p pid; returns how many it wrote (at most @p max), 0 if the process is gone. */
int proc_threads(pid_t pid, struct thread *threads, int max);

/** CPU time used by all threads of @p pid so far, in seconds; 0 if it is gone. */
double proc_cpu_seconds(pid_t pid);

/** Seconds that all threads of @p pid so far were ready to run, and had to wait for a CPU; 0 if it is gone. */
double proc_queued_seconds(pid_t pid);

/** Memory that @p pid has in use (resident, and the kernel's tables of its pages; in bytes); 0 if it is gone. */
size_t proc_memory(pid_t pid);
/** The same, but of what it shares with others only its share; takes the kernel a hundred times as long. */
size_t proc_memory_share(pid_t pid);
/** How many sockets there are in this network, of all processes. */
int proc_sockets(void);
/** Memory in files that @p pid has of memfd_create(2), in bytes: it need not be mapped, and then counts as nobody's. */
size_t proc_memory_files(pid_t pid);
/** Memory of the whole machine that is in shared memory and memory files, in bytes (sysinfo(2)); 0: unknown. */
size_t proc_shared_memory(void);
/** Memory of the whole machine that programs could still take, in bytes (MemAvailable of /proc/meminfo); 0: unknown. */
size_t proc_available_memory(void);

/** Processes and threads that user @p uid has, as far as /proc shows them. */
int proc_tasks_of(uid_t uid);

/** The open descriptors of @p pid; returns how many it wrote, or -1 where they may not be seen. */
int proc_descriptors(pid_t pid, struct descriptor *descriptors, int max);

/** The inode of a descriptor's socket, or 0 if it is not a socket. */
unsigned long proc_socket_inode(const struct descriptor *descriptor);

/** True if @p pid could be woken or ended by a timer: SIGALRM that is caught, or blocked and read by sigwait or signalfd, or
 *  ends a process whose program names alarm(); a POSIX timer; an armed timerfd. */
bool proc_has_timer(pid_t pid);

/** True if @p pid ignores that signal. */
bool proc_ignores(pid_t pid, int sig);

/** Reads a file of /proc as text into @p buffer (always ended by NUL); returns its length or -1. */
ssize_t proc_read(const char *path, char *buffer, size_t size);
/** Opens a file that lies where a program may put what it likes: NULL if it is no regular file. The caller closes it. */
FILE *proc_open_regular(const char *path);
