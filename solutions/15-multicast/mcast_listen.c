/*
 * mcast_listen - prints what is sent to a multicast group.
 *
 *     mcast_listen [-c COUNT] GROUP PORT INTERFACE     mcast_listen 239.255.15.15 7015 127.0.0.1
 *
 * Joins GROUP (IPv4) on the interface that has the address INTERFACE, and prints a line "ADDRESS: MESSAGE"
 * for each datagram that is sent to GROUP and PORT: ADDRESS is its sender's. Ends with status 0 after COUNT
 * of them, or at SIGTERM or SIGINT. Status 1 when it can't listen, 2 when the arguments are wrong.
 *
 * What is new: nobody sends to *us*. A socket hears a group because it is bound to the group's address and
 * the host has joined it on an interface; and others on this host may want the same port.
 *
 * See also: ip(7) for IP_ADD_MEMBERSHIP, socket(7) for SO_REUSEADDR, udp(7), bind(2), recvfrom(2), poll(2),
 *           signalfd(2), RFC 1112 (multicast), RFC 3376 (IGMP, how routers hear of members).
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define LARGEST 65507   /* bytes in a datagram: an IPv4 packet is 65535 at most, its headers take 20 and 8 */

static int usage(void)
{
    fprintf(stderr, "usage: mcast_listen [-c COUNT] GROUP PORT INTERFACE\n");
    return 2;
}

/* Fills the gaps in descriptors 0 to 2: a socket that became number 1 would get what we print. */
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

/* Returns the number that `text` is, if it is one from `low` to `high`, else -1. */
static long parse_number(const char *text, long low, long high)
{
    char *end;

    if (*text < '0' || *text > '9')     /* strtol() would skip spaces and take a sign */
        return -1;
    errno = 0;
    long number = strtol(text, &end, 10);
    return *end == '\0' && errno == 0 && number >= low && number <= high ? number : -1;
}

/* Makes a socket address of a group, in numbers, and a port. Returns -1 if one of them is none. */
static int group_address(const char *group, const char *port, struct sockaddr_in *addr)
{
    long number = parse_number(port, 1, 65535);

    memset(addr, 0, sizeof *addr);
    if (number == -1 || inet_pton(AF_INET, group, &addr->sin_addr) != 1 ||
        !IN_MULTICAST(ntohl(addr->sin_addr.s_addr)))
        return -1;
    addr->sin_family = AF_INET;
    addr->sin_port = htons((in_port_t)number);
    return 0;
}

/* Returns a socket that hears the group and nothing else, or -1 with errno set. */
static int open_socket(const struct sockaddr_in *group, struct in_addr interface)
{
    const int on = 1;
    const struct ip_mreq membership = {.imr_multiaddr = group->sin_addr, .imr_interface = interface};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    if (fd == -1)
        return -1;
    /* Bound to the group's address: what is sent to this host, or to other groups, is not for this socket. */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
        bind(fd, (const struct sockaddr *)group, sizeof *group) == -1 ||
        setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, sizeof membership) == -1) {
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

/* Takes one datagram and prints it. Returns 1 if it did, 0 if there was none, -1 if it can't go on. */
static int print_one(int fd)
{
    static char message[LARGEST];
    struct sockaddr_in sender;
    socklen_t length = sizeof sender;
    char address[INET_ADDRSTRLEN];

    ssize_t size = recvfrom(fd, message, sizeof message, MSG_DONTWAIT, (struct sockaddr *)&sender, &length);
    if (size == -1) {
        if (errno == EAGAIN || errno == EINTR)      /* EAGAIN: it was damaged, and dropped after poll() */
            return 0;
        warn("recvfrom");
        return -1;
    }
    inet_ntop(AF_INET, &sender.sin_addr, address, sizeof address);
    printf("%s: ", address);
    fwrite(message, 1, (size_t)size, stdout);       /* it may hold NULs */
    putchar('\n');
    if (fflush(stdout) == EOF) {                    /* now, and not when a buffer is full */
        warn("stdout");
        return -1;
    }
    return 1;
}

/* Prints `count` datagrams, if that is 0 all that come, until a signal says stop. Returns -1 if it can't. */
static int listen_to_group(int fd, int signals, long count)
{
    long printed = 0;

    while (count == 0 || printed < count) {
        struct pollfd ready[] = {{.fd = fd, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
        if (poll(ready, 2, -1) == -1) {
            if (errno == EINTR)
                continue;
            warn("poll");
            return -1;
        }
        if (ready[1].revents != 0)
            return 0;
        int one = print_one(fd);
        if (one == -1)
            return -1;
        printed += one;
    }
    return 0;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in group;
    struct in_addr interface;
    long count = 0;
    int option;

    if (fill_standard_descriptors() == -1)
        return 1;
    while ((option = getopt(argc, argv, "+c:")) != -1)
        if (option != 'c' || (count = parse_number(optarg, 1, LONG_MAX)) == -1)
            return usage();
    if (argc - optind != 3)
        return usage();
    char **operands = argv + optind;    /* GROUP PORT INTERFACE */
    if (group_address(operands[0], operands[1], &group) == -1 ||
        inet_pton(AF_INET, operands[2], &interface) != 1)
        return usage();

    int signals = open_signals();
    if (signals == -1) {
        warn("signalfd");
        return 1;
    }
    int fd = open_socket(&group, interface);
    int status = 1;
    if (fd == -1)
        warn("cannot listen to %s port %s on %s", operands[0], operands[1], operands[2]);
    else
        status = listen_to_group(fd, signals, count) == -1;
    if (fd != -1)
        close(fd);
    close(signals);
    return status;
}
