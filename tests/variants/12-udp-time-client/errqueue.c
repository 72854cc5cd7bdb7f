/* Not connected: select(), recvfrom() with the sender compared, and refusals from the error queue (IP_RECVERR). */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <linux/errqueue.h>     /* wants struct timespec, which the others bring */
#include <time.h>
#include <unistd.h>

struct host {
    struct sockaddr_storage address;
    int fd;
};

static bool same(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    if (a->ss_family != b->ss_family)
        return false;
    if (a->ss_family == AF_INET) {
        const struct sockaddr_in *x = (const void *)a, *y = (const void *)b;
        return x->sin_port == y->sin_port && x->sin_addr.s_addr == y->sin_addr.s_addr;
    }
    const struct sockaddr_in6 *x = (const void *)a, *y = (const void *)b;
    return x->sin6_port == y->sin6_port && memcmp(&x->sin6_addr, &y->sin6_addr, sizeof x->sin6_addr) == 0;
}

/* Takes one error from the queue: what happened to our datagram, or 0. */
static int error_of(int fd)
{
    char control[512], data[64];
    struct iovec rest = {data, sizeof data};
    struct msghdr msg = {.msg_iov = &rest, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    if (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) == -1)
        return 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c != NULL; c = CMSG_NXTHDR(&msg, c)) {
        struct sock_extended_err error;
        if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
            (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR)) {
            memcpy(&error, CMSG_DATA(c), sizeof error);
            return (int)error.ee_errno;
        }
    }
    return 0;
}

static int send_question(struct host *host, const struct addrinfo *to)
{
    int on = 1, saved;
    host->fd = socket(to->ai_family, SOCK_DGRAM, 0);
    if (host->fd == -1)
        return errno;
    if (to->ai_family == AF_INET)
        setsockopt(host->fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
    else
        setsockopt(host->fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
    memcpy(&host->address, to->ai_addr, to->ai_addrlen);
    if (sendto(host->fd, "\n", 1, 0, to->ai_addr, to->ai_addrlen) == 1)
        return 0;
    saved = errno;
    close(host->fd);
    return saved;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* 0, or why there is no answer. */
static int wait_for(const struct host *host, unsigned char answer[4])
{
    double end = now() + 0.5;
    for (int turns = 0; turns < 5000; turns++) {
        double left = end - now();
        struct timeval tv = {0, left > 0 ? (suseconds_t)(left * 1e6) : 0};
        fd_set set;
        FD_ZERO(&set);
        FD_SET(host->fd, &set);
        int ready = select(host->fd + 1, &set, NULL, NULL, &tv);
        if (ready == -1 && errno == EINTR)
            continue;
        if (ready == -1)
            return errno;
        if (ready == 0 && left <= 0)
            return ETIMEDOUT;
        if (ready == 0)
            continue;
        struct sockaddr_storage from;
        socklen_t length = sizeof from;
        unsigned char data[1500];
        ssize_t size = recvfrom(host->fd, data, sizeof data, MSG_DONTWAIT, (struct sockaddr *)&from, &length);
        if (size == 4 && same(&from, &host->address)) {
            memcpy(answer, data, 4);
            return 0;
        }
        int error = error_of(host->fd);
        if (error != 0)
            return error;
    }
    return ETIMEDOUT;
}

int main(int argc, char *argv[])
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd < 3);
    close(fd);

    if (argc != 2 && argc != 3) {
        fputs("udp_time HOST [PORT]\n", stderr);
        return 2;
    }
    const char *port = argc == 2 ? "time" : argv[2];
    if (strchr("+- \t\n\v\f\r", *port) != NULL) {
        fputs("udp_time: PORT is a number or a name\n", stderr);
        return 2;
    }
    if (*port >= '0' && *port <= '9') {
        char *end;
        long number = strtol(port, &end, 10);
        if (*end != '\0' || number < 1 || number > 65535) {
            fprintf(stderr, "udp_time: no such port: %s\n", port);
            return 2;
        }
    }

    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_protocol = IPPROTO_UDP}, *list;
    int error = getaddrinfo(argv[1], port, &hints, &list);
    if (error != 0) {
        fprintf(stderr, "udp_time: can't find %s port %s: %s\n", argv[1], port, gai_strerror(error));
        return 1;
    }
    struct host host = {.fd = -1};
    error = EDESTADDRREQ;
    for (struct addrinfo *each = list; each != NULL && error != 0; each = each->ai_next)
        error = send_question(&host, each);
    freeaddrinfo(list);
    if (error != 0) {
        fprintf(stderr, "udp_time: can't ask %s port %s: %s\n", argv[1], port, strerror(error));
        return 1;
    }

    unsigned char b[4];
    error = wait_for(&host, b);
    close(host.fd);
    if (error != 0) {
        fprintf(stderr, "udp_time: %s port %s does not answer: %s\n", argv[1], port, strerror(error));
        return 1;
    }
    int64_t theirs = (int64_t)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
    int64_t ours = (int64_t)time(NULL) + 2208988800;
    int64_t ahead = (theirs - ours) % 4294967296;
    if (ahead < -2147483648)
        ahead += 4294967296;
    if (ahead > 2147483647)
        ahead -= 4294967296;
    printf("Clock on %s is %lld seconds ahead of this one.\n", argv[1], (long long)ahead);
    if (fclose(stdout) == 0)
        return 0;
    perror("stdout");
    return 1;
}
