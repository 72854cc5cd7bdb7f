/* Different: a machine with states that says the error at the 1025th byte, while the rest is still to come; writev() with the
   three parts of a reply; sockets that do not block, and poll() with a signalfd beside them. A client is left when the signal comes. */
#define _GNU_SOURCE
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
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static struct sockaddr_storage where;
static socklen_t where_size;

static void usage(void)
{
    fprintf(stderr, "usage: line_server [ADDRESS] PORT\n");
    exit(2);
}

static void read_arguments(int argc, char **argv)
{
    if (argc < 2 || argc > 3)
        usage();
    const char *port = argv[argc - 1];
    long number = 0;
    for (const char *p = port; *p != '\0'; p++) {
        if (*p < '0' || *p > '9' || (number = number * 10 + *p - '0') > 65535)
            usage();
    }
    if (number == 0)
        usage();
    struct sockaddr_in *in = (struct sockaddr_in *)&where;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&where;
    if (argc == 2 || inet_pton(AF_INET, argv[1], &in->sin_addr) == 1) {
        in->sin_family = AF_INET;
        in->sin_port = htons((uint16_t)number);
        where_size = sizeof *in;
    } else if (inet_pton(AF_INET6, argv[1], &in6->sin6_addr) == 1) {
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons((uint16_t)number);
        where_size = sizeof *in6;
    } else {
        usage();
    }
}

static int get_listener(int argc, char **argv, int type)
{
    int null = open("/dev/null", O_RDWR);
    while (null >= 0 && null < 3)
        null = dup(null);
    close(null);
    int on = 1;
    int fd = socket(where.ss_family, SOCK_STREAM | type, 0);
    if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
        bind(fd, (struct sockaddr *)&where, where_size) == -1 || listen(fd, 200) == -1)
        err(1, "%s %s", argv[1], argc == 3 ? argv[2] : "");
    return fd;
}

enum state { IN_LINE, AFTER_CR, DROPPING };

struct client {
    int fd;
    enum state state;
    unsigned length;
    char line[1024];
};

static int signals;

/* False when a signal says stop. */
static bool wait_for(int fd, short events)
{
    struct pollfd fds[] = {{.fd = fd, .events = events}, {.fd = signals, .events = POLLIN}};
    while (poll(fds, 2, -1) == -1)
        continue;
    return fds[1].revents == 0;
}

static bool send_parts(struct client *c, struct iovec *part, int parts)
{
    while (parts > 0) {
        ssize_t n = writev(c->fd, part, parts);
        if (n == -1 && errno == EAGAIN) {
            if (!wait_for(c->fd, POLLOUT))
                return false;
            continue;
        }
        if (n == -1)
            return false;
        while (parts > 0 && (size_t)n >= part->iov_len) {
            n -= (ssize_t)part->iov_len;
            part++;
            parts--;
        }
        if (parts > 0) {
            part->iov_base = (char *)part->iov_base + n;
            part->iov_len -= (size_t)n;
        }
    }
    return true;
}

static bool tell(struct client *c, char *words)
{
    return send_parts(c, &(struct iovec){words, strlen(words)}, 1);
}

static bool end_of_line(struct client *c)
{
    char count[16];
    struct iovec parts[] = {{count, (size_t)sprintf(count, "%u ", c->length)}, {c->line, c->length}, {(char[]){"\r\n"}, 2}};
    if (c->length == 4 && memcmp(c->line, "quit", 4) == 0) {
        tell(c, (char[]){"bye\r\n"});
        return false;
    }
    c->length = 0;
    return send_parts(c, parts, 3);
}

static bool add(struct client *c, char byte)
{
    if (c->length < sizeof c->line) {
        c->line[c->length++] = byte;
        return true;
    }
    c->state = DROPPING;
    return tell(c, (char[]){"error line too long\r\n"});
}

static bool next(struct client *c, char byte)
{
    switch (c->state) {
    case DROPPING:
        if (byte == '\n') {
            c->state = IN_LINE;
            c->length = 0;
        }
        return true;
    case AFTER_CR:
        c->state = IN_LINE;
        if (byte == '\n')
            return end_of_line(c);
        if (!add(c, '\r'))
            return false;
        return next(c, byte);
    default:
        if (byte == '\n')
            return end_of_line(c);
        if (byte == '\r') {
            c->state = AFTER_CR;
            return true;
        }
        return add(c, byte);
    }
}

static void serve(int fd)
{
    struct client c = {.fd = fd};
    char data[700];
    while (wait_for(fd, POLLIN)) {
        ssize_t n = read(fd, data, sizeof data);
        if (n == -1 && errno == EAGAIN)
            continue;
        if (n <= 0)
            return;
        for (ssize_t i = 0; i < n; i++) {
            if (!next(&c, data[i]))
                return;
        }
    }
}

int main(int argc, char **argv)
{
    sigset_t set;
    read_arguments(argc, argv);
    int listener = -1;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    listener = get_listener(argc, argv, SOCK_NONBLOCK);
    signals = signalfd(-1, &set, 0);
    while (wait_for(listener, POLLIN)) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (fd != -1) {
            serve(fd);
            close(fd);
        }
    }
    close(signals);
    close(listener);
    return 0;
}
