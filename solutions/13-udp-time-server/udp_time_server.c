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
    char *end;

    if (*text < '0' || *text > '9')     /* strtoul() would skip spaces and take a sign */
        return 0;
    unsigned long port = strtoul(text, &end, 10);
    return *end == '\0' && port <= 65535 ? (in_port_t)port : 0;
}

/* Fills the gaps in descriptors 0 to 2, so that no socket becomes our stderr. */
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
static socklen_t socket_address(const char *text, in_port_t port, struct sockaddr_storage *addr)
{
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)addr;
    struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)addr;

    memset(addr, 0, sizeof *addr);
    if (inet_pton(AF_INET, text, &ipv4->sin_addr) == 1) {
        ipv4->sin_family = AF_INET;
        ipv4->sin_port = htons(port);
        return sizeof *ipv4;
    }
    if (inet_pton(AF_INET6, text, &ipv6->sin6_addr) == 1) {
        ipv6->sin6_family = AF_INET6;
        ipv6->sin6_port = htons(port);
        return sizeof *ipv6;
    }
    return 0;
}

/* Returns a socket that has the address and the port, or -1 with errno set. */
static int open_socket(const struct sockaddr_storage *addr, socklen_t length)
{
    int fd = socket(addr->ss_family, SOCK_DGRAM, 0);

    if (fd == -1)
        return -1;
    /* No SO_REUSEADDR: datagrams leave no TIME_WAIT behind, and with it two servers could have one port. */
    if (bind(fd, (const struct sockaddr *)addr, length) == -1) {
        int reason = errno;
        close(fd);
        errno = reason;
        return -1;
    }
    return fd;
}

/* Returns a descriptor that can be read when SIGTERM or SIGINT has come, or -1 with errno set. */
static int open_signals(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    signal(SIGTERM, SIG_DFL);   /* we may have been started with them ignored */
    signal(SIGINT, SIG_DFL);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, 0);
}

/* Takes one datagram, and sends its sender the time. What goes wrong here is not the next one's concern. */
static void answer_one(int fd)
{
    struct sockaddr_storage client;
    socklen_t length = sizeof client;   /* before each call: how much room there is; then how much was used */
    char ignored;                       /* what does not fit is dropped, and we want none of it */

    if (recvfrom(fd, &ignored, sizeof ignored, MSG_DONTWAIT, (struct sockaddr *)&client, &length) == -1) {
        if (errno != EAGAIN && errno != EINTR)      /* EAGAIN: it was damaged, and dropped after poll() */
            warn("recvfrom");
        return;
    }
    uint32_t now = htonl((uint32_t)(time(NULL) + SECONDS_1900_TO_1970));
    if (sendto(fd, &now, sizeof now, MSG_DONTWAIT, (const struct sockaddr *)&client, length) == -1)
        warn("sendto");
}

/* Answers until a signal says stop. Returns 0, or -1 if it can't go on. */
static int serve(int fd, int signals)
{
    for (;;) {
        struct pollfd ready[] = {{.fd = fd, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
        if (poll(ready, 2, -1) == -1) {
            if (errno == EINTR)
                continue;
            warn("poll");
            return -1;
        }
        if (ready[1].revents != 0)
            return 0;
        answer_one(fd);
    }
}

int main(int argc, char *argv[])
{
    struct sockaddr_storage addr;

    if (fill_standard_descriptors() == -1)
        return 1;
    if (argc != 2 && argc != 3)
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
