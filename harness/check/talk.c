/* The verbs that send and hear on a connection. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check/check.h"
#include "check/conn.h"
#include "check/difference.h"
#include "check/lines.h"
#include "check/program.h"
#include "check/record.h"
#include "check/verdict.h"
#include "check/wait.h"
#include "look/proc.h"
#include "look/sockets.h"

/* So long we wait for a program to fall asleep: one that never does (it spins) is judged by another check. */
static const double PATIENCE = 0.05;

static const char why_reset[] = "The kernel resets a connection that is closed while bytes are still unread, by "
                                "close() or by the end of the process; "
                                "and always if SO_LINGER asks for that, with a time of 0.";

/* One exchange: what is still to be sent, and what has been heard so far. */
struct talk {
    struct conn *conn;
    struct bytes out; /* still to be sent */
    struct bytes expected;
    char *got; /* as much as expected has */
    size_t got_length;
    size_t right; /* of those, so many from the start are as expected, as far as we have looked */
    bool slowly;  /* reads only when the program has come to rest, or some time has passed */
    double last_read;
    bool refused; /* the program's end takes nothing more */
};

static void send_some(struct talk *talk)
{
    while (talk->out.length > 0 && !talk->refused) {
        ssize_t n = send(talk->conn->fd, talk->out.data, talk->out.length, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n == -1) {
            talk->refused = errno != EAGAIN && errno != EINTR;
            if (talk->refused)
                record(talk->conn->name, YOU, "data refused: closed", talk->out);
            return;
        }
        record(talk->conn->name, YOU, "data", part(talk->out, 0, (size_t)n));
        talk->conn->said += (size_t)n;
        talk->out = part(talk->out, (size_t)n, talk->out.length);
    }
}

static void note_end(struct conn *conn, bool reset)
{
    conn->heard_eof = true;
    conn->heard_reset = reset;
    record(YOU, conn->name, reset ? "reset" : "end-of-file", bytes(""));
}

static void hear_some(struct talk *talk)
{
    struct conn *conn = talk->conn;
    while (talk->got_length < talk->expected.length && !conn->heard_eof) {
        ssize_t n = conn_receive(conn, talk->got + talk->got_length, talk->expected.length - talk->got_length);
        if (n == -1 && errno == EAGAIN)
            return;
        if (n <= 0) {
            note_end(conn, n == -1);
            return;
        }
        record(YOU, conn->name, "data", (struct bytes){talk->got + talk->got_length, (size_t)n});
        talk->got_length += (size_t)n;
        conn->heard += (size_t)n;
    }
}

static struct bytes got(const struct talk *talk)
{
    return (struct bytes){talk->got, talk->got_length};
}

static bool talk_is_over(void *context)
{
    struct talk *talk = context;
    send_some(talk);
    if (!talk->slowly || programs_sleep() || now() - talk->last_read > PATIENCE) {
        hear_some(talk);
        talk->last_read = now();
    }
    struct bytes new = part(got(talk), talk->right, talk->got_length);
    talk->right += common_prefix(new, part(talk->expected, talk->right, talk->expected.length));
    if (talk->right < talk->got_length)
        return true; /* wrong already: no need to wait for the rest */
    bool all_heard = talk->got_length == talk->expected.length || talk->conn->heard_eof;
    return all_heard && (talk->out.length == 0 || talk->refused || talk->conn->heard_eof);
}

/* Who still holds the program's end of a connection: the reason why no end-of-file comes. */
static const char *holders(const struct conn *conn)
{
    static pid_t pids[PROC_MAX];
    static struct descriptor descriptors[PROC_DESCRIPTORS_MAX];
    const char *list = NULL;
    unsigned long inode = conn_inode(conn);
    int count = inode == 0 ? 0 : programs_pids(pids, PROC_MAX);
    for (int i = 0; i < count; i++) {
        int n = proc_descriptors(pids[i], descriptors, PROC_DESCRIPTORS_MAX);
        for (int k = 0; k < n; k++) {
            if (proc_socket_inode(&descriptors[k]) != inode)
                continue;
            const char *which = pids[i] == program_of(pids[i])->pid ? "the first process" : "child";
            list = text("%s%s%s (descriptor %d)", list == NULL ? "" : list, list == NULL ? "" : ", ",
                        count == 1 ? "your program itself" : text("%s %d", which, pids[i]), descriptors[k].fd);
        }
    }
    return list;
}

static const char *ended_words(const struct conn *conn)
{
    return conn->heard_reset ? "then the connection was reset" : "then end-of-file";
}

static bool has_ended(void *context)
{
    const struct program *program = context;
    return program->ended;
}

/* The end of a connection may be the beginning of its program's end: what that is like belongs to the report, and what a
   child has said of it. */
static const char *and_fate(const char *observed, const struct conn *conn)
{
    struct program *program = conn->program;
    struct awaited awaited = {.come = has_ended, .context = program, .seconds = 0.1, .stuck_is_no_end = true};
    if (program == NULL)
        return observed;
    if (wait_until(&awaited) == CAME)
        return text("%s; %s", observed, program_fate(program));
    if (program->err.length == 0)
        return observed;
    return text("%s; its stderr so far: %s", observed,
                quoted((struct bytes){program->err.data, program->err.length}, 160));
}

static _Noreturn void talk_fails(struct talk *talk, enum waited waited, const struct awaited *awaited)
{
    const char *expected = text("%s hears %s", the(talk->conn->name), shown(talk->expected));
    const char *observed = difference(talk->expected, got(talk));
    observed = text("it heard %s", observed);
    if (waited != CAME)
        wait_fails(waited, awaited, expected, observed);
    if (talk->conn->heard_eof) {
        observed = and_fate(text("%s, %s", observed, ended_words(talk->conn)), talk->conn);
        const char *death = talk->conn->program == NULL ? NULL : program_death(talk->conn->program);
        if (death != NULL)
            verdict_because("%s", death);
        else if (talk->conn->heard_reset)
            verdict_because("%s", why_reset);
    }
    fails(expected, observed);
}

static void talk(struct conn *conn, struct bytes out, struct bytes expected, bool slowly)
{
    if (conn->fd == -1)
        fault("a check talks on a connection that it has closed");
    struct talk talk = {
        .conn = conn, .out = out, .expected = expected, .got = keep(expected.length + 1), .slowly = slowly};
    struct awaited awaited = {.come = talk_is_over,
                              .context = &talk,
                              .fd = slowly ? 0 : conn->fd,
                              .events = (short)((expected.length > 0 ? POLLIN : 0) | (out.length > 0 ? POLLOUT : 0)),
                              .conn = conn,
                              .who_waits = expected.length > 0 ? text("%s waits for an answer", the(conn->name))
                                                               : text("%s has more to send", the(conn->name))};
    enum waited waited = wait_until(&awaited);
    if (expected.length > 0 &&
        (waited != CAME || talk.got_length < expected.length || common_prefix(got(&talk), expected) < expected.length))
        talk_fails(&talk, waited, &awaited);
    if (waited != CAME && waited != ENDED)
        wait_fails(waited, &awaited, text("the program reads what %s sends", the(conn->name)),
                   text("it has not read the last %zu of %zu bytes", talk.out.length, out.length));
}

void conn_says(struct conn *conn, struct bytes what)
{
    talk(conn, what, bytes(""), false);
}

void conn_hears(struct conn *conn, struct bytes expected)
{
    talk(conn, bytes(""), expected, false);
}

void conn_hears_slowly(struct conn *conn, struct bytes expected)
{
    talk(conn, bytes(""), expected, true);
}

void conn_exchanges(struct conn *conn, struct bytes out, struct bytes expected)
{
    talk(conn, out, expected, false);
}

struct filling {
    struct talk talk;
    double since; /* when it last took something */
};

/* A program that sleeps though it has nothing to read waits for what is under way: a window that was closed opens late. */
static bool leaves_unread(const struct conn *conn)
{
    struct socket_row row;
    return !sockets_other_end(conn->fd, &row) || row.inode == 0 || row.receiving > 0;
}

static bool is_full(void *context)
{
    struct filling *filling = context;
    size_t left = filling->talk.out.length;
    send_some(&filling->talk);
    if (filling->talk.out.length < left || filling->since == 0)
        filling->since = now();
    if (filling->talk.refused)
        return true;
    bool all_sent = filling->talk.out.length == 0; /* to the queues between: the program has still to take it */
    return programs_sleep() && now() - filling->since > PATIENCE && (all_sent || leaves_unread(filling->talk.conn));
}

void conn_says_what_fits(struct conn *conn, struct bytes what)
{
    struct filling filling = {.talk = {.conn = conn, .out = what}};
    struct awaited awaited = {.come = is_full, .context = &filling, .stuck_is_no_end = true, .until_end = true};
    wait_until(&awaited);
}

struct bytes rest_of(const struct conn *conn, struct bytes what)
{
    return part(what, conn->said, what.length);
}

struct taking {
    struct conn *conn;
    double since; /* when its queue was first seen empty; 0: not yet */
};

static bool all_is_taken(void *context)
{
    struct taking *taking = context;
    struct socket_row row;
    if (!sockets_other_end(taking->conn->fd, &row))
        return true;
    bool waits_in_queue = row.kind == SOCKET_UNIX && row.receiving > 0; /* until it is accepted nobody holds it */
    if (row.inode == 0 && !waits_in_queue)
        return true;
    if (row.receiving > 0 || conns_in_flight())
        return false;
    if (taking->since == 0)
        taking->since = now();
    return programs_sleep() || now() - taking->since > PATIENCE;
}

void is_taken(struct conn *conn)
{
    struct taking taking = {.conn = conn};
    struct awaited awaited = {.come = all_is_taken, .context = &taking, .until_end = true, .conn = conn};
    wait_until(&awaited); /* however it ended: what the program did with it shows in what comes next */
}

void conn_says_when_taken(struct conn *conn, struct bytes what)
{
    is_taken(conn);
    conn_says(conn, what);
}

enum { LINE_MAX = 2048 };

struct line_hearing {
    struct conn *conn;
    char got[LINE_MAX];
    size_t length;
    bool whole;
};

/* Takes what has come up to a newline, and leaves what is behind it. */
static bool line_has_come(void *context)
{
    struct line_hearing *hearing = context;
    struct conn *conn = hearing->conn;
    while (!hearing->whole && !conn->heard_eof && hearing->length < LINE_MAX) {
        char *place = hearing->got + hearing->length;
        ssize_t n = recv(conn->fd, place, LINE_MAX - hearing->length, MSG_DONTWAIT | MSG_PEEK);
        if (n == -1 && errno == EAGAIN)
            return false;
        if (n <= 0) {
            note_end(conn, n == -1);
            break;
        }
        const char *newline = memchr(place, '\n', (size_t)n);
        n = conn_receive(conn, place, newline == NULL ? (size_t)n : (size_t)(newline - place) + 1);
        record(YOU, conn->name, "data", (struct bytes){place, (size_t)n});
        hearing->whole = newline != NULL;
        hearing->length += (size_t)n;
        conn->heard += (size_t)n;
    }
    return true;
}

static enum waited wait_for_line(struct conn *conn, struct line_hearing *hearing, const char *what,
                                 struct awaited *awaited)
{
    hearing->conn = conn;
    *awaited = (struct awaited){.come = line_has_come,
                                .context = hearing,
                                .fd = conn->fd,
                                .events = POLLIN,
                                .conn = conn,
                                .who_waits = text("%s waits for %s", the(conn->name), what)};
    return wait_until(awaited);
}

static bool has_a_form(const struct line_hearing *hearing, const char *const *forms)
{
    if (!hearing->whole || hearing->length < 2 || hearing->got[hearing->length - 2] != '\r' ||
        memchr(hearing->got, '\0', hearing->length) != NULL)
        return false;
    const char *heard = text("%.*s", (int)hearing->length - 2, hearing->got);
    for (; *forms != NULL; forms++) {
        const struct line form = line(*forms);
        long long unused;
        if (line_fits(&form, heard, &unused))
            return true;
    }
    return false;
}

void conn_hears_line(struct conn *conn, const char *const *forms)
{
    struct line_hearing *hearing = keep(sizeof *hearing);
    struct awaited awaited;
    enum waited waited = wait_for_line(conn, hearing, "a line", &awaited);
    if (waited == CAME && has_a_form(hearing, forms))
        return;
    struct bytes got = {hearing->got, hearing->length};
    struct bytes nearest = join(forms[0], "\r\n");
    const char *list = "";
    for (const char *const *form = forms; *form != NULL; form++) {
        struct bytes whole = join(*form, "\r\n");
        list = text("%s%s%s", list, *list == '\0' ? "" : " or ", shown(whole));
        if (common_prefix(whole, got) > common_prefix(nearest, got))
            nearest = whole;
    }
    const char *expected = text("%s hears the line %s", the(conn->name), list);
    const char *observed = text("it heard %s", difference(nearest, got));
    if (waited != CAME)
        wait_fails(waited, &awaited, expected, observed);
    fails(expected, conn->heard_eof ? text("%s, %s", observed, ended_words(conn)) : observed);
}

void conn_hears_line_that_begins(struct conn *conn, struct bytes start)
{
    struct line_hearing *hearing = keep(sizeof *hearing);
    struct awaited awaited;
    enum waited waited = wait_for_line(conn, hearing, "a line", &awaited);
    struct bytes got = {hearing->got, hearing->length};
    bool begins = common_prefix(got, start) == start.length;
    if (waited == CAME && hearing->whole && begins && got.length > start.length + 1)
        return;
    const char *expected = text("%s hears %s, more behind that, and a newline", the(conn->name), shown(start));
    const char *observed = got.length == 0 ? "it heard nothing" : text("it heard %s", quoted(got, 80));
    if (waited != CAME)
        wait_fails(waited, &awaited, expected, observed);
    if (conn->heard_eof)
        observed = and_fate(text("%s, %s", observed, ended_words(conn)), conn);
    fails(expected, observed);
}

long hears_number(struct conn *conn)
{
    struct line_hearing *hearing = keep(sizeof *hearing);
    struct awaited awaited;
    enum waited waited = wait_for_line(conn, hearing, "a number", &awaited);
    struct bytes got = {hearing->got, hearing->length};
    size_t digits = strspn(hearing->got, "0123456789"); /* what keep() gives is zeroed */
    bool is_number = digits > 0 && digits < 10 && (hearing->got[0] != '0' || digits == 1);
    if (waited == CAME && hearing->whole && is_number && got.length == digits + 2 && hearing->got[digits] == '\r')
        return strtol(hearing->got, NULL, 10);
    const char *expected = text("%s hears a decimal number, CR and LF", the(conn->name));
    const char *observed = text("it heard %s", got.length == 0 ? "nothing" : quoted(got, 60));
    if (waited != CAME)
        wait_fails(waited, &awaited, expected, observed);
    fails(expected, conn->heard_eof ? and_fate(text("%s, %s", observed, ended_words(conn)), conn) : observed);
}

static bool is_answered_or_ended(void *context)
{
    const struct conn *conn = context;
    struct pollfd ready = {.fd = conn->fd, .events = POLLIN};
    return poll(&ready, 1, 0) == 1;
}

struct conn *connects_until_answered(int port, int times)
{
    for (int tried = 1;; tried++) {
        struct conn *conn = connects(port);
        struct awaited awaited = {.come = is_answered_or_ended,
                                  .context = conn,
                                  .fd = conn->fd,
                                  .events = POLLIN,
                                  .conn = conn,
                                  .seconds = 0.25};
        if (wait_until(&awaited) == CAME)
            return conn;
        if (tried >= times)
            fails(text("%s is served beside the others", the(conn->name)),
                  and_fate(tried == 1 ? "it heard nothing"
                                      : text("it heard nothing, nor did the %d who tried before it", tried - 1),
                           conn));
        hangs_up(conn);
    }
}

static bool end_or_more(void *context)
{
    struct talk *talk = context;
    hear_some(talk);
    return talk->conn->heard_eof || talk->got_length > 0;
}

/* Waits for end-of-file; more bytes end the wait, too, and are @p talk's. */
static enum waited wait_for_end(struct talk *talk, struct awaited *awaited, const char *what)
{
    struct conn *conn = talk->conn;
    *awaited = (struct awaited){.come = end_or_more,
                                .context = talk,
                                .fd = conn->fd,
                                .events = POLLIN,
                                .conn = conn,
                                .who_waits = text("%s waits %s", the(conn->name), what)};
    return conn->heard_eof ? CAME : wait_until(awaited);
}

void is_turned_away(struct conn *conn)
{
    if (conn->fd == -1)
        return;
    struct talk talk = {.conn = conn, .expected = {NULL, 256}, .got = keep(256)};
    struct awaited awaited;
    const char *expected = text("%s gets no byte: it is refused, or its connection is closed", the(conn->name));
    enum waited waited = wait_for_end(&talk, &awaited, "to be turned away");
    if (waited != CAME)
        wait_fails(waited, &awaited, expected, "its connection stays open");
    if (talk.got_length > 0)
        fails(expected, text("it heard %s", quoted(got(&talk), 60)));
}

static void hears_its_end(struct conn *conn, bool may_be_reset)
{
    if (conn->heard_eof && (may_be_reset || !conn->heard_reset))
        return;
    struct talk talk = {.conn = conn, .expected = {NULL, 256}, .got = keep(256)};
    struct awaited awaited;
    const char *expected = text("%s hears %s", the(conn->name),
                                may_be_reset ? "nothing more but end-of-file or a reset" : "end-of-file");
    enum waited waited = wait_for_end(&talk, &awaited, "for end-of-file");
    if (waited != CAME) {
        const char *who = holders(conn);
        const char *observed = who == NULL ? "no end-of-file came" : text("the connection is still open in %s", who);
        wait_fails(waited, &awaited, expected, observed);
    }
    if (talk.got_length > 0) {
        struct bytes more = got(&talk);
        difference(bytes(""), more);
        fails(expected, text("it heard more: %s", quoted(more, 80)));
    }
    if (conn->heard_reset && !may_be_reset) {
        const char *observed = and_fate("the connection was reset", conn);
        verdict_because("%s", why_reset);
        fails(expected, observed);
    }
}

void hears_end(struct conn *conn)
{
    hears_its_end(conn, false);
}

void hears_all_behind_its_end(struct conn *conn, struct bytes what)
{
    conn_says_what_fits(conn, what);
    half_closes(conn);
    conn_hears(conn, part(what, 0, conn->said));
    hears_end(conn);
}

void hears_end_or_reset(struct conn *conn)
{
    hears_its_end(conn, true);
}

struct closing {
    struct conn *conn;
    struct bytes waste; /* the beginning of what has come before */
};

static bool is_over(void *context)
{
    struct closing *closing = context;
    struct conn *conn = closing->conn;
    char waste[4096];
    while (!conn->heard_eof) {
        ssize_t n = conn_receive(conn, waste, sizeof waste);
        if (n == -1 && errno == EAGAIN)
            return false;
        struct bytes came = {waste, n > 0 ? (size_t)n : 0};
        if (n <= 0)
            note_end(conn, n == -1);
        else
            record(YOU, conn->name, "data", came);
        if (closing->waste.length == 0)
            closing->waste = join(came, "");
    }
    return true;
}

/* Returns what came before. @p seconds: 0 for as long as it takes. */
static struct bytes is_closed_in(struct conn *conn, double seconds)
{
    static const double room = 0.5; /* for a busy machine */
    struct closing closing = {.conn = conn};
    struct awaited awaited = {.come = is_over,
                              .context = &closing,
                              .fd = conn->fd,
                              .events = POLLIN,
                              .seconds = seconds > 0 ? seconds + room : 0,
                              .conn = conn,
                              .who_waits = text("%s waits for the connection to end", the(conn->name))};
    enum waited waited = wait_until(&awaited);
    if (waited == CAME)
        return closing.waste;
    if (seconds > 0 && waited == LATE)
        wait_was_timely(room / 2);
    const char *who = holders(conn);
    const char *expected = text("the connection of %s is closed", the(conn->name));
    wait_fails(waited, &awaited,
               seconds > 0 ? text("%s within %g second%s", expected, seconds, seconds == 1 ? "" : "s") : expected,
               who == NULL ? "it stays open" : text("it stays open in %s", who));
}

void is_closed(struct conn *conn)
{
    is_closed_in(conn, 0);
}

void is_closed_within(struct conn *conn, double seconds)
{
    is_closed_in(conn, seconds);
}

void is_turned_away_within(struct conn *conn, double seconds)
{
    struct bytes heard = is_closed_in(conn, seconds);
    if (heard.length > 0)
        fails(text("the connection of %s is closed, without a byte", the(conn->name)),
              text("it heard %s first", quoted(heard, 60)));
}

static void hears_no_byte_now(struct conn *conn, bool may_end)
{
    wait_settled(0.25);
    char buffer[80];
    ssize_t n = recv(conn->fd, buffer, sizeof buffer, MSG_DONTWAIT | MSG_PEEK);
    if ((n == -1 && errno == EAGAIN) || (n == 0 && may_end)) {
        record(conn->name, NULL, "hears nothing", bytes(""));
        return;
    }
    const char *expected = text("%s hears nothing for now", the(conn->name));
    if (n > 0)
        fails(expected, text("it heard %s", quoted((struct bytes){buffer, (size_t)n}, 60)));
    fails(expected, n == 0 ? "it heard end-of-file" : "its connection was reset");
}

void hears_nothing(struct conn *conn)
{
    hears_no_byte_now(conn, false);
}

void hears_no_more_bytes(struct conn *conn)
{
    hears_no_byte_now(conn, true);
}
