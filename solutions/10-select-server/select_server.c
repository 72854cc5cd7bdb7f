/*
 * select_server - a chat: each line that a client sends goes to all the others.
 *
 * usage: select_server [ADDRESS] PORT        select_server 127.0.0.1 7777
 *
 * One process and one thread serve everybody. Ends with status 0 at SIGTERM or SIGINT, 1 when it cannot listen,
 * 2 when the arguments are wrong.
 *
 * What is new: one wait for many clients. No call but poll() ever waits; who can't take its lines yet has them
 * queued, within a limit; and who has gone is taken away when nobody looks at it any more.
 *
 * See also: poll(2), select(2), epoll(7), accept(2), send(2), fcntl(2) on O_NONBLOCK.
 */
#define _GNU_SOURCE     /* accept4() */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_LINE 4096           /* bytes, without the line's end */
#define MAX_QUEUE (1 << 20)     /* bytes that wait for one client */

struct client {
    int fd;
    bool finished;              /* it has closed its sending direction */
    bool lost;                  /* it is gone, or too far behind: to be taken away */
    size_t length;              /* of the line that it is sending; all its bytes are counted ... */
    char line[MAX_LINE + 2];    /* ... and the first MAX_LINE + 1 kept: the last may be a CR. In the end, CR LF */
    char *queue;                /* what it has not taken yet: queue[start] to queue[end - 1] */
    size_t start;
    size_t end;
    size_t room;
};

struct chat {
    struct client **clients;    /* clients[0] to clients[count - 1] */
    struct pollfd *polls;       /* polls[i] is for clients[i], polls[count] for the listener */
    size_t count;
    size_t room;                /* for so many clients */
};

/* Returns the port that the text names, or 0 if it names none: a port is a decimal number from 1 to 65535. */
static uint16_t parse_port(const char *text)
{
    if (text[strspn(text, "0123456789")] != '\0')   /* strtol() alone would let " 80", "+80" and "80x" pass */
        return 0;
    long port = strtol(text, NULL, 10);             /* LONG_MAX if there are too many digits */
    return port <= UINT16_MAX ? (uint16_t)port : 0;
}

/* Makes a socket address of a numeric address, IPv4 or IPv6. Returns its length, or 0 if `text` is none. */
static socklen_t socket_address(const char *text, uint16_t port, struct sockaddr_storage *addr)
{
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)addr;
    struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)addr;

    memset(addr, 0, sizeof *addr);
    if (inet_pton(AF_INET, text, &ipv4->sin_addr) == 1) {
        ipv4->sin_family = AF_INET;
        ipv4->sin_port = htons(port);
        return sizeof *ipv4;
    }
    if (inet_pton(AF_INET6, text, &ipv6->sin6_addr) == 1) {
        ipv6->sin6_family = AF_INET6;
        ipv6->sin6_port = htons(port);
        return sizeof *ipv6;
    }
    return 0;
}

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

/* Returns a listening socket whose accept() does not wait, or -1 with errno set. */
static int open_listener(const struct sockaddr_storage *addr, socklen_t length)
{
    int fd = socket(addr->ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int on = 1;

    if (fd == -1)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
        bind(fd, (const struct sockaddr *)addr, length) == -1 || listen(fd, SOMAXCONN) == -1) {
        int reason = errno;
        close(fd);
        errno = reason;
        return -1;
    }
    return fd;
}

/* Nothing is left to be done at the end: the kernel closes what is open. */
static void on_signal(int signo)
{
    (void)signo;
    _exit(0);   /* not exit(), which a signal handler may not call */
}

/* Lets SIGTERM and SIGINT end us with status 0, even if we were started with them ignored or blocked. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t ours;

    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigemptyset(&ours);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    sigprocmask(SIG_UNBLOCK, &ours, NULL);
    signal(SIGPIPE, SIG_IGN);   /* a write to a client that has gone shall fail, not kill */
}

/* Sends of the queue what the client takes now. */
static void send_queued(struct client *client)
{
    while (client->start < client->end) {
        ssize_t sent = write(client->fd, client->queue + client->start, client->end - client->start);
        if (sent == -1) {
            if (errno != EAGAIN && errno != EINTR)
                client->lost = true;
            return;             /* EAGAIN: its buffers are full, the rest has to wait */
        }
        client->start += (size_t)sent;
    }
    free(client->queue);        /* a thousand who were slow once shall not keep a gigabyte */
    client->queue = NULL;
    client->start = client->end = client->room = 0;
}

/* Makes room in the queue for `length` more bytes. Returns 0, or -1 if there is no memory. */
static int make_room(struct client *client, size_t length)
{
    size_t waiting = client->end - client->start;

    if (client->end + length <= client->room)
        return 0;
    if (client->start > 0) {    /* what has been sent makes room */
        memmove(client->queue, client->queue + client->start, waiting);
        client->start = 0;
        client->end = waiting;
    }
    if (waiting + length > client->room) {
        size_t room = 2 * (waiting + length);
        char *larger = realloc(client->queue, room);
        if (larger == NULL)
            return -1;
        client->queue = larger;
        client->room = room;
    }
    return 0;
}

/* Adds a line to a client's queue. It is sent when poll() says that the client takes it. */
static void enqueue(struct client *client, const char *line, size_t length)
{
    if (client->end - client->start + length > MAX_QUEUE)
        send_queued(client);    /* perhaps it only seems to be slow: we have not asked for a while */
    if (client->end - client->start + length > MAX_QUEUE || make_room(client, length) == -1)
        client->lost = true;
    if (client->lost)
        return;
    memcpy(client->queue + client->end, line, length);
    client->end += length;
}

/* The sender's line has come to its LF: all the others get it. */
static void relay(const struct chat *chat, struct client *sender)
{
    if (sender->length > 0 && sender->length <= MAX_LINE + 1 && sender->line[sender->length - 1] == '\r')
        sender->length--;
    if (sender->length > MAX_LINE)
        return;
    memcpy(sender->line + sender->length, "\r\n", 2);
    for (size_t i = 0; i < chat->count; i++) {
        struct client *client = chat->clients[i];
        if (client != sender && !client->lost && !client->finished)
            enqueue(client, sender->line, sender->length + 2);
    }
}

/* Takes the next bytes of a client's stream: a part of a line, or the end of one and ten more. */
static void take(const struct chat *chat, struct client *client, const char *data, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (data[i] == '\n') {
            relay(chat, client);
            client->length = 0;
            continue;
        }
        if (client->length <= MAX_LINE)
            client->line[client->length] = data[i];
        client->length++;
    }
}

/* Reads once what a client has sent: who sends without a pause has to wait for its next turn, as all others. */
static void receive(const struct chat *chat, struct client *client)
{
    char buffer[16384];
    ssize_t received = read(client->fd, buffer, sizeof buffer);

    if (received > 0)
        take(chat, client, buffer, (size_t)received);
    else if (received == 0)
        client->finished = true;
    else if (errno != EAGAIN && errno != EINTR)
        client->lost = true;
}

/* Takes those away who are gone, and those who have closed their direction and got all that was theirs. Only here a
   descriptor is closed, when nobody looks at the results of poll() any more: the next client may get its number.
   Returns how many there were. */
static size_t sweep(struct chat *chat)
{
    size_t left = 0;
    size_t before = chat->count;

    for (size_t i = 0; i < before; i++) {
        struct client *client = chat->clients[i];
        if (!client->lost && !(client->finished && client->start == client->end)) {
            chat->clients[left++] = client;
            continue;
        }
        close(client->fd);
        free(client->queue);
        free(client);
    }
    chat->count = left;
    return before - left;
}

/* Makes room for one more client, and for the listener behind it. Returns 0, or -1 if there is no memory. */
static int enlarge(struct chat *chat)
{
    if (chat->count < chat->room)
        return 0;
    size_t room = 2 * chat->room + 16;
    struct client **clients = realloc(chat->clients, room * sizeof(struct client *));
    if (clients == NULL)
        return -1;
    chat->clients = clients;
    struct pollfd *polls = realloc(chat->polls, (room + 1) * sizeof *polls);
    if (polls == NULL)
        return -1;
    chat->polls = polls;
    chat->room = room;
    return 0;
}

/* Lets all in who wait at the door. Returns true, or false if the door has to stay shut for now: there are no
   descriptors left, say, and poll() would tell of the same newcomer again and again. */
static bool accept_clients(struct chat *chat, int listener)
{
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (fd == -1 && (errno == ECONNABORTED || errno == EINTR))
            continue;           /* it has gone already */
        if (fd == -1 && errno == EAGAIN)
            return true;
        struct client *client = fd == -1 ? NULL : calloc(1, sizeof *client);
        if (client == NULL || enlarge(chat) == -1) {
            warn("accept");
            free(client);
            if (fd != -1)
                close(fd);
            return false;
        }
        client->fd = fd;
        chat->clients[chat->count++] = client;
    }
}

/* Says what we wait for: of a client its next bytes, unless it has no more, and room only if we have something to
   send, since there nearly always is room. Of the listener a newcomer. */
static void watch(const struct chat *chat, int door)
{
    for (size_t i = 0; i < chat->count; i++) {
        const struct client *client = chat->clients[i];
        short reading = client->finished ? 0 : POLLIN;
        short writing = client->start < client->end ? POLLOUT : 0;
        chat->polls[i] = (struct pollfd){.fd = client->fd, .events = (short)(reading | writing)};
    }
    chat->polls[chat->count] = (struct pollfd){.fd = door, .events = POLLIN};
}

/* Serves everybody, for ever. Returns only if it can't go on. */
static void serve(struct chat *chat, int listener)
{
    bool open = true;           /* the door */

    for (;;) {
        watch(chat, open ? listener : -1);      /* poll() skips a negative descriptor */
        int ready = poll(chat->polls, chat->count + 1, open ? -1 : 1000);
        if (ready == -1 && errno != EINTR)
            return;
        if (ready == -1)
            continue;
        if (ready == 0)
            open = true;        /* a second has passed: there may be a descriptor again */

        bool knocked = chat->polls[chat->count].revents != 0;
        for (size_t i = 0; i < chat->count; i++) {
            struct client *client = chat->clients[i];
            short events = chat->polls[i].revents;
            if (events & (POLLOUT | POLLERR | POLLHUP))
                send_queued(client);
            if (events & (POLLIN | POLLERR | POLLHUP))
                receive(chat, client);
        }
        if (sweep(chat) > 0)
            open = true;
        if (knocked)
            open = accept_clients(chat, listener);
    }
}

int main(int argc, char *argv[])
{
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: select_server [ADDRESS] PORT\n");
        return 2;
    }
    const char *address = argc == 3 ? argv[1] : "0.0.0.0";  /* every interface */
    const char *port = argv[argc - 1];

    if (parse_port(port) == 0)
        errx(2, "not a port from 1 to 65535: %s", port);
    struct sockaddr_storage addr;
    socklen_t length = socket_address(address, parse_port(port), &addr);
    if (length == 0)
        errx(2, "neither an IPv4 nor an IPv6 address: %s", address);

    if (fill_standard_descriptors() == -1)
        err(1, "/dev/null");
    catch_signals();
    struct chat chat = {.count = 0};
    if (enlarge(&chat) == -1)
        err(1, "no memory");
    int listener = open_listener(&addr, length);
    if (listener == -1)
        err(1, "cannot listen on %s port %s", address, port);
    serve(&chat, listener);
    err(1, "poll");
}
