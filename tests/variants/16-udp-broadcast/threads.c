/* Two threads: one listens from the start and keeps the list, the other looks the HOSTs up and asks them, and
 * tells the listener by an eventfd when it is done. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct line {
    struct sockaddr_in who;
    long long ahead;
};

struct listener {
    int fd;
    int done_asking;            /* an eventfd: readable once every HOST has been asked */
    struct line *lines;
    size_t count;
    int error;
};

static double clock_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int learn(struct listener *l, const struct sockaddr_in *who, const unsigned char *b, time_t now)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->lines[i].who.sin_addr.s_addr == who->sin_addr.s_addr)
            return 0;
    struct line *more = reallocarray(l->lines, l->count + 1, sizeof *more);
    if (more == NULL) {
        l->error = errno;
        return 0;
    }
    l->lines = more;
    long long wrap = 1LL << 32;
    long long theirs = b[0] * 16777216LL + b[1] * 65536 + b[2] * 256 + b[3];
    long long ahead = ((theirs - (now + 2208988800LL)) % wrap + wrap) % wrap;
    if (ahead >= wrap / 2)
        ahead -= wrap;
    l->lines[l->count].who = *who;
    l->lines[l->count++].ahead = ahead;
    return 1;
}

static void *listening(void *arg)
{
    struct listener *l = arg;
    struct pollfd p[2] = { { .fd = l->fd, .events = POLLIN }, { .fd = l->done_asking, .events = POLLIN } };
    double end = 0;             /* 0: not all are asked yet */
    for (int late = 0; late < 5000;) {
        double left = end - clock_now();
        int wait = end == 0 ? -1 : left > 0 ? (int)(left * 1000) + 1 : 0;
        int ready = poll(p, 2, wait);
        if (ready == 0 && wait == 0)
            break;
        if (ready <= 0)
            continue;
        if (p[0].revents != 0) {
            unsigned char b[2000];
            struct sockaddr_in who;
            socklen_t len = sizeof who;
            ssize_t n = recvfrom(l->fd, b, sizeof b, MSG_DONTWAIT, (struct sockaddr *)&who, &len);
            if (n == 4 && learn(l, &who, b, time(NULL))) {
                late = 0;
                if (end != 0)
                    end = clock_now() + 0.5;
            } else if (wait == 0) {
                late++;
            }
        }
        if (p[1].revents != 0) {
            p[1].fd = -1;
            end = clock_now() + 0.5;
        }
    }
    return NULL;
}

static int ask(int fd, const char *host, unsigned port)
{
    struct addrinfo hints, *list = NULL;
    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_DGRAM;
    int error = getaddrinfo(host, NULL, &hints, &list);
    if (error != 0) {
        fprintf(stderr, "%s %u: %s\n", host, port, gai_strerror(error));
        return -1;
    }
    struct sockaddr_in to = *(struct sockaddr_in *)(void *)list->ai_addr;
    freeaddrinfo(list);
    to.sin_port = htons((uint16_t)port);
    char text[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &to.sin_addr, text, sizeof text);
    printf("Sending to %s:%u\n", text, port);
    if (sendto(fd, "\n", 1, 0, (struct sockaddr *)&to, sizeof to) == -1) {
        fprintf(stderr, "%s %u: %s\n", host, port, strerror(errno));
        return -1;
    }
    return 0;
}

int main(int argc, char *argv[])
{
    unsigned long port = 37;
    int option, fd, status = 0, on = 1;
    while ((fd = open("/dev/null", O_RDWR)) != -1 && fd <= STDERR_FILENO)
        continue;
    close(fd);

    while ((option = getopt(argc, argv, "p:")) != -1) {
        char *end = "x";
        if (option == 'p' && strchr("0123456789", optarg[0]) != NULL && optarg[0] != '\0')
            port = strtoul(optarg, &end, 10);
        if (*end != '\0' || port == 0 || port > 65535) {
            fprintf(stderr, "usage: clockdrift [-p PORT] [HOST...]\n");
            return 2;
        }
    }

    struct listener l = { .fd = socket(AF_INET, SOCK_DGRAM, 0), .done_asking = eventfd(0, 0) };
    if (l.fd == -1 || l.done_asking == -1 ||
        setsockopt(l.fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) == -1) {
        perror("clockdrift");
        return 1;
    }
    /* bound before the listener starts, so that it has something to wait for */
    struct sockaddr_in any = { .sin_family = AF_INET };
    pthread_t thread;
    if (bind(l.fd, (struct sockaddr *)&any, sizeof any) == -1) {
        perror("clockdrift: bind");
        return 1;
    }
    int error = pthread_create(&thread, NULL, listening, &l);
    if (error != 0) {
        fprintf(stderr, "clockdrift: %s\n", strerror(error));
        return 1;
    }
    if (optind == argc && ask(l.fd, "255.255.255.255", (unsigned)port) == -1)
        status = 1;
    for (int i = optind; i < argc; i++)
        if (ask(l.fd, argv[i], (unsigned)port) == -1)
            status = 1;
    if (eventfd_write(l.done_asking, 1) == -1)
        perror("clockdrift: eventfd");
    pthread_join(thread, NULL);
    close(l.done_asking);
    close(l.fd);

    if (l.error != 0) {
        fprintf(stderr, "clockdrift: %s\n", strerror(l.error));
        status = 1;
    }
    if (l.count == 0) {
        fprintf(stderr, "clockdrift: no answer from port %lu of", port);
        for (int i = optind; i < argc; i++)
            fprintf(stderr, " %s", argv[i]);
        fputs(optind == argc ? " anyone\n" : "\n", stderr);
        status = 1;
    }
    for (size_t i = 0; i < l.count; i++) {
        char name[NI_MAXHOST], text[INET_ADDRSTRLEN];
        const struct sockaddr *who = (struct sockaddr *)&l.lines[i].who;
        int unnamed = getnameinfo(who, sizeof l.lines[i].who, name, sizeof name, NULL, 0, NI_NAMEREQD);
        inet_ntop(AF_INET, &l.lines[i].who.sin_addr, text, sizeof text);
        printf("Clock on %s [%s] is %lld seconds ahead of this one.\n", unnamed ? "UNKNOWN" : name, text,
               l.lines[i].ahead);
    }
    free(l.lines);
    if (fflush(stdout) == EOF) {
        perror("clockdrift: stdout");
        status = 1;
    }
    return status;
}
