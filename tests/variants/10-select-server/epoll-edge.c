/* Different: epoll, edge-triggered: each socket is written to and accepted from until it says EAGAIN, and read from a few
   times a turn: who may have more is remembered, and then epoll_wait() does not wait; a line is kept once for all who wait
   for it, and freed with the last; sent at once, and queued only if that does not work; a signalfd; a dual-stack listener if
   there is no ADDRESS; out of descriptors, it tries again when one was closed or each half second. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINE_LIMIT 4096
#define QUEUE_LIMIT 1048576
#define READS_LIMIT 8

struct text {
    int users;
    size_t length;
    char bytes[];
};

struct item {
    struct item *next;
    struct text *text;
};

struct member {
    struct member *next, *previous;
    int fd;
    bool eof, dead;
    bool more; /* may be there to be read */
    struct item *first, **last;
    size_t waiting; /* bytes of all items, less those sent of the first */
    size_t sent;    /* of the first */
    bool overlong;
    size_t have;
    char part[LINE_LIMIT + 1];
};

static struct member *members;
static int epoll = -1, door = -1;
static bool door_failed;
static bool more_left; /* with one of them */

static void text_release(struct text *text)
{
    if (--text->users == 0)
        free(text);
}

static void pop(struct member *m)
{
    struct item *item = m->first;
    m->first = item->next;
    if (m->first == NULL)
        m->last = &m->first;
    text_release(item->text);
    free(item);
    m->sent = 0;
}

static void flush_member(struct member *m)
{
    while (m->first != NULL && !m->dead) {
        const struct text *text = m->first->text;
        ssize_t n = send(m->fd, text->bytes + m->sent, text->length - m->sent, MSG_NOSIGNAL);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1) {
            m->dead = errno != EAGAIN;
            return;
        }
        m->sent += (size_t)n;
        m->waiting -= (size_t)n;
        if (m->sent == text->length)
            pop(m);
    }
}

static void hand(struct member *m, struct text *text)
{
    struct item *item;
    if (m->dead)
        return;
    flush_member(m);
    if (m->waiting + text->length > QUEUE_LIMIT || (item = malloc(sizeof *item)) == NULL) {
        m->dead = true;
        return;
    }
    item->next = NULL;
    item->text = text;
    text->users++;
    *m->last = item;
    m->last = &item->next;
    m->waiting += text->length;
    flush_member(m);
}

static void publish(struct member *from)
{
    size_t n = from->have;
    bool drop = from->overlong;
    from->have = 0;
    from->overlong = false;
    if (!drop && n > 0 && from->part[n - 1] == '\r')
        n--;
    if (drop || n > LINE_LIMIT)
        return;
    struct text *text = malloc(sizeof *text + n + 2);
    if (text == NULL)
        return;
    text->users = 1;
    text->length = n + 2;
    memcpy(text->bytes, from->part, n);
    text->bytes[n] = '\r';
    text->bytes[n + 1] = '\n';
    for (struct member *m = members; m != NULL; m = m->next) {
        if (m != from)
            hand(m, text);
    }
    text_release(text);
}

static void read_member(struct member *m)
{
    char buffer[8192];
    ssize_t n;
    for (int reads = 0; m->more && !m->dead && reads < READS_LIMIT; reads++) {
        n = recv(m->fd, buffer, sizeof buffer, 0);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1) {
            m->dead = errno != EAGAIN;
            m->more = false;
            return;
        }
        m->eof = n == 0;
        m->more = !m->eof;
        char *at = buffer, *end = buffer + n;
        while (at < end) {
            char *lf = memchr(at, '\n', (size_t)(end - at));
            size_t length = (size_t)((lf == NULL ? end : lf) - at);
            if (length > sizeof m->part - m->have) {
                m->overlong = true;
            } else if (!m->overlong) {
                memcpy(m->part + m->have, at, length);
                m->have += length;
            }
            if (lf == NULL)
                break;
            publish(m);
            at = lf + 1;
        }
    }
    more_left = more_left || m->more;
}

static void bury(void)
{
    struct member *next;
    for (struct member *m = members; m != NULL; m = next) {
        next = m->next;
        if (!m->dead && !(m->eof && m->first == NULL))
            continue;
        if (m->previous != NULL)
            m->previous->next = m->next;
        else
            members = m->next;
        if (m->next != NULL)
            m->next->previous = m->previous;
        while (m->first != NULL)
            pop(m);
        close(m->fd); /* epoll forgets it */
        free(m);
        door_failed = false;
    }
}

static void open_door(void)
{
    while (!door_failed) {
        int fd = accept4(door, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd == -1 && (errno == EINTR || errno == ECONNABORTED))
            continue;
        if (fd == -1 && errno == EAGAIN)
            return;
        struct member *m = fd == -1 ? NULL : calloc(1, sizeof *m);
        struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = m};
        if (m == NULL || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == -1) {
            perror("newcomer");
            if (fd != -1)
                close(fd);
            free(m);
            door_failed = true;
            return;
        }
        m->fd = fd;
        m->last = &m->first;
        m->next = members;
        if (members != NULL)
            members->previous = m;
        members = m;
    }
}

static bool read_port(const char *text, in_port_t *port)
{
    unsigned long value = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        value = value * 10 + (unsigned long)(*text - '0');
        if (value > 65535)
            return false;
    }
    *port = htons((uint16_t)value);
    return value > 0;
}

static int make_door(const struct sockaddr *address, socklen_t length, bool both)
{
    int on = 1, off = 0;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd == -1)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (both)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, address, length) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
    struct sockaddr_in four = {.sin_family = AF_INET};
    in_port_t port;
    if ((argc != 2 && argc != 3) || !read_port(argv[argc - 1], &port)) {
        fputs("usage: select_server [ADDRESS] PORT\n", stderr);
        return 2;
    }
    six.sin6_port = four.sin_port = port;
    bool is_four = argc == 3 && inet_pton(AF_INET, argv[1], &four.sin_addr) == 1;
    if (argc == 3 && !is_four && inet_pton(AF_INET6, argv[1], &six.sin6_addr) != 1) {
        fprintf(stderr, "%s is no address\n", argv[1]);
        return 2;
    }
    for (int fd = open("/dev/null", O_RDWR); fd != -1 && fd <= 3; fd = open("/dev/null", O_RDWR)) {
        if (fd == 3) {
            close(fd);
            break;
        }
    }
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    sigprocmask(SIG_BLOCK, &stop, NULL);
    int signals = signalfd(-1, &stop, SFD_CLOEXEC);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (is_four) {
        door = make_door((struct sockaddr *)&four, sizeof four, false);
    } else {
        door = make_door((struct sockaddr *)&six, sizeof six, argc == 2);
        if (door == -1 && argc == 2 && errno == EAFNOSUPPORT)
            door = make_door((struct sockaddr *)&four, sizeof four, false);
    }
    if (door == -1 || epoll == -1 || signals == -1) {
        fprintf(stderr, "select_server: %s%sport %s: %s\n", argc == 3 ? argv[1] : "", argc == 3 ? " " : "",
                argv[argc - 1], strerror(errno));
        return 1;
    }
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = &door};
    epoll_ctl(epoll, EPOLL_CTL_ADD, door, &event);
    event = (struct epoll_event){.events = EPOLLIN, .data.ptr = &signals};
    epoll_ctl(epoll, EPOLL_CTL_ADD, signals, &event);
    bool stopping = false;
    while (!stopping) {
        struct epoll_event events[64];
        int n = epoll_wait(epoll, events, 64, more_left ? 0 : door_failed ? 500 : -1);
        bool was_failed = door_failed;
        if (n == 0 && !more_left)
            door_failed = false;
        bool knocked = false;
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == &door) {
                knocked = true;
            } else if (events[i].data.ptr == &signals) {
                stopping = true;
            } else {
                struct member *m = events[i].data.ptr;
                m->more = !m->eof;
                flush_member(m);
            }
        }
        more_left = false;
        for (struct member *m = members; m != NULL; m = m->next)
            read_member(m);
        bury();
        if (knocked || (was_failed && !door_failed))
            open_door();
    }
    while (members != NULL) {
        members->dead = true;
        bury();
    }
    close(door);
    close(epoll);
    close(signals);
    return 0;
}
