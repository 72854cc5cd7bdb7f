/* Lesson 07: the forking server. The checks stand in the order in which they should turn green. */
#include "check/check.h"

#define PROGRAM "fork_server"
#define LOOPBACK "127.0.0.1"

enum { CLIENTS = 20, DEFAULT_MAX = 64, MANY = 132 };

/* A server on a port of its own, ready for clients. */
static struct program *serves(int port)
{
    struct program *server = runs(PROGRAM, number(port));
    is_listening(server, port);
    return server;
}

static struct program *serves_at_most(const char *max, int port)
{
    struct program *server = runs(PROGRAM, "-m", max, number(port));
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

CHECK(usage, "refuses wrong arguments with a message and status 2", POINTS(1))
{
    const char *port = number(free_port());
    refuses_all_but_address_and_port(the_server);
    refuses(PROGRAM, "-m");
    refuses(PROGRAM, "-m", "2");
    refuses(PROGRAM, "-m", "0", port);
    refuses(PROGRAM, "-m", "-1", port);
    refuses(PROGRAM, "-m", "", port);
    refuses(PROGRAM, "-m", "2x", port);
    refuses(PROGRAM, "-m", "two", port);
}

CHECK(no_socket, "makes no socket when the arguments are wrong", POINTS(1), AFTER(usage),
      BECAUSE("Look at all the arguments first: what is wrong with them is known before the network is needed."))
{
    refuses_without_socket(PROGRAM, "65536");
    refuses_without_socket(PROGRAM, "localhost", number(free_port()));
    refuses_without_socket(PROGRAM, "-m", "0", number(free_port()));
}

CHECK(echoes, "sends back every byte that a client sends", POINTS(2))
{
    int port = free_port();
    serves(port);
    struct conn *client = connects(port);
    is_echoed(client);
    struct bytes binary = join(literal("\0\r\n\xff%s"), random_bytes(500));
    says(client, binary);
    hears(client, binary);
    is_echoed(client);
}

CHECK(closes, "closes the connection when the client is done", POINTS(2), AFTER(echoes),
      BECAUSE("After fork() both processes hold the connection, and end-of-file goes out when the last of them has closed it."))
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

CHECK(serves_several, "serves another client while the first is silent", POINTS(3), AFTER(echoes))
{
    int port = free_port();
    serves(port);
    struct conn *silent = connects(port);
    struct conn *second = served_client(port);
    struct conn *third = served_client(port);
    is_echoed(second);
    is_echoed(silent);
    is_echoed(third);
}

CHECK(own_process, "serves each client in a process of its own", POINTS(1), AFTER(serves_several))
{
    int port = free_port();
    struct program *server = serves(port);
    served_client(port);
    served_client(port);
    served_client(port);
    serves_each_in_its_own_process(server);
}

CHECK(address, "listens on every interface, or on ADDRESS alone", POINTS(1), AFTER(outlives_children, in_use),
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
      BECAUSE("The message belongs on stderr and names address, port and reason; the status is 1."))
{
    reports_port_in_use(the_server);
}

CHECK(bulk, "echoes megabytes to a client that reads slowly", POINTS(1), AFTER(outlives_children),
      BECAUSE("write() waits while a client reads slowly, and a read() that fills the buffer is followed by others: only 0 says "
              "that the client has no more to send."))
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
    data = random_bytes((size_t)random_between(2 << 20, 3 << 20));
    exchanges(client, data, data);
    leaves(client);
}

CHECK(short_write, "loses nothing when stopped and continued while it sends", POINTS(1), AFTER(bulk),
      BECAUSE("write() and send() return how many bytes the kernel took; it may be fewer than you gave."))
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

CHECK(outlives_children, "goes on serving after a child has ended", POINTS(2), AFTER(closes, serves_several),
      BECAUSE("SIGCHLD interrupts accept(): it returns -1 with EINTR, which is no failure."))
{
    int port = free_port();
    struct program *server = serves(port);
    for (int i = 0; i < 2; i++) {
        struct conn *client = served_client(port);
        comes_to_rest(server); /* it waits for the next client when the child ends */
        leaves(client);
        comes_to_rest(server);
    }
    served_client(port);
}

CHECK(no_zombie, "leaves no zombie when a child ends", POINTS(1), AFTER(outlives_children),
      BECAUSE("A child that has ended stays in the process table until its parent waits for it: waitpid(), told by "
              "SIGCHLD."))
{
    int port = free_port();
    struct program *server = serves(port);
    leaves(served_client(port));
    has_no_zombies(server);
    leaves(served_client(port));
    has_no_zombies(server);
}

CHECK(no_zombies, "leaves no zombie when children end together", POINTS(3), AFTER(no_zombie),
      BECAUSE("Several children that end together can raise one SIGCHLD: a signal that is pending already is not counted. "
              "For each signal, call waitpid() until there is nobody left to wait for."))
{
    int port = free_port();
    struct program *server = serves(port);
    struct conn *client[CLIENTS];
    for (int i = 0; i < CLIENTS; i++)
        client[i] = served_client(port);
    is_stopped(server);
    for (int i = 0; i < CLIENTS; i++)
        half_closes(client[i]);
    is_continued(server);
    for (int i = 0; i < CLIENTS; i++)
        hears_end(client[i]);
    has_no_zombies(server);
}

CHECK(descriptors, "keeps no client's socket in the parent, and only its own in a child", POINTS(2), AFTER(closes, own_process))
{
    int port = free_port();
    serves(port);
    served_client(port);
    served_client(port);
    served_client(port);
    shares_no_descriptors(port);
}

CHECK(limit, "serves no more than MAX clients at once, the others wait", POINTS(2), AFTER(own_process))
{
    int port = free_port();
    serves_at_most("3", port);
    for (int i = 0; i < 3; i++)
        served_client(port);
    struct conn *fourth = connects(port);
    struct conn *fifth = connects(port);
    says(fourth, random_words());
    says(fifth, random_words());
    hears_nothing(fourth);
    hears_nothing(fifth);
}

CHECK(limit_recovers, "serves those who wait as soon as a child has ended", POINTS(2), AFTER(limit, no_zombie),
      BECAUSE("A child that has ended makes room for one client: the count must go down when it is reaped, and a server that "
              "is full must wait for that."))
{
    int port = free_port();
    struct program *server = serves_at_most("2", port);
    struct conn *first = served_client(port);
    struct conn *second = served_client(port);
    struct conn *third = connects(port);
    struct conn *fourth = connects(port);
    const char *line = random_words();
    says(third, line);
    says(fourth, line);
    hears_nothing(third);
    leaves(first);
    hears(third, line);
    hears_nothing(fourth);
    leaves(third);
    hears(fourth, line);
    leaves(second);
    leaves(fourth);
    comes_to_rest(server);
    int before = descriptors_of(server);
    for (int i = 0; i < 5; i++)
        leaves(served_client(port));
    has_no_more_descriptors(server, before);

    int other = free_port(); /* however a child has ended */
    serves_at_most("1", other);
    struct conn *last = served_client(other);
    all_who_serve_are_killed();
    is_closed(last);
    served_client(other);
}

CHECK(vanishing_client, "survives clients that reset the connection", POINTS(1), AFTER(limit_recovers),
      BECAUSE("read() fails with ECONNRESET and write() with EPIPE (and SIGPIPE) when a client has gone: that is the end of "
              "that client's process, not of the server."))
{
    int port = free_port();
    serves_at_most("1", port); /* each must be gone before the next is served */
    resets(connects(port));
    resets(served_client(port));
    struct conn *deaf = connects_with_small_buffers(port);
    says_what_fits(deaf, random_bytes(300000));
    resets(deaf);
    hangs_up(served_client(port));
    leaves(served_client(port));
    leaves(served_client(port));
}

CHECK(queue, "lets at least 128 clients wait in its queue", POINTS(1), AFTER(limit),
      BECAUSE("The second argument of listen() is how many may wait; SOMAXCONN asks for all that the system allows."))
{
    int port = free_port();
    serves_at_most("1", port);
    served_client(port);
    for (int i = 0; i < 128; i++)
        connects(port);
}

CHECK(default_limit, "serves 64 clients at once by default, more if told", POINTS(1), AFTER(queue, terminates_busy),
      BECAUSE("MAX is 64 if there is no -m. With one it is what -m says, and may be larger than that."))
{
    int port = free_port();
    struct program *server = serves(port);
    for (int i = 0; i < DEFAULT_MAX; i++)
        served_client(port);
    struct conn *one_more = connects(port);
    says(one_more, random_words());
    hears_nothing(one_more);
    ends_with_its_children(server, SIGTERM, 1, 0);

    int other = free_port();
    server = serves_at_most("1025", other); /* a byte would make 1 of it */
    for (int i = 0; i < MANY - 2; i++) {
        if (i == DEFAULT_MAX)
            served_client(other); /* no more than that wait at once */
        connects(other);
    }
    served_client(other);
    ends_with_its_children(server, SIGTERM, 1, 0); /* it knows them all */
}

CHECK(fork_failure, "closes the client at once and goes on when fork fails", POINTS(2), AFTER(limit_recovers),
      BECAUSE("fork() returns -1 when there are too many processes. That client can't be served, the next one perhaps can."))
{
    int port = free_port();
    struct program *server = serves_at_most("1", port);
    int before = descriptors_of(server);
    can_fork_every_other_time(server);
    is_turned_away_within(connects(port), 0.4);
    complains(server, "Resource temporarily unavailable");
    struct conn *next = connects(port);
    half_closes(next);
    is_closed_within(next, 0.4); /* who comes then is not kept waiting */
    has_no_more_descriptors(server, before);
    is_turned_away_within(connects(port), 0.4);
    served_client(port); /* who was not served takes nobody's place */
}

CHECK(aborted, "goes on when a client has gone before it was accepted", POINTS(1), AFTER(outlives_children),
      BECAUSE("accept() returns -1 with ECONNABORTED when a client has gone before its turn: try the next."))
{
    int port = free_port();
    struct program *server = serves(port);
    cannot_accept(server);
    served_client(port);
    served_client(port);
}

CHECK(terminates, "ends at SIGTERM and at SIGINT with status 0", POINTS(2), AFTER(outlives_children))
{
    int port = free_port();
    struct program *server = serves(port);
    is_sent(server, SIGTERM);
    exits_within(server, 1, 0);
    server = serves(port);
    leaves(served_client(port));
    is_sent(server, SIGINT);
    exits_within(server, 1, 0);
}

CHECK(no_output, "prints nothing on stdout", POINTS(1), AFTER(terminates, no_zombie),
      BECAUSE("What a server logs goes to stderr: whoever reads its stdout takes it for data."))
{
    int port = free_port();
    struct program *server = serves(port);
    leaves(served_client(port));
    has_no_zombies(server);
    comes_to_rest(server);
    is_sent(server, SIGTERM);
    prints(server, "");
}

CHECK(terminates_busy, "ends and reaps its children at SIGTERM, clients or not", POINTS(2), AFTER(terminates, serves_several),
      BECAUSE("The server knows its children: it ends them, waits for them, and ends itself."))
{
    int port = free_port();
    struct program *server = serves(port);
    struct conn *silent = served_client(port);
    struct conn *busy = connects_with_small_buffers(port);
    says_what_fits(busy, random_bytes(300000));
    ends_with_its_children(server, SIGTERM, 1, 0);
    is_closed(silent);
    finds_nobody(LOOPBACK, port);

    int other = free_port();
    server = serves_at_most("1", other); /* and when it is full, and somebody waits */
    served_client(other);
    connects(other);
    comes_to_rest(server);
    ends_with_its_children(server, SIGTERM, 1, 0);
}

CHECK(restarts, "can be started again at once on the same port", POINTS(1), AFTER(terminates_busy),
      BECAUSE("The side that closes first keeps the connection in TIME_WAIT for a minute; SO_REUSEADDR, set before bind(), "
              "lets a new listener share the port with it."))
{
    int port = free_port();
    struct program *server = serves(port);
    struct conn *client = served_client(port);
    is_sent(server, SIGTERM);
    is_closed(client); /* the server's side has closed first */
    hangs_up(client);
    exits(server, 0);
    serves(port);
    served_client(port);
}

CHECK(quiet, "uses no CPU while it waits", POINTS(1), AFTER(serves_several))
{
    int port = free_port();
    struct program *server = serves_at_most("2", port);
    uses_no_cpu(server);
    served_client(port);
    served_client(port);
    uses_no_cpu(server);
    connects(port);
    uses_no_cpu(server);
}

static void works_when_started(struct how how, int sig)
{
    int port = free_port();
    struct program *server = runs_as(how, PROGRAM, "-m", "2", number(port));
    is_listening(server, port);
    struct conn *first = served_client(port);
    served_client(port);
    struct conn *third = connects(port);
    says(third, "x");
    leaves(first);
    hears(third, "x");
    has_no_zombies(server);
    is_sent(server, sig);
    exits_within(server, 1, 0);
}

CHECK(odd_start, "keeps its contract however it was started", POINTS(1), AFTER(limit_recovers, terminates_busy),
      BECAUSE("Signals that were ignored or blocked stay so through exec: set what you need. And a socket that gets the number "
              "2 is sent every message."))
{
    is_started_in_odd_ways(works_when_started);
}

CHECK(memory, "makes no memory error and leaks nothing", POINTS(2), AFTER(limit_recovers, terminates_busy, bulk),
      UNDER_MEMCHECK)
{
    int port = free_port();
    struct program *server = serves_at_most("2", port);
    struct conn *first = served_client(port);
    struct conn *second = served_client(port);
    struct bytes data = random_bytes(100000); /* more than most buffers hold */
    exchanges(first, data, data);
    leaves(first);
    leaves(served_client(port));
    is_sent(server, SIGTERM);
    exits(server, 0);
    is_closed(second);
}
