/* Another style: each worker serves as many clients at once as come to it, with poll() and a queue for each. All else is
   as in the solution. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_WORKERS 4
#define MAX_WORKERS 64
#define YOUNG 1000      /* a worker that dies within so many milliseconds of its start has died young */
#define PAUSE 100       /* milliseconds between two replacements of such workers: ten a second */
#define MAX_CLIENTS 64  /* of one worker */
#define PATIENCE 5000   /* milliseconds that clients have to come to an end */

struct worker {
    pid_t pid;          /* 0: there is none */
    long born;          /* when it was forked */
    bool died_young;    /* the one that was here before */
};

static struct worker workers[MAX_WORKERS];
static int worker_count = DEFAULT_WORKERS;
static long not_before;     /* the earliest moment to replace one that has died young */

/* A clock that nobody sets, in milliseconds. */
static long now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Returns the number that `text` is, from 1 to `highest`; 0 if it is anything else. */
static int parse_number(const char *text, int highest)
{
    if (text[strspn(text, "0123456789")] != '\0')   /* strtol() alone would let " 80", "+80" and "80x" pass */
        return 0;
    long value = strtol(text, NULL, 10);
    return value <= highest ? (int)value : 0;
}

/* Makes a socket address of a numeric address, IPv4 or IPv6. Returns its length, or 0 if `text` is none. */
static socklen_t socket_address(const char *text, int port, struct sockaddr_storage *addr)
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

/* Returns a listening socket, or -1 with errno set. */
static int open_listener(const struct sockaddr_storage *addr, socklen_t length)
{
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
 * Puts the signals that the parent waits for into `awaited`, and blocks them: they wait until it asks for
 * them. Their actions become the default ones, even if we were started with them ignored.
 */
static void hold_signals(sigset_t *awaited)
{
    const int signals[] = {SIGCHLD, SIGTERM, SIGINT};

    sigemptyset(awaited);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaddset(awaited, signals[i]);
    sigprocmask(SIG_BLOCK, awaited, NULL);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        signal(signals[i], SIG_DFL);
    signal(SIGPIPE, SIG_IGN);   /* a write to a client that has gone shall fail, not kill */
}

struct client {
    int conn;
    bool ended;         /* it has no more to say */
    size_t held;        /* so much it has still to hear */
    char buffer[16384];
};

/* Takes and sends what can be taken and sent now. Returns whether there is more to come. */
static bool goes_on(struct client *client)
{
    if (!client->ended && client->held < sizeof client->buffer) {
        ssize_t received = recv(client->conn, client->buffer + client->held, sizeof client->buffer - client->held, 0);
        if (received == -1 && errno != EAGAIN && errno != EINTR)
            return false;
        client->ended = received == 0;
        client->held += received > 0 ? (size_t)received : 0;
    }
    if (client->held > 0) {
        ssize_t sent = send(client->conn, client->buffer, client->held, 0);
        if (sent == -1)
            return errno == EAGAIN || errno == EINTR;
        client->held -= (size_t)sent;
        memmove(client->buffer, client->buffer + sent, client->held);
    }
    return !client->ended || client->held > 0;
}

static void take_client(int listener, struct client *clients, int *count)
{
    struct client *client = &clients[*count];

    client->conn = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (client->conn == -1)
        return;     /* another worker was faster */
    client->ended = false;
    client->held = (size_t)snprintf(client->buffer, sizeof client->buffer, "%d\r\n", (int)getpid());
    ++*count;
}

/* The life of a worker. SIGTERM comes by a descriptor: then it takes no more clients, and ends with the last. */
static _Noreturn void work(int listener)
{
    static struct client clients[MAX_CLIENTS];
    int count = 0;
    bool stop = false;
    sigset_t end;

    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    int signals = signalfd(-1, &end, 0);
    while (!stop || count > 0) {
        struct pollfd ready[MAX_CLIENTS + 2] = {
            {stop ? -1 : signals, POLLIN, 0}, {stop || count == MAX_CLIENTS ? -1 : listener, POLLIN, 0}};
        for (int i = 0; i < count; i++) {
            bool has_room = !clients[i].ended && clients[i].held < sizeof clients[i].buffer;
            ready[i + 2].fd = clients[i].conn;
            ready[i + 2].events = (short)((has_room ? POLLIN : 0) | (clients[i].held > 0 ? POLLOUT : 0));
        }
        if (poll(ready, (nfds_t)count + 2, -1) == -1)
            continue;
        for (int i = count - 1; i >= 0; i--) {
            if (ready[i + 2].revents != 0 && !goes_on(&clients[i])) {
                close(clients[i].conn);
                clients[i] = clients[--count];
            }
        }
        stop = stop || ready[0].revents != 0;
        if (!stop && ready[1].revents != 0)
            take_client(listener, clients, &count);
    }
    _exit(0);
}

/* Forks a worker for each that is missing. Returns how long to wait with the rest, -1 if there are none. */
static long start_missing(int listener)
{
    long wait = -1;

    for (int i = 0; i < worker_count; i++) {
        struct worker *worker = &workers[i];
        if (worker->pid > 0)
            continue;
        long left = worker->died_young ? not_before - now() : 0;
        if (left > 0) {
            wait = left;
            continue;
        }
        pid_t pid = fork();
        if (pid == 0)
            work(listener);
        if (pid == -1) {
            warn("fork");       /* too many processes, say: there may be room soon */
            return PAUSE;
        }
        worker->pid = pid;
        worker->born = now();
        if (worker->died_young)
            not_before = worker->born + PAUSE;
    }
    return wait;
}

/* Takes those off the list who have died: one SIGCHLD may stand for many. */
static void reap(void)
{
    pid_t pid;

    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
        for (int i = 0; i < worker_count; i++) {
            if (workers[i].pid == pid) {
                workers[i].pid = 0;
                workers[i].died_young = now() - workers[i].born < YOUNG;
            }
        }
    }
}

/* Waits for a signal, for so many milliseconds; -1: for as long as it takes. Returns the signal, or -1. */
static int await_signal(const sigset_t *awaited, long milliseconds)
{
    struct timespec limit = {milliseconds / 1000, milliseconds % 1000 * 1000000};

    return sigtimedwait(awaited, NULL, milliseconds < 0 ? NULL : &limit);
}

/* The life of the parent: it keeps the workers alive, until a signal says that it is over. */
static void watch_over_workers(int listener, const sigset_t *awaited)
{
    int signo;

    do {
        reap();
        signo = await_signal(awaited, start_missing(listener));
    } while (signo != SIGTERM && signo != SIGINT);
}

static void signal_workers(int signo)
{
    for (int i = 0; i < worker_count; i++) {
        if (workers[i].pid > 0)
            kill(workers[i].pid, signo);
    }
}

static int count_workers(void)
{
    int count = 0;

    for (int i = 0; i < worker_count; i++)
        count += workers[i].pid > 0;
    return count;
}

/* Ends the workers: the idle ones at once, those that serve when they have finished, or when time is up. */
static void end_workers(int listener, const sigset_t *awaited)
{
    long deadline = now() + PATIENCE;

    signal_workers(SIGTERM);
    shutdown(listener, SHUT_RD);    /* refuses all who come now, though workers that serve still hold it */
    for (long left = PATIENCE; left > 0; left = deadline - now()) {
        reap();
        if (count_workers() == 0)
            return;
        await_signal(awaited, left);
    }
    signal_workers(SIGKILL);        /* which nothing can block or ignore */
    for (int i = 0; i < worker_count; i++) {
        if (workers[i].pid > 0)
            waitpid(workers[i].pid, NULL, 0);
    }
}

static int usage(void)
{
    fprintf(stderr, "usage: prefork_server [-n WORKERS] [ADDRESS] PORT\n");
    return 2;
}

int main(int argc, char *argv[])
{
    int option;

    if (fill_standard_descriptors() == -1)
        err(1, "/dev/null");
    while ((option = getopt(argc, argv, "n:")) != -1) {
        if (option != 'n' || (worker_count = parse_number(optarg, MAX_WORKERS)) == 0)
            return usage();
    }
    if (argc - optind < 1 || argc - optind > 2)
        return usage();

    const char *address = argc - optind == 2 ? argv[optind] : "0.0.0.0";    /* every interface */
    int port = parse_number(argv[argc - 1], UINT16_MAX);
    struct sockaddr_storage addr;
    socklen_t length = socket_address(address, port, &addr);
    if (port == 0)
        errx(2, "not a port from 1 to 65535: %s", argv[argc - 1]);
    if (length == 0)
        errx(2, "neither an IPv4 nor an IPv6 address: %s", address);

    sigset_t awaited;
    hold_signals(&awaited);
    int listener = open_listener(&addr, length);
    if (listener == -1)
        err(1, "cannot listen on %s port %d", address, port);
    watch_over_workers(listener, &awaited);
    end_workers(listener, &awaited);
    close(listener);
    return 0;
}
