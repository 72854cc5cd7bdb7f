/* Another way: the signals are blocked and read from a signalfd, which is polled beside the listener; one dual-stack listener
 * serves both families. While a client is served, the signals wait with it in the same poll(). */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

static int signals;

/* True when fd is ready for what was asked; false when a signal says stop. */
static bool ready(int fd, short what)
{
    struct pollfd p[2] = {{.fd = signals, .events = POLLIN}, {.fd = fd, .events = what}};
    while (poll(p, 2, -1) == -1 && errno == EINTR)
        continue;
    return p[0].revents == 0;
}

/* False when a signal says stop. */
static bool serve(int fd)
{
    char data[32768];
    size_t start = 0;
    size_t end = 0;
    for (;;) {
        if (!ready(fd, start < end ? POLLOUT : POLLIN))
            return false;
        ssize_t n = start < end ? write(fd, data + start, end - start) : read(fd, data, sizeof data);
        if (n == -1 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (n == -1 || (n == 0 && start == end))
            return true;
        if (start < end) {
            start += (size_t)n;
        } else {
            start = 0;
            end = (size_t)n;
        }
    }
}

static void listen_on(int fd, const void *address, socklen_t length, const char *words)
{
    int yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (fd == -1 || bind(fd, address, length) == -1 || listen(fd, 512) == -1)
        err(1, "%s", words);
}

int main(int argc, char **argv)
{
    const char *address = argc == 3 ? argv[1] : NULL;
    const char *port = argc == 2 || argc == 3 ? argv[argc - 1] : "";
    int number = 0;
    for (const char *c = port; *c != '\0' && number >= 0; c++)
        number = *c >= '0' && *c <= '9' && number * 10 + *c - '0' <= 65535 ? number * 10 + *c - '0' : -1;
    if (number <= 0)
        errx(2, "usage: tcp_server [ADDRESS] PORT");

    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((in_port_t)number)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((in_port_t)number)};
    bool is_v4 = address != NULL && inet_pton(AF_INET, address, &v4.sin_addr) == 1;
    if (!is_v4 && address != NULL && inet_pton(AF_INET6, address, &v6.sin6_addr) != 1)
        errx(2, "no address: %s", address);

    for (int fd; (fd = open("/dev/null", O_RDWR)) != -1;) {
        if (fd > 2) {
            close(fd);
            break;
        }
    }
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    signal(SIGTERM, SIG_DFL); /* an ignored signal is thrown away and never read */
    signal(SIGINT, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signals = signalfd(-1, &set, SFD_CLOEXEC);
    if (signals == -1)
        err(1, "port %s: signalfd", port);

    char words[200];
    snprintf(words, sizeof words, "%s%sport %s", address == NULL ? "" : address, address == NULL ? "" : " ", port);
    int no = 0;
    int listener = is_v4 ? -1 : socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (listener != -1) {
        setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
        listen_on(listener, &v6, sizeof v6, words);
    } else { /* an IPv4 address, or a machine without IPv6 */
        listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        listen_on(listener, &v4, sizeof v4, words);
    }
    bool on = true;
    while (on && ready(listener, POLLIN)) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (fd != -1) {
            on = serve(fd);
            close(fd);
        }
    }
    close(listener);
    close(signals);
    return 0;
}
