/* A timerfd and epoll: the time-out is one more descriptor that becomes readable. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

struct client {
    const char *host;
    const char *port;
    int fd, timer, queue;
    int error;
    bool answered;
    int64_t ahead;
};

static bool good_port(const char *port)
{
    unsigned number;
    int length = 0;
    if (*port < '0' || *port > '9')
        return *port > '9';
    return strlen(port) < 9 && sscanf(port, "%u%n", &number, &length) == 1 && port[length] == '\0' && number - 1u < 65535u;
}

static bool open_client(struct client *c)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
    struct addrinfo *list;
    int problem = getaddrinfo(c->host, c->port, &hints, &list);
    if (problem != 0) {
        fprintf(stderr, "Looking up %s (port %s) failed: %s\n", c->host, c->port, gai_strerror(problem));
        return false;
    }
    for (const struct addrinfo *a = list; a != NULL && c->fd < 0; a = a->ai_next) {
        c->fd = socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK, a->ai_protocol);
        if (c->fd >= 0 && connect(c->fd, a->ai_addr, a->ai_addrlen) == 0 && send(c->fd, NULL, 0, 0) == 0)
            continue;
        c->error = errno;
        if (c->fd >= 0)
            close(c->fd);
        c->fd = -1;
    }
    freeaddrinfo(list);
    if (c->fd < 0)
        fprintf(stderr, "Asking %s (port %s) failed: %s\n", c->host, c->port, strerror(c->error));
    return c->fd >= 0;
}

static bool read_answer(struct client *c)
{
    for (int i = 0; i < 1000; i++) {
        uint32_t words[2];
        ssize_t size = recv(c->fd, words, sizeof words, 0);
        if (size == 4) {
            uint32_t distance = be32toh(words[0]) - (uint32_t)(time(NULL) + 2208988800);
            c->ahead = distance < 0x80000000u ? (int64_t)distance : (int64_t)distance - 0x100000000;
            return c->answered = true;
        }
        if (size < 0 && errno == EAGAIN)
            return false;
        if (size < 0 && errno != EINTR) {
            c->error = errno;
            return true;
        }
    }
    return false;
}

static void run(struct client *c)
{
    const struct itimerspec half = {.it_value.tv_nsec = 500000000};
    struct epoll_event event = {.events = EPOLLIN};
    c->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    c->queue = epoll_create1(0);
    timerfd_settime(c->timer, 0, &half, NULL);
    event.data.fd = c->fd;
    epoll_ctl(c->queue, EPOLL_CTL_ADD, c->fd, &event);
    event.data.fd = c->timer;
    epoll_ctl(c->queue, EPOLL_CTL_ADD, c->timer, &event);

    bool over = false;
    c->error = 0;
    while (!over) {
        uint64_t times;
        if (epoll_wait(c->queue, &event, 1, -1) == -1 && errno != EINTR)
            c->error = errno;
        over = read(c->timer, &times, sizeof times) == sizeof times;
        over = read_answer(c) || over || c->error != 0;
    }
}

int main(int argc, char *argv[])
{
    struct client c = {.fd = -1, .timer = -1, .queue = -1, .port = "37"};
    for (int i = 0; i < 3; i++)
        if (fcntl(i, F_GETFD) == -1 && open("/dev/null", O_RDWR) != i)
            return 1;
    if (argc < 2 || argc > 3 || (argc == 3 && !good_port(argv[2]))) {
        fprintf(stderr, "Usage: udp_time HOST [PORT]\n");
        return 2;
    }
    c.host = argv[1];
    if (argc == 3)
        c.port = argv[2];
    if (!open_client(&c))
        return 1;
    run(&c);
    if (c.answered)
        printf("Clock on %s is %jd seconds ahead of this one.\n", c.host, (intmax_t)c.ahead);
    else
        fprintf(stderr, "%s (port %s): %s\n", c.host, c.port, c.error != 0 ? strerror(c.error) : "no answer");
    close(c.queue);
    close(c.timer);
    close(c.fd);
    if (fflush(stdout) == 0)
        return !c.answered;
    perror("stdout");
    return 1;
}
