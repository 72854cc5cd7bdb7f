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
    /* TODO 11: as in mcast_send. Which descriptor would be the worst? */
    return 0;
}

/* Returns the number that `text` is, if it is one from `low` to `high`, else -1. */
static long parse_number(const char *text, long low, long high)
{
    /* TODO 6: as in mcast_send; a COUNT may be large. */
    (void)text;
    (void)low;
    (void)high;
    return -1;
}

/* Makes a socket address of a group, in numbers, and a port. Returns -1 if one of them is none. */
static int group_address(const char *group, const char *port, struct sockaddr_in *addr)
{
    long number = parse_number(port, 1, 65535);

    /* TODO 6: as in mcast_send. */
    (void)group;
    memset(addr, 0, sizeof *addr);
    return number == -1 ? -1 : 0;
}

/* Returns a socket that hears the group and nothing else, or -1 with errno set. */
static int open_socket(const struct sockaddr_in *group, struct in_addr interface)
{
    /* TODO 7: say that you share the port; bind, to which address? And join, where? A struct ip_mreq has the group
       and the interface. */
    errx(3, "step 7 is still to do: see TODO 7");
    (void)group;
    (void)interface;
}

/* Returns a descriptor that can be read when SIGTERM or SIGINT has come, or -1 with errno set. */
static int open_signals(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    /* TODO 9: put the two into the set and block them, even if they were ignored, as in lesson 13. */
    return signalfd(-1, &signals, 0);
}

/* Takes one datagram and prints it. Returns 1 if it did, 0 if there was none, -1 if it can't go on. */
static int print_one(int fd)
{
    static char message[LARGEST];
    struct sockaddr_in sender;

    /* TODO 8: recvfrom(), then one line. How long is the message? When does it leave the buffer of stdio? */
    errx(3, "step 8 is still to do: see TODO 8");
    (void)fd;
    (void)message;
    (void)sender;
}

/* Prints `count` datagrams, if that is 0 all that come, until a signal says stop. Returns -1 if it can't. */
static int listen_to_group(int fd, int signals, long count)
{
    int printed = 0;

    /* TODO 9: this waits in recvfrom(). Wait with poll(2), for a datagram or for a signal; EINTR is neither. From
       then on nothing else may wait: MSG_DONTWAIT. */
    /* TODO 10: COUNT. */
    (void)signals;
    (void)count;
    while (printed != -1)
        printed = print_one(fd);
    return -1;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in group;
    struct in_addr interface;
    long count = 0;

    if (fill_standard_descriptors() == -1)
        return 1;
    /* TODO 6: -c COUNT, then three arguments. COUNT is at least 1. */
    errx(3, "step 6 is still to do: see TODO 6");
    if (argc < 4)
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
