/* Another way: recv() with MSG_WAITALL, in a loop, into a large static buffer; the line and its newline go out
 * together, with sendmsg() and two iovecs. */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static char chunk[1 << 20];

static void advance(struct msghdr *m, size_t n)
{
    while (m->msg_iovlen > 0 && n >= m->msg_iov->iov_len) {
        n -= m->msg_iov->iov_len;
        m->msg_iov++;
        m->msg_iovlen--;
    }
    if (m->msg_iovlen > 0) {
        m->msg_iov->iov_base = (char *)m->msg_iov->iov_base + n;
        m->msg_iov->iov_len -= n;
    }
}

static int deliver(const char *bytes, size_t count)
{
    for (ssize_t n; count > 0; bytes += n, count -= (size_t)n)
        if ((n = write(1, bytes, count)) < 0)
            return -1;
    return 0;
}

int main(int argc, char *argv[])
{
    unsigned port;
    char junk;
    struct sockaddr_in sin = { .sin_family = AF_INET };
    if (argc != 4 || strlen(argv[2]) > 5 || strspn(argv[2], "0123456789") != strlen(argv[2])
        || sscanf(argv[2], "%u%c", &port, &junk) != 1 || port == 0 || port > 65535
        || inet_pton(AF_INET, argv[1], &sin.sin_addr) != 1) {
        warnx("usage: tcp_client ADDRESS PORT LINE");
        return 2;
    }
    sin.sin_port = htons((in_port_t)port);

    int first = socket(AF_INET, SOCK_STREAM, 0), s = first;
    if (first >= 0 && first < 3) {
        s = fcntl(first, F_DUPFD_CLOEXEC, 3);
        close(first);
    }
    if (s < 0)
        err(1, "%s port %s: socket", argv[1], argv[2]);
    signal(SIGPIPE, SIG_IGN);
    if (connect(s, (struct sockaddr *)&sin, sizeof sin) < 0) {
        warn("%s port %s: connect", argv[1], argv[2]);
        close(s);
        return 1;
    }

    struct iovec parts[] = { { argv[3], strlen(argv[3]) }, { "\n", 1 } };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
    int failed = 0;
    while (message.msg_iovlen > 0 && !failed) {
        ssize_t n = sendmsg(s, &message, 0);
        if (n < 0) {
            warn("%s port %s: sendmsg", argv[1], argv[2]);
            failed = 1;
        } else {
            advance(&message, (size_t)n);
        }
    }
    ssize_t n;
    while ((n = recv(s, chunk, sizeof chunk, MSG_WAITALL)) > 0) {
        if (deliver(chunk, (size_t)n) < 0) {
            warn("answer of %s port %s: write", argv[1], argv[2]);
            failed = 1;
            break;
        }
    }
    if (n < 0) {
        warn("%s port %s: recv", argv[1], argv[2]);
        failed = 1;
    }
    close(s);
    return failed;
}
