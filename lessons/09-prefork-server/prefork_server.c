/*
 * prefork_server - sends back what each client sends, with processes that were there before the clients came.
 *
 * usage: prefork_server [-n WORKERS] [ADDRESS] PORT        prefork_server -n 8 127.0.0.1 7777
 *
 * Keeps WORKERS processes (4 if not told) that serve clients, and replaces those that die. Each client is
 * first sent the id of the process that serves it. SIGTERM or SIGINT ends it: clients that are being served
 * are finished, for at most 5 seconds, then its status is 0. Status 1 when it cannot listen, 2 when the
 * arguments are wrong.
 *
 * What is new: several processes that accept on one socket; a parent that only watches over them; a limit for
 * what goes wrong again and again; and an end that cuts nobody off.
 *
 * See also: fork(2), accept(2), sigtimedwait(2), sigprocmask(2), waitpid(2), shutdown(2), clock_gettime(2).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_WORKERS 4
#define MAX_WORKERS 64
#define YOUNG 1000      /* a worker that dies within so many milliseconds of its start has died young */
#define PAUSE 100       /* milliseconds between two replacements of such workers: ten a second */
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
    /* TODO 2: socket, SO_REUSEADDR, bind, listen, as in lesson 4. The family is addr->ss_family. */
    errx(3, "step 2 is still to do: see TODO 2");
    (void)addr;
    (void)length;
}

/*
 * Puts the signals that the parent waits for into `awaited`, and blocks them: they wait until it asks for
 * them. Their actions become the default ones, even if we were started with them ignored.
 */
static void hold_signals(sigset_t *awaited)
{
    /* TODO 5: put SIGCHLD, SIGTERM and SIGINT into `awaited`, block them, and set their actions to SIG_DFL.
       From now on they wait until somebody asks for them. */
    sigemptyset(awaited);
    /* TODO 3: a write to a client that has gone shall fail, not kill: see SIGPIPE in signal(7). */
}

/* Writes all of the data, in as many pieces as the kernel likes. Returns 0, or -1 if it could not. */
static int write_all(int conn, const char *data, size_t length)
{
    /* TODO 3: write all of it, as in lesson 4. One write() may take a part. Return 0, or -1 if it failed. */
    (void)conn;
    (void)data;
    (void)length;
    return -1;
}

/* Says who we are, then sends back what comes until the client has no more to say, or is gone. */
static void serve(int conn)
{
    char buffer[16384];

    /* TODO 3: write_all() who we are: getpid() as a decimal number, CR, LF. Then read() some, write_all() it,
       until the end of the client's data or an error. */
    errx(3, "step 3 is still to do: see TODO 3");
    write_all(conn, buffer, sizeof buffer);
}

/*
 * The life of a worker: one client after the other. SIGTERM ends it where it stands, by its default action;
 * but while it serves, that is blocked, and has to wait until the client has gone.
 */
static _Noreturn void work(int listener)
{
    /* TODO 3: accept a client, serve() it, close the connection, and so on for ever. */
    /* TODO 7: we have inherited the mask of the parent: unblock SIGTERM, and its default action ends us. */
    /* TODO 8: but only while we wait for a client: block it again while we serve one. */
    serve(listener);
    errx(3, "step 3 is still to do: see TODO 3");
}

/* Forks a worker for each that is missing. Returns how long to wait with the rest, -1 if there are none. */
static long start_missing(int listener)
{
    /* TODO 4: fork a worker for each of the `worker_count` places whose pid is 0; the child calls work(). Note
       its pid. Return -1, or PAUSE if fork() failed: then we come back. */
    /* TODO 6: note when it was born. One who has died young is not replaced before `not_before`, and that moves
       on by PAUSE each time. Return how long there is still to wait, so that we come back. */
    (void)not_before;
    errx(3, "step 4 is still to do: see TODO 4");
    work(listener);
}

/* Takes those off the list who have died: one SIGCHLD may stand for many. */
static void reap(void)
{
    /* TODO 5: waitpid(2), without waiting, until nobody is left who has ended. The place of each becomes free:
       its pid is 0. */
    /* TODO 6: and note whether it has died young. */
}

/* Waits for a signal, for so many milliseconds; -1: for as long as it takes. Returns the signal, or -1. */
static int await_signal(const sigset_t *awaited, long milliseconds)
{
    /* TODO 5: wait with sigtimedwait(2), without a limit if `milliseconds` is negative. */
    (void)awaited;
    (void)milliseconds;
    pause();
    return -1;
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
    /* TODO 7: kill(2) each worker that there is, by its own pid. */
    (void)signo;
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
    /* TODO 7: wait for signals, and reap, until no worker is left. */
    if (count_workers() > 0)
        errx(3, "step 7 is still to do: see TODO 7");
    /* TODO 8: but not after `deadline`. What ends those that are left then? And until then, what becomes of a
       client who connects now? */
    (void)listener;
    (void)awaited;
    (void)deadline;
}

static int usage(void)
{
    fprintf(stderr, "usage: prefork_server [-n WORKERS] [ADDRESS] PORT\n");
    return 2;
}

int main(int argc, char *argv[])
{
    if (fill_standard_descriptors() == -1)
        err(1, "/dev/null");
    /* TODO 1: let getopt(3) find -n and its argument, and parse_number() read that into worker_count. Another
       option, or a number that is not from 1 to MAX_WORKERS, is a usage error. */
    errx(3, "step 1 is still to do: see TODO 1");
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
