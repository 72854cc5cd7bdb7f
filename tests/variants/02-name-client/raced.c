/* Another way: both families are raced. Two chains of connection attempts go on side by side, one a family, each along
 * its own addresses; the first connection wins, and the other chain's attempt is given up. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct runner {
    int family;
    struct addrinfo *next;      /* the one to try next; those of the other family are passed over */
    int fd;                     /* an attempt under way, or -1 */
};

static int last_error = EHOSTUNREACH;

static int high_socket(int family)
{
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int high = fd == -1 ? -1 : fcntl(fd, F_DUPFD, 3);
    if (fd != -1)
        close(fd);
    return high;
}

/* Starts an attempt at the next address; leaves fd at -1 when there is none left. 1 if it is connected at once. */
static int start(struct runner *r)
{
    while (r->next != NULL) {
        struct addrinfo *a = r->next;
        r->next = a->ai_next;
        if (a->ai_family != r->family)
            continue;
        r->fd = high_socket(a->ai_family);
        if (r->fd == -1) {
            last_error = errno;
            continue;
        }
        if (connect(r->fd, a->ai_addr, a->ai_addrlen) == 0)
            return 1;
        if (errno == EINPROGRESS)
            return 0;
        last_error = errno;
        close(r->fd);
        r->fd = -1;
    }
    return 0;
}

static int race(struct addrinfo *list)
{
    struct runner r[2] = { { AF_INET6, list, -1 }, { AF_INET, list, -1 } };
    int winner = -1;
    for (int i = 0; i < 2 && winner == -1; i++)
        if (start(&r[i]))
            winner = i;
    while (winner == -1 && (r[0].fd != -1 || r[1].fd != -1)) {
        struct pollfd p[2] = { { .fd = r[0].fd, .events = POLLOUT }, { .fd = r[1].fd, .events = POLLOUT } };
        if (poll(p, 2, -1) == -1)
            continue;
        for (int i = 0; i < 2 && winner == -1; i++) {
            int error = 0;
            socklen_t size = sizeof error;
            if (r[i].fd == -1 || p[i].revents == 0)
                continue;
            getsockopt(r[i].fd, SOL_SOCKET, SO_ERROR, &error, &size);
            if (error == 0) {
                winner = i;
                break;
            }
            last_error = error;
            close(r[i].fd);
            r[i].fd = -1;
            if (start(&r[i]))
                winner = i;
        }
    }
    if (winner == -1)
        return -1;
    if (r[1 - winner].fd != -1)
        close(r[1 - winner].fd);
    fcntl(r[winner].fd, F_SETFL, fcntl(r[winner].fd, F_GETFL) & ~O_NONBLOCK);
    return r[winner].fd;
}

static int put(int fd, const char *data, size_t count)
{
    for (size_t done = 0; done < count;) {
        ssize_t n = send(fd, data + done, count - done, MSG_NOSIGNAL);
        if (n < 0)
            return -1;
        done += (size_t)n;
    }
    return 0;
}

static int port_is_fine(const char *s)
{
    char *end;
    if (*s < '0' || *s > '9')
        return *s != '\0' && strpbrk(s, ": +") == NULL && *s != '-';
    unsigned long n = strtoul(s, &end, 10);
    return *end == '\0' && n > 0 && n < 65536;
}

int main(int argc, char *argv[])
{
    if (argc != 3)
        errx(2, "usage: name_client HOST:SERVICE LINE");
    char *text = strdup(argv[1]);
    if (text == NULL)
        err(1, NULL);
    char *host = text;
    char *service = NULL;
    struct in6_addr in6;
    if (text[0] == '[' && (service = strstr(text, "]:")) != NULL) {
        host++;
        *service = '\0';
        service += 2;
        if (inet_pton(AF_INET6, host, &in6) != 1)
            service = NULL;
    } else if (text[0] != '[' && text[0] != ':' && (service = strchr(text, ':')) != NULL) {
        *service++ = '\0';
    }
    if (service == NULL || !port_is_fine(service)) {
        free(text);
        errx(2, "%s is not HOST:SERVICE", argv[1]);
    }

    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP };
    struct addrinfo *list = NULL;
    int problem = getaddrinfo(host, service, &hints, &list);
    free(text);
    if (problem != 0)
        errx(1, "%s: %s", argv[1], gai_strerror(problem));
    int fd = race(list);
    freeaddrinfo(list);
    if (fd == -1) {
        errno = last_error;
        err(1, "%s", argv[1]);
    }

    int status = 0;
    if (put(fd, argv[2], strlen(argv[2])) == -1 || put(fd, "\n", 1) == -1) {
        warn("%s: send", argv[1]);
        status = 1;
    }
    static char buffer[1 << 16];
    ssize_t n;
    while ((n = recv(fd, buffer, sizeof buffer, 0)) > 0)
        fwrite(buffer, 1, (size_t)n, stdout);
    if (n == -1) {
        warn("%s: receive", argv[1]);
        status = 1;
    }
    if (fflush(stdout) == EOF || ferror(stdout)) {
        warn("%s: print", argv[1]);
        status = 1;
    }
    close(fd);
    return status;
}
