/**
 * @file
 * Changes the network namespace that we are in, by rtnetlink(7) and by its settings below /proc/sys/net. All of it takes
 * CAP_NET_ADMIN there, which a worker has in its private network alone. Each function returns 0, or -1 if the kernel
 * refuses.
 */
#pragma once

#include <linux/netlink.h>

/** Sends a request, which asks for an answer (NLM_F_ACK), and hears what the kernel says to it. */
int netlink_ask(const struct nlmsghdr *request);
/** Gives an interface a numeric address of either family, with the first @p prefix bits for its network. */
int netlink_add_address(const char *interface, const char *host, int prefix);
/** Brings an interface up; lo has its addresses then. */
int netlink_bring_up(const char *interface);
/** Makes a pair of interfaces, a wire with two ends, and brings them up (veth(4)). */
int netlink_add_wire(const char *interface, const char *other_end);
/** Writes a setting, of this or another namespace: netlink_set("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0"). */
int netlink_set(const char *path, const char *value);
