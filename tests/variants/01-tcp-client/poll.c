/* Another way: a non-blocking socket, and poll() before each step: to be connected, for room to send, and for an
 * answer, with a time-out that only makes it wait again. */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void wait_for(int fd, short what)
{
    struct pollfd p = { .fd = fd, .events = what };
    while (poll(&p, 1, 60 * 1000) <= 0)
        continue;                       /* a time-out, or interrupted by a signal: wait on */
}

static int connected(int fd, const struct sockaddr_in *to)
{
    if (connect(fd, (const struct sockaddr *)to, sizeof *to) == 0)
        return 1;
    if (errno != EINPROGRESS && errno != EINTR)
        return 0;
    wait_for(fd, POLLOUT);
    int reason = 0;
    socklen_t size = sizeof reason;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &reason, &size) == -1)
        return 0;
    errno = reason;
    return reason == 0;
}

static int send_string(int fd, const char *s)
{
    size_t left = strlen(s);
    while (left > 0) {
        wait_for(fd, POLLOUT);
        ssize_t n = send(fd, s, left, MSG_NOSIGNAL);
        if (n >= 0) {
            s += n;
            left -= (size_t)n;
        } else if (errno != EAGAIN && errno != EINTR) {
            return -1;
        }
    }
    return 0;
}

static int print_answer(int fd)
{
    char buffer[2000];
    for (;;) {
        wait_for(fd, POLLIN);
        ssize_t got = read(fd, buffer, sizeof buffer);
        if (got == 0)
            return 0;
        if (got == -1 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (got == -1)
            return -1;
        for (ssize_t done = 0; done < got; ) {
            ssize_t n = write(STDOUT_FILENO, buffer + done, (size_t)(got - done));
            if (n == -1 && errno == EAGAIN)
                wait_for(STDOUT_FILENO, POLLOUT);
            else if (n == -1 && errno != EINTR)
                return -1;
            else if (n > 0)
                done += n;
        }
    }
}

int main(int argc, char *argv[])
{
    char *rest = NULL;
    struct sockaddr_in to = { .sin_family = AF_INET };
    unsigned long port = argc == 4 && argv[2][0] >= '0' && argv[2][0] <= '9' ? strtoul(argv[2], &rest, 10) : 0;
    if (port < 1 || port > UINT16_MAX || *rest != '\0') {
        fprintf(stderr, "tcp_client: usage: tcp_client ADDRESS PORT LINE\n");
        exit(2);
    }
    if (inet_pton(AF_INET, argv[1], &to.sin_addr) != 1)
        errx(2, "%s is not an IPv4 address", argv[1]);
    to.sin_port = htons((uint16_t)port);
    signal(SIGPIPE, SIG_IGN);

    int low = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int fd = low == -1 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, 10);
    if (low != -1)
        close(low);
    if (fd == -1)
        err(1, "socket for %s port %lu", argv[1], port);

    int status = 1;
    if (!connected(fd, &to)) {
        warn("connect to %s port %lu", argv[1], port);
    } else {
        int sent = send_string(fd, argv[3]) == 0 && send_string(fd, "\n") == 0;
        if (!sent)
            warn("send to %s port %lu", argv[1], port);
        int printed = print_answer(fd) == 0;
        if (!printed)
            warn("answer of %s port %lu", argv[1], port);
        status = !sent || !printed;
    }
    close(fd);
    return status;
}
