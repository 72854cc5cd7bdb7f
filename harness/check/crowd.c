/* The verbs that play many clients at once. What all of them do is one event of the record. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check/check.h"
#include "check/conn.h"
#include "check/difference.h"
#include "check/program.h"
#include "check/record.h"
#include "check/spawn.h"
#include "check/verdict.h"
#include "check/wait.h"
#include "look/sockets.h"

enum { WAITING_MAX = 3, OWN_DESCRIPTORS = 64 };

struct crowd {
    struct conn **conns;
    int size;
    const char *name; /* "1000 clients" */
};

static struct crowd *new_crowd(int size)
{
    struct crowd *crowd = keep(sizeof *crowd);
    *crowd = (struct crowd){.conns = keep((size_t)(size + 1) * sizeof(struct conn *)),
                            .size = size,
                            .name = text("%d client%s", size, size == 1 ? "" : "s")};
    return crowd;
}

int size_of(const struct crowd *crowd)
{
    return crowd->size;
}

struct conn *one_of(struct crowd *crowd, int index)
{
    if (index >= crowd->size)
        fault("a check asks for number %d of %d clients", index, crowd->size);
    return crowd->conns[index];
}

/* ------------------------------------------------ coming and going */

struct gathering {
    struct crowd *crowd;
    int port;
    int begun;
    int made;
    int error;
    double moved; /* when the program has last accepted some */
    int *fd;      /* that is waited for */
};

/* More than so many wait at the listener, or more than it asked for by listen(2). Its queue has one place more than that. */
static bool are_waiting(int port, unsigned long most)
{
    struct socket_row row;
    return sockets_listener(SOCKET_TCP, port, &row) && (row.receiving > most || row.receiving > row.sending);
}

/* No event tells when the program accepts: only looking again does. */
static void look_again(void *context)
{
    (void)context;
}

static bool keeps_them_waiting(struct gathering *gathering, unsigned long most)
{
    static const double soon = 0.0003;
    static const double patience = 0.5; /* then it may be stuck, which is not looked at while something is scheduled */
    *gathering->fd = 0;
    if (!are_waiting(gathering->port, most)) {
        gathering->moved = now();
        return false;
    }
    if (now() - gathering->moved < patience)
        schedule(now() + soon, look_again, NULL);
    return true;
}

/* A listener's queue may be short, and what does not fit is tried again only after a second: so nobody comes while
   more than a few have not been accepted. */
static bool all_have_come(void *context)
{
    struct gathering *gathering = context;
    struct crowd *crowd = gathering->crowd;
    for (;;) {
        while (gathering->made < gathering->begun) {
            struct pollfd ready = {.fd = crowd->conns[gathering->made]->fd, .events = POLLOUT};
            socklen_t size = sizeof gathering->error;
            *gathering->fd = ready.fd;
            if (poll(&ready, 1, 0) != 1)
                return false;
            getsockopt(ready.fd, SOL_SOCKET, SO_ERROR, &gathering->error, &size);
            if (gathering->error != 0)
                return true;
            gathering->made++;
        }
        bool last = gathering->begun == crowd->size;
        if (keeps_them_waiting(gathering, last ? 0 : WAITING_MAX))
            return false;
        if (last)
            return true;
        crowd->conns[gathering->begun++] = conn_begins(gathering->port);
    }
}

struct crowd *gathers(int port, int count)
{
    descriptors_needed(count + OWN_DESCRIPTORS);
    struct crowd *crowd = new_crowd(count);
    struct gathering gathering = {.crowd = crowd, .port = port, .moved = now()};
    struct awaited awaited = {.come = all_have_come,
                              .context = &gathering,
                              .events = POLLOUT,
                              .seconds = 4 * WAIT_SECONDS,
                              .who_waits = "clients wait to be accepted"};
    gathering.fd = &awaited.fd;
    enum waited waited = wait_until(&awaited);
    if (waited == CAME && gathering.error == 0) {
        record(crowd->name, YOU, "connect", bytes(""));
        return crowd;
    }
    wait_settled(0.5); /* it may have died: then that is what is told */
    if (program_newest() != NULL)
        program_is_sane(program_newest());
    const char *expected = text("%s connect%s to 127.0.0.1 port %d", crowd->name, count == 1 ? "s" : "", port);
    const char *observed = text("%d of them could connect", gathering.made);
    if (waited != CAME)
        wait_fails(waited, &awaited, expected, observed);
    observed = text("%s, the next could not: %s", observed, strerror(gathering.error));
    fails(expected, program_newest() == NULL ? observed : text("%s; %s", observed, program_fate(program_newest())));
}

struct crowd *knocks(int port, int count)
{
    descriptors_needed(count + OWN_DESCRIPTORS);
    struct crowd *crowd = new_crowd(count);
    for (int i = 0; i < count; i++)
        crowd->conns[i] = conn_begins(port);
    record(crowd->name, YOU, "connect", bytes(""));
    return crowd;
}

/* Reads what there is. False if that ends in end-of-file or a reset. */
static bool is_open(struct conn *conn)
{
    char waste[4096];
    ssize_t n = 0;
    while (conn->fd != -1 && !conn->heard_eof && (n = recv(conn->fd, waste, sizeof waste, MSG_DONTWAIT)) > 0)
        conn->heard += (size_t)n;
    return conn->fd != -1 && !conn->heard_eof && n == -1 && errno == EAGAIN;
}

struct crowd *are_served(struct crowd *crowd)
{
    wait_settled(1);
    struct crowd *served = new_crowd(crowd->size);
    served->size = 0;
    for (int i = 0; i < crowd->size; i++) {
        if (is_open(crowd->conns[i]) && conn_inode(crowd->conns[i]) != 0)
            served->conns[served->size++] = crowd->conns[i];
    }
    served->name = text("%d client%s", served->size, served->size == 1 ? "" : "s");
    record(YOU, NULL, text("serves %d of the %d", served->size, crowd->size), bytes(""));
    return served;
}

void all_hang_up(struct crowd *crowd)
{
    for (int i = 0; i < crowd->size; i++) {
        if (crowd->conns[i]->fd != -1)
            close(crowd->conns[i]->fd);
        crowd->conns[i]->fd = -1;
        crowd->conns[i]->finished = true;
    }
    record(crowd->name, YOU, "end-of-file", bytes(""));
}

/* ------------------------------------------------ hearing */

struct crowd_hearing {
    struct crowd *crowd;
    const struct conn *speaker;
    struct bytes expected;
    char *got;
    size_t length; /* heard by the one whose turn it is */
    int turn;
    struct awaited *awaited;
};

static bool is_right_so_far(const struct crowd_hearing *hearing)
{
    return common_prefix((struct bytes){hearing->got, hearing->length}, hearing->expected) == hearing->length;
}

/* One after the other: what comes to the others meanwhile stays in the kernel. */
static bool each_has_heard(void *context)
{
    struct crowd_hearing *hearing = context;
    while (hearing->turn < hearing->crowd->size) {
        struct conn *conn = hearing->crowd->conns[hearing->turn];
        while (conn != hearing->speaker && hearing->length < hearing->expected.length) {
            hearing->awaited->fd = conn->fd;
            hearing->awaited->conn = conn;
            ssize_t n = recv(conn->fd, hearing->got + hearing->length, hearing->expected.length - hearing->length,
                             MSG_DONTWAIT);
            if (n == -1 && errno == EAGAIN)
                return false;
            if (n <= 0) {
                conn->heard_eof = true;
                conn->heard_reset = n == -1;
                return true;
            }
            hearing->length += (size_t)n;
            conn->heard += (size_t)n;
            if (!is_right_so_far(hearing))
                return true;
        }
        hearing->turn++;
        hearing->length = 0;
    }
    return true;
}

void crowd_hears(struct crowd *crowd, const struct conn *speaker, struct bytes expected)
{
    struct awaited awaited = {.come = each_has_heard, .events = POLLIN, .who_waits = "a client waits for a line"};
    struct crowd_hearing hearing = {.crowd = crowd,
                                    .speaker = speaker,
                                    .expected = expected,
                                    .got = keep(expected.length + 1),
                                    .awaited = &awaited};
    awaited.context = &hearing;
    enum waited waited = wait_until(&awaited);
    if (waited == CAME && hearing.turn == crowd->size) {
        record(YOU, crowd->name, "data", expected);
        return;
    }
    const struct conn *conn = crowd->conns[hearing.turn];
    const char *wanted = text("each of the %s%s hears %s", crowd->name, speaker == NULL ? "" : " but the speaker",
                              shown(expected));
    const char *observed = text("%s (number %d of them) heard %s", the(conn->name), hearing.turn + 1,
                                difference(expected, (struct bytes){hearing.got, hearing.length}));
    if (waited != CAME)
        wait_fails(waited, &awaited, wanted, observed);
    if (conn->heard_eof)
        observed = text("%s, then %s", observed, conn->heard_reset ? "the connection was reset" : "end-of-file");
    fails(wanted,
          conn->heard_eof && conn->program != NULL ? text("%s; %s", observed, program_fate(conn->program)) : observed);
}
