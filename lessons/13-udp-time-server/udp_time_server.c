/*
 * udp_time_server - tells everyone who asks what time it is.
 *
 *     udp_time_server [ADDRESS] PORT          udp_time_server 127.0.0.1 7037
 *
 * Answers each datagram, whatever is in it, with the time in four bytes (RFC 868). SIGTERM or SIGINT ends it,
 * with status 0. Status 1 when it cannot have the port, 2 when the arguments are wrong.
 *
 * What is new: a server without connections. One socket serves all clients, each datagram comes with the
 * address of its sender, and when it is answered the server has forgotten its client.
 *
 * See also: udp(7), bind(2), recvfrom(2), sendto(2), poll(2), signalfd(2), time(2), RFC 868 (time).
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SECONDS_1900_TO_1970 2208988800

static int usage(void)
{
    fprintf(stderr, "usage: udp_time_server [ADDRESS] PORT\n");
    return 2;
}

/* Returns the port that `text` is, 1 to 65535, or 0 if it is none. */
static in_port_t parse_port(const char *text)
{
    /* TODO 1: 1 to 65535 in decimal, nothing before it, nothing after it. */
    (void)text;
    return 0;
}

/* Fills the gaps in descriptors 0 to 2, so that no socket becomes our stderr. */
static int fill_standard_descriptors(void)
{
    /* TODO 7: open /dev/null until you get a number above 2, and close that one. */
    return 0;
}

/* Makes a socket address of a numeric address, IPv4 or IPv6. Returns its length, or 0 if `text` is none. */
static socklen_t socket_address(const char *text, in_port_t port, struct sockaddr_storage *addr)
{
    /* TODO 1: inet_pton() for one family, then for the other. The port goes in with htons(). */
    (void)text;
    (void)port;
    memset(addr, 0, sizeof *addr);
    return 0;
}

/* Returns a socket that has the address and the port, or -1 with errno set. */
static int open_socket(const struct sockaddr_storage *addr, socklen_t length)
{
    /* TODO 2: socket() and bind(). Nobody listens, nobody accepts: from here on datagrams come. */
    errx(3, "step 2 is still to do: see TODO 2");
    (void)addr;
    (void)length;
}

/* Returns a descriptor that can be read when SIGTERM or SIGINT has come, or -1 with errno set. */
static int open_signals(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    /* TODO 6: of no signals it is, as yet, and never has anything to say. Put the two into the set, and block
       them. We may have been started with them ignored: SIG_DFL first. */
    return signalfd(-1, &signals, 0);
}

/* Takes one datagram, and sends its sender the time. What goes wrong here is not the next one's concern. */
static void answer_one(int fd)
{
    struct sockaddr_storage client;

    /* TODO 3: recvfrom(). What must `length` be before the call? How much of the question do you want? */
    errx(3, "step 3 is still to do: see TODO 3");
    /* TODO 4: the time as RFC 868 has it, with sendto() to whom? And if that fails? */
    errx(3, "step 4 is still to do: see TODO 4");
    (void)fd;
    (void)client;
}

/* Answers until a signal says stop. Returns 0, or -1 if it can't go on. */
static int serve(int fd, int signals)
{
    /* TODO 5: this waits in recvfrom(), for a question alone. Wait with poll(2), for a question or for a signal;
       EINTR is neither. From then on nothing else may wait: MSG_DONTWAIT. Return 0 for a signal, and -1 if poll()
       fails. */
    (void)signals;
    for (;;)
        answer_one(fd);
    return -1;
}

int main(int argc, char *argv[])
{
    struct sockaddr_storage addr;

    if (fill_standard_descriptors() == -1)
        return 1;
    /* TODO 1: one argument, or two. */
    errx(3, "step 1 is still to do: see TODO 1");
    if (argc != 3)
        return usage();
    const char *address = argc == 3 ? argv[1] : "0.0.0.0";      /* every interface */
    in_port_t port = parse_port(argv[argc - 1]);
    socklen_t length = socket_address(address, port, &addr);
    if (port == 0 || length == 0)
        return usage();

    int signals = open_signals();
    if (signals == -1) {
        warn("signalfd");
        return 1;
    }
    int fd = open_socket(&addr, length);
    int status = 1;
    if (fd == -1)
        warn("cannot have %s port %d", address, port);
    else
        status = serve(fd, signals) == -1;
    if (fd != -1)
        close(fd);
    close(signals);
    return status;
}
