#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "peer/hangup.h"
#include "peer/peer.h"
#include "peer/show.h"
#include "peer/udp.h"

#define SECONDS_1900_TO_1970 2208988800u /* RFC 868 */
#define LATE_SECONDS 0.4                 /* within the half second that a client waits */
#define EVERYONE "127.255.255.255" /* the broadcast address of loopback: on every Linux, and nobody else hears it */

enum { CLOCKS_MAX = 8, ANSWERS_MAX = 64, TRIES = 50 };

/* An answer that is not due yet. */
struct answer {
    int clock;
    struct sockaddr_in to;
    double due;
};

struct clocks {
    const struct peer *peer;
    int count;
    int fd[CLOCKS_MAX];
    int everyone;
    struct answer answer[ANSWERS_MAX];
    int answers;
};

/* All sockets on one port: the one that was asked for, or one that is free at each address. */
static int open_all(struct clocks *clocks, int port)
{
    const struct peer_clock *clock = clocks->peer->clocks;
    clocks->everyone = udp_bound(EVERYONE, port);
    if (clocks->everyone == -1)
        return -1;
    port = udp_port(clocks->everyone);
    for (clocks->count = 0; clock[clocks->count].address != NULL && clocks->count < CLOCKS_MAX; clocks->count++) {
        int fd = udp_bound(clock[clocks->count].address, port);
        if (fd == -1) {
            int saved = errno;
            close(clocks->everyone);
            while (clocks->count > 0)
                close(clocks->fd[--clocks->count]);
            errno = saved;
            return -1;
        }
        clocks->fd[clocks->count] = fd;
    }
    return port;
}

static const char *sign_of(long ahead)
{
    return ahead < 0 ? "behind" : "ahead";
}

static void send_time(const struct clocks *clocks, int clock, const struct sockaddr_in *to)
{
    const struct peer_clock *which = &clocks->peer->clocks[clock];
    uint32_t now = htonl((uint32_t)(time(NULL) + which->ahead + SECONDS_1900_TO_1970));
    unsigned char bytes[4];
    memcpy(bytes, &now, sizeof bytes);
    if (sendto(clocks->fd[clock], bytes, sizeof bytes, 0, (const struct sockaddr *)to, sizeof *to) == -1)
        show_event(which->address, true, "could not answer: %s", strerror(errno));
    else
        show_event(which->address, true, "%02x %02x %02x %02x: %ld s %s, to port %d", bytes[0], bytes[1], bytes[2],
                   bytes[3], which->ahead < 0 ? -which->ahead : which->ahead, sign_of(which->ahead),
                   ntohs(to->sin_port));
}

static void send_junk(const struct clocks *clocks, int clock, const struct sockaddr_in *to)
{
    static const char junk[] = "not a time";
    sendto(clocks->fd[clock], junk, sizeof junk - 1, 0, (const struct sockaddr *)to, sizeof *to);
    show_event(clocks->peer->clocks[clock].address, true, "junk of %zu bytes, to port %d", sizeof junk - 1,
               ntohs(to->sin_port));
}

static void answer(struct clocks *clocks, int clock, const struct sockaddr_in *to)
{
    const struct peer *peer = clocks->peer;
    if (peer_option(peer, "junk") != NULL)
        send_junk(clocks, clock, to);
    int times = peer_option(peer, "twice") != NULL ? 2 : 1;
    for (int i = 0; i < times; i++) {
        if (peer_option(peer, "late") == NULL)
            send_time(clocks, clock, to);
        else if (clocks->answers < ANSWERS_MAX) /* each clock a little later than the one before */
            clocks->answer[clocks->answers++] = (struct answer){
                .clock = clock, .to = *to, .due = show_time() + LATE_SECONDS * (clock + 1)};
    }
}

static void send_due(struct clocks *clocks)
{
    int kept = 0;
    for (int i = 0; i < clocks->answers; i++) {
        if (clocks->answer[i].due <= show_time())
            send_time(clocks, clocks->answer[i].clock, &clocks->answer[i].to);
        else
            clocks->answer[kept++] = clocks->answer[i];
    }
    clocks->answers = kept;
}

static int patience(const struct clocks *clocks)
{
    double first = -1;
    for (int i = 0; i < clocks->answers; i++) {
        double left = clocks->answer[i].due - show_time();
        if (first < 0 || left < first)
            first = left < 0 ? 0 : left;
    }
    return first < 0 ? -1 : (int)(first * 1000) + 1;
}

/* @p clock: the one that was asked, -1 for everyone. */
static void read_question(struct clocks *clocks, int clock)
{
    struct sockaddr_in from = {0};
    socklen_t size = sizeof from;
    char bytes[65536];
    int fd = clock == -1 ? clocks->everyone : clocks->fd[clock];
    ssize_t n = recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &size);
    if (n == -1)
        return;
    show_event(clock == -1 ? EVERYONE : clocks->peer->clocks[clock].address, false, "%zd bytes, from port %d", n,
               ntohs(from.sin_port));
    for (int i = 0; i < clocks->count; i++) {
        if (clock == -1 || clock == i)
            answer(clocks, i, &from);
    }
}

static int serve(struct clocks *clocks)
{
    int hangup = hangup_descriptor();
    struct pollfd fds[CLOCKS_MAX + 2];
    for (;;) {
        for (int i = 0; i < clocks->count; i++)
            fds[i] = (struct pollfd){.fd = clocks->fd[i], .events = POLLIN};
        fds[clocks->count] = (struct pollfd){.fd = clocks->everyone, .events = POLLIN};
        fds[clocks->count + 1] = (struct pollfd){.fd = hangup, .events = POLLIN};
        if (poll(fds, (nfds_t)clocks->count + 2, patience(clocks)) == -1 && errno != EINTR)
            return 1;
        if (fds[clocks->count + 1].revents != 0 && hangup_came(hangup))
            return 0;
        for (int i = 0; i < clocks->count; i++) {
            if (fds[i].revents != 0)
                read_question(clocks, i);
        }
        if (fds[clocks->count].revents != 0)
            read_question(clocks, -1);
        send_due(clocks);
    }
}

static int run(const struct peer *peer)
{
    static struct clocks clocks;
    clocks = (struct clocks){.peer = peer};
    int asked = peer_number(peer, "port");
    int port = -1;
    for (int i = 0; port == -1 && i < (asked == 0 ? TRIES : 1); i++)
        port = open_all(&clocks, asked);
    if (port == -1) {
        fprintf(stderr, "sockeye: can't have UDP port %d at each clock's address: %s\n", asked, strerror(errno));
        return 1;
    }
    show_peer(peer, port, sizeof EVERYONE - 1);
    return serve(&clocks);
}

const struct play udp_clocks = {
    .run = run,
    .options = {{"port", "PORT", 65535, "answers there; else on a port that is free"},
                {"junk", NULL, 0, "sends something else before each answer"},
                {"twice", NULL, 0, "answers twice"},
                {"late", NULL, 0, "answers after 0.4, 0.8 ... seconds, one clock after the other"}}};
