#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer/hangup.h"
#include "peer/peer.h"
#include "peer/show.h"
#include "peer/udp.h"

#define OTHER_GROUP "239.255.15.16"

enum { DATAGRAM_MAX = 65536, LINE_MAX = 1000 };

/* One socket hears the group, the other one sends: by its port we know what is our own. */
struct group_peer {
    const struct peer *peer;
    int member;
    int sender;
    int port;
    int own_port;
    int sent;
    double due; /* when the next message goes that nobody has typed; 0: never */
    char line[LINE_MAX];
    size_t typed;
    bool typing;
};

static struct sockaddr_in address_of(const char *host, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, host, &address.sin_addr);
    return address;
}

/* On lo alone: nothing leaves this machine. Returns -1 with errno set. */
static int open_sockets(struct group_peer *self)
{
    const int on = 1;
    const struct in_addr loopback = {htonl(INADDR_LOOPBACK)};
    struct sockaddr_in group = address_of(self->peer->group, peer_number(self->peer, "port"));
    struct sockaddr_in own = address_of("127.0.0.2", 0);
    const struct ip_mreq membership = {.imr_multiaddr = group.sin_addr, .imr_interface = loopback};
    self->member = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    self->sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (self->member == -1 || self->sender == -1 ||
        setsockopt(self->member, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
        setsockopt(self->member, IPPROTO_IP, IP_RECVTTL, &on, sizeof on) == -1 ||
        bind(self->member, (struct sockaddr *)&group, sizeof group) == -1 ||
        setsockopt(self->member, IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, sizeof membership) == -1 ||
        setsockopt(self->sender, IPPROTO_IP, IP_MULTICAST_IF, &loopback, sizeof loopback) == -1 ||
        bind(self->sender, (struct sockaddr *)&own, sizeof own) == -1)
        return -1;
    self->port = udp_port(self->member);
    self->own_port = udp_port(self->sender);
    return 0;
}

static int ttl_of(struct msghdr *message)
{
    int ttl = -1;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL)
            memcpy(&ttl, CMSG_DATA(c), sizeof ttl);
    }
    return ttl;
}

static void hear(const struct group_peer *self)
{
    static char data[DATAGRAM_MAX];
    union {
        struct cmsghdr align;
        char space[64];
    } control;
    struct sockaddr_in from = {0};
    struct iovec part_of = {.iov_base = data, .iov_len = sizeof data};
    struct msghdr message = {.msg_name = &from,
                             .msg_namelen = sizeof from,
                             .msg_iov = &part_of,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    ssize_t n = recvmsg(self->member, &message, 0);
    if (n == -1 || ntohs(from.sin_port) == self->own_port)
        return;
    char host[INET_ADDRSTRLEN] = "?";
    inet_ntop(AF_INET, &from.sin_addr, host, sizeof host);
    show_event(self->peer->group, false, "%zd byte%s, TTL %d, from %s port %d", n, n == 1 ? "" : "s", ttl_of(&message),
               host, ntohs(from.sin_port));
    if (n > 0)
        show_bytes(self->peer->group, false, (struct bytes){data, (size_t)n});
}

static void send_to(const struct group_peer *self, const char *host, struct bytes what)
{
    struct sockaddr_in to = address_of(host, self->port);
    if (sendto(self->sender, what.data, what.length, 0, (struct sockaddr *)&to, sizeof to) == -1)
        show_event(host, true, "could not send: %s", strerror(errno));
    else
        show_bytes(host, true, what);
}

static void send_message(struct group_peer *self, struct bytes what)
{
    if (peer_option(self->peer, "beside") != NULL) {
        send_to(self, "127.0.0.1", bytes("not for the group: for this host"));
        send_to(self, OTHER_GROUP, bytes("not for the group: for another one"));
    }
    send_to(self, self->peer->group, what);
}

/* Each line that is typed is a message. */
static void read_typed(struct group_peer *self)
{
    char *free_part = self->line + self->typed;
    ssize_t n = read(0, free_part, sizeof self->line - self->typed);
    if (n <= 0) {
        self->typing = false;
        return;
    }
    self->typed += (size_t)n;
    for (char *end; (end = memchr(self->line, '\n', self->typed)) != NULL;) {
        size_t length = (size_t)(end - self->line);
        send_message(self, (struct bytes){self->line, length});
        self->typed -= length + 1;
        memmove(self->line, end + 1, self->typed);
    }
    if (self->typed == sizeof self->line) {
        send_message(self, (struct bytes){self->line, self->typed});
        self->typed = 0;
    }
}

static int patience(const struct group_peer *self)
{
    double left = self->due - show_time();
    return self->due <= 0 ? -1 : left < 0 ? 0 : (int)(left * 1000) + 1;
}

static int serve(struct group_peer *self)
{
    int hangup = hangup_descriptor();
    int every = peer_number(self->peer, "every");
    self->due = every;
    for (;;) {
        struct pollfd fds[] = {{.fd = self->member, .events = POLLIN},
                               {.fd = hangup, .events = POLLIN},
                               {.fd = self->typing ? 0 : -1, .events = POLLIN}};
        if (poll(fds, 3, patience(self)) == -1 && errno != EINTR)
            return 1;
        if (fds[1].revents != 0 && hangup_came(hangup))
            return 0;
        if (fds[0].revents != 0)
            hear(self);
        if (fds[2].revents != 0)
            read_typed(self);
        if (every > 0 && show_time() >= self->due) {
            self->due += every;
            send_message(self, bytes(text("message %d", ++self->sent)));
        }
    }
}

static int run(const struct peer *peer)
{
    static struct group_peer self;
    self = (struct group_peer){.peer = peer, .typing = true};
    if (open_sockets(&self) == -1) {
        fprintf(stderr, "sockeye: can't be a member of %s at UDP port %d: %s\n", peer->group, peer_number(peer, "port"),
                strerror(errno));
        return 1;
    }
    show_peer(peer, self.port, sizeof OTHER_GROUP - 1);
    return serve(&self);
}

const struct play multicast = {
    .run = run,
    .options = {{"port", "PORT", 65535, "the group's port; else one that is free"},
                {"every", "SECONDS", 3600, "sends a message of its own every so often"},
                {"beside", NULL, 0, "before each message sends two that are not for the group"}}};
