/**
 * @file
 * The multicast groups that this network namespace is a member of, as /proc/net/igmp lists them (IPv4).
 *
 * The kernel keeps them for each interface, and counts the sockets that have joined; it does not say which these are.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>

struct membership {
    int index;          /**< the interface's */
    char interface[16]; /**< its name */
    struct in_addr group;
    int users; /**< how many sockets have joined */
};

/** Calls @p visit with each membership until it returns true; returns true if it did. */
bool groups_find(bool (*visit)(const struct membership *membership, void *context), void *context);
/** How many sockets have joined @p group on the interface with that index; -1 where the kernel does not tell. */
int groups_users(int index, struct in_addr group);
