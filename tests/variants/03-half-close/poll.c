/* Another way: both directions in one loop, with poll() and a non-blocking socket. What has not been sent yet waits in a
 * buffer; stdin is read only when that is empty. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct pipe {
    char data[8192];
    size_t start;
    size_t end;
    bool over;
};

static int connected_socket(const char *host, const char *service)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *list = NULL;
    int e = getaddrinfo(host, service, &hints, &list);
    if (e != 0)
        errx(1, "%s port %s: %s", host, service, e == EAI_SYSTEM ? strerror(errno) : gai_strerror(e));
    int fd = -1;
    int saved = 0;
    for (struct addrinfo *a = list; a != NULL && fd == -1; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
        if (fd != -1 && connect(fd, a->ai_addr, a->ai_addrlen) == -1) {
            saved = errno;
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    if (fd == -1) {
        errno = saved;
        err(1, "%s port %s", host, service);
    }
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    return fd;
}

static bool print(const char *data, size_t length)
{
    for (ssize_t n; length > 0; data += n, length -= (size_t)n) {
        n = write(STDOUT_FILENO, data, length);
        if (n == -1)
            return false;
    }
    return true;
}

static bool talk(int fd, const char *host, const char *service)
{
    struct pipe out = {.over = false};
    bool sending = true;
    bool hearing = true;
    bool well = true;
    while (sending || hearing) {
        bool empty = out.start == out.end;
        struct pollfd p[2] = {{.fd = sending && empty && !out.over ? STDIN_FILENO : -1, .events = POLLIN},
                              {.fd = (sending && !empty) || hearing ? fd : -1,
                               .events = (short)((sending && !empty ? POLLOUT : 0) | (hearing ? POLLIN : 0))}};
        if (poll(p, 2, -1) == -1 && errno != EINTR)
            err(1, "poll");
        if (p[0].revents != 0) {
            ssize_t n = read(STDIN_FILENO, out.data, sizeof out.data);
            out.over = n <= 0;
            out.start = 0;
            out.end = n <= 0 ? 0 : (size_t)n;
            if (n == -1) {
                warn("can't read what to send to %s port %s", host, service);
                well = false;
            }
            if (n <= 0) {
                shutdown(fd, SHUT_WR);
                sending = false;
            }
        }
        if ((p[1].revents & (POLLOUT | POLLERR | POLLHUP)) != 0 && sending && out.start < out.end) {
            ssize_t n = write(fd, out.data + out.start, out.end - out.start);
            if (n >= 0) {
                out.start += (size_t)n;
            } else if (errno != EAGAIN) {
                warn("can't send to %s port %s", host, service);
                well = sending = false;
            }
        }
        if (p[1].revents != 0 && hearing) {
            char data[8192];
            ssize_t n = read(fd, data, sizeof data);
            if (n > 0 && !print(data, (size_t)n)) {
                warn("stdout");
                return false;
            }
            if (n == 0)
                hearing = false;
            if (n == -1 && errno != EAGAIN) {
                warn("can't hear %s port %s", host, service);
                return false;
            }
        }
    }
    return well;
}

int main(int argc, char *argv[])
{
    if (argc != 3)
        errx(2, "usage: half_close HOST SERVICE");
    if (argv[2][0] >= '0' && argv[2][0] <= '9') {
        char *end;
        errno = 0;
        unsigned long port = strtoul(argv[2], &end, 10);
        if (errno != 0 || *end != '\0' || port == 0 || port > 65535)
            errx(2, "bad port: %s", argv[2]);
    } else if (strpbrk(argv[2], " +") != NULL || argv[2][0] == '-' || argv[2][0] == '\0') {
        errx(2, "bad service: %s", argv[2]);
    }
    for (int fd = open("/dev/null", O_RDWR); fd != -1 && fd <= 2;)
        fd = open("/dev/null", O_RDWR);
    signal(SIGPIPE, SIG_IGN);
    return talk(connected_socket(argv[1], argv[2]), argv[1], argv[2]) ? 0 : 1;
}
