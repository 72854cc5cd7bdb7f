/* A process for each question, as inetd's "nowait" has it for TCP. They send; nobody waits for them (SIGCHLD is ignored), and
   ppoll() lets the signals in. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t over;

static void end(int sig)
{
    over = sig;
}

static int bound(const char *address, const char *port)
{
    struct sockaddr_storage own = {.ss_family = AF_INET};
    socklen_t size = sizeof(struct sockaddr_in);
    in_port_t number = htons((in_port_t)atoi(port));

    if (address != NULL && strchr(address, ':') != NULL) {
        own.ss_family = AF_INET6;
        size = sizeof(struct sockaddr_in6);
        ((struct sockaddr_in6 *)&own)->sin6_port = number;
        if (inet_pton(AF_INET6, address, &((struct sockaddr_in6 *)&own)->sin6_addr) != 1)
            errx(2, "%s is no address", address);
    } else {
        ((struct sockaddr_in *)&own)->sin_port = number;
        if (address != NULL && inet_pton(AF_INET, address, &((struct sockaddr_in *)&own)->sin_addr) != 1)
            errx(2, "%s is no address", address);
    }
    int fd = socket(own.ss_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (fd == -1 || bind(fd, (struct sockaddr *)&own, size) == -1)
        err(1, "address %s, port %s", address == NULL ? "any" : address, port);
    return fd;
}

static void answer(int fd, const struct sockaddr_storage *who, socklen_t size)
{
    uint32_t seconds = htonl((uint32_t)(time(NULL) + 2208988800));
    pid_t pid = fork();

    if (pid == -1)
        warn("no process for an answer");
    if (pid == 0) {
        if (sendto(fd, &seconds, sizeof seconds, 0, (const struct sockaddr *)who, size) == -1)
            warn("can't answer");
        _exit(0);
    }
}

int main(int argc, char *argv[])
{
    int low;
    sigset_t blocked, open_mask;
    struct sigaction ending = {.sa_handler = end};
    const char *port = argv[argc - 1];

    while ((low = open("/dev/null", O_RDWR)) >= 0 && low <= 2)
        ;
    close(low);
    if (argc < 2 || argc > 3)
        errx(2, "usage: udp_time_server [ADDRESS] PORT");
    if (*port == '\0' || strlen(port) > 5 || strspn(port, "0123456789") != strlen(port) || atoi(port) < 1 ||
        atoi(port) > 65535)
        errx(2, "%s is no port", port);
    sigfillset(&blocked);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
    sigfillset(&open_mask);
    sigdelset(&open_mask, SIGTERM);
    sigdelset(&open_mask, SIGINT);
    sigaction(SIGTERM, &ending, NULL);
    sigaction(SIGINT, &ending, NULL);
    signal(SIGCHLD, SIG_IGN);

    int fd = bound(argc == 3 ? argv[1] : NULL, port);
    while (over == 0) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        struct sockaddr_storage who;
        socklen_t size = sizeof who;
        char first;

        if (ppoll(&ready, 1, NULL, &open_mask) == 1 &&
            recvfrom(fd, &first, 1, 0, (struct sockaddr *)&who, &size) != -1)
            answer(fd, &who, size);
    }
    return 0;
}
