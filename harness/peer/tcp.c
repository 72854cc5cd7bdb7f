#define _GNU_SOURCE
#include "peer/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer/hangup.h"
#include "peer/show.h"

enum { PIECE = 65536, SMALL_BUFFER = 4096 };

#define DRIBBLE_SECONDS 0.1
#define FLOOD_TOLD_SECONDS 1.0

struct tricks tricks_of(const struct peer *peer)
{
    return (struct tricks){.dribble = peer_option(peer, "dribble") != NULL,
                           .stall = peer_option(peer, "stall") != NULL,
                           .reset = peer_option(peer, "reset") != NULL,
                           .half_close = peer_option(peer, "half-close") != NULL,
                           .flood = peer_option(peer, "flood") != NULL};
}

/* A receive buffer so small that a peer which does not read is soon felt. Before listen or connect. */
static void shrink(int fd)
{
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){SMALL_BUFFER}, sizeof(int));
}

static struct side *add_side(struct tcp *tcp, int fd)
{
    int place = 0;
    while (place < tcp->sides && tcp->side[place].fd != -1)
        place++;
    if (place == CONNECTIONS_MAX)
        return NULL;
    if (place == tcp->sides)
        tcp->sides++;
    struct side *side = &tcp->side[place];
    *side = (struct side){.fd = fd, .stalled = tcp->tricks.stall};
    snprintf(side->client, sizeof side->client, "client %d", ++tcp->added);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    return side;
}

void side_says(struct side *side, struct bytes bytes)
{
    if (side->fd == -1 || side->finishing)
        return;
    char *more = realloc(side->out, side->out_length + bytes.length + 1);
    if (more == NULL)
        return;
    memcpy(more + side->out_length, bytes.data, bytes.length);
    side->out = more;
    side->out_length += bytes.length;
}

static void release(struct side *side)
{
    close(side->fd);
    free(side->out);
    free(side->line);
    side->fd = -1;
    side->out = NULL;
    side->line = NULL;
}

/* In the story, the client stands at the arrow's left. */
static bool client_sends(const struct tcp *tcp, bool we_do)
{
    return tcp->is_server ? !we_do : we_do;
}

static void tell_flood(struct tcp *tcp, struct side *side)
{
    if (side->sent == side->told_sent && side->heard == side->told_heard)
        return;
    side->told_sent = side->sent;
    side->told_heard = side->heard;
    size_t by_client = tcp->is_server ? side->heard : side->sent;
    size_t by_server = tcp->is_server ? side->sent : side->heard;
    show_note(side->client, "has sent %zu and got %zu bytes", by_client, by_server);
}

void side_closes(struct tcp *tcp, struct side *side)
{
    if (tcp->tricks.flood)
        tell_flood(tcp, side);
    if (!side->finished)
        show_event(side->client, client_sends(tcp, true), "end-of-file");
    release(side);
}

void side_resets(struct tcp *tcp, struct side *side)
{
    setsockopt(side->fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1}, sizeof(struct linger));
    show_event(side->client, client_sends(tcp, true), "reset");
    release(side);
}

/* The other side has aborted, or our sending found it gone. */
static void broken(struct tcp *tcp, struct side *side, int error)
{
    if (tcp->tricks.flood)
        tell_flood(tcp, side);
    if (error == ECONNREFUSED) {
        show_event(side->client, false, "connection refused");
        tcp->refused = true;
    } else {
        bool is_reset = error == ECONNRESET || error == EPIPE;
        show_event(side->client, client_sends(tcp, false), "%s", is_reset ? "reset" : strerror(error));
    }
    release(side);
}

static bool has_more_to_send(const struct side *side)
{
    return side->out_sent < side->out_length || side->flood > 0;
}

/* What to do once everything that was queued is gone. */
static void sent_all(struct tcp *tcp, struct side *side)
{
    if (side->resetting) {
        side_resets(tcp, side);
    } else if (side->finishing && !side->finished) {
        shutdown(side->fd, SHUT_WR);
        side->finished = true;
        show_event(side->client, client_sends(tcp, true), "end-of-file");
    }
}

static void send_some(struct tcp *tcp, struct side *side)
{
    static char flood[PIECE];
    bool is_flood = side->out_sent == side->out_length;
    const char *data = is_flood ? flood : side->out + side->out_sent;
    size_t length = is_flood ? side->flood : side->out_length - side->out_sent;
    if (is_flood && flood[0] == '\0') {
        for (size_t i = 0; i < sizeof flood; i++)
            flood[i] = (char)(i % 64 == 63 ? '\n' : '0' + i % 64);
    }
    if (length > PIECE)
        length = PIECE;
    if (tcp->tricks.dribble)
        length = 1;
    ssize_t n = send(side->fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n == -1 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n == -1) {
        broken(tcp, side, errno);
        return;
    }
    side->sent += (size_t)n;
    if (is_flood)
        side->flood -= (size_t)n;
    else
        side->out_sent += (size_t)n;
    if (!is_flood)
        show_bytes(side->client, client_sends(tcp, true), (struct bytes){data, (size_t)n});
    if (tcp->tricks.dribble)
        side->next_byte = show_time() + DRIBBLE_SECONDS;
}

static void receive_some(struct tcp *tcp, struct side *side)
{
    static char buffer[PIECE];
    ssize_t n = recv(side->fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n == -1 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n == -1) {
        broken(tcp, side, errno);
        return;
    }
    if (n == 0) {
        side->heard_end = true;
        show_event(side->client, client_sends(tcp, false), "end-of-file");
        tcp->heard_end(tcp, side);
        return;
    }
    side->heard += (size_t)n;
    struct bytes bytes = {buffer, (size_t)n};
    if (tcp->is_server || !tcp->tricks.flood)
        show_bytes(side->client, client_sends(tcp, false), bytes);
    if (tcp->heard != NULL)
        tcp->heard(tcp, side, bytes);
}

static void finish_connecting(struct tcp *tcp, struct side *side)
{
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(side->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    side->connecting = false;
    if (error == 0)
        tcp->connected(tcp, side);
    else
        broken(tcp, side, error);
}

int tcp_connect(struct tcp *tcp, const struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct side *side = fd == -1 ? NULL : add_side(tcp, fd);
    if (side == NULL)
        return -1;
    if (side->stalled)
        shrink(fd);
    side->connecting = true;
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == -1 && errno != EINPROGRESS)
        broken(tcp, side, errno);
    return 0;
}

int tcp_listen(struct tcp *tcp, struct sockaddr_in *address)
{
    socklen_t size = sizeof *address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd == -1)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (tcp->tricks.stall)
        shrink(fd);
    tcp->listener = fd;
    if (bind(fd, (struct sockaddr *)address, size) == -1 || listen(fd, 128) == -1)
        return -1;
    return getsockname(fd, (struct sockaddr *)address, &size);
}

static bool may_send(const struct side *side)
{
    return has_more_to_send(side) && show_time() >= side->next_byte;
}

static void serve(struct tcp *tcp, struct side *side, short events)
{
    if (side->connecting) {
        if (events != 0)
            finish_connecting(tcp, side);
        return;
    }
    if ((events & (POLLIN | POLLHUP | POLLERR)) != 0 && !side->heard_end && !side->stalled)
        receive_some(tcp, side);
    if (side->fd != -1 && (events & (POLLOUT | POLLHUP | POLLERR)) != 0 && may_send(side))
        send_some(tcp, side);
    if (side->fd != -1 && !has_more_to_send(side))
        sent_all(tcp, side);
    if (side->fd != -1 && side->heard_end && side->finished)
        side_closes(tcp, side);
}

static void accept_one(struct tcp *tcp)
{
    struct sockaddr_in from = {0};
    socklen_t size = sizeof from;
    int fd = accept4(tcp->listener, (struct sockaddr *)&from, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct side *side = fd == -1 ? NULL : add_side(tcp, fd);
    if (side == NULL) {
        if (fd != -1)
            close(fd);
        return;
    }
    show_event(side->client, true, "connect from port %d", ntohs(from.sin_port));
    if (side->stalled)
        show_note(side->client, "is not read until you press Enter");
    tcp->accepted(tcp, side);
    if (!has_more_to_send(side))
        sent_all(tcp, side);
}

static void end_stalls(struct tcp *tcp)
{
    for (int i = 0; i < tcp->sides; i++) {
        struct side *side = &tcp->side[i];
        if (side->fd != -1 && side->stalled)
            show_note(side->client, "Enter: goes on");
        side->stalled = false;
    }
}

/* A line that was typed, or many that were piped in; an unfinished last line counts as one. */
static void read_typed(struct tcp *tcp)
{
    static char typed[PIECE];
    static size_t length;
    ssize_t n = read(STDIN_FILENO, typed + length, sizeof typed - length);
    if (n == -1 && errno == EINTR)
        return;
    length += n > 0 ? (size_t)n : 0;
    size_t done = 0;
    for (char *newline; (newline = memchr(typed + done, '\n', length - done)) != NULL;) {
        size_t line = (size_t)(newline - typed) + 1 - done;
        if (tcp->tricks.stall)
            end_stalls(tcp);
        else if (tcp->typed != NULL)
            tcp->typed(tcp, (struct bytes){typed + done, line});
        done += line;
    }
    bool full = length - done == sizeof typed;
    if ((n <= 0 || full) && done < length && tcp->typed != NULL && !tcp->tricks.stall)
        tcp->typed(tcp, (struct bytes){typed + done, length - done});
    if (n <= 0 || full)
        done = length;
    memmove(typed, typed + done, length - done);
    length -= done;
    if (n <= 0) {
        tcp->typing = false;
        if (tcp->typed_end != NULL)
            tcp->typed_end(tcp);
    }
}

static bool any_open(const struct tcp *tcp)
{
    for (int i = 0; i < tcp->sides; i++) {
        if (tcp->side[i].fd != -1)
            return true;
    }
    return false;
}

static short wanted(const struct side *side)
{
    if (side->fd == -1)
        return 0;
    if (side->connecting)
        return POLLOUT;
    bool reads = !side->heard_end && !side->stalled;
    bool ends = side->resetting || (side->finishing && !side->finished);
    bool sends = has_more_to_send(side) ? may_send(side) : ends;
    return (short)((reads ? POLLIN : 0) | (sends ? POLLOUT : 0));
}

/* Milliseconds until something is due without an event: a byte that dribbles, or the next word about a flood. */
static int patience(const struct tcp *tcp)
{
    double seconds = tcp->tricks.flood && any_open(tcp) ? FLOOD_TOLD_SECONDS : -1;
    for (int i = 0; i < tcp->sides; i++) {
        const struct side *side = &tcp->side[i];
        double left = side->next_byte - show_time();
        if (side->fd != -1 && has_more_to_send(side) && left > 0 && (seconds < 0 || left < seconds))
            seconds = left;
    }
    return seconds < 0 ? -1 : (int)(seconds * 1000) + 1;
}

static void tell_floods(struct tcp *tcp)
{
    static double told;
    if (!tcp->tricks.flood || show_time() < told + FLOOD_TOLD_SECONDS)
        return;
    told = show_time();
    for (int i = 0; i < tcp->sides; i++) {
        if (tcp->side[i].fd != -1)
            tell_flood(tcp, &tcp->side[i]);
    }
}

int tcp_serve(struct tcp *tcp)
{
    static struct pollfd fds[CONNECTIONS_MAX + 3];
    int hangup = hangup_descriptor();
    while (!tcp->ends_alone || any_open(tcp)) {
        fds[0] = (struct pollfd){.fd = hangup, .events = POLLIN};
        fds[1] = (struct pollfd){.fd = tcp->typing ? STDIN_FILENO : -1, .events = POLLIN};
        fds[2] = (struct pollfd){.fd = tcp->listener, .events = POLLIN};
        int sides = tcp->sides;
        for (int i = 0; i < sides; i++) {
            short events = wanted(&tcp->side[i]);
            fds[3 + i] = (struct pollfd){.fd = events == 0 ? -1 : tcp->side[i].fd, .events = events};
        }
        if (poll(fds, (nfds_t)sides + 3, patience(tcp)) == -1 && errno != EINTR)
            break;
        if (fds[0].revents != 0 && hangup_came(hangup))
            break;
        for (int i = 0; i < sides; i++) {
            if (tcp->side[i].fd != -1)
                serve(tcp, &tcp->side[i], fds[3 + i].revents);
        }
        if (fds[1].revents != 0)
            read_typed(tcp);
        if (fds[2].revents != 0)
            accept_one(tcp);
        tell_floods(tcp);
        keep_release();
    }
    return tcp->refused ? 1 : 0;
}
