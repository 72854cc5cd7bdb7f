#define _GNU_SOURCE
#include "check/netlink.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int netlink_ask(const struct nlmsghdr *request)
{
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
    } answer = {0};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    int done = fd != -1 && send(fd, request, request->nlmsg_len, 0) == (ssize_t)request->nlmsg_len &&
               recv(fd, &answer, sizeof answer, MSG_TRUNC) > 0 && answer.error.error == 0;
    if (fd != -1)
        close(fd);
    return done ? 0 : -1;
}

/* A request for an address of an interface; that of IPv4 has four bytes. */
struct address_request {
    struct nlmsghdr header;
    struct ifaddrmsg address;
    struct rtattr attribute;
    unsigned char bytes[sizeof(struct in6_addr)];
};

int netlink_add_address(const char *interface, const char *host, int prefix)
{
    struct address_request request = {0};
    int family = inet_pton(AF_INET, host, request.bytes) == 1 ? AF_INET : AF_INET6;
    if (family == AF_INET6 && inet_pton(AF_INET6, host, request.bytes) != 1)
        return -1;
    size_t length = family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
    request.header = (struct nlmsghdr){.nlmsg_len = (uint32_t)(offsetof(struct address_request, bytes) + length),
                                       .nlmsg_type = RTM_NEWADDR,
                                       .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE};
    request.address = (struct ifaddrmsg){.ifa_family = (uint8_t)family,
                                         .ifa_prefixlen = (uint8_t)prefix,
                                         .ifa_scope = RT_SCOPE_UNIVERSE,
                                         .ifa_index = if_nametoindex(interface)};
    request.attribute = (struct rtattr){.rta_len = (uint16_t)RTA_LENGTH(length), .rta_type = IFA_LOCAL};
    return netlink_ask(&request.header);
}

int netlink_bring_up(const char *interface)
{
    struct {
        struct nlmsghdr header;
        struct ifinfomsg end;
    } request = {
        .header = {.nlmsg_len = sizeof request, .nlmsg_type = RTM_NEWLINK, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
        .end = {.ifi_family = AF_UNSPEC,
                .ifi_index = (int)if_nametoindex(interface),
                .ifi_flags = IFF_UP,
                .ifi_change = IFF_UP}};
    return netlink_ask(&request.header);
}

/* A request for a wire: the first end's name, and inside what is special of the kind "veth" the other end's. */
struct wire_request {
    struct nlmsghdr header;
    struct ifinfomsg end;
    struct rtattr name_header;
    char name[IFNAMSIZ];
    struct rtattr info;
    struct rtattr kind_header;
    char kind[8];
    struct rtattr data;
    struct rtattr peer;
    struct ifinfomsg other_end;
    struct rtattr other_name_header;
    char other_name[IFNAMSIZ];
};

/* From an attribute's header to the end of the request. */
#define LENGTH_FROM(member) (uint16_t)(sizeof(struct wire_request) - offsetof(struct wire_request, member))

int netlink_add_wire(const char *interface, const char *other_end)
{
    struct wire_request request = {
        .header = {.nlmsg_len = sizeof request,
                   .nlmsg_type = RTM_NEWLINK,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL},
        .name_header = {RTA_LENGTH(IFNAMSIZ), IFLA_IFNAME},
        .info = {LENGTH_FROM(info), IFLA_LINKINFO},
        .kind_header = {RTA_LENGTH(8), IFLA_INFO_KIND},
        .kind = "veth",
        .data = {LENGTH_FROM(data), IFLA_INFO_DATA},
        .peer = {LENGTH_FROM(peer), VETH_INFO_PEER},
        .other_name_header = {RTA_LENGTH(IFNAMSIZ), IFLA_IFNAME},
    };
    if (strlen(interface) >= IFNAMSIZ || strlen(other_end) >= IFNAMSIZ)
        return -1;
    memcpy(request.name, interface, strlen(interface));
    memcpy(request.other_name, other_end, strlen(other_end));
    if (netlink_ask(&request.header) == -1)
        return -1;
    return netlink_bring_up(interface) == -1 || netlink_bring_up(other_end) == -1 ? -1 : 0;
}

int netlink_set(const char *path, const char *value)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int done = fd != -1 && write(fd, value, strlen(value)) > 0;
    if (fd != -1)
        close(fd);
    return done ? 0 : -1;
}
