/* Different: bound to any address, and each datagram's destination is asked for; SO_REUSEPORT as well; handlers and ppoll(). */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static volatile sig_atomic_t done;

static void finish(int sig)
{
    done = sig;
}

static long number(const char *text, long most)
{
    if (text[0] == '\0' || strspn(text, "0123456789") != strlen(text))
        return -1;
    errno = 0;
    long value = strtol(text, NULL, 10);
    return errno != 0 || value > most || value < 1 ? -1 : value;
}

static int usage(void)
{
    fputs("usage: mcast_listen [-c COUNT] GROUP PORT INTERFACE\n", stderr);
    return 2;
}

/* 1: it was for the group, and is printed; 0: it was not; -1: trouble. */
static int take(int fd, struct in_addr group)
{
    static char data[65536];
    char control[256];
    struct sockaddr_in from;
    struct iovec iov = {data, sizeof data};
    struct msghdr message = {&from, sizeof from, &iov, 1, control, sizeof control, 0};
    struct in_addr to = {0};
    ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT);
    if (n == -1)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
        struct in_pktinfo info;
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            memcpy(&info, CMSG_DATA(c), sizeof info);
            to = info.ipi_addr;
        }
    }
    if (to.s_addr != group.s_addr)
        return 0;
    char head[32];
    snprintf(head, sizeof head, "%s: ", inet_ntoa(from.sin_addr));
    struct iovec line[] = {{head, strlen(head)}, {data, (size_t)n}, {"\n", 1}};
    for (int i = 0; i < 3; i++) {
        for (size_t sent = 0; sent < line[i].iov_len;) {
            ssize_t k = write(1, (char *)line[i].iov_base + sent, line[i].iov_len - sent);
            if (k == -1 && errno != EINTR) {
                perror("stdout");
                return -1;
            }
            sent += k > 0 ? (size_t)k : 0;
        }
    }
    return 1;
}

int main(int argc, char **argv)
{
    long count = -1;
    int i = 1;
    while (open("/dev/null", O_RDWR) < 3)
        ;
    if (i < argc && strcmp(argv[i], "-c") == 0) {
        if (i + 1 == argc || (count = number(argv[i + 1], 1000000000)) == -1)
            return usage();
        i += 2;
    }
    struct ip_mreqn member = {0};
    long port;
    if (argc - i != 3 || inet_pton(AF_INET, argv[i], &member.imr_multiaddr) != 1 ||
        !IN_MULTICAST(ntohl(member.imr_multiaddr.s_addr)) || (port = number(argv[i + 1], 65535)) == -1 ||
        inet_pton(AF_INET, argv[i + 2], &member.imr_address) != 1)
        return usage();

    sigset_t both, before;
    sigemptyset(&both);
    sigaddset(&both, SIGTERM);
    sigaddset(&both, SIGINT);
    sigprocmask(SIG_BLOCK, &both, &before);
    sigdelset(&before, SIGTERM);
    sigdelset(&before, SIGINT);
    struct sigaction action = {.sa_handler = finish};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);

    int on = 1;
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd == -1 || setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &member, sizeof member) == -1 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == -1 ||
        bind(fd, (struct sockaddr *)&any, sizeof any) == -1 ||
        setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) == -1) {
        fprintf(stderr, "mcast_listen: %s port %ld on %s: %s\n", argv[i], port, argv[i + 2], strerror(errno));
        return 1;
    }
    while (count != 0 && !done) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (ppoll(&ready, 1, NULL, &before) == -1)
            continue;
        int one = take(fd, member.imr_multiaddr);
        if (one == -1)
            return 1;
        if (count > 0)
            count -= one;
    }
    close(fd);
    return 0;
}
