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

/* Says that step N is still to do, and ends. Goes when nothing calls it any more. */
static void to_do(int step)
{
    fprintf(stderr, "udp_time: step %d is still to do: see TODO %d\n", step, step);
    exit(3);
}

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
    /* TODO 8: open /dev/null until the lowest free descriptor is above 2. */
    return 0;
}

/* What begins with a digit is a number, and what begins with a letter may be the name of a service. */
static int is_port(const char *text)
{
    /* TODO 1: a number is 1 to 65535, and nothing stands behind it. A name is not looked up here. */
    return isdigit((unsigned char)text[0]);
}

/* Sends one datagram to the first of the addresses that one can be sent to. Returns the socket, connected to
 * that address, or -1 with the last reason in errno. */
static int ask(const struct addrinfo *addresses)
{
    /* TODO 3: for each address: a socket of its family, connect(), send() of an empty datagram. What is there
       to clean up when one of them fails, and what must errno be when all have failed? */
    (void)addresses;
    to_do(3);
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
    /* TODO 4: recv() into a buffer with a byte more than an answer has. Four bytes are an answer: the highest
       comes first. */
    /* TODO 6: before that, poll() until `end`, and no longer: junk must not start the wait anew. */
    /* TODO 7: EINTR is no end. When the time is up, empty the queue before you give up. */
    (void)fd;
    (void)end;
    *theirs = 0;
    to_do(4);
    return -1;
}

/* Both clocks count modulo 2^32, so their distance does too: it is the one nearest to 0, and stays right when
 * one clock has wrapped (in 2036) and the other has not. */
static long seconds_ahead(uint32_t theirs)
{
    /* TODO 5: our clock in their year, a difference in a type that wraps, and only then its sign. */
    (void)theirs;
    to_do(5);
    return 0;
}

int main(int argc, char *argv[])
{
    if (fill_standard_descriptors() == -1)
        return 1;

    /* TODO 1: HOST and perhaps PORT, and nothing else. */
    to_do(1);
    if (argc == 3 && !is_port(argv[2]))
        return usage();
    const char *host = argv[1];
    const char *port = argc == 3 ? argv[2] : TIME_PORT;

    /* TODO 2: getaddrinfo(), for datagrams, with both families. Free what it gives when you have asked. */
    to_do(2);
    struct addrinfo *addresses = NULL;
    int fd = ask(addresses);
    if (fd == -1)
        return failure(host, port, strerror(errno));

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
