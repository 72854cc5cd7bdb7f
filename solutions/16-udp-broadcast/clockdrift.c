/*
 * clockdrift - asks other systems for the time and says how far their clocks are from this one.
 *
 *     clockdrift [-p PORT] [HOST...]
 *
 * Sends one empty datagram to each HOST, or to everyone (255.255.255.255), at the UDP service "time" (37) or
 * PORT. Listens until half a second has passed without news, then prints a line for each host that answered.
 *
 * New since lesson 12: one question and any number of answers, from anyone, in any order, more than once or
 * never. So the socket stays unconnected, the program keeps a list, and silence is what ends the wait.
 *
 * See also: socket(7) for SO_BROADCAST and SO_TIMESTAMPNS, ip(7), udp(7), recvmsg(2), cmsg(3), poll(2),
 *           clock_gettime(2), getaddrinfo(3), getnameinfo(3), RFC 868 (time), RFC 919 (broadcast).
 */
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
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TIME_PORT 37
#define SECONDS_1900_TO_1970 2208988800
#define SECOND INT64_C(1000000000)          /* times are counted in nanoseconds */
#define PATIENCE (SECOND / 2)
#define MORE_THAN_A_QUEUE_HOLDS 10000       /* datagrams; by default some 250 small ones fit */

struct target {
    const char *host;           /* as it was given */
    struct sockaddr_in addr;
};

struct datagram {
    unsigned char data[5];      /* one byte more than an answer has: a longer datagram shows */
    ssize_t size;
    struct in_addr from;
    int64_t arrived;            /* CLOCK_REALTIME when the kernel got it: we may read it later */
};

struct answer {
    struct in_addr from;
    long ahead;                 /* seconds, negative: behind */
};

struct answers {
    struct answer *list;
    size_t count, room;
};

static int usage(void)
{
    fprintf(stderr, "usage: clockdrift [-p PORT] [HOST...]     (PORT: 1 to 65535)\n");
    return 2;
}

/* We may have been started with descriptors 0 to 2 closed: no socket may become the stdout we print to. */
static int fill_standard_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= 2);
    if (fd == -1)
        return -1;
    close(fd);
    return 0;
}

/* The port that TEXT means, or 0 if it means none. */
static in_port_t port_number(const char *text)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || number > 65535)   /* strtoul takes " 1" and "-1" */
        return 0;
    return (in_port_t)number;
}

/* Fills in the address of target->host: its first IPv4 address. */
static int look_up(struct target *target, in_port_t port)
{
    struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_DGRAM };
    struct addrinfo *found;
    int error = getaddrinfo(target->host, NULL, &hints, &found);
    if (error != 0) {
        fprintf(stderr, "clockdrift: %s port %d: %s\n", target->host, port,
                error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
        return -1;
    }
    memcpy(&target->addr, found->ai_addr, sizeof target->addr);
    target->addr.sin_port = htons(port);
    freeaddrinfo(found);
    return 0;
}

static int broadcast_socket(void)
{
    int on = 1;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd == -1) {
        perror("clockdrift: socket");
        return -1;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) == -1 ||
        setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) == -1) {
        perror("clockdrift: setsockopt");
        close(fd);
        return -1;
    }
    return fd;
}

static int ask(int fd, const struct target *target)
{
    char address[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &target->addr.sin_addr, address, sizeof address);
    printf("Sending to %s:%d\n", address, ntohs(target->addr.sin_port));

    if (sendto(fd, "", 0, 0, (const struct sockaddr *)&target->addr, sizeof target->addr) == -1) {
        fprintf(stderr, "clockdrift: %s port %d: %s\n", target->host, ntohs(target->addr.sin_port),
                strerror(errno));
        return -1;
    }
    return 0;
}

static int64_t now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * SECOND + time.tv_nsec;
}

/* Takes the next datagram from the queue; never waits. */
static int receive(int fd, struct datagram *datagram)
{
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(struct timespec))];
    } control;
    struct sockaddr_in from;
    struct iovec data = { .iov_base = datagram->data, .iov_len = sizeof datagram->data };
    struct msghdr msg = {
        .msg_name = &from, .msg_namelen = sizeof from,
        .msg_iov = &data, .msg_iovlen = 1,
        .msg_control = &control, .msg_controllen = sizeof control,
    };

    datagram->size = recvmsg(fd, &msg, MSG_DONTWAIT);
    if (datagram->size == -1)
        return -1;
    datagram->from = from.sin_addr;
    datagram->arrived = now(CLOCK_REALTIME);
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c != NULL; c = CMSG_NXTHDR(&msg, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec stamp;
            memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
            datagram->arrived = stamp.tv_sec * SECOND + stamp.tv_nsec;
        }
    return 0;
}

/* How far a clock is ahead of ours. Both count modulo 2^32, so their distance does too: it is the one nearest
 * to 0, and stays right when one clock has wrapped (in 2036) and the other has not. */
static long seconds_ahead(const struct datagram *answer)
{
    const unsigned char *data = answer->data;
    uint32_t theirs = (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
    uint32_t ours = (uint32_t)(answer->arrived / SECOND + SECONDS_1900_TO_1970);
    uint32_t distance = theirs - ours;
    return distance <= INT32_MAX ? (long)distance : -(long)(UINT32_MAX - distance) - 1;
}

/* Adds the datagram to the list. Returns 1 if it is news, 0 if not (no answer, or its host has answered). */
static int add_answer(struct answers *answers, const struct datagram *datagram)
{
    if (datagram->size != 4)
        return 0;
    for (size_t i = 0; i < answers->count; i++)
        if (answers->list[i].from.s_addr == datagram->from.s_addr)
            return 0;
    if (answers->count == answers->room) {
        size_t room = answers->room * 2 + 16;
        struct answer *list = realloc(answers->list, room * sizeof *list);
        if (list == NULL) {
            perror("clockdrift");
            return -1;
        }
        answers->list = list;
        answers->room = room;
    }
    answers->list[answers->count++] = (struct answer){ datagram->from, seconds_ahead(datagram) };
    return 1;
}

/* Listens until `patience` has passed without news. What is in the queue by then is read all the same: we may
 * have been stopped meanwhile. But not without end: babble must not keep us here for ever. */
static int collect(int fd, struct answers *answers, int64_t patience)
{
    int64_t end = now(CLOCK_MONOTONIC) + patience;
    int late = 0;
    while (late < MORE_THAN_A_QUEUE_HOLDS) {
        int64_t left = end - now(CLOCK_MONOTONIC);
        if (left < 0)
            left = 0;
        struct pollfd queue = { .fd = fd, .events = POLLIN };
        int ready = poll(&queue, 1, (int)((left + 999999) / 1000000));  /* rounded up: never too early */
        if (ready == 0 && left == 0)
            break;
        if (ready == 0)
            continue;

        struct datagram datagram;
        if (ready == -1 || receive(fd, &datagram) == -1) {
            if (errno == EINTR || errno == EAGAIN)      /* EAGAIN: it was damaged, the kernel dropped it */
                continue;
            perror("clockdrift: receive");
            return -1;
        }
        int news = add_answer(answers, &datagram);
        if (news == -1)
            return -1;
        if (news) {
            end = now(CLOCK_MONOTONIC) + patience;
            late = 0;
        } else if (left == 0) {
            late++;
        }
    }
    return 0;
}

/* Names are looked up when all is heard: a look-up can take seconds, and answers would pile up behind it. */
static void print_answers(const struct answers *answers)
{
    for (size_t i = 0; i < answers->count; i++) {
        struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr = answers->list[i].from };
        char address[INET_ADDRSTRLEN], name[NI_MAXHOST];
        inet_ntop(AF_INET, &addr.sin_addr, address, sizeof address);
        if (getnameinfo((struct sockaddr *)&addr, sizeof addr, name, sizeof name, NULL, 0, NI_NAMEREQD) != 0)
            strcpy(name, "UNKNOWN");
        printf("Clock on %s [%s] is %ld seconds ahead of this one.\n", name, address, answers->list[i].ahead);
    }
}

/* Asks all targets and prints who answers. Returns the exit status. */
static int compare_clocks(const struct target *targets, int count)
{
    struct answers answers = { .list = NULL };
    int asked = 0, status = 0;
    int fd = broadcast_socket();
    if (fd == -1)
        return 1;

    for (int i = 0; i < count; i++) {
        if (ask(fd, &targets[i]) == 0)
            asked++;
        if (collect(fd, &answers, 0) == -1)     /* so that the queue is not full before we listen */
            status = 1;
    }
    fflush(stdout);
    if (asked > 0 && collect(fd, &answers, PATIENCE) == -1)
        status = 1;
    if (asked < count)
        status = 1;
    close(fd);

    print_answers(&answers);
    if (answers.count == 0) {
        for (int i = 0; i < count; i++)
            fprintf(stderr, "clockdrift: %s port %d: no answer\n", targets[i].host,
                    ntohs(targets[i].addr.sin_port));
        status = 1;
    }
    free(answers.list);
    return status;
}

int main(int argc, char *argv[])
{
    in_port_t port = TIME_PORT;
    int option;
    if (fill_standard_descriptors() == -1)
        return 1;
    while ((option = getopt(argc, argv, "p:")) != -1)
        if (option != 'p' || (port = port_number(optarg)) == 0)
            return usage();

    char *everyone[] = { "255.255.255.255" };
    int count = optind < argc ? argc - optind : 1;
    char **hosts = optind < argc ? argv + optind : everyone;
    struct target *targets = calloc((size_t)count, sizeof *targets);
    if (targets == NULL) {
        perror("clockdrift");
        return 1;
    }
    int found = 0, status = 0;
    for (int i = 0; i < count; i++) {
        targets[found].host = hosts[i];
        if (look_up(&targets[found], port) == 0)
            found++;
        else
            status = 1;
    }
    if (found > 0 && compare_clocks(targets, found) != 0)
        status = 1;
    free(targets);

    if (fflush(stdout) == EOF || ferror(stdout)) {
        perror("clockdrift: stdout");
        status = 1;
    }
    return status;
}
