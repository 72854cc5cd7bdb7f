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
    /* TODO 2: socket, SO_REUSEADDR, bind, listen, as in lesson 4. The family is addr->ss_family. */
    errx(3, "step 2 is still to do: see TODO 2");
    (void)addr;
    (void)length;
}

/*
 * Catches SIGCHLD, SIGTERM and SIGINT, even if we were started with them ignored or blocked. From here on
 * they are blocked; `waiting` becomes the mask that lets them in.
 */
static void catch_signals(sigset_t *waiting)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_NOCLDSTOP};

    /* TODO 7: install the action for SIGCHLD, SIGTERM and SIGINT, with sigaction(2). From now on accept() can
       fail with EINTR: that is no reason to end. */
    /* TODO 8: block the three with sigprocmask(2), before the actions are installed. In `waiting` leave the
       mask that we were started with, less these three. */
    (void)action;
    sigprocmask(SIG_BLOCK, NULL, waiting);
    signal(SIGPIPE, SIG_IGN);   /* a write to a client that has gone shall fail, not kill */
}

static int write_all(int conn, const char *data, size_t length)
{
    /* TODO 3: write all of it, as in lesson 4. One write() may take a part. Return 0, or -1 if it failed. */
    errx(3, "step 3 is still to do: see TODO 3");
    (void)conn;
    (void)data;
    (void)length;
}

/* Sends back what comes until the client has no more to say, or is gone. */
static void echo(int conn)
{
    char buffer[16384];

    /* TODO 3: as in lesson 4: read() some, write_all() it, until the end of the client's data or an error. */
    write_all(conn, buffer, sizeof buffer);
}

/* The life of a child. It lets go of what is its parent's; until it has, signals wait. */
static void serve(int conn, int listener, struct children *children, const sigset_t *waiting)
{
    /* TODO 5: what of the parent's has this process inherited that it does not need? */
    (void)listener;
    (void)children;
    /* TODO 10: this process still has its parent's signal handlers: SIGTERM would set a flag that nobody here
       looks at. Give the signals back their default actions, then set the mask `waiting`. Why in this
       order? */
    (void)waiting;
    echo(conn);
    _exit(0);   /* which closes the connection */
}

/* Buries all that have died: one SIGCHLD may stand for many. */
static void reap(struct children *children)
{
    /* TODO 6: collect the children that have ended with waitpid(2), all of them, without waiting for those
       that have not. Take each one's id out of the list. */
    (void)children;
}

/* Accepts clients until a signal says stop. Returns 0, or -1 if it can't go on. */
static int accept_clients(int listener, struct children *children, const sigset_t *waiting)
{
    for (;;) {
        /* TODO 8: let in the signals that have come; end if one of them says so. Then wait with ppoll(2),
           until a client is at the door or a signal comes. Make the listener non-blocking. */
        reap(children);

        /* TODO 9: do not accept while children->count is children->max. What else can end the wait then? */
        int conn = accept(listener, NULL, NULL);
        if (conn == -1) {
            warn("accept");
            return -1;
        }
        /* TODO 4: fork. The child calls serve(); the parent adds the child's id to the list, and closes conn.
           Why must it? And what if fork() fails? */
        errx(3, "step 4 is still to do: see TODO 4");
        serve(conn, listener, children, waiting);
    }
}

static void end_children(const struct children *children)
{
    /* TODO 10: end each child in the list, then wait for each. */
    (void)children;
}

static int usage(void)
{
    fprintf(stderr, "usage: fork_server [-m MAX] [ADDRESS] PORT\n");
    return 2;
}

int main(int argc, char *argv[])
{
    struct children children = {.max = DEFAULT_MAX};

    if (fill_standard_descriptors() == -1) {
        warn("/dev/null");
        return 1;
    }
    /* TODO 1: let getopt(3) find -m and its argument, and parse_number() read that into children.max. Another
       option, or a MAX that is no number from 1 up, is a usage error. */
    errx(3, "step 1 is still to do: see TODO 1");
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
