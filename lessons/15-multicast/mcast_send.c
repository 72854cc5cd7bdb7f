/*
 * mcast_send - sends one message to a multicast group.
 *
 *     mcast_send GROUP PORT INTERFACE TTL MESSAGE        mcast_send 239.255.15.15 7015 127.0.0.1 1 hello
 *
 * One datagram with MESSAGE goes to all members of GROUP (IPv4), out of the interface that has the address
 * INTERFACE, across at most TTL - 1 routers. Status 1 when it can't be sent, 2 when the arguments are wrong.
 *
 * What is new: an address that is nobody's. The routing table does not know where its members are, so the
 * sender says by which interface the datagram leaves, and how far it may go.
 *
 * See also: ip(7) for IP_MULTICAST_IF and IP_MULTICAST_TTL, udp(7), sendto(2), inet_pton(3), RFC 1112
 *           (multicast), RFC 2365 (the groups 239.0.0.0 to 239.255.255.255).
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int usage(void)
{
    fprintf(stderr, "usage: mcast_send GROUP PORT INTERFACE TTL MESSAGE     (TTL: 0 to 255)\n");
    return 2;
}

/* Fills the gaps in descriptors 0 to 2, so that no socket becomes our stderr. */
static int fill_standard_descriptors(void)
{
    /* TODO 5: open /dev/null until you get a number above 2, and close that one. */
    return 0;
}

/* Returns the number that `text` is, if it is one from `low` to `high`, else -1. */
static int parse_number(const char *text, int low, int high)
{
    /* TODO 1: decimal, nothing before it, nothing after it. PORT and TTL have different ends. */
    (void)text;
    (void)low;
    (void)high;
    return -1;
}

/* Makes a socket address of a group, in numbers, and a port. Returns -1 if one of them is none. */
static int group_address(const char *group, const char *port, struct sockaddr_in *addr)
{
    /* TODO 2: inet_pton() says whether it is an address. What says whether it is a group's, and in which
       order does it want the bytes? */
    errx(3, "step 2 is still to do: see TODO 2");
    (void)group;
    (void)port;
    memset(addr, 0, sizeof *addr);
    return -1;
}

/* Returns a socket whose datagrams to groups leave by `interface`, as `ttl` says; or -1 with errno set. */
static int open_socket(struct in_addr interface, int ttl)
{
    /* TODO 3: a socket for datagrams. Two options: where out, and how far? Both can fail. */
    errx(3, "step 3 is still to do: see TODO 3");
    (void)interface;
    (void)ttl;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in group;
    struct in_addr interface;

    if (fill_standard_descriptors() == -1)
        return 1;
    /* TODO 1: five arguments. */
    errx(3, "step 1 is still to do: see TODO 1");
    if (argc != 2)
        return usage();
    int ttl = parse_number(argv[4], 0, 255);
    if (group_address(argv[1], argv[2], &group) == -1 ||
        inet_pton(AF_INET, argv[3], &interface) != 1 || ttl == -1)
        return usage();
    const char *message = argv[5];

    int fd = open_socket(interface, ttl);
    if (fd == -1) {
        warn("cannot send to %s port %s by %s", argv[1], argv[2], argv[3]);
        return 1;
    }
    int status = 1;
    /* TODO 4: sendto(), once. How many bytes of it, and what if that fails? */
    warnx("step 4 is still to do: see TODO 4");
    status = 3;
    (void)message;
    close(fd);
    return status;
}
