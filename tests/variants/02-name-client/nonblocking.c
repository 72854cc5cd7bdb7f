/* Another way: sockets that do not block, and poll() before each step: to be connected, for room to send, and for
 * an answer. The look-up is done once for the host, and the service is found by getservbyname(). */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
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

struct target {
    char host[NI_MAXHOST];
    char service[NI_MAXSERV];
    bool numeric_ipv6;
};

static bool cut(char *to, size_t size, const char *from, size_t length)
{
    if (length == 0 || length >= size)
        return false;
    memcpy(to, from, length);
    to[length] = '\0';
    return true;
}

static bool parse_target(const char *text, struct target *t)
{
    const char *host = text;
    size_t length = strcspn(text, ":");
    t->numeric_ipv6 = *text == '[';
    if (t->numeric_ipv6) {
        host++;
        length = strcspn(host, "]");
        if (host[length] == '\0')
            return false;
    }
    const char *rest = host + length + (t->numeric_ipv6 ? 1 : 0);
    if (!cut(t->host, sizeof t->host, host, length) || *rest++ != ':' || strchr(rest, ':') != NULL)
        return false;
    struct in6_addr waste;
    if (t->numeric_ipv6 && inet_pton(AF_INET6, t->host, &waste) != 1)
        return false;
    return cut(t->service, sizeof t->service, rest, strlen(rest));
}

/* The port in network byte order; 0: not a port; -1: no such service. */
static int find_port(const char *service)
{
    if (strspn(service, "0123456789") == strlen(service)) {
        unsigned long port = strlen(service) > 9 ? 0 : strtoul(service, NULL, 10);
        return port > 65535 ? 0 : htons((uint16_t)port);
    }
    if (strchr("0123456789+- ", service[0]) != NULL)
        return 0;
    struct servent *entry = getservbyname(service, "tcp");
    return entry == NULL ? -1 : entry->s_port;
}

static void set_port(struct sockaddr *address, int port)
{
    if (address->sa_family == AF_INET6)
        ((struct sockaddr_in6 *)(void *)address)->sin6_port = (in_port_t)port;
    else
        ((struct sockaddr_in *)(void *)address)->sin_port = (in_port_t)port;
}

static void await(int fd, short events)
{
    struct pollfd p = { .fd = fd, .events = events };
    while (poll(&p, 1, -1) == -1 && errno == EINTR)
        continue;
}

static int try(const struct addrinfo *a)
{
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && fd < 3) {
        int high = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        close(fd);
        fd = high;
    }
    if (fd < 0)
        return -1;
    int error = 0;
    socklen_t size = sizeof error;
    if (connect(fd, a->ai_addr, a->ai_addrlen) == -1) {
        error = errno;
        if (error == EINPROGRESS) {
            await(fd, POLLOUT);
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
        }
    }
    if (error == 0)
        return fd;
    close(fd);
    errno = error;
    return -1;
}

static bool put(int fd, const char *data, size_t left)
{
    while (left > 0) {
        ssize_t n = write(fd, data, left);
        if (n >= 0) {
            data += n;
            left -= (size_t)n;
        } else if (errno == EAGAIN) {
            await(fd, POLLOUT);
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

static bool copy_to_stdout(int fd)
{
    char block[32 * 1024];
    for (;;) {
        ssize_t n = read(fd, block, sizeof block);
        if (n == 0)
            return true;
        if (n > 0) {
            if (!put(STDOUT_FILENO, block, (size_t)n))
                return false;
        } else if (errno == EAGAIN) {
            await(fd, POLLIN);
        } else if (errno != EINTR) {
            return false;
        }
    }
}

int main(int argc, char **argv)
{
    struct target target;
    if (argc != 3 || !parse_target(argv[1], &target))
        errx(2, "usage: name_client HOST:SERVICE LINE");
    int port = find_port(target.service);
    if (port == 0)
        errx(2, "no port: %s", target.service);
    if (port == -1)
        errx(1, "host %s: unknown service %s", target.host, target.service);
    signal(SIGPIPE, SIG_IGN);

    struct addrinfo want = { .ai_socktype = SOCK_STREAM, .ai_flags = target.numeric_ipv6 ? AI_NUMERICHOST : 0 };
    struct addrinfo *found;
    int code = getaddrinfo(target.host, NULL, &want, &found);
    if (code != 0)
        errx(1, "%s:%s: %s", target.host, target.service, gai_strerror(code));

    int fd = -1;
    for (struct addrinfo *a = found; a != NULL && fd == -1; a = a->ai_next) {
        set_port(a->ai_addr, port);
        fd = try(a);
    }
    int why = errno;
    freeaddrinfo(found);
    errno = why;
    if (fd == -1)
        err(1, "%s:%s", target.host, target.service);

    bool fine = put(fd, argv[2], strlen(argv[2])) && put(fd, "\n", 1);
    if (!fine)
        warn("%s:%s: sending", target.host, target.service);
    if (!copy_to_stdout(fd)) {
        warn("%s:%s: reading", target.host, target.service);
        fine = false;
    }
    close(fd);
    return fine ? 0 : 1;
}
