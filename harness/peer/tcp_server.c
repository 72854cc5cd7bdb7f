#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "peer/peer.h"
#include "peer/show.h"
#include "peer/tcp.h"

static void accepted(struct tcp *tcp, struct side *side)
{
    side->finishing = tcp->tricks.half_close;
}

static void answer(struct tcp *tcp, struct side *side)
{
    const struct peer *peer = tcp->peer;
    struct bytes line = {side->line, side->line_length};
    struct bytes reply = join(line, "\n");
    if (peer->reply != NULL)
        reply = peer->reply(line);
    side->answered = true;
    side_says(side, tcp->tricks.reset ? part(reply, 0, (reply.length + 1) / 2) : reply);
    side->flood = tcp->tricks.flood ? FLOOD_BYTES : 0;
    side->resetting = tcp->tricks.reset;
    side->finishing = true;
}

/* Keeps what comes before the first newline, and answers there; or keeps all. */
static void heard(struct tcp *tcp, struct side *side, struct bytes bytes)
{
    const char *newline = tcp->peer->at_end ? NULL : memchr(bytes.data, '\n', bytes.length);
    size_t length = newline == NULL ? bytes.length : (size_t)(newline - bytes.data);
    if (side->answered)
        return;
    if (side->line == NULL)
        side->line = malloc(FIRST_LINE_MAX);
    if (side->line == NULL)
        return;
    if (length > FIRST_LINE_MAX - side->line_length)
        length = FIRST_LINE_MAX - side->line_length;
    memcpy(side->line + side->line_length, bytes.data, length);
    side->line_length += length;
    if (newline != NULL)
        answer(tcp, side);
}

static void heard_end(struct tcp *tcp, struct side *side)
{
    if (tcp->peer->at_end)
        answer(tcp, side);
    else if (!side->answered)
        show_note(side->client, "no newline came: there is no line to answer");
    side->finishing = true;
}

static int run(const struct peer *peer)
{
    static struct tcp tcp;
    int port = peer_number(peer, "port");
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    tcp = (struct tcp){.peer = peer,
                       .tricks = tricks_of(peer),
                       .is_server = true,
                       .accepted = accepted,
                       .heard = heard,
                       .heard_end = heard_end};
    tcp.typing = tcp.tricks.stall;
    if (tcp_listen(&tcp, &address) == -1) {
        fprintf(stderr, "sockeye: can't listen on 127.0.0.1 port %d: %s\n", port, strerror(errno));
        return 1;
    }
    show_peer(peer, ntohs(address.sin_port), 9);
    return tcp_serve(&tcp);
}

const struct play tcp_server = {
    .run = run,
    .options = {{"port", "PORT", 65535, "listens there; else on a port that is free"},
                {"dribble", NULL, 0, "answers a byte at a time"},
                {"stall", NULL, 0, "reads nothing until you press Enter here"},
                {"reset", NULL, 0, "resets the connection in the middle of its answer"},
                {"half-close", NULL, 0, "closes its sending direction before it has read anything"},
                {"flood", NULL, 0, "answers with 64 MiB more"}}};
