/**
 * @file
 * The Unix-domain stream sockets of this network namespace (unix(7)), as the kernel tells of them by netlink
 * (sock_diag(7)), and where it does not (the module unix_diag), as far as /proc/net/unix does.
 *
 * A socket is known by its file's device and inode, not by the name that it was bound to: the file may have been renamed.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "look/sockets.h"

/** Who listens at a socket file. */
enum unix_listener {
    UNIX_LISTENS, /**< somebody does */
    UNIX_NOBODY,  /**< its server is dead, or has not begun to listen */
    UNIX_UNKNOWN, /**< the kernel does not tell */
};

/** Does anybody listen at the socket file that @p file is? Unknown where the kernel does not say. */
enum unix_listener unix_listener(const struct stat *file);

/** True if the socket @p inode listens. */
bool unix_is_listening(unsigned long inode);

/**
 * The other end of our connected socket @p fd. Its `receiving` is more than 0 while it has not read all that we sent
 * (the kernel counts memory, not bytes); its inode is 0 when it is closed, and before it is accepted.
 */
bool unix_other_end(int fd, struct socket_row *row);
