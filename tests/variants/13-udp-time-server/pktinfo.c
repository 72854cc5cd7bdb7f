/* A dual-stack socket; recvmsg() tells which address was asked (IPV6_PKTINFO), and the answer comes from it. pselect(). */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stop;

static void on_stop(int sig)
{
    stop = sig;
}

static bool number(const char *text, unsigned *port)
{
    *port = 0;
    for (const char *c = text; *c != '\0'; c++) {
        if (*c < '0' || *c > '9' || *port > 65535)
            return false;
        *port = *port * 10 + (unsigned)(*c - '0');
    }
    return *port >= 1 && *port <= 65535;
}

/* IPv4 addresses as IPv4-mapped ones. */
static bool address(const char *text, struct sockaddr_in6 *to)
{
    char mapped[INET6_ADDRSTRLEN + 8];
    struct in_addr v4;
    to->sin6_family = AF_INET6;
    if (text == NULL)
        return true; /* :: */
    if (inet_pton(AF_INET, text, &v4) == 1) {
        snprintf(mapped, sizeof mapped, "::ffff:%s", text);
        return inet_pton(AF_INET6, mapped, &to->sin6_addr) == 1;
    }
    return inet_pton(AF_INET6, text, &to->sin6_addr) == 1;
}

static void reply(int fd)
{
    char question[16], control[256];
    struct sockaddr_in6 client;
    struct iovec data = {question, sizeof question};
    struct msghdr msg = {.msg_name = &client, .msg_namelen = sizeof client, .msg_iov = &data, .msg_iovlen = 1,
                         .msg_control = control, .msg_controllen = sizeof control};
    if (recvmsg(fd, &msg, MSG_DONTWAIT) == -1)
        return;
    uint32_t now = htonl((uint32_t)time(NULL) + 2208988800u);
    data.iov_base = &now;
    data.iov_len = sizeof now;
    if (sendmsg(fd, &msg, MSG_DONTWAIT) == -1) /* with the control message that came, as it came */
        perror("sendmsg");
}

int main(int argc, char **argv)
{
    struct sockaddr_in6 own = {0};
    unsigned port;
    int on = 1, off = 0, fd;
    for (fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) == -1)
            open("/dev/null", O_RDWR);
    if (argc < 2 || argc > 3 || !number(argv[argc - 1], &port) || !address(argc == 3 ? argv[1] : NULL, &own)) {
        fputs("udp_time_server [ADDRESS] PORT\n", stderr);
        return 2;
    }
    own.sin6_port = htons((uint16_t)port);

    struct sigaction action = {.sa_handler = on_stop};
    sigset_t block, waiting;
    sigemptyset(&block);
    sigaddset(&block, SIGTERM);
    sigaddset(&block, SIGINT);
    sigprocmask(SIG_BLOCK, &block, &waiting);
    sigdelset(&waiting, SIGTERM);
    sigdelset(&waiting, SIGINT);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);

    fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd == -1 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == -1 ||
        setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on) == -1 ||
        bind(fd, (struct sockaddr *)&own, sizeof own) == -1) {
        fprintf(stderr, "udp_time_server: %s port %u: %s\n", argc == 3 ? argv[1] : "*", port, strerror(errno));
        return 1;
    }
    while (!stop) {
        fd_set set;
        FD_ZERO(&set);
        FD_SET(fd, &set);
        if (pselect(fd + 1, &set, NULL, NULL, NULL, &waiting) == 1)
            reply(fd);
    }
    close(fd);
    return 0;
}
