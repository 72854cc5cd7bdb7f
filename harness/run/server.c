#define _GNU_SOURCE
#include "run/server.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/jobs.h"
#include "run/path.h"
#include "run/rundir.h"

static struct {
    pid_t pid; /* 0: there is none */
    int socket;
    bool has_terminal;
} server;

struct path server_folder(void)
{
    return path_of("%s/programs", rundir());
}

pid_t server_pid(void)
{
    return server.pid;
}

static bool begin(const struct world *world, const struct world_start *start)
{
    static const char *const command[] = {WORLD_WORKER, "serve", NULL};
    struct path folder = server_folder();
    int ends[2];
    if ((mkdir(folder.text, 0755) == -1 && errno != EEXIST) ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1)
        return false;
    struct world_start serve = {.command = command,
                                .folder = folder.text,
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
    server.pid = pid;
    server.socket = ends[0];
    server.has_terminal = start->terminal;
    return true;
}

/* Sends a request with its descriptors. */
static bool ask(struct server_request *request, const struct ends *ends)
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
    return sendmsg(server.socket, &message, MSG_NOSIGNAL) != -1;
}

static bool fill(struct server_request *request, const struct world_start *start)
{
    if (start->folder != NULL)
        snprintf(request->folder, sizeof request->folder, "%s", strrchr(start->folder, '/') + 1);
    for (const char *const *word = start->command; *word != NULL; word++) {
        size_t length = strlen(*word) + 1;
        if (length > sizeof request->words - request->length) {
            errno = E2BIG;
            return false;
        }
        memcpy(request->words + request->length, *word, length);
        request->length += (unsigned int)length;
    }
    return true;
}

pid_t server_play(const struct world *world, int place, const struct world_start *start)
{
    struct server_request request = {.place = place};
    struct ends ends = world_ends(start);
    if (!fill(&request, start))
        return -1;
    if (server.pid != 0 && server.has_terminal == start->terminal && ask(&request, &ends))
        return server.pid;
    server_end(true); /* there is none, or it is lost */
    return begin(world, start) && ask(&request, &ends) ? server.pid : -1;
}

void server_stop(int place)
{
    struct server_request request = {.place = place};
    struct ends none;
    memset(none.fd, -1, sizeof none.fd);
    if (server.pid != 0)
        ask(&request, &none);
}

void server_end(bool at_once)
{
    if (server.pid == 0)
        return;
    if (at_once)
        kill(server.pid, SIGKILL); /* bubblewrap, and its world with it */
    close(server.socket);
    jobs_reap(server.pid);
    server.pid = 0;
}

void server_leave(void)
{
    if (server.pid != 0)
        close(server.socket);
    server.pid = 0;
}
