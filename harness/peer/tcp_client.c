#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "peer/peer.h"
#include "peer/show.h"
#include "peer/tcp.h"

/* What each client says without being typed: --say, or a line of its own if there are many, or a trick needs one. */
static struct bytes own_line(const struct tcp *tcp, const struct side *side)
{
    const char *given = peer_option(tcp->peer, "say");
    const struct tricks *tricks = &tcp->tricks;
    if (given != NULL)
        return bytes(text("%s\n", given));
    if (peer_number(tcp->peer, "count") > 1 || tricks->stall || tricks->reset || tricks->half_close)
        return bytes(text("hello from %s\n", side->client));
    return bytes("");
}

static void connected(struct tcp *tcp, struct side *side)
{
    struct sockaddr_in own = {0};
    socklen_t size = sizeof own;
    getsockname(side->fd, (struct sockaddr *)&own, &size);
    show_event(side->client, true, "connect from port %d", ntohs(own.sin_port));
    if (side->stalled)
        show_note(side->client, "does not read until you press Enter");
    side_says(side, own_line(tcp, side));
    side->flood = tcp->tricks.flood ? FLOOD_BYTES : 0;
    side->resetting = tcp->tricks.reset;
    side->finishing = tcp->tricks.half_close || !tcp->typing;
}

static void heard_end(struct tcp *tcp, struct side *side)
{
    side_closes(tcp, side);
}

static void typed(struct tcp *tcp, struct bytes line)
{
    for (int i = 0; i < tcp->sides; i++)
        side_says(&tcp->side[i], line);
}

static void typed_end(struct tcp *tcp)
{
    for (int i = 0; i < tcp->sides; i++) /* one that is not connected yet will see that nothing is typed any more */
        tcp->side[i].finishing = !tcp->side[i].connecting;
}

/* A thousand clients need more descriptors than many shells give. */
static void raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int run(const struct peer *peer)
{
    static struct tcp tcp;
    int port = peer_number(peer, "port");
    int count = peer_number(peer, "count");
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    tcp = (struct tcp){.peer = peer,
                       .tricks = tricks_of(peer),
                       .listener = -1,
                       .typing = true,
                       .ends_alone = true,
                       .connected = connected,
                       .heard_end = heard_end,
                       .typed = typed,
                       .typed_end = typed_end};
    if (port == 0) {
        fprintf(stderr, "sockeye: on which port is your server? %s peer %d --port PORT\n", peer->sockeye,
                atoi(peer->lesson));
        return 2;
    }
    raise_limit();
    show_peer(peer, 0, 11);
    for (int i = 0; i < (count == 0 ? 1 : count); i++) {
        if (tcp_connect(&tcp, &address) == -1) {
            fprintf(stderr, "sockeye: can't connect to 127.0.0.1 port %d: %s\n", port, strerror(errno));
            return 1;
        }
    }
    int status = tcp_serve(&tcp);
    if (tcp.refused) {
        const char *commands = peer->commands;
        fprintf(stderr, "sockeye: nobody listens on 127.0.0.1 port %d: first, in another terminal: %s\n", port,
                show_command(peer, &commands, port));
    }
    return status;
}

const struct play tcp_client = {
    .run = run,
    .options = {{"port", "PORT", 65535, "your server's port; it can't do without"},
                {"count", "N", CONNECTIONS_MAX, "so many clients at once"},
                {"say", "TEXT", 0, "each client sends TEXT and a newline; what you type comes after that"},
                {"dribble", NULL, 0, "sends a byte at a time"},
                {"stall", NULL, 0, "sends, and reads nothing until you press Enter here"},
                {"reset", NULL, 0, "resets the connection when it has sent its line"},
                {"half-close", NULL, 0, "closes its sending direction when it has sent its line"},
                {"flood", NULL, 0, "sends 64 MiB, and counts what comes back"}}};
