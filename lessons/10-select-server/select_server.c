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
    /* TODO 2: socket, SO_REUSEADDR, bind, listen, as in lesson 4, but with SOCK_NONBLOCK: whoever has knocked may be gone
       when you open. */
    errx(3, "step 2 is still to do: see TODO 2");
    (void)addr;
    (void)length;
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
    /* TODO 6: write from queue[start] on, as often as something is left; each write() may take a part, and EAGAIN says that
       it takes nothing now. Any other failure: the client is lost. When all is sent, free the queue and begin again at 0. */
    (void)client;
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
    /* TODO 7: if more than MAX_QUEUE would wait, and still would when you have tried to send, the client is lost. */
    if (make_room(client, length) == -1)
        client->lost = true;
    if (client->lost)
        return;
    /* TODO 6: copy the line to the end of the queue, in place of this, which will do for clients that read: */
    if (write(client->fd, line, length) == -1 && errno != EAGAIN)
        client->lost = true;
}

/* The sender's line has come to its LF: all the others get it. */
static void relay(const struct chat *chat, struct client *sender)
{
    /* TODO 4: take one CR off the line's end. A line of more than MAX_LINE bytes goes no further. Put CR LF behind it. Who
       does not get it? The sender, those who are lost, and those who have finished. */
    for (size_t i = 0; i < chat->count; i++)
        enqueue(chat->clients[i], sender->line, sender->length);
}

/* Takes the next bytes of a client's stream: a part of a line, or the end of one and ten more. */
static void take(const struct chat *chat, struct client *client, const char *data, size_t length)
{
    /* TODO 4: look at each byte. At an LF the line is whole: relay() it, and begin an empty one. Any other byte is counted in
       client->length, and kept if it is one of the first MAX_LINE + 1. */
    relay(chat, client);
    (void)data;
    (void)length;
}

/* Reads once what a client has sent: who sends without a pause has to wait for its next turn, as all others. */
static void receive(const struct chat *chat, struct client *client)
{
    /* TODO 4: one read(), and take() what it brought. EAGAIN and EINTR are nothing. */
    /* TODO 5: a read() of 0: it has finished. A read() that failed: it is lost. */
    errx(3, "step 4 is still to do: see TODO 4");
    take(chat, client, "", 0);
}

/* Takes those away who are gone, and those who have closed their direction and got all that was theirs. Only here a
   descriptor is closed, when nobody looks at the results of poll() any more: the next client may get its number.
   Returns how many there were. */
static size_t sweep(struct chat *chat)
{
    /* TODO 5: keep those who are not lost, and have not finished with an empty queue; move them together. Close and free the
       others. Why not as soon as you know that a client has gone? */
    (void)chat;
    return 0;
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
        if (fd == -1)           /* TODO 8: EAGAIN says that nobody is left. What if it is EMFILE? And ECONNABORTED? */
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
    /* TODO 3: fill polls[i] for each clients[i], and polls[count] for the door. Of a client we want POLLIN, unless it has
       finished. TODO 6: and POLLOUT, if something is queued for it. */
    (void)chat;
    (void)door;
}

/* Serves everybody, for ever. Returns only if it can't go on. */
static void serve(struct chat *chat, int listener)
{
    for (;;) {
        watch(chat, listener);
        /* TODO 3: poll() for all of them. Then look at each client's revents: send_queued() if it can be written to,
           receive() if it can be read from. An error or a hang-up is both. */
        /* TODO 5: then sweep(). */
        /* TODO 3: in the end, accept_clients(), if the listener was ready. Why not first? */
        /* TODO 8: while the door is shut, wait without the listener, until one has gone or a second has passed. */
        errx(3, "step 3 is still to do: see TODO 3");
        accept_clients(chat, listener);
        sweep(chat);
        for (size_t i = 0; i < chat->count; i++) {
            send_queued(chat->clients[i]);
            receive(chat, chat->clients[i]);
        }
    }
}

int main(int argc, char *argv[])
{
    /* TODO 1: one or two arguments, as in lesson 4. Anything else: a message, status 2. */
    errx(3, "step 1 is still to do: see TODO 1");
    const char *address = argc == 3 ? argv[1] : "0.0.0.0";  /* every interface */
    const char *port = argv[argc - 1];

    /* TODO 1: a PORT that is none, and an ADDRESS that is none: the same. */
    struct sockaddr_storage addr;
    socklen_t length = socket_address(address, parse_port(port), &addr);

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
