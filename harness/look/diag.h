/**
 * @file
 * Asking the kernel about TCP sockets by netlink (sock_diag(7)): a look-up costs microseconds, where reading
 * /proc/net/tcp walks the whole hash table of the machine, a millisecond or more.
 *
 * Not to be had on every kernel (the module tcp_diag): look/sockets.h then reads /proc/net/tcp instead.
 */
#pragma once

#include "look/sockets.h"

struct nlmsghdr;
struct sockaddr_storage;

enum diag_answer { DIAG_FOUND, DIAG_NONE, DIAG_UNAVAILABLE };

/** A netlink socket to ask with, which stays ours; -1 if there is none. */
int diag_netlink(void);
/** Copies an attribute of a socket to @p value, if it has one of this type and at least this size; the answer's own structure
 *  has @p body bytes. */
bool diag_attribute(const struct nlmsghdr *header, size_t body, unsigned short type, void *value, size_t size);
/** The socket whose own end is @p local and whose other end is @p remote. */
enum diag_answer diag_connection(const struct sockaddr_storage *local, const struct sockaddr_storage *remote,
                                 struct socket_row *row);
/** The first socket that listens on @p port. */
enum diag_answer diag_listener(int port, struct socket_row *row);
