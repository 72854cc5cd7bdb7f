/* Different: IP_PKTINFO and IP_TTL go with the datagram, as control messages of sendmsg(); only TTL 0 needs an option. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static int index_of(struct in_addr address)
{
    struct ifaddrs *all;
    int index = 0;
    if (getifaddrs(&all) == -1)
        return 0;
    for (struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
        struct sockaddr_in own;
        if (i->ifa_addr == NULL || i->ifa_addr->sa_family != AF_INET)
            continue;
        memcpy(&own, i->ifa_addr, sizeof own);
        if (own.sin_addr.s_addr == address.s_addr)
            index = (int)if_nametoindex(i->ifa_name);
    }
    freeifaddrs(all);
    return index;
}

static int is_number(const char *text, int least, int most)
{
    return text[0] != '\0' && strspn(text, "0123456789") == strlen(text) && strlen(text) < 9 &&
           atoi(text) >= least && atoi(text) <= most;
}

static void add(struct msghdr *message, struct cmsghdr *c, int type, const void *data, size_t size)
{
    c->cmsg_level = IPPROTO_IP;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(c), data, size);
    message->msg_controllen += CMSG_SPACE(size);
}

int main(int argc, char *argv[])
{
    union {
        struct cmsghdr align;
        char space[256];
    } control = {0};
    struct sockaddr_in group = {.sin_family = AF_INET};
    struct in_pktinfo by = {0};
    struct in_addr interface;
    if (argc != 6 || inet_pton(AF_INET, argv[1], &group.sin_addr) != 1 ||
        (group.sin_addr.s_addr & htonl(0xf0000000)) != htonl(0xe0000000) || !is_number(argv[2], 1, 65535) ||
        inet_pton(AF_INET, argv[3], &interface) != 1 || !is_number(argv[4], 0, 255)) {
        fprintf(stderr, "usage: mcast_send GROUP PORT INTERFACE TTL MESSAGE\n");
        return 2;
    }
    group.sin_port = htons((in_port_t)atoi(argv[2]));
    int ttl = atoi(argv[4]);
    by.ipi_ifindex = index_of(interface);
    by.ipi_spec_dst = interface;
    struct iovec data = {argv[5], strlen(argv[5])};
    struct msghdr message = {.msg_name = &group, .msg_namelen = sizeof group, .msg_iov = &data, .msg_iovlen = 1,
                             .msg_control = &control};
    add(&message, &control.align, IP_PKTINFO, &by, sizeof by);
    if (ttl > 0)
        add(&message, (struct cmsghdr *)(void *)(control.space + message.msg_controllen), IP_TTL, &ttl, sizeof ttl);
    errno = ENODEV;
    int fd = by.ipi_ifindex == 0 ? -1 : socket(AF_INET, SOCK_DGRAM, 0);
    if (fd == -1 || setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof ttl) == -1 ||
        sendmsg(fd, &message, 0) == -1) {
        fprintf(stderr, "mcast_send: %s port %s: %s\n", argv[1], argv[2], strerror(errno));
        return 1;
    }
    return close(fd) == -1;
}
