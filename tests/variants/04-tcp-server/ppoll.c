/* Another way: the signals are blocked except while ppoll() waits for a client, so that none can come in a bad moment; a client
 * is finished first. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static volatile sig_atomic_t ended;

static void note(int sig)
{
    ended = sig;
}

/* What is not sent yet moves to the front. */
static void converse(int fd)
{
    static char data[16384];
    ssize_t held;
    while ((held = recv(fd, data, sizeof data, 0)) > 0) {
        while (held > 0) {
            ssize_t n = send(fd, data, (size_t)held, MSG_NOSIGNAL);
            if (n < 0)
                return;
            held -= n;
            memmove(data, data + n, (size_t)held);
        }
    }
}

int main(int argc, char *argv[])
{
    char *end = NULL;
    long port = argc < 2 || argv[argc - 1][strspn(argv[argc - 1], "0123456789")] != '\0' ? 0 : strtol(argv[argc - 1], &end, 10);
    struct sockaddr_storage s = {.ss_family = AF_INET};
    struct sockaddr_in *in = (struct sockaddr_in *)&s;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&s;
    if (argc > 3 || port < 1 || port > 65535)
        error(2, 0, "usage: tcp_server [ADDRESS] PORT");
    if (argc == 3 && inet_pton(AF_INET, argv[1], &in->sin_addr) != 1) {
        s.ss_family = AF_INET6;
        if (inet_pton(AF_INET6, argv[1], &in6->sin6_addr) != 1)
            error(2, 0, "usage: tcp_server [ADDRESS] PORT");
    }
    *(s.ss_family == AF_INET ? &in->sin_port : &in6->sin6_port) = htons((in_port_t)port);

    int null = open("/dev/null", O_RDWR);
    while (null >= 0 && null < 3)
        null = dup(null);
    if (null == -1)
        error(1, errno, "/dev/null");
    close(null);

    sigset_t blocked, open_mask;
    sigfillset(&blocked);
    sigdelset(&blocked, SIGSEGV);
    sigemptyset(&open_mask);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
    struct sigaction action = {.sa_handler = note};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);

    int on = 1;
    int door = socket(s.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (door == -1)
        error(1, errno, "port %ld", port);
    setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(door, (struct sockaddr *)&s, s.ss_family == AF_INET ? sizeof *in : sizeof *in6) != 0)
        error(1, errno, "bind to %s port %ld", argc == 3 ? argv[1] : "any address,", port);
    if (listen(door, 1000) != 0)
        error(1, errno, "listen on %s port %ld", argc == 3 ? argv[1] : "any address,", port);
    while (!ended) {
        struct pollfd p = {door, POLLIN, 0};
        if (ppoll(&p, 1, NULL, &open_mask) != 1)
            continue;
        int fd = accept(door, NULL, NULL);
        if (fd != -1) {
            converse(fd);
            close(fd);
        }
    }
    close(door);
    return 0;
}
