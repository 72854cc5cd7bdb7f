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
    int fd;

    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= STDIN_FILENO && fd <= STDERR_FILENO);
    if (fd != -1)
        close(fd);
    return fd == -1 ? -1 : 0;
}

/* Makes a socket address of a path. Returns -1 if there is no room for it. */
static int socket_address(const char *path, struct sockaddr_un *addr)
{
    memset(addr, 0, sizeof *addr);
    addr->sun_family = AF_UNIX;
    if (*path == '\0' || strlen(path) >= sizeof addr->sun_path)     /* its NUL wants a place, too */
        return -1;
    memcpy(addr->sun_path, path, strlen(path));     /* what is behind it is zero already */
    return 0;
}

/* Is it a socket file at which nobody listens any more? */
static bool is_dead(const struct sockaddr_un *addr)
{
    struct stat status;

    /* connect() says ECONNREFUSED of a file that is no socket, too. */
    if (lstat(addr->sun_path, &status) == -1 || !S_ISSOCK(status.st_mode))
        return false;
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (probe == -1)
        return false;
    /* Any other error, such as a queue that is full, says that somebody is there, or that we can't know. */
    bool dead = connect(probe, (const struct sockaddr *)addr, sizeof *addr) == -1 && errno == ECONNREFUSED;
    close(probe);
    return dead;
}

/* Binds to the address; a socket that a dead server has left there is replaced. */
static int bind_or_replace(int fd, const struct sockaddr_un *addr)
{
    if (bind(fd, (const struct sockaddr *)addr, sizeof *addr) == 0)
        return 0;
    int reason = errno;
    if (reason == EADDRINUSE && is_dead(addr) && unlink(addr->sun_path) == 0)
        return bind(fd, (const struct sockaddr *)addr, sizeof *addr);
    errno = reason;
    return -1;
}

/* Returns a listening socket, or -1 with errno set. */
static int open_listener(const struct sockaddr_un *addr)
{
    /* Non-blocking: if a client vanishes between poll() and accept(), accept() must not wait for another. */
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    if (fd == -1)
        return -1;
    if (bind_or_replace(fd, addr) == -1 || listen(fd, SOMAXCONN) == -1) {
        int reason = errno;
        close(fd);
        errno = reason;
        return -1;
    }
    return fd;
}

/* The kernel closes what is open, but a socket's file stays: that is for us to remove. */
static void on_signal(int signo)
{
    (void)signo;
    unlink(address.sun_path);
    _exit(0);   /* not exit(), which a signal handler may not call */
}

/* Holds SIGTERM and SIGINT back: before there is a socket, there is none to remove. */
static void block_signals(sigset_t *ours)
{
    sigemptyset(ours);
    sigaddset(ours, SIGTERM);
    sigaddset(ours, SIGINT);
    sigprocmask(SIG_BLOCK, ours, NULL);
}

/* Lets SIGTERM and SIGINT end us, even if we were started with them ignored or blocked. */
static void catch_signals(const sigset_t *ours)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_mask = *ours};

    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigprocmask(SIG_UNBLOCK, ours, NULL);
}

/* Opens a file of the directory for reading. Returns -1, and the reason, if there is none that may be had. */
static int open_file(int directory, const char *name, size_t length, const char **reason)
{
    struct stat status;

    *reason = "not a name";
    if (length == 0 || length > MAX_NAME)
        return -1;
    if (memchr(name, '/', length) != NULL || memchr(name, '\0', length) != NULL)
        return -1;
    char path[MAX_NAME + 1];
    memcpy(path, name, length);
    path[length] = '\0';
    if (strcmp(path, ".") == 0 || strcmp(path, "..") == 0)
        return -1;
    /* Non-blocking: to open a named pipe would wait for somebody who writes. It means nothing to a file. */
    int file = openat(directory, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (file == -1) {
        *reason = strerror(errno);
        return -1;
    }
    if (fstat(file, &status) == -1 || !S_ISREG(status.st_mode)) {
        *reason = "not a regular file";
        close(file);
        return -1;
    }
    return file;
}

/* Sends "ok" with the open file. It must have data to travel with; the client gets a descriptor of its own.
   */
static void send_file(int conn, int file)
{
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {.space = {0}};
    struct iovec data = {"ok\n", 3};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof file);
    memcpy(CMSG_DATA(header), &file, sizeof file);
    sendmsg(conn, &message, MSG_NOSIGNAL);      /* if the client has gone, nobody minds */
}

/* Answers a question that has come, be it too long to be one. */
static void answer(int conn, int directory, const char *name, size_t length)
{
    const char *reason;
    int file = open_file(directory, name, length, &reason);

    if (file == -1) {
        char line[200];
        int n = snprintf(line, sizeof line, "error %s\n", reason);
        send(conn, line, (size_t)n, MSG_NOSIGNAL);
        return;
    }
    send_file(conn, file);
    close(file);    /* it lives on in the message */
}

/* Reads what has come from a client. Returns false when it has been answered, or is gone. */
static bool hear(int conn, struct client *client, int directory)
{
    char *place = client->name + client->length;
    ssize_t received = recv(conn, place, sizeof client->name - client->length, 0);

    if (received <= 0)      /* poll() has said that something is there, so an error is the end, too */
        return false;
    char *newline = memchr(place, '\n', (size_t)received);
    client->length += (size_t)received;
    if (newline == NULL && client->length < sizeof client->name)
        return true;
    size_t length = newline == NULL ? client->length : (size_t)(newline - client->name);
    answer(conn, directory, client->name, length);
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
