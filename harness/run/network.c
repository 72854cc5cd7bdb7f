#define _GNU_SOURCE
#include "run/network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A route request with its attributes, as rtnetlink(7) lays them out; each attribute here has four bytes. */
struct route_request {
    struct nlmsghdr header;
    struct rtmsg route;
    struct {
        struct rtattr header;
        uint32_t value;
    } attribute[2];
};

/* Sends a request and hears what the kernel says to it: 0, or -1 if it refuses. */
static int ask_kernel(const struct nlmsghdr *request)
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

static int add_route(struct route_request *request, int attributes)
{
    size_t size = offsetof(struct route_request, attribute) + (size_t)attributes * sizeof request->attribute[0];
    request->header = (struct nlmsghdr){.nlmsg_len = (uint32_t)size,
                                        .nlmsg_type = RTM_NEWROUTE,
                                        .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE};
    request->route.rtm_family = AF_INET;
    request->route.rtm_table = RT_TABLE_MAIN;
    request->route.rtm_protocol = RTPROT_BOOT;
    for (int i = 0; i < attributes; i++)
        request->attribute[i].header.rta_len = RTA_LENGTH(sizeof(uint32_t));
    return ask_kernel(&request->header);
}

/* Everything goes to lo, as a wire with many hosts. */
static int add_default_route(void)
{
    struct route_request request = {
        .route = {.rtm_scope = RT_SCOPE_LINK, .rtm_type = RTN_UNICAST},
        .attribute = {{{.rta_type = RTA_OIF}, if_nametoindex("lo")},
                      {{.rta_type = RTA_PREFSRC}, htonl(INADDR_LOOPBACK)}},
    };
    return add_route(&request, 2);
}

/* 192.0.2.0/24 (RFC 5737) can't be reached: what is sent there fails with EHOSTUNREACH. */
static int add_unreachable_network(void)
{
    struct route_request request = {
        .route = {.rtm_dst_len = 24, .rtm_scope = RT_SCOPE_UNIVERSE, .rtm_type = RTN_UNREACHABLE},
        .attribute = {{{.rta_type = RTA_DST}, htonl(0xc0000200)}},
    };
    return add_route(&request, 1);
}

/* A request for an address of a device; that of IPv4 has four bytes. */
struct address_request {
    struct nlmsghdr header;
    struct ifaddrmsg address;
    struct rtattr attribute;
    unsigned char bytes[sizeof(struct in6_addr)];
};

static int add_address(int family, const char *host)
{
    size_t length = family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
    struct address_request request = {
        .header = {.nlmsg_len = (uint32_t)(offsetof(struct address_request, bytes) + length),
                   .nlmsg_type = RTM_NEWADDR,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE},
        .address = {.ifa_family = (uint8_t)family,
                    .ifa_prefixlen = (uint8_t)(8 * length),
                    .ifa_scope = RT_SCOPE_UNIVERSE,
                    .ifa_index = if_nametoindex("lo")},
        .attribute = {.rta_len = (uint16_t)RTA_LENGTH(length), .rta_type = IFA_LOCAL},
    };
    inet_pton(family, host, request.bytes);
    return ask_kernel(&request.header);
}

static int write_setting(const char *path, const char *value)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int done = fd != -1 && write(fd, value, strlen(value)) > 0;
    if (fd != -1)
        close(fd);
    return done ? 0 : -1;
}

/* A machine's own network has more than lo, and a fresh one has nothing more that is up. */
static bool is_fresh(void)
{
    struct ifaddrs *all;
    if (getifaddrs(&all) == -1)
        return false;
    bool fresh = true;
    for (struct ifaddrs *i = all; i != NULL; i = i->ifa_next)
        fresh = fresh && ((i->ifa_flags & IFF_LOOPBACK) != 0 || (i->ifa_flags & IFF_UP) == 0);
    freeifaddrs(all);
    return fresh;
}

const char *network_prepare(void)
{
    if (!is_fresh()) /* run by hand, as root: it would change the machine's routes */
        return "take a network that is not fresh";
    if (add_default_route() == -1)
        return "add a default route to lo";
    if (add_unreachable_network() == -1)
        return "add a network that can't be reached";
    /* Where they can be had: IPv6 may be switched off. They are meant for examples (RFC 5737, RFC 3849). */
    add_address(AF_INET, "198.51.100.1");
    add_address(AF_INET6, "2001:db8::1");
    if (write_setting("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0") == -1)
        return "open the ports below 1024";
    write_setting("/proc/sys/user/max_user_namespaces",
                  "0"); /* no namespaces inside: one wall more, where it can be had */
    return NULL;
}
