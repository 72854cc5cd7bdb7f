/* Another way: the bytes never come into the program. splice() moves them from stdin into a pipe of ours and from there into
 * the connection; where a descriptor can't be spliced, read() and write() do it. */
#define _GNU_SOURCE
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int by_hand(int from, int to)
{
    char buffer[512];
    ssize_t n;
    while ((n = read(from, buffer, sizeof buffer)) > 0) {
        for (ssize_t i = 0, w; i < n; i += w) {
            if ((w = write(to, buffer + i, (size_t)(n - i))) < 0)
                return -1;
        }
    }
    return (int)n;
}

static int transfer(int from, int to)
{
    int between[2];
    if (pipe(between) == -1)
        return -1;
    int result = 0;
    ssize_t in;
    while (result == 0 && (in = splice(from, NULL, between[1], NULL, 1 << 16, SPLICE_F_MOVE)) != 0) {
        if (in == -1) {
            result = errno == EINVAL ? by_hand(from, to) : -1;
            break;
        }
        while (in > 0) {
            ssize_t out = splice(between[0], NULL, to, NULL, (size_t)in, SPLICE_F_MOVE);
            if (out == -1 && errno == EINVAL) {
                char waiting[1 << 16];
                char *p = waiting;
                for (out = read(between[0], waiting, (size_t)in); in > 0 && result == 0;) {
                    ssize_t w = write(to, p, (size_t)out);
                    if (w == -1)
                        result = -1;
                    p += w;
                    out -= w;
                    in -= w;
                }
                if (result == 0)
                    continue;
            }
            if (out == -1)
                result = -1;
            if (result == -1)
                break;
            in -= out;
        }
    }
    int reason = errno;
    close(between[0]);
    close(between[1]);
    errno = reason;
    return result;
}

int main(int argc, char *argv[])
{
    int status = 0, fd = -1, reason = 0, rc;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list, *a;

    if (argc != 3)
        error(2, 0, "wants HOST and SERVICE");
    const char *port = argv[2];
    if (strchr("+- ", port[0]) != NULL)
        error(2, 0, "%s is no service", port);
    if (strchr("0123456789", port[0]) != NULL &&
        (strlen(port) > 5 || strspn(port, "0123456789") < strlen(port) || atoi(port) < 1 || atoi(port) > 65535))
        error(2, 0, "%s is no port", port);

    for (fd = 0; fd < 3; fd++) {
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDWR) != fd)
            error(1, errno, "/dev/null");
    }
    signal(SIGPIPE, SIG_IGN);
    if ((rc = getaddrinfo(argv[1], port, &hints, &list)) != 0)
        error(1, 0, "%s/%s: %s", argv[1], port, gai_strerror(rc));
    for (a = list, fd = -1; a; a = a->ai_next) {
        if ((fd = socket(a->ai_family, a->ai_socktype, 0)) >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            break;
        reason = errno;
        close(fd);
        fd = -1;
    }
    freeaddrinfo(list);
    if (fd == -1)
        error(1, reason, "%s/%s", argv[1], port);

    if (transfer(STDIN_FILENO, fd) != 0) {
        error(0, errno, "to %s/%s", argv[1], port);
        status = 1;
    }
    shutdown(fd, SHUT_WR);
    if (transfer(fd, STDOUT_FILENO) != 0) {
        error(0, errno, "from %s/%s", argv[1], port);
        status = 1;
    }
    close(fd);
    return status;
}
