#define _GNU_SOURCE
#include "run/network.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "check/netlink.h"

/* A route request with its attributes, as rtnetlink(7) lays them out; each attribute here has four bytes. */
struct route_request {
    struct nlmsghdr header;
    struct rtmsg route;
    struct {
        struct rtattr header;
        uint32_t value;
    } attribute[2];
};

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
    return netlink_ask(&request->header);
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
    if (netlink_bring_up("lo") == -1)
        return "bring lo up";
    if (add_default_route() == -1)
        return "add a default route to lo";
    if (add_unreachable_network() == -1)
        return "add a network that can't be reached";
    /* Where they can be had: IPv6 may be switched off. They are meant for examples (RFC 5737, RFC 3849). */
    netlink_add_address("lo", "198.51.100.1", 32);
    netlink_add_address("lo", "2001:db8::1", 128);
    netlink_add_address("lo", "2001:db8:4d2:162e:a9f3:51c7:e08b:76d4", 128); /* LONG_IPV6 in check/check.h */
    if (netlink_set("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0") == -1)
        return "open the ports below 1024";
    netlink_set("/proc/sys/user/max_user_namespaces",
                "0"); /* no namespaces inside: one wall more, where it can be had */
    return NULL;
}
