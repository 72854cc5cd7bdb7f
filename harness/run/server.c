#define _GNU_SOURCE
#include "run/server.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool server_begin(struct server *server, const struct world *world, const struct world_start *start)
{
    static const char *const command[] = {WORLD_WORKER, "serve", NULL};
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1)
        return false;
    struct world_start serve = {.command = command,
                                .folder = start->folder,
                                .out = start->err,
                                .err = start->err,
                                .result = ends[1],
                                .terminal = start->terminal};
    pid_t pid = world_start(world, &serve);
    close(ends[1]);
    if (pid == -1) {
        close(ends[0]);
        return false;
    }
    *server = (struct server){.pid = pid, .socket = ends[0]};
    return true;
}

/* Sends a request with its descriptors. */
static bool ask(const struct server *server, struct server_request *request, const struct ends *ends)
{
    union {
        char space[CMSG_SPACE(sizeof ends->fd)];
        struct cmsghdr header;
    } control = {.space = {0}};
    struct iovec data = {request, offsetof(struct server_request, words) + request->length};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    int passed[ENDS_COUNT];
    size_t count = 0;
    for (int i = 0; i < ENDS_COUNT; i++) {
        if (ends->fd[i] == -1)
            continue;
        request->ends |= 1U << i;
        passed[count++] = ends->fd[i];
    }
    if (count > 0) {
        control.header = (struct cmsghdr){
            .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(count * sizeof *passed)};
        memcpy(CMSG_DATA(&control.header), passed, count * sizeof *passed);
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(count * sizeof *passed);
    }
    return sendmsg(server->socket, &message, MSG_NOSIGNAL) != -1;
}

bool server_play(const struct server *server, int place, const struct world_start *start)
{
    struct server_request request = {.place = place};
    for (const char *const *word = start->command; *word != NULL; word++) {
        size_t length = strlen(*word) + 1;
        if (length > sizeof request.words - request.length) {
            errno = E2BIG;
            return false;
        }
        memcpy(request.words + request.length, *word, length);
        request.length += (unsigned int)length;
    }
    struct ends ends = world_ends(start);
    return ask(server, &request, &ends);
}

void server_stop(const struct server *server, int place)
{
    struct server_request request = {.place = place};
    struct ends none;
    memset(none.fd, -1, sizeof none.fd);
    ask(server, &request, &none);
}

void server_close(struct server *server)
{
    if (server->pid != 0 && server->socket != -1)
        close(server->socket);
    server->socket = -1;
}

void server_end(struct server *server, const struct world *world, bool at_once)
{
    if (server->pid == 0)
        return;
    if (at_once)
        world_end(world, server->pid, true);
    server_close(server);
    jobs_reap(server->pid);
    server->pid = 0;
}
