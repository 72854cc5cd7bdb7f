/* Lesson 04: the first server. The checks stand in the order in which they should turn green. */
#include "check/check.h"

#define PROGRAM "tcp_server"
#define LOOPBACK "127.0.0.1"

enum { QUEUE = 128, MEGABYTE = 1 << 20 };

/* A server on a port of its own, ready for clients. */
static struct program *serves(int port)
{
    struct program *server = runs(PROGRAM, number(port));
    is_listening(server, port);
    return server;
}

static void is_echoed(struct conn *client)
{
    const char *line = text("%s\n", random_words());
    says(client, line);
    hears(client, line);
}

static struct conn *served_client(int port)
{
    struct conn *client = connects(port);
    is_echoed(client);
    return client;
}

static void leaves(struct conn *client)
{
    half_closes(client);
    hears_end(client);
}

static void is_served_at(const char *address, int port)
{
    struct conn *client = connects_to(address, port);
    is_echoed(client);
    leaves(client);
}

static const struct server the_server = {PROGRAM, .is_served = is_served_at};

CHECK(usage, "refuses wrong arguments with a message and status 2", POINTS(1),
      BECAUSE("A port is digits and nothing else, from 1 to 65535. inet_pton() returns 1 for an address; a text that is none in "
              "either family is refused before there is a socket."))
{
    refuses_all_but_address_and_port(the_server);
}

CHECK(no_socket, "makes no socket when the arguments are wrong", POINTS(1), AFTER(usage),
      BECAUSE("Look at all the arguments first: what is wrong with them is known before the network is needed."))
{
    refuses_without_socket(PROGRAM, "65536");
    refuses_without_socket(PROGRAM, "localhost", number(free_port()));
    refuses_without_socket(PROGRAM, LOOPBACK, number(free_port()), "more");
}

CHECK(echoes, "sends back what a client sends, at once", POINTS(3),
      BECAUSE("A client says more than once: read() stands in a loop that ends when it returns 0, and accept() in another."))
{
    int port = free_port();
    serves(port);
    struct conn *client = connects(port);
    is_echoed(client);
    is_echoed(client);
    is_echoed(client);
}

CHECK(binary, "sends back every byte, whatever it is", POINTS(1), AFTER(echoes),
      BECAUSE("A NUL is a byte like any other, and what comes need not end in a newline: the number that read() returned says "
              "how much there is."))
{
    int port = free_port();
    serves(port);
    struct conn *client = connects(port);
    struct bytes binary = join(literal("\0\r\n\0\xff%s%n"), random_bytes(700));
    says(client, binary);
    hears(client, binary);
    says(client, "\n");
    hears(client, "\n");
    is_echoed(client);
}

CHECK(closes, "closes the connection when the client has no more to say", POINTS(3), AFTER(echoes),
      BECAUSE("read() returns 0 when the client has closed its sending direction. It still reads: first send back what there is, "
              "then close the connection."))
{
    int port = free_port();
    serves(port);
    struct conn *client = connects(port);
    const char *line = random_words();
    says(client, line);
    half_closes(client);
    hears(client, line);
    hears_end(client);
}

CHECK(serves_again, "serves the next client when one has gone", POINTS(2), AFTER(closes),
      BECAUSE("A server never ends by itself: accept() belongs in a loop."))
{
    int port = free_port();
    serves(port);
    for (int i = 0; i < 4; i++)
        leaves(served_client(port));
}

CHECK(in_turn, "serves one client at a time, and the others in turn", POINTS(2), AFTER(serves_again),
      BECAUSE("Who has connected waits in the listener's queue until accept() takes them, the first first."))
{
    int port = free_port();
    serves(port);
    struct conn *first = served_client(port);
    struct conn *second = connects(port);
    struct conn *third = connects(port);
    const char *line = random_words();
    says(third, line);
    says(second, line);
    hears_nothing(second);
    hears_nothing(third);
    is_echoed(first);
    leaves(first);
    hears(second, line);
    hears_nothing(third);
    leaves(second);
    hears(third, line);
    leaves(third);
}

CHECK(queue, "lets at least 128 clients wait in its queue", POINTS(2), AFTER(in_turn),
      BECAUSE("listen() is told how many may wait: SOMAXCONN asks for as many as the system allows."))
{
    int port = free_port();
    serves(port);
    served_client(port);
    for (int i = 0; i < QUEUE; i++)
        connects(port);
}

CHECK(address, "listens on every interface, or on ADDRESS alone", POINTS(2), AFTER(serves_again, in_use),
      BECAUSE("Without ADDRESS bind to INADDR_ANY (or to :: for both families); with one, to that address."))
{
    listens_where_told(the_server);
}

CHECK(address_ipv6, "listens on an IPv6 ADDRESS", POINTS(1), AFTER(address, in_use, restarts),
      BECAUSE("inet_pton() reads IPv6 addresses when asked for AF_INET6; the socket's family must be the address's. All else is as "
              "with IPv4: SO_REUSEADDR, and a message that names the address."))
{
    listens_where_told_in_ipv6(the_server);
}

CHECK(in_use, "reports a port that is in use: which, and why", POINTS(1), AFTER(echoes),
      BECAUSE("bind() and listen() return -1 when they fail: who does not look goes on with a socket that listens elsewhere, or "
              "nowhere. The message belongs on stderr and names address, port and reason; the status is 1."))
{
    reports_port_in_use(the_server);
}

CHECK(not_here, "reports an ADDRESS that this machine does not have", POINTS(1), AFTER(in_use, address), NEEDS_PRIVATE_NETWORK)
{
    const char *documentation = "192.0.2.1"; /* RFC 5737: nobody has it */
    const char *port = number(free_port());
    struct program *server = runs(PROGRAM, documentation, port);
    prints(server, "");
    complains(server, documentation, port, "Cannot assign requested address");
    exits(server, 1);
}

CHECK(bulk, "echoes megabytes to a client that reads slowly", POINTS(1), AFTER(binary, serves_again))
{
    int port = free_port();
    serves(port);
    struct conn *slow = connects_with_small_buffers(port);
    struct bytes data = random_bytes((size_t)random_between(300000, 310000));
    says_what_fits(slow, data);
    exchanges(slow, rest_of(slow, data), data);
    leaves(slow);
    hears_all_behind_its_end(connects_with_small_buffers(port), data);
    struct conn *client = connects(port);
    data = random_bytes((size_t)random_between(2 * MEGABYTE, 3 * MEGABYTE));
    exchanges(client, data, data);
    leaves(client);
}

CHECK(short_write, "loses nothing when stopped and continued while it sends", POINTS(2), AFTER(bulk),
      BECAUSE("write() and send() return how many bytes the kernel took. It may be fewer than you gave, as here, where the "
              "program was stopped and continued while it waited in the call: what is behind those bytes is "
              "still yours to send."))
{
    int port = free_port();
    struct program *server = serves(port);
    struct conn *client = connects_with_small_buffers(port);
    struct bytes data = random_bytes((size_t)random_between(300000, 310000));
    says_what_fits(client, data);
    is_stopped_and_continued(server);
    exchanges(client, rest_of(client, data), data);
    leaves(client);
}

CHECK(stopped, "goes on when stopped and continued while it waits", POINTS(1), AFTER(serves_again),
      BECAUSE("A call that waits with a time-out returns -1 with EINTR when the program is stopped and continued, and so does "
              "epoll_wait(): that is no failure, and the call is made again."))
{
    int port = free_port();
    struct program *server = serves(port);
    is_stopped_and_continued(server);
    struct conn *client = connects(port);
    is_echoed(client);
    is_stopped_and_continued(server);
    is_echoed(client);
    leaves(client);
    is_stopped_and_continued(server);
    leaves(served_client(port));
}

CHECK(vanishing_client, "survives clients that reset the connection, or close at once", POINTS(2), AFTER(serves_again),
      BECAUSE("read() and write() fail with ECONNRESET or EPIPE when a client has gone: that is the end of this client, not of "
              "the server. The next one waits already."))
{
    int port = free_port();
    serves(port);
    resets(connects(port));
    hangs_up(connects(port));
    resets(served_client(port));
    hangs_up(served_client(port));
    struct conn *deaf = connects_with_small_buffers(port);
    says_what_fits(deaf, random_bytes(300000));
    resets(deaf);
    struct conn *first = served_client(port);
    resets(connects(port)); /* it is gone before it is accepted */
    hangs_up(connects(port));
    leaves(first);
    leaves(served_client(port));
    resets(served_client(port));
    struct conn *next = connects(port);
    half_closes(next);
    is_closed_within(next, 0.4); /* who has gone delays nobody */
}

CHECK(aborted, "goes on when a client has gone before it was accepted", POINTS(1), AFTER(serves_again),
      BECAUSE("accept() returns -1 with ECONNABORTED when a client has gone before its turn: try the next."))
{
    int port = free_port();
    struct program *server = serves(port);
    cannot_accept(server);
    leaves(served_client(port));
    leaves(served_client(port));
}

/* The server finds @p data and end-of-file, and when it sends back, nobody is there any more. */
static void closes_meanwhile(struct program *server, struct conn *client, struct bytes data)
{
    is_stopped(server);
    says_what_fits(client, data);
    hangs_up(client);
    is_continued(server);
}

CHECK(sigpipe, "survives a client that closes while there is more to send back", POINTS(2), AFTER(vanishing_client, bulk),
      BECAUSE("The first write() to a client that has closed brings a reset, the second one the signal SIGPIPE."))
{
    int port = free_port();
    struct program *server = serves(port);
    closes_meanwhile(server, served_client(port), random_bytes(40000));
    leaves(served_client(port));

    struct conn *client = connects(port);
    struct bytes data = random_bytes(3 * MEGABYTE);
    exchanges(client, data, data); /* from now on its kernel takes much at once */
    closes_meanwhile(server, client, part(data, 0, 200000)); /* a server with a large buffer writes twice, too */
    leaves(served_client(port));
}

CHECK(descriptors, "keeps nothing of the clients that have gone", POINTS(2), AFTER(vanishing_client),
      BECAUSE("Each accept() opens a descriptor, and each has to be closed: on every way on which a client can go."))
{
    int port = free_port();
    struct program *server = serves(port);
    leaves(served_client(port));
    int before = descriptors_of(server);
    for (int i = 0; i < 5; i++)
        leaves(served_client(port));
    for (int i = 0; i < 5; i++)
        resets(served_client(port));
    struct conn *deaf = connects_with_small_buffers(port);
    says_what_fits(deaf, random_bytes(300000));
    resets(deaf); /* while it is sent something */
    leaves(served_client(port));
    has_no_more_descriptors(server, before);
}

CHECK(terminates, "ends at SIGTERM and at SIGINT with status 0", POINTS(2), AFTER(serves_again),
      BECAUSE("A handler that only sets a flag does not help a server that waits in accept(): with SA_RESTART (as signal() sets "
              "it) the call goes on as if nothing had been."))
{
    int port = free_port();
    struct program *server = serves(port);
    is_sent(server, SIGTERM);
    exits_within(server, 1, 0);
    server = serves(port);
    is_sent(server, SIGINT);
    exits_within(server, 1, 0);
}

CHECK(terminates_later, "ends at a signal when it has served clients, too", POINTS(1), AFTER(terminates, vanishing_client),
      BECAUSE("A signal may come at any moment, in the middle of a client too. If its handler only sets a flag, somebody has to "
              "look at the flag before the next accept() waits."))
{
    int port = free_port();
    struct program *server = serves(port);
    leaves(served_client(port));
    resets(served_client(port));
    leaves(served_client(port));
    comes_to_rest(server);
    is_sent(server, SIGINT);
    exits_within(server, 1, 0);
    prints(server, "");
    server = serves(port);
    leaves(served_client(port));
    comes_to_rest(server);
    is_sent(server, SIGTERM);
    exits_within(server, 1, 0);
    finds_nobody(LOOPBACK, port);
    server = serves(port);
    struct conn *client = served_client(port);
    is_sent(server, SIGTERM);
    hangs_up(client); /* at the latest now it ends */
    exits_within(server, 1, 0);
}

CHECK(restarts, "can be started again at once on the same port", POINTS(2), AFTER(serves_again),
      BECAUSE("The side that closes first keeps the connection in TIME_WAIT for a minute; SO_REUSEADDR, set before bind(), "
              "lets a new listener share the port with it. What bind() returns tells whether it did."))
{
    int port = free_port();
    struct program *server = serves(port);
    struct conn *client = served_client(port);
    is_killed(server); /* so the server's side closes first */
    is_closed(client);
    hangs_up(client);
    serves(port);
    served_client(port);
}

CHECK(quiet, "uses no CPU while it waits", POINTS(1), AFTER(in_turn))
{
    int port = free_port();
    struct program *server = serves(port);
    uses_no_cpu(server);
    struct conn *client = served_client(port);
    uses_no_cpu(server);
    struct conn *waiting = connects(port);
    uses_no_cpu(server);
    time_passes(1.2);
    is_echoed(client); /* who is silent for a while is still a client */
    leaves(client);
    leaves(waiting);
    struct conn *deaf = connects_with_small_buffers(port);
    says_what_fits(deaf, random_bytes(300000));
    uses_no_cpu(server);
}

static void works_when_started(struct how how, int sig)
{
    int port = free_port();
    struct program *server = runs_as(how, PROGRAM, number(port));
    is_listening(server, port);
    leaves(served_client(port));
    resets(served_client(port));
    leaves(served_client(port));
    comes_to_rest(server);
    is_sent(server, sig);
    exits_within(server, 1, 0);
}

CHECK(odd_start, "keeps its contract however it was started", POINTS(1), AFTER(terminates_later),
      BECAUSE("Signals that were ignored or blocked stay so through exec: set what you need. And a socket that gets the number "
              "2 is sent every message."))
{
    is_started_in_odd_ways(works_when_started);
}

CHECK(memory, "makes no memory error and leaks nothing", POINTS(2), AFTER(bulk, terminates_later), UNDER_MEMCHECK)
{
    int port = free_port();
    struct program *server = serves(port);
    struct bytes data = random_bytes(100000);
    struct conn *client = connects(port);
    exchanges(client, data, data);
    leaves(client);
    for (int i = 0; i < 2; i++) {
        resets(served_client(port));
        struct conn *deaf = connects_with_small_buffers(port);
        says_what_fits(deaf, random_bytes(300000));
        resets(deaf); /* while it is sent something */
    }
    leaves(served_client(port));
    comes_to_rest(server);
    is_sent(server, SIGTERM);
    exits(server, 0);
}
