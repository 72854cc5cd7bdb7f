/* A socket a HOST: connected (so that only the host itself is heard, and its refusal too), except to a
 * broadcast address; poll on all of them; the lines are printed once the waiting is over. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef struct Answer Answer;
struct Answer {
    struct in_addr from;
    int64_t offset;
    Answer *next;
};

static const char *service_port = "37";

static int64_t milliseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void complain(const char *host, const char *why)
{
    fprintf(stderr, "clockdrift: %s, port %s: %s\n", host, service_port, why);
}

/* A socket that has asked host, or -1. */
static int question(const char *host)
{
    struct addrinfo hints = { .ai_family = PF_INET, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICSERV };
    struct addrinfo *a;
    int e = getaddrinfo(host, service_port, &hints, &a);
    if (e) {
        complain(host, e == EAI_SYSTEM ? strerror(errno) : gai_strerror(e));
        return -1;
    }
    char text[INET_ADDRSTRLEN];
    printf("Sending to %s:%s\n",
           inet_ntop(AF_INET, &((struct sockaddr_in *)(void *)a->ai_addr)->sin_addr, text, sizeof text),
           service_port);
    int fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
    int on = 1, ok = fd >= 0;
    if (ok && connect(fd, a->ai_addr, a->ai_addrlen) == 0) {
        ok = send(fd, "?", 1, 0) == 1;
    } else if (ok && errno == EACCES) {
        ok = setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) == 0 &&
             sendto(fd, "?", 1, 0, a->ai_addr, a->ai_addrlen) == 1;
    } else {
        ok = 0;
    }
    if (!ok) {
        complain(host, strerror(errno));
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    freeaddrinfo(a);
    return fd;
}

/* Reads one datagram. 1: a new answer, 0: not. */
static int hear(int fd, const char *host, Answer ***last, Answer *all)
{
    uint8_t b[8];
    struct sockaddr_in from = { 0 };
    socklen_t len = sizeof from;
    ssize_t n = recvfrom(fd, b, sizeof b, MSG_DONTWAIT, (struct sockaddr *)&from, &len);
    time_t now = time(NULL);
    if (n < 0 && errno == ECONNREFUSED)
        complain(host, strerror(errno));
    if (n != 4)
        return 0;
    for (; all; all = all->next)
        if (memcmp(&all->from, &from.sin_addr, sizeof all->from) == 0)
            return 0;
    Answer *a = malloc(sizeof *a);
    if (!a)
        return 0;
    int64_t theirs = ((int64_t)b[0] << 24) + (b[1] << 16) + (b[2] << 8) + b[3];
    int64_t offset = (theirs - (now + INT64_C(2208988800))) % (INT64_C(1) << 32);
    if (offset < -(INT64_C(1) << 31))
        offset += INT64_C(1) << 32;
    if (offset >= INT64_C(1) << 31)
        offset -= INT64_C(1) << 32;
    *a = (Answer){ from.sin_addr, offset, NULL };
    **last = a;
    *last = &a->next;
    return 1;
}

int main(int argc, char *argv[])
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDWR) != fd)
            return 1;

    for (int o; (o = getopt(argc, argv, "p:")) != -1;) {
        char *end = "?";
        long port = 0;
        if (o == 'p') {
            service_port = optarg;
            if (strspn(optarg, "0123456789") == strlen(optarg) && *optarg)
                port = strtol(optarg, &end, 10);
        }
        if (*end || port < 1 || port > 65535) {
            fprintf(stderr, "clockdrift [-p PORT] [HOST...], PORT from 1 to 65535\n");
            return 2;
        }
    }
    char *everyone[] = { "255.255.255.255" };
    char **host = argc > optind ? argv + optind : everyone;
    nfds_t n = argc > optind ? (nfds_t)(argc - optind) : 1, open_ones = 0;
    struct pollfd *sockets = malloc(n * sizeof *sockets);
    if (!sockets)
        return perror("malloc"), 1;
    for (nfds_t i = 0; i < n; i++) {
        sockets[i] = (struct pollfd){ .fd = question(host[i]), .events = POLLIN };
        open_ones += sockets[i].fd >= 0;
    }
    int status = open_ones < n;

    Answer *all = NULL, **last = &all;
    int64_t end = milliseconds() + 501;
    int overtime = 0;
    while (open_ones > 0 && overtime < 10000) {
        int64_t left = end - milliseconds();
        int ready = poll(sockets, n, left > 0 ? (int)left : 0);
        if (ready == 0 && left <= 0)
            break;
        if (ready <= 0)
            continue;
        int news = 0;
        for (nfds_t i = 0; i < n; i++)
            if (sockets[i].fd >= 0 && sockets[i].revents)
                news += hear(sockets[i].fd, host[i], &last, all);
        if (news)
            end = milliseconds() + 501, overtime = 0;
        else if (left <= 0)
            overtime++;
    }

    if (!all) {
        for (nfds_t i = 0; i < n; i++)
            complain(host[i], "no answer");
        status = 1;
    }
    for (nfds_t i = 0; i < n; i++)
        if (sockets[i].fd >= 0)
            close(sockets[i].fd);
    free(sockets);
    while (all) {
        Answer *a = all;
        struct hostent *h = gethostbyaddr(&a->from, sizeof a->from, AF_INET);
        printf("Clock on %s [%s] is %lld seconds ahead of this one.\n", h ? h->h_name : "UNKNOWN",
               inet_ntoa(a->from), (long long)a->offset);
        all = a->next;
        free(a);
    }
    return fflush(stdout) ? 1 : status;
}
