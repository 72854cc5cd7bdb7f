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

/* Says that step N is still to do, and ends. Goes when nothing calls it any more. */
static void to_do(int step)
{
    fprintf(stderr, "clockdrift: step %d is still to do: see TODO %d\n", step, step);
    exit(3);
}

static int usage(void)
{
    fprintf(stderr, "usage: clockdrift [-p PORT] [HOST...]     (PORT: 1 to 65535)\n");
    return 2;
}

/* We may have been started with descriptors 0 to 2 closed: no socket may become the stdout we print to. */
static int fill_standard_descriptors(void)
{
    /* TODO 10: open /dev/null until the lowest free descriptor is above 2. */
    return 0;
}

/* The port that TEXT means, or 0 if it means none. */
static in_port_t port_number(const char *text)
{
    /* TODO 1: 1 to 65535 in decimal, nothing before it, nothing after it. */
    (void)text;
    return 0;
}

/* Fills in the address of target->host: its first IPv4 address. */
static int look_up(struct target *target, in_port_t port)
{
    /* TODO 2: a HOST without an address is reported, and keeps no other from being asked. */
    (void)target;
    (void)port;
    to_do(2);
    return -1;
}

static int broadcast_socket(void)
{
    /* TODO 3: one socket for all. What would it miss if it were connected? What must it ask leave for? */
    to_do(3);
    return -1;
}

static int ask(int fd, const struct target *target)
{
    /* TODO 4: say whom, then send one datagram. A failure here is this HOST's alone. */
    (void)fd;
    (void)target;
    to_do(4);
    return -1;
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
    /* TODO 5: how long is it, who sent it, when did it come? */
    (void)fd;
    datagram->arrived = now(CLOCK_REALTIME);
    to_do(5);
    return -1;
}

/* How far a clock is ahead of ours. Both count modulo 2^32, so their distance does too: it is the one nearest
 * to 0, and stays right when one clock has wrapped (in 2036) and the other has not. */
static long seconds_ahead(const struct datagram *answer)
{
    /* TODO 6: subtract in a type that wraps. Only then give the distance its sign. */
    (void)answer;
    to_do(6);
    return 0;
}

/* Adds the datagram to the list. Returns 1 if it is news, 0 if not (no answer, or its host has answered). */
static int add_answer(struct answers *answers, const struct datagram *datagram)
{
    /* TODO 7: what is an answer? And is it the first of its host? */
    (void)answers;
    to_do(7);
    return seconds_ahead(datagram) != 0;
}

/* Listens until `patience` has passed without news. What is in the queue by then is read all the same: we may
 * have been stopped meanwhile. But not without end: babble must not keep us here for ever. */
static int collect(int fd, struct answers *answers, int64_t patience)
{
    /* TODO 8: wait, receive, add, again. What moves the end, and what must not? */
    struct datagram datagram = { .size = 0 };
    (void)patience;
    to_do(8);
    return receive(fd, &datagram) == -1 ? -1 : add_answer(answers, &datagram);
}

/* Names are looked up when all is heard: a look-up can take seconds, and answers would pile up behind it. */
static void print_answers(const struct answers *answers)
{
    /* TODO 9: a line for each, with a name or UNKNOWN. */
    (void)answers;
    to_do(9);
}

/* Asks all targets and prints who answers. Returns the exit status. */
static int compare_clocks(const struct target *targets, int count)
{
    /* TODO 9: the order is right; what is missing? When is the status 0? */
    struct answers answers = { .list = NULL };
    int fd = broadcast_socket();
    for (int i = 0; i < count; i++)
        ask(fd, &targets[i]);
    collect(fd, &answers, PATIENCE);
    print_answers(&answers);
    return 1;
}

int main(int argc, char *argv[])
{
    in_port_t port = TIME_PORT;
    if (fill_standard_descriptors() == -1)
        return 1;

    /* TODO 1: read -p PORT and the HOSTs. What stands below is enough for no HOST. */
    to_do(1);
    if (argc > 1 && (port = port_number(argv[1])) == 0)
        return usage();

    struct target everyone = { .host = "255.255.255.255" };
    if (look_up(&everyone, port) == -1)
        return 1;
    return compare_clocks(&everyone, 1);
}
