/* The verbs that ask a UDP server of the program's: each caller is a socket of its own, which may leave at any time. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check/address.h"
#include "check/check.h"
#include "check/datagram.h"
#include "check/record.h"
#include "check/stage.h"
#include "check/strace.h"
#include "check/verdict.h"
#include "check/wait.h"
#include "look/sockets.h"

#define INJECTED "(INJECTED)" /* in a line of strace's trace */

enum { ANSWER_MAX = 2048, CALLERS_MAX = 64 };

struct caller {
    const char *name; /* for the record */
    int fd;           /* not connected: an answer from anywhere is heard; -1 once it has vanished */
    struct address server;
    const char *address;
    int port;
    char data[ANSWER_MAX]; /* the last answer */
    size_t size;
    struct sockaddr_storage from;
    uint32_t asked; /* this machine's clock at the last question */
    uint32_t heard; /* and at the last answer */
};

static int caller_count;

static bool is_bound_now(void *context)
{
    const int *port = context;
    return sockets_listener(SOCKET_UDP, *port, NULL);
}

void is_bound(struct program *server, int port)
{
    struct awaited awaited = {.come = is_bound_now, .context = &port, .until_end = true};
    enum waited waited = wait_until(&awaited);
    int swapped = ntohs((in_port_t)port);
    if (waited != CAME && swapped != port && is_bound_now(&swapped)) {
        verdict_is_whole();
        verdict_port_is_swapped(swapped, port);
    }
    if (waited != CAME)
        wait_fails(waited, &awaited, text("%s has UDP port %d", server->name, port), "nobody has it");
    record(YOU, NULL, "bind", bytes(text("UDP port %d", port)));
}

struct caller *calls(const char *address, int port)
{
    if (caller_count == CALLERS_MAX)
        fault("a check may have %d callers", CALLERS_MAX);
    struct caller *caller = keep(sizeof *caller);
    caller_count++;
    *caller = (struct caller){.name = caller_count == 1 ? "client" : text("client %d", caller_count),
                              .server = address_of(address, port),
                              .address = address,
                              .port = port};
    caller->fd = datagram_socket(caller->server.storage.ss_family);
    return caller;
}

struct caller *calls_from_elsewhere(const char *address, int port)
{
    struct caller *caller = calls(address, port);
    struct address from = address_of("2001:db8::1", 0);
    if (stage.private_network && bind(caller->fd, (struct sockaddr *)&from.storage, from.length) == -1)
        fault("can't ask from another address: %s", strerror(errno));
    return caller;
}

void caller_asks(struct caller *caller, struct bytes what)
{
    caller->asked = clock_now();
    record(caller->name, YOU, what.length == 0 ? "empty datagram" : "datagram", what);
    ssize_t n = datagram_send_to(caller->fd, what, &caller->server);
    if (n == -1)
        fault("can't send a datagram of %zu bytes to %s: %s", what.length, caller->address, strerror(errno));
}

static bool has_heard(void *context)
{
    struct caller *caller = context;
    socklen_t length = sizeof caller->from;
    ssize_t n = recvfrom(caller->fd, caller->data, sizeof caller->data, MSG_DONTWAIT | MSG_TRUNC,
                         (struct sockaddr *)&caller->from, &length);
    if (n == -1)
        return false;
    caller->size = (size_t)n;
    caller->heard = clock_now();
    record(YOU, caller->name, n == 0 ? "empty datagram" : "datagram",
           part((struct bytes){caller->data, caller->size}, 0, sizeof caller->data));
    return true;
}

static enum waited wait_for_answer(struct caller *caller, double seconds, struct awaited *awaited)
{
    *awaited = (struct awaited){.come = has_heard,
                                .context = caller,
                                .fd = caller->fd,
                                .events = POLLIN,
                                .seconds = seconds,
                                .until_end = true,
                                .who_waits = text("%s waits for an answer", caller->name)};
    return wait_until(awaited);
}

void is_answered(struct caller *caller)
{
    struct awaited awaited;
    enum waited waited = wait_for_answer(caller, 0, &awaited);
    if (waited != CAME)
        wait_fails(waited, &awaited, text("an answer to %s", caller->name), "none came");
}

void is_answered_sooner_or_later(struct caller *caller, int times)
{
    const double patience = 0.3;
    struct awaited awaited;
    enum waited waited = STUCK;
    for (int i = 0; i < times && waited != CAME && waited != ENDED; i++) {
        strace_leaves_when_it_saw(INJECTED); /* a server that starts who answers would fail each time */
        caller_asks(caller, bytes("and now?"));
        waited = wait_for_answer(caller, patience, &awaited);
    }
    if (waited != CAME)
        wait_fails(waited, &awaited, text("an answer to %s, which asks again and again", caller->name), "none came");
}

void hears_no_answer(struct caller *caller)
{
    wait_settled(1);
    if (has_heard(caller))
        fails(text("no more answers to %s than it has sent datagrams", caller->name),
              text("one more came: %s",
                   quoted(part((struct bytes){caller->data, caller->size}, 0, sizeof caller->data), 60)));
}

static const char *host_of(const struct caller *caller)
{
    return address_host(&caller->from);
}

void answer_has_the_port(struct caller *caller)
{
    int port = address_port(&caller->from);
    if (port != caller->port)
        fails(text("an answer from port %d, which was asked", caller->port), text("it came from port %d", port));
}

void answer_has_the_address(struct caller *caller)
{
    if (strcmp(host_of(caller), caller->address) != 0)
        fails(text("an answer from %s, which was asked", caller->address), text("it came from %s", host_of(caller)));
}

/* Usual ways to get the number wrong. */
static void explain(const struct caller *caller, uint32_t told)
{
    const uint32_t seconds_1900_to_1970 = 2208988800U;
    uint32_t now = caller->heard;
    uint32_t limit = 2;
    uint32_t off = now - told;
    if (__builtin_bswap32(told) - (now - limit) <= 2 * limit)
        verdict_because(
            "The bytes come in the order of this machine. On the network the highest byte comes first: htonl().");
    else if (told + seconds_1900_to_1970 - (now - limit) <= 2 * limit)
        verdict_because(
            "It is off by 2208988800, the seconds from 1900 to 1970: RFC 868 counts from 1900, time() from 1970.");
    else if (told + 2 * seconds_1900_to_1970 - (now - limit) <= 2 * limit)
        verdict_because("It is off by twice 2208988800: these seconds are to be added to time(), not taken from it.");
    else if (off < 60)
        verdict_because(
            "It is the time of some seconds ago: look at the clock for each answer, when the question has come.");
}

void tells_the_time(struct caller *caller)
{
    struct bytes answer = part((struct bytes){caller->data, caller->size}, 0, sizeof caller->data);
    const char *expected = text("the time in four bytes: %s", quoted(clock_bytes(caller->heard), 4));
    if (caller->size != 4)
        fails(expected, text("%zu byte%s came: %s", caller->size, caller->size == 1 ? "" : "s", quoted(answer, 60)));
    /* A second more or less: some look at a clock that ticks a hundred times a second only, and some round. */
    uint32_t told = clock_of_bytes(answer);
    if (told - (caller->asked - 1) <= caller->heard - caller->asked + 2)
        return;
    explain(caller, told);
    fails(expected, text("%s came: %u in place of %u", quoted(answer, 4), told, caller->heard));
}

void vanishes(struct caller *caller)
{
    close(caller->fd);
    caller->fd = -1;
    record(caller->name, NULL, "closes its socket", bytes(""));
}

static bool has_passed(void *context)
{
    return now() >= *(double *)context;
}

void time_passes(double seconds)
{
    double until = now() + seconds;
    struct awaited awaited = {.come = has_passed, .context = &until, .seconds = seconds, .stuck_is_no_end = true};
    record("check", NULL, "waits", bytes(text("%.1f s", seconds)));
    wait_until(&awaited);
}

struct asking_for_refusal {
    int fd;
    int error;
};

static bool has_failed(void *context)
{
    struct asking_for_refusal *asking = context;
    char data[16];
    asking->error = recv(asking->fd, data, sizeof data, MSG_DONTWAIT) == -1 ? errno : 0;
    return asking->error != EAGAIN;
}

void takes_no_datagrams(const char *address, int port)
{
    struct address to = address_of(address, port);
    struct asking_for_refusal asking = {.fd = datagram_socket(to.storage.ss_family)};
    if (connect(asking.fd, (struct sockaddr *)&to.storage, to.length) == -1 ||
        send(asking.fd, "", 0, MSG_NOSIGNAL) == -1)
        fault("can't send a datagram to %s: %s", address, strerror(errno));
    record("client", YOU, text("empty datagram to %s", address), bytes(""));
    struct awaited awaited = {.come = has_failed, .context = &asking, .fd = asking.fd, .events = POLLIN, .seconds = 1};
    enum waited waited = wait_until(&awaited);
    close(asking.fd);
    if (waited == CAME && asking.error == ECONNREFUSED)
        return;
    fails(text("UDP port %d of %s refuses", port, address),
          waited == CAME ? "a datagram to it was answered" : "it has taken a datagram");
}

void cannot_send(struct program *server)
{
    wait_settled(1);
    strace_inject(server, "sendto,sendmsg,sendmmsg", "ENETUNREACH", "1", true);
    record("check", YOU, "the next answer can't be sent: ENETUNREACH", bytes(""));
}

void could_not_send(void)
{
    if (strace_saw(INJECTED))
        return;
    strace_must_be_there();
    not_graded(
        "the answers are sent by other calls than sendto(), sendmsg() and sendmmsg(), which could not be made to fail");
}
