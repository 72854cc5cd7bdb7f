#define _GNU_SOURCE
#include "check/findings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/bytes.h"
#include "check/conn.h"
#include "check/record.h"
#include "check/story.h"

/* What a program did on its end of one connection. */
struct account {
    const struct conn *conn;
    size_t sent; /* to it, or refused since it had closed */
    size_t read;
    int reads; /* calls that have returned */
    bool seen;
    const struct call *last_read;   /* the last that has returned */
    const struct call *waits;       /* one that has not */
    const struct call *short_write; /* the kernel took less than it was given */
    const struct call *behind_it;   /* the next write, which did not offer the rest */
};

static const char *said;

static void say(const char *sentence)
{
    said = said == NULL ? sentence : text("%s %s", said, sentence);
}

static bool has_name(const struct call *call, const char *names)
{
    const char *found = strstr(names, text(" %s ", call->name));
    return found != NULL && *call->name != '\0';
}

static bool is_reading(const struct call *call)
{
    return has_name(call, " read readv recv recvfrom recvmsg ");
}

static bool is_writing(const struct call *call)
{
    return has_name(call, " write writev send sendto sendmsg ");
}

/* "TCP:[127.0.0.1:1->127.0.0.1:2]", "TCPv6:[[::1]:1->[::1]:2]": the program's port, then its peer's. */
static bool is_of(const struct call *call, const struct conn *conn)
{
    const char *arrow = strstr(call->socket, "->");
    const char *last = strrchr(call->socket, ':');
    if (strncmp(call->socket, "TCP", 3) != 0 || arrow == NULL || last == NULL || last < arrow)
        return false;
    const char *own = arrow;
    while (own > call->socket && own[-1] != ':')
        own--;
    return atoi(own) == conn->program_port && atoi(last + 1) == conn->own_port;
}

static bool has_a_namesake(const struct conn *conn)
{
    for (int i = 0; conn_number(i) != NULL; i++) {
        if (conn_number(i) != conn && strcmp(conn_number(i)->name, conn->name) == 0)
            return true;
    }
    return false;
}

static size_t sent_by(const char *peer)
{
    size_t dropped;
    size_t sent = 0;
    size_t events = record_count(&dropped);
    for (size_t i = 0; i < events; i++) {
        const struct event *event = record_get(i);
        if (event->to != NULL && strcmp(event->to, YOU) == 0 && strcmp(event->from, peer) == 0 &&
            strncmp(event->event, "data", 4) == 0)
            sent += event->bytes;
    }
    return sent;
}

static void note_write(struct account *account, const struct call *call)
{
    const struct call *brief = account->short_write;
    if (brief != NULL && call->asked != brief->asked - brief->result) {
        account->behind_it = call->asked == -1 ? NULL : call;
        account->short_write = call->asked == -1 ? NULL : brief;
        return;
    }
    bool is_short = call->has_returned && call->asked > 0 && call->result > 0 && call->result < call->asked;
    account->short_write = is_short ? call : NULL;
}

static struct account account_of(const struct conn *conn)
{
    struct account account = {.conn = conn, .sent = sent_by(conn->name)};
    const struct call *call;
    for (int i = 0; (call = story_call(i)) != NULL; i++) {
        if (!is_of(call, conn))
            continue;
        account.seen = true;
        if (is_reading(call) && !call->has_returned)
            account.waits = call;
        if (is_writing(call) && account.behind_it == NULL)
            note_write(&account, call);
        if (!call->has_returned || call->peeks)
            continue;
        if (has_name(call, " splice sendfile "))
            return (struct account){.conn = conn}; /* moved within the kernel: not counted here */
        if (is_reading(call)) {
            account.reads++;
            account.read += call->result > 0 ? (size_t)call->result : 0;
            account.last_read = call;
        }
    }
    return account;
}

static const char *bytes_words(size_t bytes)
{
    return text("%zu byte%s", bytes, bytes == 1 ? "" : "s");
}

static void tell_reading(const struct account *account)
{
    const struct call *last = account->last_read;
    const char *sent = text("%s that %s sent", bytes_words(account->sent), the(account->conn->name));
    if (account->waits != NULL && account->read == account->sent && account->read > 0)
        say(text("All %s had been read when %s() was called once more. It has not returned.", sent,
                 account->waits->name));
    if (account->waits != NULL || account->read >= account->sent)
        return; /* it is at it, or there is no more: or the record has not all of it */
    const char *rest = text("%zu of the %s have been read", account->read, sent);
    if (last == NULL)
        say(text("Of the %s nothing was ever read.", sent));
    else if (last->result == -1)
        say(text("%s() returned -1 %s, and was never called again: %s.", last->name, last->problem, rest));
    else if (last->result > 0 && account->reads == 1)
        say(text("%s() was called once and returned %ld. It was never called again: %s.", last->name, last->result,
                 rest));
    else if (last->result > 0)
        say(text("%s() was called %d times, and returned %ld the last time. It was never called again: %s.", last->name,
                 account->reads, last->result, rest));
}

static void tell_writing(const struct account *account)
{
    const struct call *brief = account->short_write;
    if (brief == NULL)
        return;
    const char *taken = text("%s() took only %ld of %ld bytes for %s", brief->name, brief->result, brief->asked,
                             the(account->conn->name));
    if (account->behind_it == NULL)
        say(text("%s, and the rest was never written.", taken));
    else
        say(text("%s, and the next %s() did not offer the rest, %ld bytes, but %ld.", taken, account->behind_it->name,
                 brief->asked - brief->result, account->behind_it->asked));
}

/* A datagram fills the whole buffer, but none of that size was sent. Each read takes one datagram: if there were more
   reads than the record has datagrams, it has not all of them. */
static void tell_cut_datagram(void)
{
    const struct call *call;
    size_t dropped;
    size_t events = record_count(&dropped);
    size_t reads = 0;
    for (int i = 0; (call = story_call(i)) != NULL; i++) {
        size_t datagrams = 0;
        bool fits = false;
        size_t longest = 0;
        if (strncmp(call->socket, "UDP", 3) != 0 || !is_reading(call) || !call->has_returned || call->result < 0)
            continue;
        reads += !call->peeks;
        for (size_t k = 0; k < events; k++) {
            const struct event *event = record_get(k);
            if (event->to == NULL || strcmp(event->to, YOU) != 0 || strcmp(event->from, "check") == 0)
                continue;
            datagrams++;
            fits = fits || event->bytes == (size_t)call->result;
            longest = event->bytes > longest ? event->bytes : longest;
        }
        if (call->asked <= 0 || call->result != call->asked || fits || dropped > 0 || reads > datagrams ||
            longest <= (size_t)call->asked)
            continue;
        say(text("%s() had room for %s and filled it, but no datagram of that size was sent: a longer one was cut.",
                 call->name, bytes_words((size_t)call->asked)));
        return;
    }
}

const char *findings(void)
{
    const struct conn *conn;
    said = NULL;
    for (int i = 0; (conn = conn_number(i)) != NULL; i++) {
        struct account account = account_of(conn);
        if (!account.seen || has_a_namesake(conn))
            continue;
        tell_reading(&account);
        tell_writing(&account);
    }
    tell_cut_datagram();
    return said;
}
