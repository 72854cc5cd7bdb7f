/* The verbs that look at a program's processes: children, zombies, and who holds which socket. */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check/check.h"
#include "check/conn.h"
#include "check/record.h"
#include "check/strace.h"
#include "check/verdict.h"
#include "check/wait.h"
#include "look/proc.h"
#include "look/sockets.h"

/* One look at all processes: which of them holds which of our connections, and who listens. */
struct holdings {
    pid_t pid[PROC_MAX];
    char state[PROC_MAX];
    pid_t parent[PROC_MAX];
    bool listens[PROC_MAX];
    int connections[PROC_MAX]; /* how many of our open connections it holds */
    int only[PROC_MAX];        /* the number of the last of them */
    int processes;
    int open; /* our open connections */
};

static struct holdings holdings;

static void add_descriptors(int index, const unsigned long *inodes, int count, unsigned long listener)
{
    static struct descriptor descriptors[PROC_DESCRIPTORS_MAX];
    int n = proc_descriptors(holdings.pid[index], descriptors, PROC_DESCRIPTORS_MAX);
    for (int i = 0; i < n; i++) {
        unsigned long inode = proc_socket_inode(&descriptors[i]);
        if (inode == 0)
            continue;
        if (inode == listener)
            holdings.listens[index] = true;
        for (int k = 0; k < count; k++) {
            if (inodes[k] == inode) {
                holdings.connections[index]++;
                holdings.only[index] = k;
            }
        }
    }
}

static void look_at_holdings(int port)
{
    static unsigned long inodes[PROC_MAX];
    struct socket_row row = {0};
    memset(&holdings, 0, sizeof holdings);
    unsigned long listener = sockets_listener(SOCKET_TCP, port, &row) ? row.inode : 0;
    for (int i = 0; conn_number(i) != NULL && holdings.open < PROC_MAX; i++) {
        if (conn_number(i)->fd != -1)
            inodes[holdings.open++] = conn_inode(conn_number(i));
    }
    holdings.processes = programs_pids(holdings.pid, PROC_MAX);
    for (int i = 0; i < holdings.processes; i++) {
        struct process process;
        if (proc_process(holdings.pid[i], &process) == -1)
            process = (struct process){.state = 'X'};
        holdings.state[i] = process.state;
        holdings.parent[i] = process.parent;
        add_descriptors(i, inodes, holdings.open, listener);
    }
}

/* ------------------------------------------------ zombies */

static int count_zombies(const char **list)
{
    pid_t pids[PROC_MAX];
    int count = programs_pids(pids, PROC_MAX);
    int zombies = 0;
    *list = "";
    for (int i = 0; i < count; i++) {
        struct process process;
        if (proc_process(pids[i], &process) == -1 || process.state != 'Z' || process.parent == getpid())
            continue; /* one whose parent has ended is ours to reap */
        zombies++;
        if (zombies <= 4)
            *list = text("%s%s%d", *list, zombies == 1 ? "" : ", ", pids[i]);
    }
    if (zombies > 4)
        *list = text("%s, …", *list);
    return zombies;
}

static bool no_zombie_at_rest(void *context)
{
    double *since = context;
    const char *list;
    bool at_rest = programs_sleep() && count_zombies(&list) == 0;
    if (!at_rest)
        *since = now();
    return now() - *since > 0.012;
}

void has_no_zombies(struct program *program)
{
    double since = now();
    struct awaited awaited = {.come = no_zombie_at_rest, .context = &since, .seconds = 1.5};
    enum waited waited = wait_until(&awaited);
    const char *list;
    int zombies = count_zombies(&list);
    if (zombies > 0) {
        if (waited == LATE)
            wait_was_timely(0.3);
        fails(text("%s leaves no zombie: each child that has ended has been waited for", program->name),
              text("%d zombie%s (process%s %s)", zombies, zombies == 1 ? "" : "s", zombies == 1 ? "" : "es", list));
    }
    record(YOU, NULL, "has no zombies", bytes(""));
}

/* ------------------------------------------------ who serves whom */

static bool each_has_its_own(void *context)
{
    const struct program *program = context;
    look_at_holdings(0);
    bool served[PROC_MAX] = {false};
    int servers = 0;
    int clients = 0;
    for (int i = 0; i < holdings.processes; i++) {
        if (holdings.connections[i] == 0 || holdings.pid[i] == program->pid)
            continue;
        servers++;
        clients += !served[holdings.only[i]];
        served[holdings.only[i]] = true;
    }
    return servers >= holdings.open && clients == holdings.open;
}

void serves_each_in_its_own_process(struct program *server)
{
    struct awaited awaited = {.come = each_has_its_own, .context = server};
    if (wait_until(&awaited) == CAME)
        return;
    int servers = 0;
    for (int i = 0; i < holdings.processes; i++)
        servers += holdings.connections[i] > 0 && holdings.pid[i] != server->pid;
    bool itself = false;
    for (int i = 0; i < holdings.processes; i++)
        itself = itself || (holdings.pid[i] == server->pid && holdings.connections[i] > 0);
    fails(text("%d clients are served by %d processes, none of them the first", holdings.open, holdings.open),
          text("%d of its children hold%s a client's socket%s", servers, servers == 1 ? "s" : "",
               itself ? "; the first process holds one itself" : ""));
}

struct serving {
    const struct conn *conn;
    pid_t pid;
    const char *holders;
    bool by_it;
};

static bool is_held_by_it(void *context)
{
    struct serving *serving = context;
    look_at_holdings(0);
    serving->holders = "";
    serving->by_it = false;
    for (int i = 0; i < holdings.processes; i++) {
        bool holds = false;
        static struct descriptor descriptors[PROC_DESCRIPTORS_MAX];
        int n = proc_descriptors(holdings.pid[i], descriptors, PROC_DESCRIPTORS_MAX);
        for (int k = 0; k < n && !holds; k++)
            holds = conn_is_held_by(serving->conn, holdings.pid[i], descriptors[k].fd);
        bool is_first = holdings.pid[i] == program_of(holdings.pid[i])->pid;
        if (holds)
            serving->holders = text("%s%s%s%d", serving->holders, *serving->holders == '\0' ? "" : ", ",
                                    is_first ? "its first process, " : "process ", holdings.pid[i]);
        serving->by_it = serving->by_it || (holds && holdings.pid[i] == serving->pid && !is_first);
    }
    return serving->by_it;
}

void is_served_by(const struct conn *conn, long pid)
{
    struct serving serving = {.conn = conn, .pid = (pid_t)pid};
    struct awaited awaited = {.come = is_held_by_it, .context = &serving, .seconds = 1, .stuck_is_no_end = true};
    if (wait_until(&awaited) == CAME)
        return;
    struct process process;
    bool is_first = program_of((pid_t)pid)->pid == pid;
    bool lives = proc_process((pid_t)pid, &process) == 0 && process.state != 'Z';
    fails(text("%s is served by process %ld, and that is not the first", the(conn->name), pid),
          text("%s%s",
               *serving.holders == '\0' ? "no process holds its connection"
                                        : text("its connection is in %s", serving.holders),
               is_first ? text("; %ld is the first process", pid)
               : lives  ? ""
                        : text("; process %ld does not live", pid)));
}

static bool first_holds_one(void *context)
{
    const struct program *program = context;
    look_at_holdings(0);
    for (int i = 0; i < holdings.processes; i++) {
        if (holdings.pid[i] == program->pid && holdings.connections[i] > 0)
            return true;
    }
    return false;
}

void serves_nobody_itself(struct program *program)
{
    struct awaited awaited = {.come = first_holds_one, .context = program, .seconds = 0.5};
    if (wait_until(&awaited) == CAME)
        fails("the first process serves nobody",
              text("process %d, the first, holds a client's connection", program->pid));
    record(YOU, NULL, "the first process serves nobody", bytes(""));
}

struct sharing {
    int port;
    const char *expected;
    const char *observed;
};

static bool nothing_is_shared(void *context)
{
    struct sharing *sharing = context;
    look_at_holdings(sharing->port);
    for (int i = 0; i < holdings.processes; i++) {
        int n = holdings.connections[i];
        if (holdings.listens[i] && n > 0) {
            sharing->expected =
                "who listens holds no client's socket, and who serves a client does not hold the listener";
            sharing->observed = text("process %d holds the listening socket and %d client's socket%s", holdings.pid[i],
                                     n, n == 1 ? "" : "s");
            return false;
        }
        if (n > 1) {
            sharing->expected = "a process that serves a client holds that client's socket alone";
            sharing->observed = text("process %d holds the sockets of %d clients", holdings.pid[i], n);
            return false;
        }
    }
    return true;
}

void shares_no_descriptors(int port)
{
    struct sharing sharing = {.port = port};
    struct awaited awaited = {.come = nothing_is_shared, .context = &sharing};
    if (wait_until(&awaited) == CAME)
        return;
    verdict_because(
        "fork() copies every descriptor. The parent closes the client's socket, the child closes the listener: a "
        "connection ends for the client only when its last copy is closed, and a port stays taken as long as "
        "anybody holds the listener.");
    fails(sharing.expected, sharing.observed);
}

static bool is_tcp_socket(pid_t pid, int fd)
{
    int domain = 0;
    int type = 0;
    socklen_t size = sizeof domain;
    int copy = sockets_copy(pid, fd);
    if (copy == -1)
        return false;
    getsockopt(copy, SOL_SOCKET, SO_DOMAIN, &domain, &size);
    getsockopt(copy, SOL_SOCKET, SO_TYPE, &type, &size);
    close(copy);
    return type == SOCK_STREAM && (domain == AF_INET || domain == AF_INET6);
}

struct others {
    const struct conn *conn;
    const char *list; /* "4, 5" */
};

static bool holds_no_other(void *context)
{
    static struct descriptor descriptors[PROC_DESCRIPTORS_MAX];
    struct others *others = context;
    pid_t pids[PROC_MAX];
    int count = programs_pids(pids, PROC_MAX);
    others->list = "";
    for (int i = 0; i < count; i++) {
        int n = proc_descriptors(pids[i], descriptors, PROC_DESCRIPTORS_MAX);
        for (int k = 0; k < n; k++) {
            unsigned long inode = proc_socket_inode(&descriptors[k]);
            if (inode != 0 && inode != conn_inode(others->conn) && is_tcp_socket(pids[i], descriptors[k].fd))
                others->list = text("%s%s%d", others->list, *others->list == '\0' ? "" : ", ", descriptors[k].fd);
        }
    }
    return *others->list == '\0';
}

void holds_no_other_socket(struct program *program, const struct conn *conn)
{
    struct others others = {.conn = conn};
    struct awaited awaited = {.come = holds_no_other, .context = &others, .stuck_is_no_end = true, .seconds = 1};
    if (wait_until(&awaited) == CAME)
        return;
    fails(text("%s holds the socket of its connection, and no other", program->name),
          text("it still holds other TCP sockets: descriptor %s", others.list));
}

void is_one_thread(struct program *program)
{
    static pid_t pids[PROC_MAX];
    static struct thread threads[PROC_MAX];
    int count = programs_pids(pids, PROC_MAX);
    int processes = 0;
    int all = 0;
    for (int i = 0; i < count; i++) {
        int n = program_of(pids[i]) == program ? proc_threads(pids[i], threads, PROC_MAX) : 0;
        processes += n > 0;
        all += n;
    }
    if (processes > 1 || all > 1)
        fails(text("%s is one process with one thread", program->name),
              processes > 1 ? text("it has %d processes", processes) : text("it has %d threads", all));
    record(YOU, NULL, "is one process with one thread", bytes(""));
}

/* ------------------------------------------------ stopping, and failing calls */

void is_stopped(struct program *program)
{
    program->stopped = true;
    record("check", YOU, "SIGSTOP", bytes(""));
    kill(program->pid, SIGSTOP);
}

void is_continued(struct program *program)
{
    wait_settled(1);
    program->stopped = false;
    kill(program->pid, SIGCONT);
    record("check", YOU, "SIGCONT", bytes(""));
}

static const char FORKS[] = "?fork,?vfork,clone,?clone3";

void cannot_fork(struct program *program)
{
    wait_settled(1);
    strace_inject(program, FORKS, "EAGAIN", "1", false);
    record("check", YOU, "the next fork fails with EAGAIN", bytes(""));
}

void can_fork_every_other_time(struct program *program)
{
    wait_settled(1);
    strace_inject(program, FORKS, "EAGAIN", "1+2", false);
    record("check", YOU, "every other fork fails with EAGAIN, from the next on", bytes(""));
}

void cannot_accept(struct program *program)
{
    wait_settled(1);
    strace_inject(program, "accept,accept4", "ECONNABORTED", "1", false);
    record("check", YOU, "the next accept fails with ECONNABORTED", bytes(""));
}

void can_never_fork(struct program *program)
{
    wait_settled(1);
    strace_inject(program, FORKS, "EAGAIN", "1+", false);
    record("check", YOU, "each fork fails with EAGAIN", bytes(""));
}
