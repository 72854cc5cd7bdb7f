#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "peer/hangup.h"
#include "peer/peer.h"
#include "peer/show.h"

enum { NAME_BYTES = 4096, MOST = 2 };

#define FILE_NAME "joke"
#define CONTENT "knock knock\n"

struct server {
    const struct peer *peer;
    int listener;
    int hangup;
    int file; /* which has no name on any disk */
    int clients;
};

/* Waits until there is something to read; false if it is time to end. */
static bool is_ready(const struct server *server, int fd)
{
    struct pollfd fds[] = {{.fd = server->hangup, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    while (poll(fds, 2, -1) == -1 && errno == EINTR)
        ;
    return fds[0].revents == 0 || !hangup_came(server->hangup);
}

/* Opened anew: each client reads from the start. */
static int open_file(const struct server *server)
{
    return open(text("/proc/self/fd/%d", server->file), O_RDONLY | O_CLOEXEC);
}

static void send_piece(const char *who, int conn, struct bytes piece, const int *descriptors, size_t count)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(MOST * sizeof(int))];
    } control = {0};
    struct iovec data = {.iov_base = (void *)(uintptr_t)piece.data, .iov_len = piece.length};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    if (count > 0) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(count * sizeof *descriptors);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(count * sizeof *descriptors);
        memcpy(CMSG_DATA(header), descriptors, count * sizeof *descriptors);
        show_event(who, false, "%zu descriptor%s, with", count, count == 1 ? "" : "s");
    }
    show_bytes(who, false, piece);
    if (sendmsg(conn, &message, MSG_NOSIGNAL) == -1)
        show_note(who, "can't be sent: %s", strerror(errno));
}

static void answer(const struct server *server, const char *who, int conn, struct bytes name)
{
    int descriptors[MOST] = {-1, -1};
    size_t count = peer_option(server->peer, "none") != NULL ? 0 : peer_option(server->peer, "two") != NULL ? MOST : 1;
    if (name.length != strlen(FILE_NAME) || memcmp(name.data, FILE_NAME, name.length) != 0) {
        send_piece(who, conn, bytes("error No such file or directory\n"), NULL, 0);
        return;
    }
    for (size_t i = 0; i < count; i++)
        descriptors[i] = open_file(server);
    struct bytes ok = bytes("ok\n");
    size_t piece = peer_option(server->peer, "dribble") != NULL ? 1 : ok.length;
    for (size_t sent = 0; sent < ok.length; sent += piece) {
        send_piece(who, conn, part(ok, sent, piece), descriptors, sent == 0 ? count : 0);
        if (piece == 1)
            nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    }
    for (size_t i = 0; i < count; i++)
        close(descriptors[i]);
}

/* One client's question and answer; false if it is time to end. */
static bool serve(struct server *server, int conn)
{
    char name[NAME_BYTES];
    size_t length = 0;
    char who[24];
    snprintf(who, sizeof who, "client %d", ++server->clients);
    show_event(who, true, "connect");
    while (memchr(name, '\n', length) == NULL && length < sizeof name) {
        if (!is_ready(server, conn))
            return false;
        ssize_t n = recv(conn, name + length, sizeof name - length, 0);
        if (n <= 0) {
            show_event(who, true, "end-of-file");
            return true;
        }
        show_bytes(who, true, (struct bytes){name + length, (size_t)n});
        length += (size_t)n;
    }
    const char *newline = memchr(name, '\n', length);
    answer(server, who, conn, (struct bytes){name, newline == NULL ? length : (size_t)(newline - name)});
    show_event(who, false, "close");
    return true;
}

static int run(const struct peer *peer)
{
    int number = (int)getpid(); /* a path of its own: it stands where PORT does */
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/tmp/sockeye-%d", number);
    struct server server = {.peer = peer,
                            .hangup = hangup_descriptor(),
                            .listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
                            .file = memfd_create(FILE_NAME, MFD_CLOEXEC)};
    if (server.file == -1 || write(server.file, CONTENT, strlen(CONTENT)) == -1 ||
        bind(server.listener, (struct sockaddr *)&address, sizeof address) == -1 || listen(server.listener, 16) == -1) {
        fprintf(stderr, "sockeye: can't listen at %s: %s\n", address.sun_path, strerror(errno));
        return 1;
    }
    show_peer(peer, number, 9);
    for (bool goes_on = true; goes_on;) {
        goes_on = is_ready(&server, server.listener);
        int conn = goes_on ? accept4(server.listener, NULL, NULL, SOCK_CLOEXEC) : -1;
        if (conn == -1)
            continue;
        goes_on = serve(&server, conn);
        close(conn);
        keep_release();
    }
    unlink(address.sun_path);
    close(server.file);
    close(server.listener);
    return 0;
}

const struct play unix_files = {
    .run = run,
    .options = {{"none", NULL, 0, "sends ok, and no descriptor"},
                {"two", NULL, 0, "sends ok, and two descriptors"},
                {"dribble", NULL, 0, "sends ok a byte at a time: the descriptor comes with the first"}}};
