/*
 * fork_server - sends back what each client sends, with a process for each client.
 *
 * usage: fork_server [-m MAX] [ADDRESS] PORT        fork_server -m 10 127.0.0.1 7777
 *
 * Serves at most MAX clients at once (64 if not told); others wait. SIGTERM or SIGINT ends it, with status 0.
 * Status 1 when it cannot listen, 2 when the arguments are wrong.
 *
 * What is new: a child process for each client, which shares nothing with the others; what it inherits, and
 * must let go; reaping the dead; a limit; and signals, which come at any moment.
 *
 * See also: fork(2), waitpid(2), signal(7), sigaction(2), ppoll(2), accept(2).
 */
#define _GNU_SOURCE     /* ppoll() */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_MAX 64
#define MOST_PROCESSES 4194304      /* Linux never has more: see pid_max in proc_sys_kernel(5) */

struct children {
    pid_t *pids;        /* those not reaped yet: pids[0] to pids[count - 1] */
    long count;
    long max;
};

static volatile sig_atomic_t stopping;  /* SIGTERM or SIGINT has come */

static void on_signal(int signo)
{
    if (signo != SIGCHLD)       /* for SIGCHLD it is enough that ppoll() wakes up */
        stopping = 1;
}

/* Returns the number that `text` is, from 1 to `highest`; 0 if it is anything else. */
static long parse_number(const char *text, long highest)
{
    char *end;

    if (*text < '0' || *text > '9')     /* strtol() would skip spaces and take a sign */
        return 0;
    long value = strtol(text, &end, 10);
    return *end == '\0' && value <= highest ? value : 0;
}

/* Fills the gaps in descriptors 0 to 2: a client whose socket became number 2 would be sent our messages. */
static int fill_standard_descriptors(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= STDIN_FILENO && fd <= STDERR_FILENO);
    if (fd != -1)
        close(fd);
    return fd == -1 ? -1 : 0;
}

/* Makes a socket address of a numeric address, IPv4 or IPv6. Returns its length, or 0 if `text` is none. */
static socklen_t socket_address(const char *text, long port, struct sockaddr_storage *addr)
{
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)addr;
    struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)addr;

    memset(addr, 0, sizeof *addr);
    if (inet_pton(AF_INET, text, &ipv4->sin_addr) == 1) {
        ipv4->sin_family = AF_INET;
        ipv4->sin_port = htons((uint16_t)port);
        return sizeof *ipv4;
    }
    if (inet_pton(AF_INET6, text, &ipv6->sin6_addr) == 1) {
        ipv6->sin6_family = AF_INET6;
        ipv6->sin6_port = htons((uint16_t)port);
        return sizeof *ipv6;
    }
    return 0;
}

/* Returns a listening socket, or -1 with errno set. */
static int open_listener(const struct sockaddr_storage *addr, socklen_t length)
{
    /* Non-blocking: if a client vanishes between ppoll() and accept(), accept() must not wait for another. */
    int fd = socket(addr->ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int on = 1;

    if (fd == -1)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
        bind(fd, (const struct sockaddr *)addr, length) == -1 || listen(fd, SOMAXCONN) == -1) {
        int reason = errno;
        close(fd);
        errno = reason;
        return -1;
    }
    return fd;
}

/*
 * Catches SIGCHLD, SIGTERM and SIGINT, even if we were started with them ignored or blocked. From here on
 * they are blocked; `waiting` becomes the mask that lets them in.
 */
static void catch_signals(sigset_t *waiting)
{
    const int signals[] = {SIGCHLD, SIGTERM, SIGINT};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_NOCLDSTOP};

    sigprocmask(SIG_BLOCK, NULL, waiting);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        sigaddset(&action.sa_mask, signals[i]);
        sigdelset(waiting, signals[i]);
    }
    sigprocmask(SIG_BLOCK, &action.sa_mask, NULL);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaction(signals[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);   /* a write to a client that has gone shall fail, not kill */
}

static int write_all(int conn, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t sent = write(conn, data, length);
        if (sent == -1 && errno == EINTR)
            continue;
        if (sent == -1)
            return -1;
        data += sent;
        length -= (size_t)sent;
    }
    return 0;
}

/* Sends back what comes until the client has no more to say, or is gone. */
static void echo(int conn)
{
    char buffer[16384];

    for (;;) {
        ssize_t received = read(conn, buffer, sizeof buffer);
        if (received == -1 && errno == EINTR)
            continue;
        if (received <= 0 || write_all(conn, buffer, (size_t)received) == -1)
            return;
    }
}

/* The life of a child. It lets go of what is its parent's; until it has, signals wait. */
static void serve(int conn, int listener, struct children *children, const sigset_t *waiting)
{
    close(listener);
    free(children->pids);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    sigprocmask(SIG_SETMASK, waiting, NULL);
    echo(conn);
    _exit(0);   /* which closes the connection */
}

/* Buries all that have died: one SIGCHLD may stand for many. */
static void reap(struct children *children)
{
    pid_t pid;

    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
        for (long i = 0; i < children->count; i++) {
            if (children->pids[i] == pid) {
                children->pids[i] = children->pids[--children->count];
                break;
            }
        }
    }
}

/* Accepts clients until a signal says stop. Returns 0, or -1 if it can't go on. */
static int accept_clients(int listener, struct children *children, const sigset_t *waiting)
{
    sigset_t working;

    for (;;) {
        /* Let in the signals that have come: ppoll() does not while there are clients at the door. */
        sigprocmask(SIG_SETMASK, waiting, &working);
        sigprocmask(SIG_SETMASK, &working, NULL);
        if (stopping)
            return 0;
        reap(children);

        /* Full? Then wait for a signal alone: poll skips a negative descriptor. */
        struct pollfd door = {.fd = children->count < children->max ? listener : -1, .events = POLLIN};
        if (ppoll(&door, 1, NULL, waiting) == -1) {
            if (errno == EINTR)
                continue;
            warn("ppoll");
            return -1;
        }

        int conn = accept(listener, NULL, NULL);
        if (conn == -1) {
            if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) {
                struct timespec moment = {.tv_nsec = 100000000};
                warn("accept");
                ppoll(NULL, 0, &moment, waiting);     /* out of descriptors, say: don't spin */
            }
            continue;
        }
        pid_t pid = fork();
        if (pid == 0)
            serve(conn, listener, children, waiting);
        if (pid == -1)
            warn("fork");
        else
            children->pids[children->count++] = pid;
        close(conn);    /* the child has its own; while ours is open, the client sees no end-of-file */
    }
}

static void end_children(const struct children *children)
{
    for (long i = 0; i < children->count; i++) {
        kill(children->pids[i], SIGTERM);
        kill(children->pids[i], SIGCONT);    /* a stopped process does not die of SIGTERM */
    }
    for (long i = 0; i < children->count; i++)
        waitpid(children->pids[i], NULL, 0);
}

static int usage(void)
{
    fprintf(stderr, "usage: fork_server [-m MAX] [ADDRESS] PORT\n");
    return 2;
}

int main(int argc, char *argv[])
{
    struct children children = {.max = DEFAULT_MAX};
    int option;

    if (fill_standard_descriptors() == -1) {
        warn("/dev/null");
        return 1;
    }
    while ((option = getopt(argc, argv, "m:")) != -1) {
        if (option != 'm' || (children.max = parse_number(optarg, INT_MAX)) == 0)
            return usage();
    }
    if (children.max > MOST_PROCESSES)
        children.max = MOST_PROCESSES;
    if (argc - optind < 1 || argc - optind > 2)
        return usage();

    const char *address = argc - optind == 2 ? argv[optind] : "0.0.0.0";    /* every interface */
    const char *port = argv[argc - 1];
    struct sockaddr_storage addr;
    socklen_t length = socket_address(address, parse_number(port, 65535), &addr);
    if (length == 0 || parse_number(port, 65535) == 0)
        return usage();

    sigset_t waiting;
    catch_signals(&waiting);
    int listener = open_listener(&addr, length);
    if (listener == -1) {
        warn("cannot listen on %s port %s", address, port);
        return 1;
    }
    children.pids = calloc((size_t)children.max, sizeof *children.pids);
    if (children.pids == NULL) {
        warn("no memory for -m %ld", children.max);
        close(listener);
        return 1;
    }
    int status = accept_clients(listener, &children, &waiting) == -1;
    close(listener);
    end_children(&children);
    free(children.pids);
    return status;
}
