/**
 * @file
 * Memory that the sockets of this network namespace hold for what is under way: the kernel counts it as no process's.
 *
 * Asked by netlink (sock_diag(7)) for Unix-domain, TCP and UDP sockets, and read from /proc/net/netlink. What the kernel does
 * not tell counts as nothing. To be called where the network is the programs' own: else it counts the machine's.
 */
#pragma once

#include <stddef.h>

/** The sum, in bytes. */
size_t buffers_memory(void);
