#define _GNU_SOURCE
#include "check/conn.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check/address.h"
#include "check/check.h"
#include "check/difference.h"
#include "check/record.h"
#include "check/stage.h"
#include "check/verdict.h"
#include "check/wait.h"
#include "look/proc.h"
#include "look/sockets.h"

enum { CONNS_MAX = 2048, LISTENERS_MAX = 16, SMALL_BUFFER = 2048, SMALL_SEGMENT = 536 };

static struct conn *conns[CONNS_MAX];
static int conn_count;
static struct listener listeners[LISTENERS_MAX];
static int listener_count;
static int client_count;

static int own_port_of(int fd)
{
    struct sockaddr_storage own = {0};
    socklen_t length = sizeof own;
    if (getsockname(fd, (struct sockaddr *)&own, &length) == -1 || own.ss_family == AF_UNIX)
        return 0;
    return address_port(&own);
}

/* A high descriptor: 0 to 2 are the worker's, and a check may have a thousand. */
static int stream_socket(int family, bool small)
{
    int low = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int fd = low == -1 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, 10);
    if (low != -1)
        close(low);
    if (fd == -1)
        fault("no socket for a peer: %s", strerror(errno));
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (small) {
        int buffer = SMALL_BUFFER;
        int segment = SMALL_SEGMENT;
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
        setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
    }
    return fd;
}

static struct conn *new_conn(int fd, const char *name, int program_port)
{
    if (conn_count == CONNS_MAX)
        fault("a check may have %d connections", CONNS_MAX);
    struct conn *conn = keep(sizeof *conn);
    *conn = (struct conn){.fd = fd,
                          .name = name,
                          .own_port = own_port_of(fd),
                          .program_port = program_port,
                          .program = program_running()};
    conns[conn_count++] = conn;
    return conn;
}

struct conn *conn_client(int fd, int port)
{
    return new_conn(fd, text("client %d", ++client_count), port);
}

/* Those that have no place are closed, and counted all the same. */
static void keep_passed(struct conn *conn, const struct cmsghdr *header)
{
    size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
        int fd;
        memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
        if (conn->passed_count < PASSED_MAX)
            conn->passed[conn->passed_count] = fd;
        else
            close(fd);
        conn->passed_count++;
    }
    record(YOU, conn->name, text("%zu descriptor%s", count, count == 1 ? "" : "s"), bytes(""));
}

ssize_t conn_receive(struct conn *conn, void *data, size_t size)
{
    enum { MOST = 253 }; /* SCM_MAX_FD of Linux */
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(MOST * sizeof(int))];
    } control;
    struct iovec place = {.iov_base = data, .iov_len = size};
    struct msghdr message = {
        .msg_iov = &place, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t n = recvmsg(conn->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n == -1)
        return -1;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
            keep_passed(conn, header);
    }
    return n;
}

/* ------------------------------------------------ facts about connections */

/* What the kernel has still to send goes once the program has read and its window has opened: if it has read all that came,
   the rest is on its way, though the kernel may take its time (zero-window probes: tcp(7)). */
static bool in_flight(const struct conn *conn)
{
    struct tcp_info info;
    socklen_t size = sizeof info;
    if (conn->fd == -1 || getsockopt(conn->fd, IPPROTO_TCP, TCP_INFO, &info, &size) == -1)
        return false;
    int kept = 0;
    struct socket_row row;
    return info.tcpi_unacked > 0 || (ioctl(conn->fd, SIOCOUTQ, &kept) == 0 && kept > 0 &&
                                     sockets_other_end(conn->fd, &row) && row.receiving == 0);
}

/* Something that the program has sent has not come to us, though we have read all that has: a small segment may wait
   for an acknowledgement (Nagle), which the kernel may delay by up to 200 ms (tcp(7), TCP_QUICKACK). */
static bool comes_from_program(const struct conn *conn)
{
    int unread = 0;
    struct socket_row row;
    if (conn->fd == -1 || conn->heard_eof || ioctl(conn->fd, FIONREAD, &unread) == -1 || unread > 0)
        return false;
    return sockets_other_end(conn->fd, &row) && row.sending > 0;
}

bool conns_in_flight(void)
{
    for (int i = 0; i < conn_count; i++) {
        if (in_flight(conns[i]) || comes_from_program(conns[i]))
            return true;
    }
    return false;
}

size_t conns_backlog(void)
{
    size_t backlog = 0;
    for (int i = 0; i < conn_count; i++) {
        int unread = 0;
        struct socket_row row;
        if (conns[i]->fd == -1)
            continue;
        if (ioctl(conns[i]->fd, FIONREAD, &unread) == 0)
            backlog += (size_t)unread;
        if (sockets_other_end(conns[i]->fd, &row))
            backlog += 3 * row.receiving; /* a byte that crosses changes the sum */
    }
    return backlog;
}

struct conn *conn_number(int index)
{
    return index < conn_count ? conns[index] : NULL;
}

unsigned long conn_inode(const struct conn *conn)
{
    struct socket_row row;
    return conn->fd != -1 && sockets_other_end(conn->fd, &row) ? row.inode : 0;
}

static unsigned long inode_of(pid_t pid, int fd)
{
    if (fd < 0)
        return 0;
    struct descriptor descriptor = {.fd = fd};
    ssize_t n = readlink(text("/proc/%d/fd/%d", pid, fd), descriptor.target, sizeof descriptor.target - 1);
    return n <= 0 ? 0 : proc_socket_inode(&descriptor);
}

bool conn_is_held_by(const struct conn *conn, pid_t pid, int fd)
{
    unsigned long inode = inode_of(pid, fd);
    return inode != 0 && inode == conn_inode(conn);
}

const char *the(const char *name)
{
    return isdigit((unsigned char)name[strlen(name) - 1]) ? name : text("the %s", name);
}

const char *conn_of_descriptor(pid_t pid, int fd)
{
    unsigned long inode = inode_of(pid, fd);
    for (int i = 0; inode != 0 && i < conn_count; i++) {
        if (conn_inode(conns[i]) == inode)
            return the(conns[i]->name);
    }
    return NULL;
}

void conns_close(void)
{
    for (int i = 0; i < conn_count; i++) {
        if (conns[i]->fd != -1)
            close(conns[i]->fd);
        for (int k = 0; k < conns[i]->passed_count && k < PASSED_MAX; k++)
            close(conns[i]->passed[k]);
    }
    for (int i = 0; i < listener_count; i++)
        close(listeners[i].fd);
}

/* ------------------------------------------------ making connections */

struct listener *conn_listener(int fd, const char *where, int port)
{
    if (listener_count == LISTENERS_MAX)
        fault("a check may have %d listeners", LISTENERS_MAX);
    struct listener *listener = &listeners[listener_count++];
    const char *name = listener_count == 1 ? "server" : text("server %d", listener_count);
    *listener = (struct listener){.fd = fd, .where = where, .port = port, .name = name};
    record(name, NULL, "listen", bytes(where));
    return listener;
}

static struct listener *listens_on(const char *host, int port, bool small)
{
    if (port == ANY_PORT)
        port = free_port();
    struct address address = address_of(host, port);
    int fd = stream_socket(address.storage.ss_family, small);
    int one = 1;
    int both_families = 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &both_families, sizeof both_families);
    if (bind(fd, (struct sockaddr *)&address.storage, address.length) == -1 || listen(fd, 128) == -1)
        fault("can't listen on %s port %d: %s", host, port, strerror(errno));
    return conn_listener(fd, text("%s port %d", host, port), port);
}

struct listener *listens(int port)
{
    return listens_on("127.0.0.1", port, false);
}

struct listener *listens_at(const char *host, int port)
{
    return listens_on(host, port, false);
}

struct listener *listens_everywhere(int port)
{
    return listens_on(has_ipv6() ? "::" : "0.0.0.0", port, false);
}

struct listener *listens_with_small_buffers(int port)
{
    return listens_on("127.0.0.1", port, true);
}

int server_port(const struct listener *listener)
{
    return listener->port;
}

const char *port_of(const struct listener *listener)
{
    return number(listener->port);
}

struct accepting {
    struct listener *listener;
    struct sockaddr_storage from;
    int fd;
};

static bool has_come(void *context)
{
    struct accepting *accepting = context;
    socklen_t length = sizeof accepting->from;
    int low = accept4(accepting->listener->fd, (struct sockaddr *)&accepting->from, &length,
                      SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (low == -1)
        return false;
    accepting->fd = fcntl(low, F_DUPFD_CLOEXEC, 10);
    close(low);
    return true;
}

/* It does listen: who was refused has asked somebody else. */
static void explain_refusal(const struct listener *listener)
{
    if (!program_complains_of("onnection refused"))
        return;
    verdict_because("Somebody listens on %s, so the connection that was refused went elsewhere.", listener->where);
    const char *address = text("%.*s", (int)strcspn(listener->where, " "), listener->where);
    if (listener->port != 0 && strstr(program_newest()->line, address) != NULL)
        verdict_because_also("Address and port stand in a struct sockaddr_in in network byte order: inet_pton() writes "
                             "the one so, htons() makes that of the other.");
}

struct conn *accepts(struct listener *listener)
{
    struct accepting accepting = {.listener = listener, .fd = -1};
    struct awaited awaited = {.come = has_come,
                              .context = &accepting,
                              .fd = listener->fd,
                              .events = POLLIN,
                              .until_end = true,
                              .who_waits = text("%s waits for a connection", the(listener->name))};
    enum waited waited = wait_until(&awaited);
    if (waited == ENDED)
        explain_refusal(listener);
    if (waited != CAME)
        wait_fails(waited, &awaited, text("a connection to %s", listener->where), "no connection came");
    listener->accepted++;
    struct conn *conn = new_conn(accepting.fd,
                                 listener->accepted == 1 ? listener->name
                                                         : text("%s (%d)", listener->name, listener->accepted),
                                 listener->port == 0 ? 0 : address_port(&accepting.from));
    record(YOU, conn->name, "connect", bytes(""));
    return conn;
}

void nobody_came(struct listener *listener)
{
    struct accepting accepting = {.listener = listener};
    if (has_come(&accepting))
        fails("no connection", "your program made a connection");
}

static bool is_connected(void *context)
{
    struct conn *conn = context;
    struct pollfd ready = {.fd = conn->fd, .events = POLLOUT};
    return poll(&ready, 1, 0) == 1;
}

/* A port with a name in services(5), so that who prints that for the number shows. In a private network it is free. */
enum { NAMED_PORT = 3306 };

/* A socket at an address of this machine's. */
static int socket_from(const char *from, bool small)
{
    for (bool has_name = stage.private_network;; has_name = false) {
        struct address own = address_of(from, has_name ? NAMED_PORT : 0);
        int fd = stream_socket(own.storage.ss_family, small);
        struct sockaddr_storage bound = {0};
        socklen_t length = sizeof bound;
        bool is_bound = bind(fd, (struct sockaddr *)&own.storage, own.length) == 0;
        if (!is_bound && !(has_name && errno == EADDRINUSE))
            fault("can't connect from %s: %s", from, strerror(errno));
        getsockname(fd, (struct sockaddr *)&bound, &length);
        if (is_bound && port_has_an_order(address_port(&bound)))
            return fd;
        close(fd);
    }
}

static struct conn *try_to_connect(const char *from, const char *host, int port, bool small, int *error)
{
    struct address address = address_of(host, port);
    int fd = from == NULL ? stream_socket(address.storage.ss_family, small) : socket_from(from, small);
    *error = 0;
    if (connect(fd, (struct sockaddr *)&address.storage, address.length) == -1 && errno != EINPROGRESS)
        *error = errno;
    struct conn *conn = conn_client(fd, port);
    struct awaited awaited = {
        .come = is_connected, .context = conn, .fd = fd, .events = POLLOUT, .stuck_is_no_end = true, .seconds = 0.9};
    if (*error == 0 && wait_until(&awaited) != CAME)
        *error = ETIMEDOUT; /* the queue is full: the kernel drops the SYN, and sends it again after a second */
    socklen_t size = sizeof *error;
    if (*error == 0)
        getsockopt(fd, SOL_SOCKET, SO_ERROR, error, &size);
    if (*error != 0)
        record(conn->name, YOU, *error == ETIMEDOUT ? "connect (no answer)" : "connect (refused)", bytes(""));
    else
        record(conn->name, YOU, from == NULL ? "connect" : text("connect from %s", from), bytes(""));
    return conn;
}

static struct conn *connects_somehow(const char *from, const char *host, int port, bool small)
{
    int error;
    struct conn *conn = try_to_connect(from, host, port, small, &error);
    if (error == ETIMEDOUT) {
        verdict_because(
            "The queue of connections that wait to be accepted is full: see the second argument of listen().");
        fails(text("a connection to %s port %d", host, port),
              "the connection is not taken: no answer from the listener");
    }
    if (error != 0)
        fails(text("a connection to %s port %d", host, port),
              program_newest() != NULL && program_newest()->ended
                  ? text("%s; %s", strerror(error), program_fate(program_newest()))
                  : strerror(error));
    return conn;
}

struct conn *conn_begins(int port)
{
    struct address address = address_of("127.0.0.1", port);
    int fd = stream_socket(address.storage.ss_family, false);
    (void)connect(fd, (struct sockaddr *)&address.storage, address.length); /* what became of it, poll(2) tells */
    return conn_client(fd, port);
}

struct conn *connects(int port)
{
    return connects_somehow(NULL, "127.0.0.1", port, false);
}

struct conn *connects_to(const char *host, int port)
{
    return connects_somehow(NULL, host, port, false);
}

struct conn *connects_from(const char *from, const char *host, int port)
{
    return connects_somehow(from, host, port, false);
}

const char *client_address(const struct conn *conn)
{
    struct sockaddr_storage own = {0};
    socklen_t length = sizeof own;
    if (conn->fd == -1 || getsockname(conn->fd, (struct sockaddr *)&own, &length) == -1)
        fault("a check asks for the address of a connection that it has closed");
    return address_host(&own);
}

int client_port(const struct conn *conn)
{
    return conn->own_port;
}

struct conn *connects_with_small_buffers(int port)
{
    return connects_somehow(NULL, "127.0.0.1", port, true);
}

struct conn *tries_to_connect(int port)
{
    int error;
    struct conn *conn = try_to_connect(NULL, "127.0.0.1", port, false, &error);
    if (error != 0) {
        close(conn->fd);
        conn->fd = -1;
    }
    return conn;
}

bool was_refused(const struct conn *conn)
{
    return conn->fd == -1;
}

void finds_nobody(const char *host, int port)
{
    int error;
    struct conn *conn = try_to_connect(NULL, host, port, false, &error);
    if (error == 0)
        fails(text("nobody listens on %s port %d", host, port), "the connection was taken");
    close(conn->fd);
    conn->fd = -1;
}

bool has_been_closed(const struct conn *conn)
{
    return conn_inode(conn) == 0;
}

/* A connection that waits in the queue belongs to no process yet; nor does one that was closed, but that is in another
   state. */
static bool is_held(void *context)
{
    const struct conn *conn = context;
    struct socket_row row;
    if (!sockets_other_end(conn->fd, &row) || row.inode != 0)
        return true;
    return row.state != SOCKET_STATE_ESTABLISHED && row.state != SOCKET_STATE_SYN_RECEIVED &&
           row.state != SOCKET_STATE_CLOSE_WAIT && row.state != SOCKET_STATE_NEW_SYN_RECEIVED;
}

void is_accepted(struct conn *conn)
{
    struct awaited awaited = {
        .come = is_held, .context = conn, .who_waits = text("%s waits to be accepted", the(conn->name))};
    enum waited waited = wait_until(&awaited);
    if (waited != CAME)
        wait_fails(waited, &awaited, text("%s is accepted", the(conn->name)), "it still waits in the listener's queue");
}

/* ------------------------------------------------ ending connections */

void half_closes(struct conn *conn)
{
    shutdown(conn->fd, SHUT_WR);
    conn->finished = true;
    record(conn->name, YOU, "end-of-file", bytes(""));
}

void hangs_up(struct conn *conn)
{
    close(conn->fd);
    conn->fd = -1;
    record(conn->name, YOU, conn->finished ? "close" : "end-of-file", bytes(""));
    conn->finished = true;
}

void resets(struct conn *conn)
{
    struct linger abort = {.l_onoff = 1, .l_linger = 0};
    setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
    close(conn->fd);
    conn->fd = -1;
    record(conn->name, YOU, "reset", bytes(""));
}
