/**
 * @file
 * Peers of the program: listeners, and the connections that a check speaks on, of TCP and of Unix-domain streams. The
 * verbs are in check.h.
 *
 * A connection's descriptor does not block. What the program sends stays in the kernel until a verb reads it, so
 * that a check that does not listen is a peer that does not read.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { PASSED_MAX = 16 };

struct listener {
    int fd;
    const char *where; /**< "127.0.0.1 port 4242", "socket door": for people */
    int port;          /**< 0 of a Unix-domain socket */
    const char *name;
    int accepted;
};

struct program;

struct conn {
    int fd;                  /**< -1 once we have closed it */
    const char *name;        /**< "server", "client 2": the peer that we play */
    int own_port;            /**< our end's */
    int program_port;        /**< the program's end's */
    struct program *program; /**< which it is: the last that ran when it was made; NULL: none */
    size_t said;             /**< bytes that the kernel took from us */
    size_t heard;            /**< bytes that we read */
    bool finished;           /**< we have closed our sending direction */
    bool heard_eof;
    bool heard_reset;
    int passed[PASSED_MAX]; /**< the first descriptors that came along, as ours (unix(7), SCM_RIGHTS) */
    int passed_count;       /**< how many came */
};

/** A descriptor that listens becomes a listener, and is its own to close. */
struct listener *conn_listener(int fd, const char *where, int port);
/** A connected descriptor becomes a connection of the next client, and is its own to close. @p port: the program's, or 0. */
struct conn *conn_client(int fd, int port);
/** recv(2) without waiting; keeps the descriptors that come along. */
ssize_t conn_receive(struct conn *conn, void *data, size_t size);

/** A connection from 127.0.0.1 that is only begun: whether it is taken, and when, is the caller's to see. */
struct conn *conn_begins(int port);
/** True while something that we sent has not reached the program's kernel queue, or the other way round. */
bool conns_in_flight(void);
/** What lies unread on both sides of all connections, in bytes, as one number: as long as it changes, the program works. */
size_t conns_backlog(void);
/** True if descriptor @p fd of process @p pid is the program's end of @p conn. */
bool conn_is_held_by(const struct conn *conn, pid_t pid, int fd);
/** How a report speaks of a peer by its name: "the client", but "client 2". */
const char *the(const char *name);

/** The name of the peer that a descriptor of a process is connected to, or NULL. */
const char *conn_of_descriptor(pid_t pid, int fd);
/** The inode of the program's end, 0 if it is closed. */
unsigned long conn_inode(const struct conn *conn);
/** Connection number @p index of this check, in the order in which they were made; NULL behind the last. */
struct conn *conn_number(int index);
/** Closes all descriptors. */
void conns_close(void);
