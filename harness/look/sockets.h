/**
 * @file
 * The sockets of this network namespace, as /proc/net/{tcp,tcp6,udp,udp6} lists them (proc(5)), or, for the common
 * questions, as the kernel answers them by netlink (look/diag.h).
 *
 * IPv4 addresses come as IPv4-mapped IPv6 addresses, so that one comparison serves both families.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/types.h>

enum socket_kind { SOCKET_TCP, SOCKET_UDP, SOCKET_UNIX };

enum { /* include/net/tcp_states.h of Linux */
       SOCKET_STATE_ESTABLISHED = 1,
       SOCKET_STATE_SYN_RECEIVED = 3,
       SOCKET_STATE_CLOSE_WAIT = 8,
       SOCKET_STATE_LISTEN = 10,
       SOCKET_STATE_NEW_SYN_RECEIVED = 12
};

struct socket_row {
    enum socket_kind kind;
    bool ipv6; /**< the socket's own family; a dual-stack socket is IPv6 */
    struct in6_addr local;
    struct in6_addr remote;
    int local_port;
    int remote_port;
    int state;
    unsigned long sending;   /**< bytes not acknowledged yet; of a listener: its backlog, 0 where that is not told */
    unsigned long receiving; /**< bytes that the program has not read; of a listener: connections not accepted */
    unsigned long inode;     /**< 0 when no process holds the socket any more */
};

/** Calls @p visit with each socket of a kind until it returns true; returns true if it did. */
bool sockets_find(enum socket_kind kind, bool (*visit)(const struct socket_row *row, void *context), void *context);

/** True if any socket listens on (TCP) or is bound to (UDP) @p port; @p row, unless NULL, gets the first. */
bool sockets_listener(enum socket_kind kind, int port, struct socket_row *row);

/** Finds the TCP connection whose own end is @p local_port and whose other end is @p remote_port. */
bool sockets_connection(int local_port, int remote_port, struct socket_row *row);

/** Finds the other end of our connected TCP socket @p fd, if it is on this machine and not wholly closed; or that of our
 *  Unix-domain stream: see look/unix.h. */
bool sockets_other_end(int fd, struct socket_row *row);

/** A copy of descriptor @p fd of process @p pid, for getsockopt(2); -1 where that is not permitted. To be closed. */
int sockets_copy(pid_t pid, int fd);
