/* Another way: sigaction() without SA_RESTART, so that a signal ends accept() with EINTR, and a flag says why. accept4(), and
 * send() with MSG_NOSIGNAL in place of an ignored SIGPIPE. */
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
#include <sys/socket.h>
#include <unistd.h>

static volatile sig_atomic_t over;

static void end(int sig)
{
    over = sig;
}

static bool all_sent(int fd, const char *p, const char *end_of_data)
{
    while (p < end_of_data) {
        ssize_t n = send(fd, p, (size_t)(end_of_data - p), MSG_NOSIGNAL);
        if (n == -1 && errno == EINTR && !over)
            continue;
        if (n == -1)
            return false;
        p += n;
    }
    return true;
}

static void serve(int fd)
{
    static char block[4096];
    for (;;) {
        ssize_t n = recv(fd, block, sizeof block, 0);
        if (n == -1 && errno == EINTR && !over)
            continue;
        if (n <= 0 || !all_sent(fd, block, block + n))
            return;
    }
}

int main(int argc, char *argv[])
{
    char *rest = NULL;
    const char *port = argc > 1 ? argv[argc - 1] : "";
    unsigned long number = *port >= '0' && *port <= '9' ? strtoul(port, &rest, 10) : 0;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } where = {.v4 = {.sin_family = AF_INET, .sin_addr = {INADDR_ANY}}};
    socklen_t size = sizeof where.v4;
    bool good = argc == 2 || argc == 3;
    if (good && argc == 3 && strchr(argv[1], ':') != NULL) {
        size = sizeof where.v6;
        where.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6};
        good = inet_pton(AF_INET6, argv[1], &where.v6.sin6_addr) == 1;
    } else if (good && argc == 3) {
        good = inet_pton(AF_INET, argv[1], &where.v4.sin_addr) == 1;
    }
    if (!good || number == 0 || number > 65535 || *rest != '\0') {
        fprintf(stderr, "usage: tcp_server [ADDRESS] PORT\n");
        return 2;
    }
    where.v4.sin_port = htons((uint16_t)number); /* at the same place in both */

    while (fcntl(0, F_GETFD) == -1 || fcntl(1, F_GETFD) == -1 || fcntl(2, F_GETFD) == -1) {
        if (open("/dev/null", O_RDWR) == -1)
            return 1;
    }
    struct sigaction action = {.sa_handler = end};
    sigset_t none;
    sigemptyset(&none);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigprocmask(SIG_SETMASK, &none, NULL);

    int one = 1;
    int door = socket(where.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (door == -1 || setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == -1 ||
        bind(door, &where.any, size) == -1 || listen(door, 1000) == -1) {
        fprintf(stderr, "tcp_server: %s%s%s: %s\n", argc == 3 ? argv[1] : "", argc == 3 ? " " : "", port, strerror(errno));
        return 1;
    }
    while (!over) {
        int fd = accept4(door, NULL, NULL, SOCK_CLOEXEC);
        if (fd == -1 && !over && errno != EINTR)
            perror("accept4");
        if (fd != -1) {
            serve(fd);
            close(fd);
        }
    }
    close(door);
    return 0;
}
