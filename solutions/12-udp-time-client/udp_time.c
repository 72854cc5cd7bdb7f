/*
 * udp_time - asks a host for the time, and says how far its clock is from this one.
 *
 *     udp_time HOST [PORT]            udp_time localhost 7037
 *
 * Sends one empty datagram to HOST, at the UDP service "time" (37) or at PORT, and waits at most half a
 * second for its clock: four bytes. Status 1 when none comes, 2 when the arguments are wrong.
 *
 * What is new: datagrams. Nobody accepts a connection, nothing ends, a message comes whole or never, and so a
 * client needs a clock to know when to give up.
 *
 * See also: udp(7), connect(2) on datagram sockets, recv(2), poll(2), clock_gettime(2), getaddrinfo(3),
 *           RFC 868 (time).
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TIME_PORT "37"
#define SECONDS_1900_TO_1970 2208988800
#define PATIENCE 500                        /* milliseconds */
#define MORE_THAN_A_QUEUE_HOLDS 10000       /* datagrams; by default some 250 small ones fit */

static int usage(void)
{
    fprintf(stderr, "usage: udp_time HOST [PORT]     (PORT: 1 to 65535, or the name of a service)\n");
    return 2;
}

static int failure(const char *host, const char *port, const char *reason)
{
    fprintf(stderr, "udp_time: %s port %s: %s\n", host, port, reason);
    return 1;
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

/* What begins with a digit is a number, and what begins with a letter may be the name of a service. */
static int is_port(const char *text)
{
    char *end;
    if (!isdigit((unsigned char)text[0]))
        return isalpha((unsigned char)text[0]);
    unsigned long number = strtoul(text, &end, 10);
    return *end == '\0' && number >= 1 && number <= 65535;
}

/* Sends one datagram to the first of the addresses that one can be sent to. Returns the socket, connected to
 * that address, or -1 with the last reason in errno. */
static int ask(const struct addrinfo *addresses)
{
    for (const struct addrinfo *ai = addresses; ai != NULL; ai = ai->ai_next) {
        int fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC, ai->ai_protocol);
        if (fd == -1)
            continue;
        /* Connected: the kernel drops what others send, and tells us if the port is closed. */
        if (connect(fd, ai->ai_addr, ai->ai_addrlen) == 0 && send(fd, "", 0, 0) == 0)
            return fd;
        int reason = errno;
        close(fd);
        errno = reason;
    }
    return -1;
}

static int64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);   /* nobody can set it while we wait */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for a datagram of four bytes. Returns -1 with errno set if none comes in time. What is in the queue
 * when the time is up is read all the same: we may have been stopped meanwhile. But not without end. */
static int receive_time(int fd, uint32_t *theirs)
{
    int64_t end = milliseconds() + PATIENCE;
    int late = 0;
    while (late < MORE_THAN_A_QUEUE_HOLDS) {
        int64_t left = end - milliseconds();
        struct pollfd queue = { .fd = fd, .events = POLLIN };
        int ready = poll(&queue, 1, left > 0 ? (int)left : 0);
        if (ready == 0 && left <= 0)
            break;
        if (ready == 0)
            continue;

        unsigned char data[5];      /* one byte more than an answer has: a longer datagram shows */
        ssize_t size = ready == -1 ? -1 : recv(fd, data, sizeof data, MSG_DONTWAIT);
        if (size == 4) {
            *theirs = (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
            return 0;
        }
        if (size == -1 && errno != EINTR && errno != EAGAIN)    /* EAGAIN: it was damaged, and dropped */
            return -1;
        if (left <= 0)
            late++;
    }
    errno = ETIMEDOUT;
    return -1;
}

/* Both clocks count modulo 2^32, so their distance does too: it is the one nearest to 0, and stays right when
 * one clock has wrapped (in 2036) and the other has not. */
static long seconds_ahead(uint32_t theirs)
{
    uint32_t ours = (uint32_t)(time(NULL) + SECONDS_1900_TO_1970);
    uint32_t distance = theirs - ours;
    return distance <= INT32_MAX ? (long)distance : -(long)(UINT32_MAX - distance) - 1;
}

int main(int argc, char *argv[])
{
    if (fill_standard_descriptors() == -1)
        return 1;
    if (argc < 2 || argc > 3 || (argc == 3 && !is_port(argv[2])))
        return usage();
    const char *host = argv[1];
    const char *port = argc == 3 ? argv[2] : TIME_PORT;

    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM };
    struct addrinfo *addresses;
    int error = getaddrinfo(host, port, &hints, &addresses);
    if (error != 0)
        return failure(host, port, error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
    int fd = ask(addresses);
    int reason = errno;
    freeaddrinfo(addresses);
    if (fd == -1)
        return failure(host, port, strerror(reason));

    uint32_t theirs;
    int status = 0;
    if (receive_time(fd, &theirs) == -1)
        status = failure(host, port, errno == ETIMEDOUT ? "no answer in half a second" : strerror(errno));
    else
        printf("Clock on %s is %ld seconds ahead of this one.\n", host, seconds_ahead(theirs));
    close(fd);

    if (fflush(stdout) == EOF) {
        perror("udp_time: stdout");
        status = 1;
    }
    return status;
}
