/*
 * fd_server - opens files for clients that may not, and hands them over open.
 *
 * usage: fd_server SOCKET DIRECTORY        fd_server door /srv/notes
 *
 * A client sends the name of a file in DIRECTORY, and a newline. It gets "ok" with the open file, to read,
 * or "error" and a reason. SIGTERM or SIGINT ends the server, with status 0, and removes SOCKET. Status 1
 * when it cannot listen, 2 when the arguments are wrong.
 *
 * What is new: a socket that is a file, and stays when its server has died; and a message that carries a
 * descriptor. Many clients in one process is lesson 10.
 *
 * See also: unix(7), sendmsg(2), cmsg(3), openat(2), poll(2).
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_NAME 255

/* A client, until its question has come. Number 0 is the listener, which has no name. */
struct client {
    char name[MAX_NAME + 1];    /* and its newline */
    size_t length;
};

/* Two arrays side by side: poll() wants the one, we want the other. */
struct clients {
    struct pollfd *fds;
    struct client *client;
    size_t count;
    size_t room;
};

static struct sockaddr_un address;  /* where we listen: the signal handler removes it */

/* Fills the gaps in descriptors 0 to 2: a client whose socket became number 2 would be sent our messages. */
static int fill_standard_descriptors(void)
{
    /* TODO 14: as in the client. */
    return 0;
}

/* Makes a socket address of a path. Returns -1 if there is no room for it. */
static int socket_address(const char *path, struct sockaddr_un *addr)
{
    memset(addr, 0, sizeof *addr);
    addr->sun_family = AF_UNIX;
    /* TODO 7: as in the client. */
    errx(3, "step 7 is still to do: see TODO 7");
    (void)path;
    return -1;
}

/* Is it a socket file at which nobody listens any more? */
static bool is_dead(const struct sockaddr_un *addr)
{
    /* TODO 13: lstat() says whether it is a socket. A socket of your own that tries to connect() to it gets
       ECONNREFUSED if nobody listens; any other error is no proof. It must not wait: SOCK_NONBLOCK. */
    (void)addr;
    return false;
}

/* Binds to the address; a socket that a dead server has left there is replaced. */
static int bind_or_replace(int fd, const struct sockaddr_un *addr)
{
    /* TODO 13: if bind() fails with EADDRINUSE, and the one who is there is_dead(): unlink() it, and bind()
       again. */
    (void)is_dead;
    return bind(fd, (const struct sockaddr *)addr, sizeof *addr);
}

/* Returns a listening socket, or -1 with errno set. */
static int open_listener(const struct sockaddr_un *addr)
{
    /* TODO 8: socket (AF_UNIX, SOCK_STREAM and SOCK_NONBLOCK), bind_or_replace(), listen, as in lesson 4. */
    errx(3, "step 8 is still to do: see TODO 8");
    return bind_or_replace(-1, addr);
}

/* The kernel closes what is open, but a socket's file stays: that is for us to remove. */
static void on_signal(int signo)
{
    (void)signo;
    /* TODO 12: what would stay behind? */
    _exit(0);   /* not exit(), which a signal handler may not call */
}

/* Holds SIGTERM and SIGINT back: before there is a socket, there is none to remove. */
static void block_signals(sigset_t *ours)
{
    /* TODO 12: put SIGTERM and SIGINT into the set, and block them. */
    sigemptyset(ours);
}

/* Lets SIGTERM and SIGINT end us, even if we were started with them ignored or blocked. */
static void catch_signals(const sigset_t *ours)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_mask = *ours};

    /* TODO 12: the action for SIGTERM and SIGINT, and both unblocked: as in lesson 4. */
    (void)action;
}

/* Opens a file of the directory for reading. Returns -1, and the reason, if there is none that may be had. */
static int open_file(int directory, const char *name, size_t length, const char **reason)
{
    struct stat status;

    *reason = "not a name";
    /* TODO 11: which names may not reach openat()? Look at all `length` bytes. */
    if (length > MAX_NAME)
        return -1;
    char path[MAX_NAME + 1];
    memcpy(path, name, length);
    path[length] = '\0';
    /* TODO 11: this follows a symbolic link, and waits at a named pipe. */
    int file = openat(directory, path, O_RDONLY | O_CLOEXEC);
    if (file == -1) {
        *reason = strerror(errno);
        return -1;
    }
    /* TODO 11: what is no regular file is refused, and closed. */
    (void)status;
    return file;
}

/* Sends "ok" with the open file. It must have data to travel with; the client gets a descriptor of its own.
   */
static void send_file(int conn, int file)
{
    /* TODO 10: the mirror of TODO 5: sendmsg() with "ok\n" as data, and one control message of level
       SOL_SOCKET, type SCM_RIGHTS and length CMSG_LEN(sizeof file). Its buffer is a union, as there, and
       all of it is sent: zero it first. memcpy() the descriptor to CMSG_DATA(). The client may be gone:
       MSG_NOSIGNAL. */
    errx(3, "step 10 is still to do: see TODO 10");
    (void)conn;
    (void)file;
}

/* Answers a question that has come, be it too long to be one. */
static void answer(int conn, int directory, const char *name, size_t length)
{
    const char *reason;
    int file = open_file(directory, name, length, &reason);

    if (file == -1) {
        /* TODO 11: send "error ", the reason and a newline. The client may be gone: MSG_NOSIGNAL. */
        errx(3, "step 11 is still to do: see TODO 11");
    }
    send_file(conn, file);
    /* TODO 10: what is still open? */
}

/* Reads what has come from a client. Returns false when it has been answered, or is gone. */
static bool hear(int conn, struct client *client, int directory)
{
    char *place = client->name + client->length;
    ssize_t received = recv(conn, place, sizeof client->name - client->length, 0);

    if (received <= 0)      /* poll() has said that something is there, so an error is the end, too */
        return false;
    client->length += (size_t)received;
    /* TODO 9: has its newline come? Then answer(), with the length of what stands before it, and return
       false. If not, return true: the rest may come later. But a name that fills client->name without a
       newline is too long. */
    errx(3, "step 9 is still to do: see TODO 9");
    answer(conn, directory, client->name, client->length);
    return false;
}

/* Adds a descriptor to poll. Returns -1 if there is no memory for it. */
static int add(struct clients *clients, int fd)
{
    if (clients->count == clients->room) {
        size_t room = clients->room == 0 ? 16 : clients->room * 2;
        struct pollfd *fds = realloc(clients->fds, room * sizeof *fds);
        if (fds == NULL)
            return -1;
        clients->fds = fds;
        struct client *client = realloc(clients->client, room * sizeof *client);
        if (client == NULL)
            return -1;
        clients->client = client;
        clients->room = room;
    }
    clients->client[clients->count].length = 0;
    clients->fds[clients->count++] = (struct pollfd){.fd = fd, .events = POLLIN};
    return 0;
}

/* Closes a client; the last one takes its place. */
static void drop(struct clients *clients, size_t i)
{
    close(clients->fds[i].fd);
    clients->count--;
    clients->fds[i] = clients->fds[clients->count];
    clients->client[i] = clients->client[clients->count];
}

/* Lets the next client in. Returns -1 if there is no room for one. */
static int let_in(struct clients *clients, int listener)
{
    int conn = accept(listener, NULL, NULL);

    if (conn == -1)
        return errno == EAGAIN || errno == ECONNABORTED ? 0 : -1;
    if (add(clients, conn) == 0)
        return 0;
    close(conn);
    return -1;
}

/* Serves whoever has something to say, for ever; nobody waits for a client that is silent. */
static void serve_clients(struct clients *clients, int listener, int directory)
{
    if (add(clients, listener) == -1)
        return;
    for (;;) {
        /* Out of descriptors? Then the door stays shut for a moment: poll() skips a negative descriptor. */
        int wait = clients->fds[0].fd == -1 ? 100 : -1;
        if (poll(clients->fds, clients->count, wait) == -1) {
            if (errno == EINTR)
                continue;
            return;
        }
        for (size_t i = clients->count - 1; i > 0; i--) {    /* backwards: drop() moves the last one */
            if (clients->fds[i].revents != 0 && !hear(clients->fds[i].fd, &clients->client[i], directory))
                drop(clients, i);
        }
        short revents = clients->fds[0].revents;
        clients->fds[0].fd = listener;
        if (revents != 0 && let_in(clients, listener) == -1) {
            warn("cannot take another client");
            clients->fds[0].fd = -1;
        }
    }
}

int main(int argc, char *argv[])
{
    struct clients clients = {.count = 0};
    sigset_t ours;

    if (argc != 3) {
        fprintf(stderr, "usage: fd_server SOCKET DIRECTORY\n");
        return 2;
    }
    if (socket_address(argv[1], &address) == -1)
        errx(2, "not a path of 1 to %zu bytes: %s", sizeof address.sun_path - 1, argv[1]);
    if (fill_standard_descriptors() == -1)
        err(1, "/dev/null");
    int directory = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory == -1)
        err(1, "cannot open %s", argv[2]);

    block_signals(&ours);
    int listener = open_listener(&address);
    if (listener == -1)
        err(1, "cannot listen at %s", address.sun_path);
    catch_signals(&ours);
    serve_clients(&clients, listener, directory);   /* comes back only if it can't go on */
    warn("cannot serve at %s", address.sun_path);
    unlink(address.sun_path);
    free(clients.fds);
    free(clients.client);
    return 1;
}
