/*
 * tftp - fetches a file from a TFTP server, or takes it one.
 *
 *     tftp get|put HOST PORT REMOTE LOCAL            tftp get localhost 7069 notes.txt copy.txt
 *                                                    tftp put localhost tftp notes.txt notes.txt
 *
 * Status 1 when the file can't be had or taken, whole; LOCAL is then as it was before. Status 2 when the
 * arguments are wrong.
 *
 * What is new: a conversation on top of datagrams that may be lost, doubled, delayed and reordered. Each side
 * sends one datagram and waits for the one that answers it; what does not come is asked for again; block
 * numbers tell what is new from what is old; and whoever is not the server has no say.
 *
 * See also: RFC 1350 (TFTP), RFC 1123 section 4.2.3.1 (the Sorcerer's Apprentice), udp(7), recvfrom(2),
 *           poll(2), clock_gettime(2), rename(2).
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

enum opcode { RRQ = 1, WRQ = 2, DATA = 3, ACK = 4, ERROR = 5 };
enum error_code { NOT_DEFINED = 0, DISK_FULL = 3, UNKNOWN_PORT = 5 };

#define HEADER 4                            /* bytes: opcode and block number */
#define BLOCK 512                           /* bytes of data; a block that has fewer is the last */
#define TIMEOUT 250                         /* milliseconds until a datagram is sent again */
#define RESENDS 5                           /* so often, each */
#define MORE_THAN_A_QUEUE_HOLDS 10000       /* datagrams; by default some 250 small ones fit */

struct transfer {
    int fd;
    struct sockaddr_storage server;         /* whom we ask; from its first valid answer on: whom we talk to */
    socklen_t server_size;
    int is_known;                           /* that answer has come */
    unsigned char last[HEADER + BLOCK];     /* our last datagram, in case that it gets lost */
    size_t last_size;
    unsigned char got[HEADER + BLOCK + 1];  /* theirs; with one byte more, so that a longer one shows */
    char peer[NI_MAXHOST + 64];             /* for messages: "HOST port PORT" */
    char reason[PATH_MAX + BLOCK];          /* why it failed: of what, and what was wrong with it */
};

/* Says that step N is still to do, and ends. Goes when nothing calls it any more. */
static void to_do(int step)
{
    fprintf(stderr, "tftp: step %d is still to do: see TODO %d\n", step, step);
    exit(3);
}

static int usage(void)
{
    fprintf(stderr, "usage: tftp get|put HOST PORT REMOTE LOCAL     (PORT: 1 to 65535, or a service's name)\n");
    return 2;
}

/* We may have been started with descriptors 0 to 2 closed: no socket and no file may become our stderr. */
static int fill_standard_descriptors(void)
{
    /* TODO 12: open /dev/null until the lowest free descriptor is above 2. */
    return 0;
}

/* What begins with a digit is a number, and what begins with a letter may be the name of a service. */
static int is_port(const char *text)
{
    /* TODO 1: a number is 1 to 65535, and nothing stands behind it. A name is not looked up here. */
    return isdigit((unsigned char)text[0]);
}

static int fail(struct transfer *t, const char *of_what, const char *why)
{
    snprintf(t->reason, sizeof t->reason, "%s: %s", of_what, why);
    return -1;
}

/* ---- datagrams ---- */

static void put16(unsigned char *bytes, unsigned int value)
{
    bytes[0] = (unsigned char)(value >> 8);     /* on the network the highest byte comes first */
    bytes[1] = (unsigned char)value;
}

static unsigned int get16(const unsigned char *bytes)
{
    return (unsigned int)bytes[0] << 8 | bytes[1];
}

static int send_last(struct transfer *t)
{
    ssize_t n = sendto(t->fd, t->last, t->last_size, 0, (struct sockaddr *)&t->server, t->server_size);
    return n == -1 ? fail(t, t->peer, strerror(errno)) : 0;
}

/* Asks for a file, or offers one: opcode, name, NUL, mode, NUL. */
static int make_request(struct transfer *t, enum opcode opcode, const char *remote)
{
    /* TODO 2: build it in t->last, with put16() and snprintf(), and note its size. Both NULs count. */
    (void)opcode;
    to_do(2);
    return fail(t, remote, "the name is too long for a datagram");
}

/* DATA with what already stands behind the header, or ACK with nothing there. */
static int send_block(struct transfer *t, enum opcode opcode, uint16_t block, size_t size)
{
    put16(t->last, opcode);
    put16(t->last + 2, block);
    t->last_size = HEADER + size;
    return send_last(t);
}

/* Tells somebody what is wrong. Nobody answers that, so it is not sent again, nor is it our last datagram. */
static void send_error(struct transfer *t, const struct sockaddr_storage *to, socklen_t size,
                       enum error_code code, const char *words)
{
    /* TODO 11: opcode, code, the words and their NUL, with sendto(). t->last stays as it is. */
    (void)t, (void)to, (void)size, (void)code, (void)words;
}

/* ---- waiting ---- */

static int64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    if (a->ss_family != b->ss_family)
        return 0;
    if (a->ss_family == AF_INET)
        return ((const struct sockaddr_in *)a)->sin_addr.s_addr == ((const struct sockaddr_in *)b)->sin_addr.s_addr;
    return memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr, &((const struct sockaddr_in6 *)b)->sin6_addr,
                  sizeof(struct in6_addr)) == 0;
}

/* Of hosts that are the same: sockaddr_in and sockaddr_in6 have the port in the same place. */
static int same_port(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    return ((const struct sockaddr_in *)a)->sin_port == ((const struct sockaddr_in *)b)->sin_port;
}

/* Receives one datagram of at least a header's size from the server, by that point in time. Returns its size,
 * 0 if what came was none of that (so the caller looks at the clock again), -1 if the time is up. */
static int receive(struct transfer *t, int64_t end, struct sockaddr_storage *from, socklen_t *from_size)
{
    /* TODO 4: recvfrom() into t->got, and who has sent it into *from. What is shorter than a header or longer
       than a block, or comes from another host, is none. */
    /* TODO 8: before that, poll() until `end` and no longer. EINTR is no end. What is in the queue when `end` has
       passed still counts: we may have been stopped. */
    /* TODO 11: from its first valid answer on, only same_port() is the server. Others get ERROR 5, unless they
       have sent ERROR themselves. */
    (void)t, (void)end, (void)from, (void)from_size;
    (void)same_host, (void)same_port, (void)get16;
    to_do(4);
    return -1;
}

/* The server's message as text that a terminal may be shown. */
static int fail_with_message(struct transfer *t, size_t size)
{
    /* TODO 7: fail() with the words that stand behind the header. Is there a NUL behind them? What isprint(3) does
       not know becomes a '?': a terminal obeys some bytes. */
    (void)size;
    return fail(t, t->peer, "the server has reported an error");
}

/* Waits for DATA or ACK of that block, and sends our last datagram again, as often as that, when it does not
 * come. Returns how many bytes stand behind its header, or -1 with a reason. */
static int await(struct transfer *t, enum opcode opcode, uint16_t block, int resends)
{
    int64_t end = milliseconds() + TIMEOUT;
    struct sockaddr_storage from;
    socklen_t from_size;
    int size = receive(t, end, &from, &from_size);
    /* TODO 4: receive() until opcode and number are those that you wait for: then whoever sent it is the
       server, from now on. */
    /* TODO 7: ERROR ends it. */
    /* TODO 8: when the time is up, send_last(), up to that often. Each time has an end of its own; a datagram
       that is not the one does not move it. Somebody who floods us does not keep us, either: after
       MORE_THAN_A_QUEUE_HOLDS of those the time is up. */
    /* TODO 9: the block before comes again: its ACK is what we have sent last. (Which block is before 0?) An ACK
       that comes again is nothing. */
    (void)opcode, (void)block, (void)resends, (void)fail_with_message;
    return size == -1 ? fail(t, t->peer, "no answer") : 0;
}

/* ---- transfers ---- */

/* Finds the server and sends it the request. Returns 0, or -1 with a reason. */
static int ask(struct transfer *t, const char *host, const char *port)
{
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM };
    struct addrinfo *addresses;
    int error = getaddrinfo(host, port, &hints, &addresses);
    if (error != 0)
        return fail(t, t->peer, error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));

    int result = -1;
    /* TODO 3: for each address, until one can be sent to: a socket, the address into t->server, send_last(). */
    to_do(3);
    freeaddrinfo(addresses);
    return result;
}

/* A file of ours can't be read or written. The server learns it, since it waits for us. */
static int fail_at_file(struct transfer *t, const char *local)
{
    int reason = errno;
    if (t->is_known)
        send_error(t, &t->server, t->server_size, DISK_FULL, strerror(reason));
    return fail(t, local, strerror(reason));
}

/* Writes all blocks but the last one's ACK: that is for when the file is safe. Returns the last one's number,
 * or -1. */
static int fetch_blocks(struct transfer *t, FILE *file, const char *local)
{
    /* TODO 5: await() block 1, write it, send_block() its ACK, and so on. The first with fewer than 512 bytes
       is the last. What type has a number behind whose 65535 comes 0? */
    (void)file, (void)local, (void)send_block;
    int size = await(t, DATA, 1, RESENDS);
    if (size != -1)
        to_do(5);
    return size;
}

/* The file grows under another name, and gets its own when it is whole: so a transfer that fails leaves no
 * half of a file, and what was there before stays. */
static int get(struct transfer *t, const char *host, const char *port, const char *local)
{
    char part[PATH_MAX];
    int length = snprintf(part, sizeof part, "%s.%ld", local, (long)getpid());
    errno = ENAMETOOLONG;
    FILE *file = (size_t)length < sizeof part ? fopen(part, "wxe") : NULL;
    if (file == NULL)
        return fail_at_file(t, local);

    int last = ask(t, host, port) == 0 ? fetch_blocks(t, file, local) : -1;
    if (fclose(file) == EOF && last != -1)
        last = fail_at_file(t, local);
    if (last != -1 && rename(part, local) == -1)
        last = fail_at_file(t, local);
    if (last == -1) {
        unlink(part);
        return -1;
    }
    /* TODO 5: the last ACK. */
    /* TODO 10: it may be lost, too. await() knows what to do when the last block comes again. Which block, and how
       many resends, do you tell it? That nothing comes is no failure. */
    return 0;
}

static int put(struct transfer *t, const char *host, const char *port, const char *local)
{
    FILE *file = fopen(local, "re");
    if (file == NULL)
        return fail_at_file(t, local);

    int result = ask(t, host, port);
    if (result == 0)
        result = await(t, ACK, 0, RESENDS);
    /* TODO 6: read a block to t->last + HEADER, send_block() it, await() its ACK, until one has had fewer than
       512 bytes. A read that fails is no end of the file. */
    if (result == 0)
        to_do(6);
    fclose(file);
    return result == -1 ? -1 : 0;
}

int main(int argc, char *argv[])
{
    if (fill_standard_descriptors() == -1)
        return 1;

    /* TODO 1: get or put, and four words behind it, of which one is a port. */
    to_do(1);
    if (argc != 6 || !is_port(argv[3]))
        return usage();
    int is_get = strcmp(argv[1], "get") == 0;
    if (!is_get && strcmp(argv[1], "put") != 0)
        return usage();
    const char *host = argv[2], *port = argv[3], *remote = argv[4], *local = argv[5];

    struct transfer t = { .fd = -1 };
    snprintf(t.peer, sizeof t.peer, "%s port %s", host, port);
    int result = make_request(&t, is_get ? RRQ : WRQ, remote);
    if (result == 0)
        result = is_get ? get(&t, host, port, local) : put(&t, host, port, local);
    if (t.fd != -1)
        close(t.fd);
    if (result == -1)
        fprintf(stderr, "tftp: %s\n", t.reason);
    return result == -1 ? 1 : 0;
}
