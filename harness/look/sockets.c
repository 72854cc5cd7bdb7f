#define _GNU_SOURCE
#include "look/sockets.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "look/diag.h"
#include "look/unix.h"

/* An address stands in the file as words of four bytes, each printed as a number of the machine's own order. */
static void read_address(const char *hex, bool ipv6, struct in6_addr *address)
{
    unsigned int word[4] = {0, 0, htonl(0xffff), 0};
    if (ipv6)
        sscanf(hex, "%8x%8x%8x%8x", &word[0], &word[1], &word[2], &word[3]);
    else
        sscanf(hex, "%8x", &word[3]);
    memcpy(address, word, sizeof *address);
}

static bool read_row(const char *line, struct socket_row *row)
{
    char local[33];
    char remote[33];
    unsigned int local_port, remote_port, state;
    if (sscanf(line, " %*d: %32[0-9A-Fa-f]:%x %32[0-9A-Fa-f]:%x %x %lx:%lx %*s %*s %*s %*s %lu", local, &local_port,
               remote, &remote_port, &state, &row->sending, &row->receiving, &row->inode) != 8)
        return false;
    read_address(local, row->ipv6, &row->local);
    read_address(remote, row->ipv6, &row->remote);
    row->local_port = (int)local_port;
    row->remote_port = (int)remote_port;
    row->state = (int)state;
    return true;
}

static bool find_in(const char *path, struct socket_row *row, bool (*visit)(const struct socket_row *, void *),
                    void *context)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    char line[512];
    bool found = false;
    while (!found && fgets(line, sizeof line, file) != NULL)
        found = read_row(line, row) && visit(row, context);
    fclose(file);
    return found;
}

bool sockets_find(enum socket_kind kind, bool (*visit)(const struct socket_row *row, void *context), void *context)
{
    struct socket_row row = {.kind = kind};
    if (find_in(kind == SOCKET_TCP ? "/proc/net/tcp" : "/proc/net/udp", &row, visit, context))
        return true;
    row.ipv6 = true;
    return find_in(kind == SOCKET_TCP ? "/proc/net/tcp6" : "/proc/net/udp6", &row, visit, context);
}

struct wanted {
    int local_port;
    int remote_port;
    struct socket_row *row;
};

static bool is_listener(const struct socket_row *row, void *context)
{
    struct wanted *wanted = context;
    if (row->local_port != wanted->local_port || row->inode == 0)
        return false;
    if (row->kind == SOCKET_TCP && row->state != SOCKET_STATE_LISTEN)
        return false;
    *wanted->row = *row;
    return true;
}

bool sockets_listener(enum socket_kind kind, int port, struct socket_row *row)
{
    struct socket_row any;
    struct wanted wanted = {.local_port = port, .row = row == NULL ? &any : row};
    enum diag_answer answer = kind == SOCKET_TCP ? diag_listener(port, wanted.row) : DIAG_UNAVAILABLE;
    return answer == DIAG_UNAVAILABLE ? sockets_find(kind, is_listener, &wanted) : answer == DIAG_FOUND;
}

static bool is_connection(const struct socket_row *row, void *context)
{
    struct wanted *wanted = context;
    if (row->local_port != wanted->local_port || row->remote_port != wanted->remote_port)
        return false;
    *wanted->row = *row;
    return true;
}

bool sockets_connection(int local_port, int remote_port, struct socket_row *row)
{
    struct wanted wanted = {local_port, remote_port, row};
    return sockets_find(SOCKET_TCP, is_connection, &wanted);
}

static int port_of_end(const struct sockaddr_storage *end)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): it does not see that the kernel has set it */
    return ntohs(end->ss_family == AF_INET ? ((const struct sockaddr_in *)end)->sin_port
                                           : ((const struct sockaddr_in6 *)end)->sin6_port);
}

bool sockets_other_end(int fd, struct socket_row *row)
{
    struct sockaddr_storage own = {0};
    struct sockaddr_storage other = {0};
    socklen_t own_length = sizeof own;
    socklen_t other_length = sizeof other;
    if (getsockname(fd, (struct sockaddr *)&own, &own_length) == -1 ||
        getpeername(fd, (struct sockaddr *)&other, &other_length) == -1)
        return false;
    if (own.ss_family == AF_UNIX)
        return unix_other_end(fd, row);
    enum diag_answer answer = diag_connection(&other, &own, row);
    if (answer == DIAG_UNAVAILABLE)
        return sockets_connection(port_of_end(&other), port_of_end(&own), row);
    return answer == DIAG_FOUND;
}

int sockets_copy(pid_t pid, int fd)
{
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd == -1)
        return -1;
    int copy = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
    close(pidfd);
    return copy;
}
