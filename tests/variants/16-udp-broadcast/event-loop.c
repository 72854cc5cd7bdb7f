/* An event loop: epoll with a timerfd for the end of the wait, recvmmsg for what is queued, one socket, bound
 * before it asks; refusals are asked for (IP_RECVERR), read from the error queue, and reported. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 16, LAST_ROUNDS = 500 };

struct record {
    in_addr_t address;
    int drift;
    struct record *next;
};

static void *tree;              /* of struct record, by address */
static struct record *first, **end_of_records = &first;
static int status;

static int compare(const void *a, const void *b)
{
    in_addr_t x = ((const struct record *)a)->address, y = ((const struct record *)b)->address;
    return x < y ? -1 : x > y;
}

static void arm(int timer)
{
    struct itimerspec half = { .it_value = { .tv_nsec = 500 * 1000 * 1000 } };
    timerfd_settime(timer, 0, &half, NULL);
}

/* Reads and reports what came back as an error. Returns how many. */
static int read_errors(int fd, in_port_t port)
{
    int n = 0;
    for (;;) {
        struct sockaddr_in to = { 0 };
        char control[512];
        struct msghdr m = { .msg_name = &to, .msg_namelen = sizeof to,
                            .msg_control = control, .msg_controllen = sizeof control };
        if (recvmsg(fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) == -1)
            return n;
        fprintf(stderr, "clockdrift: %s port %d does not take it\n", inet_ntoa(to.sin_addr), port);
        n++;
    }
}

/* Reads a batch. Returns how many new answers were in it, or -1 if there was nothing. */
static int read_batch(int fd)
{
    unsigned char data[BATCH][5];
    struct sockaddr_in from[BATCH];
    struct iovec iov[BATCH];
    struct mmsghdr m[BATCH];
    memset(m, 0, sizeof m);
    for (int i = 0; i < BATCH; i++) {
        iov[i] = (struct iovec){ data[i], sizeof data[i] };
        m[i].msg_hdr.msg_iov = &iov[i];
        m[i].msg_hdr.msg_iovlen = 1;
        m[i].msg_hdr.msg_name = &from[i];
        m[i].msg_hdr.msg_namelen = sizeof from[i];
    }
    int n = recvmmsg(fd, m, BATCH, MSG_DONTWAIT, NULL), news = 0;
    unsigned now = (unsigned)(time(NULL) + 2208988800L);
    for (int i = 0; i < n; i++) {
        if (m[i].msg_len != 4)
            continue;
        struct record *r = malloc(sizeof *r);
        if (r == NULL)
            continue;
        unsigned theirs;
        memcpy(&theirs, data[i], 4);
        *r = (struct record){ from[i].sin_addr.s_addr, (int)(be32toh(theirs) - now), NULL };
        struct record **place = tsearch(r, &tree, compare);
        if (place == NULL || *place != r) {
            free(r);
            continue;
        }
        *end_of_records = r;
        end_of_records = &r->next;
        news++;
    }
    return n == -1 && errno == EAGAIN ? -1 : news;
}

static void listen_until_quiet(int fd, in_port_t port)
{
    int loop = epoll_create1(0), timer = timerfd_create(CLOCK_MONOTONIC, 0), over = 0;
    struct epoll_event in = { .events = EPOLLIN, .data.fd = fd };
    struct epoll_event tick = { .events = EPOLLIN, .data.fd = timer };
    if (loop == -1 || timer == -1 || epoll_ctl(loop, EPOLL_CTL_ADD, fd, &in) == -1 ||
        epoll_ctl(loop, EPOLL_CTL_ADD, timer, &tick) == -1) {
        perror("clockdrift: epoll");
        status = 1;
        goto done;
    }
    arm(timer);
    while (over < LAST_ROUNDS) {
        struct epoll_event event[2];
        int n = epoll_wait(loop, event, 2, -1), timed_out = 0, readable = 0;
        for (int i = 0; i < n; i++) {
            timed_out |= event[i].data.fd == timer;
            readable |= event[i].data.fd == fd;
        }
        int errors = readable ? read_errors(fd, port) : 0;
        int news = readable ? read_batch(fd) : -1;
        if (news > 0) {
            arm(timer);         /* this also forgets an expiration */
            over = 0;
        } else if (timed_out && news == -1 && errors == 0) {
            break;              /* the time is up, and all that came is read */
        } else if (timed_out) {
            over++;
        }
    }
done:
    if (timer != -1)
        close(timer);
    if (loop != -1)
        close(loop);
}

static void send_to(int fd, struct sockaddr_in *to, const char *host, in_port_t port)
{
    to->sin_port = htons(port);
    printf("Sending to %s:%d\n", inet_ntoa(to->sin_addr), port);
    /* An error here may be an earlier datagram's: take it off and try again. */
    int tries = 5;
    while (sendto(fd, NULL, 0, 0, (struct sockaddr *)to, sizeof *to) == -1) {
        int error = errno;
        if (read_errors(fd, port) == 0 || --tries == 0) {
            fprintf(stderr, "clockdrift: %s port %d: %s\n", host, port, strerror(error));
            status = 1;
            return;
        }
    }
}

static void no_free(void *record)
{
    (void)record;
}

int main(int argc, char *argv[])
{
    in_port_t port = 37;
    int c, fd;
    while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd < 3)
        ;
    close(fd);
    while ((c = getopt(argc, argv, "+p:")) != -1) {
        int n = 0, used = 0;
        if (c != 'p' || strspn(optarg, "0123456789") != strlen(optarg) || strlen(optarg) > 5 ||
            sscanf(optarg, "%d%n", &n, &used) != 1 || n < 1 || n > 65535) {
            fprintf(stderr, "usage: clockdrift [-p PORT] [HOST...]\n");
            return 2;
        }
        port = (in_port_t)n;
    }
    const int yes = 1;
    struct sockaddr_in any = { .sin_family = AF_INET };
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes) == -1 ||
        setsockopt(fd, IPPROTO_IP, IP_RECVERR, &yes, sizeof yes) == -1 ||
        bind(fd, (struct sockaddr *)&any, sizeof any) == -1) {
        perror("clockdrift: socket");
        return 1;
    }
    if (optind == argc) {
        struct sockaddr_in all = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_BROADCAST) };
        send_to(fd, &all, "255.255.255.255", port);
    }
    for (int i = optind; i < argc; i++) {
        struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_DGRAM }, *ai;
        int error = getaddrinfo(argv[i], NULL, &hints, &ai);
        if (error != 0) {
            fprintf(stderr, "clockdrift: %s port %d: %s\n", argv[i], port, gai_strerror(error));
            status = 1;
            continue;
        }
        send_to(fd, (struct sockaddr_in *)(void *)ai->ai_addr, argv[i], port);
        freeaddrinfo(ai);
    }
    listen_until_quiet(fd, port);
    close(fd);

    if (first == NULL) {
        for (int i = optind; i < argc; i++)
            fprintf(stderr, "clockdrift: %s port %d: silence\n", argv[i], port);
        if (optind == argc)
            fprintf(stderr, "clockdrift: 255.255.255.255 port %d: silence\n", port);
        status = 1;
    }
    tdestroy(tree, no_free);
    while (first != NULL) {
        struct record *r = first;
        struct sockaddr_in who = { .sin_family = AF_INET, .sin_addr.s_addr = r->address };
        char name[NI_MAXHOST];
        if (getnameinfo((struct sockaddr *)&who, sizeof who, name, sizeof name, NULL, 0, NI_NAMEREQD) != 0)
            strcpy(name, "UNKNOWN");
        printf("Clock on %s [%s] is %d seconds ahead of this one.\n", name, inet_ntoa(who.sin_addr),
               r->drift);
        first = r->next;
        free(r);
    }
    return fclose(stdout) == 0 ? status : 1;
}
