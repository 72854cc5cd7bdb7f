#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check/tftp.h"
#include "peer/hangup.h"
#include "peer/peer.h"
#include "peer/show.h"
#include "peer/udp.h"

enum { DATAGRAM_MAX = 1024, NAME_COLUMNS = 11 };

/* The only file that there is: three blocks, and a little. */
enum { FILE_SIZE = 3 * TFTP_BLOCK + 42 };

struct server {
    const struct peer *peer;
    int fd;        /* the port that is asked */
    int transfer;  /* the port of the transfer, or -1 */
    int losses;    /* every so manieth datagram is lost; 0: none */
    int datagrams; /* sent so far */
    char file[FILE_SIZE];
};

static const char *name_of(int fd)
{
    return text("port %d", udp_port(fd));
}

static void send_to(struct server *server, struct bytes datagram, const struct sockaddr_in *to)
{
    int times = peer_option(server->peer, "twice") != NULL ? 2 : 1;
    server->datagrams++;
    if (server->losses > 0 && server->datagrams % server->losses == 0) {
        show_note(name_of(server->transfer), "%s gets lost", tftp_words(datagram));
        return;
    }
    for (int i = 0; i < times; i++) {
        sendto(server->transfer, datagram.data, datagram.length, 0, (const struct sockaddr *)to, sizeof *to);
        show_event(name_of(server->transfer), true, "%s", tftp_words(datagram));
    }
}

/* What answers a datagram: each says itself where the transfer stands. Empty: nothing does. */
static struct bytes answer_to(const struct server *server, struct bytes datagram)
{
    struct bytes file = {server->file, sizeof server->file};
    int number = tftp_number(datagram);
    int opcode = tftp_opcode(datagram);
    if (opcode == TFTP_READ)
        return tftp_data(1, file);
    if (opcode == TFTP_ACK && number < tftp_blocks(file))
        return tftp_data(number + 1, file);
    if (opcode == TFTP_WRITE)
        return tftp_ack(0);
    if (opcode == TFTP_DATA)
        return tftp_ack(number);
    return bytes("");
}

static void read_one(struct server *server, int fd)
{
    struct sockaddr_in from = {0};
    socklen_t size = sizeof from;
    char data[DATAGRAM_MAX];
    ssize_t n = recvfrom(fd, data, sizeof data, 0, (struct sockaddr *)&from, &size);
    if (n == -1)
        return;
    struct bytes datagram = {data, (size_t)n};
    bool is_request = fd == server->fd;
    show_event(name_of(fd), false, "%s", tftp_words(datagram));
    if (is_request) { /* each transfer has a port of its own */
        if (server->transfer != -1)
            close(server->transfer);
        server->transfer = udp_bound("127.0.0.1", 0);
    }
    struct bytes answer = answer_to(server, datagram);
    if (answer.length > 0 && server->transfer != -1)
        send_to(server, answer, &from);
    keep_release();
}

static int serve(struct server *server)
{
    int hangup = hangup_descriptor();
    for (;;) {
        struct pollfd fds[] = {{.fd = hangup, .events = POLLIN},
                               {.fd = server->fd, .events = POLLIN},
                               {.fd = server->transfer, .events = POLLIN}};
        if (poll(fds, 3, -1) == -1 && errno != EINTR)
            return 1;
        if (fds[0].revents != 0 && hangup_came(hangup))
            return 0;
        if (fds[2].revents != 0)
            read_one(server, server->transfer);
        if (fds[1].revents != 0)
            read_one(server, server->fd);
    }
}

static int run(const struct peer *peer)
{
    static struct server server;
    server = (struct server){.peer = peer, .transfer = -1, .losses = peer_number(peer, "loses")};
    for (int i = 0; i < FILE_SIZE; i++)
        server.file[i] = "0123456789abcdefghijklmnopqrstuvwxyz\n"[i % 37];
    server.fd = udp_bound("127.0.0.1", peer_number(peer, "port"));
    if (server.fd == -1) {
        fprintf(stderr, "sockeye: can't have UDP port %d: %s\n", peer_number(peer, "port"), strerror(errno));
        return 1;
    }
    show_peer(peer, udp_port(server.fd), NAME_COLUMNS);
    return serve(&server);
}

const struct play tftp_server = {.run = run,
                                 .options = {{"port", "PORT", 65535, "is asked there; else on a port that is free"},
                                             {"loses", "N", 1000, "loses every Nth datagram that it sends"},
                                             {"twice", NULL, 0, "sends every datagram twice"}}};
