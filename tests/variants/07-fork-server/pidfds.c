/* Different: a pidfd for each child, polled beside the listener: it becomes readable when that child ends. SIGTERM
   and SIGINT come through a pipe that the handler writes to. SIGCHLD is not used. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

enum { DOORBELL, DOOR, FIRST_CHILD };

struct table {
    struct pollfd *polled;      /* the pipe, the listener, then the children's pidfds */
    pid_t *pids;                /* pids[i] belongs to polled[i] */
    size_t used, size;
};

static int doorbell[2];

static void ring(int signo)
{
    int saved = errno;
    (void)signo;
    (void)!write(doorbell[1], "", 1);
    errno = saved;
}

static int positive(const char *text, long most, long *number)
{
    char *end;
    if (strspn(text, "0123456789") == 0)
        return -1;
    errno = 0;
    *number = strtol(text, &end, 10);
    return *end != '\0' || errno != 0 || *number < 1 || *number > most ? -1 : 0;
}

static int grow(struct table *t)
{
    if (t->used < t->size)
        return 0;
    size_t size = t->size * 2 + 16;
    struct pollfd *polled = realloc(t->polled, size * sizeof *polled);
    if (polled == NULL)
        return -1;
    t->polled = polled;
    pid_t *pids = realloc(t->pids, size * sizeof *pids);
    if (pids == NULL)
        return -1;
    t->pids = pids;
    t->size = size;
    return 0;
}

static void serve(int conn)
{
    char data[10000];
    ssize_t got, put;
    while ((got = recv(conn, data, sizeof data, 0)) != 0) {
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1)
            break;
        for (char *p = data; got > 0; p += put, got -= put) {
            put = send(conn, p, (size_t)got, MSG_NOSIGNAL);
            if (put == -1 && errno == EINTR)
                put = 0;
            if (put == -1)
                _exit(1);
        }
    }
    _exit(0);
}

static void start_child(struct table *t, int conn, const sigset_t *ours)
{
    sigset_t before;
    if (grow(t) == -1) {
        perror("fork_server: no memory");
        return;
    }
    sigprocmask(SIG_BLOCK, ours, &before);
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGTERM, SIG_DFL);
        signal(SIGINT, SIG_DFL);
        sigprocmask(SIG_SETMASK, &before, NULL);
        for (size_t i = DOOR; i < t->used; i++)
            close(i == DOOR ? abs(t->polled[i].fd) : t->polled[i].fd);
        close(doorbell[0]);
        close(doorbell[1]);
        free(t->polled);
        free(t->pids);
        serve(conn);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (pid == -1) {
        perror("fork_server: fork");
        return;
    }
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd == -1) {          /* no descriptor left: we could not tell when it ends */
        perror("fork_server: pidfd_open");
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        return;
    }
    t->pids[t->used] = pid;
    t->polled[t->used++] = (struct pollfd){ .fd = pidfd, .events = POLLIN };
}

int main(int argc, char *argv[])
{
    long max = 64, port;
    int c, fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd < 3);
    close(fd);
    opterr = 0;
    while ((c = getopt(argc, argv, "+m:")) != -1)
        if (c != 'm' || positive(optarg, 1L << 40, &max) == -1)
            goto usage;
    if (optind + 1 != argc && optind + 2 != argc)
        goto usage;
    const char *service = argv[argc - 1];
    const char *host = optind + 2 == argc ? argv[optind] : "0.0.0.0";
    struct addrinfo *where, hints = { .ai_flags = AI_NUMERICHOST | AI_PASSIVE | AI_NUMERICSERV,
                                      .ai_socktype = SOCK_STREAM };
    if (positive(service, 65535, &port) == -1 || *host == '\0' || getaddrinfo(host, service, &hints, &where) != 0)
        goto usage;

    if (pipe2(doorbell, O_NONBLOCK | O_CLOEXEC) == -1) {
        perror("fork_server: pipe");
        return 1;
    }
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    sigset_t ours;
    sigemptyset(&ours);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    struct sigaction sa = { .sa_handler = ring, .sa_flags = SA_RESTART };
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGINT, &sa, NULL);
    sigprocmask(SIG_UNBLOCK, &ours, NULL);

    int on = 1;
    int listener = socket(where->ai_family, where->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, where->ai_protocol);
    if (listener == -1 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
        bind(listener, where->ai_addr, where->ai_addrlen) == -1 || listen(listener, SOMAXCONN) == -1) {
        fprintf(stderr, "fork_server: [%s]:%s: %s\n", host, service, strerror(errno));
        freeaddrinfo(where);
        return 1;
    }
    freeaddrinfo(where);

    struct table t = { .used = 0 };
    if (grow(&t) == -1) {
        perror("fork_server: no memory");
        return 1;
    }
    t.polled[DOORBELL] = (struct pollfd){ .fd = doorbell[0], .events = POLLIN };
    t.polled[DOOR] = (struct pollfd){ .fd = listener, .events = POLLIN };
    t.used = FIRST_CHILD;
    for (;;) {
        /* a negative descriptor is not polled; this one is never 0 */
        t.polled[DOOR].fd = (long)(t.used - FIRST_CHILD) < max ? listener : -listener;
        if (poll(t.polled, t.used, -1) == -1)
            continue;
        if (t.polled[DOORBELL].revents)
            break;
        int knock = t.polled[DOOR].revents != 0;
        for (size_t i = t.used; i-- > FIRST_CHILD;) {
            if (t.polled[i].revents == 0)
                continue;
            waitpid(t.pids[i], NULL, 0);
            close(t.polled[i].fd);
            t.polled[i] = t.polled[--t.used];
            t.pids[i] = t.pids[t.used];
        }
        if (!knock)
            continue;
        int conn = accept(listener, NULL, NULL);
        if (conn != -1) {
            start_child(&t, conn, &ours);
            close(conn);
        } else if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) {
            poll(t.polled, 1, 250);
        }
    }
    close(listener);
    for (size_t i = FIRST_CHILD; i < t.used; i++)
        syscall(SYS_pidfd_send_signal, t.polled[i].fd, SIGKILL, NULL, 0);
    for (size_t i = FIRST_CHILD; i < t.used; i++) {
        while (waitpid(t.pids[i], NULL, 0) == -1 && errno == EINTR)
            ;
        close(t.polled[i].fd);
    }
    free(t.polled);
    free(t.pids);
    return 0;

usage:
    fprintf(stderr, "usage: fork_server [-m MAX] [ADDRESS] PORT\n");
    return 2;
}
