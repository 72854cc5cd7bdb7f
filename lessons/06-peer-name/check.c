/* Lesson 06: the server that tells its clients who they are. The checks stand in the order in which they should turn green. */
#include "check/check.h"

#define PROGRAM "peer_name"
#define LOOPBACK "127.0.0.1"

enum { MANY = 60 /* clients, of each of whom a thread's stack would be left */ };

/* A server on a port of its own, ready for clients. */
static struct program *serves(int port)
{
    struct program *server = runs(PROGRAM, number(port));
    is_listening(server, port);
    return server;
}

/* What this machine calls its own address, and whether that holds, is nobody's fault here. */
static void hears_its_address(struct conn *client)
{
    const char *end = text("%s %d", client_address(client), client_port(client));
    hears_line(client, text("%s NAME verified", end), text("%s NAME unconfirmed", end), text("%s - unnamed", end));
}

static void hears_its_name(struct conn *client, const char *name, const char *verdict)
{
    const char *end = text("%s %d", client_address(client), client_port(client));
    hears_line(client, text("%s %s %s", end, name, verdict), text("%s %s. %s", end, name, verdict));
}

static void is_unnamed(struct conn *client)
{
    hears_line(client, text("%s %d - unnamed", client_address(client), client_port(client)));
}

static void is_served(struct conn *client)
{
    hears_its_address(client);
    hears_end(client);
    hangs_up(client);
}

static const char *some_address(void)
{
    return text("127.%ld.%ld.%ld", random_between(1, 254), random_between(1, 254), random_between(1, 254));
}

/* Each of these is as far from 127.0.0.1 as the next: getaddrinfo() leaves them in the order that the DNS has. */
static const char *some_far_address(int number)
{
    return text("127.%d.%ld.%ld", 128 + number, random_between(1, 254), random_between(1, 254));
}

static const char *some_name(const char *what)
{
    return text("%s-%ld.sockeye.test", what, random_between(1000, 9999));
}

/* Such a name as the DNS can have, too: it allows 253 bytes, and 63 between two dots. */
static const char *some_long_name(void)
{
    return text("long-%ld-%052d.%063d.%063d.%034d.sockeye.test", random_between(1000, 9999), 0, 0, 0, 0);
}

/* A client whose address has such a name. */
static struct conn *client_named(const char *name, const char *address, int port)
{
    dns_claims(address, name);
    return connects_from(address, LOOPBACK, port);
}

static void is_served_at(const char *address, int port)
{
    bool ipv6 = strchr(address, ':') != NULL;
    is_served(ipv6 ? connects_to(address, port) : connects_from(LOOPBACK, address, port));
}

static const struct server the_server = {PROGRAM, .is_served = is_served_at};

CHECK(usage, "refuses wrong arguments with a message and status 2", POINTS(2))
{
    refuses_all_but_address_and_port(the_server);
}

CHECK(no_socket, "makes no socket when the arguments are wrong", POINTS(1), AFTER(usage),
      BECAUSE("Look at all the arguments first: what is wrong with them is known before the network is needed."))
{
    refuses_without_socket(PROGRAM, "65536");
    refuses_without_socket(PROGRAM, "localhost", number(free_port()));
}

CHECK(tells, "tells a client its address and its port", POINTS(3),
      BECAUSE("The client's end, not the server's: accept() tells it, or getpeername(); getsockname() has your own. The port "
              "is in network byte order. An IPv4 client of an IPv6 socket is printed without the ::ffff:."))
{
    int port = free_port();
    serves(port);
    hears_its_address(connects_from(LOOPBACK, LOOPBACK, port));
}

CHECK(closes, "closes the connection after the line", POINTS(2), AFTER(tells),
      BECAUSE("The line ends in CR LF, and nothing comes behind it but end-of-file."))
{
    int port = free_port();
    serves(port);
    struct conn *client = connects(port);
    hears_its_address(client);
    hears_end(client);
}

CHECK(several, "tells every client its own", POINTS(2), AFTER(closes),
      BECAUSE("Nothing may be left from the client before: accept() shortens the length that it is given, so set it again each "
              "time."))
{
    int port = free_port();
    struct program *server = serves(port);
    is_served(connects(port));
    is_served(connects_from(some_client_address(), LOOPBACK, port));
    is_served(connects_from(some_client_address(), LOOPBACK, port));
    is_stopped(server);
    struct conn *listener = connects(port); /* it has nothing to say, but is still there */
    half_closes(listener);
    is_continued(server);
    is_served(listener);
    is_served(connects(port));
}

CHECK(verified, "says 'verified' when the client's name leads back to its address", POINTS(2), AFTER(several),
      NEEDS_PRIVATE_NETWORK,
      BECAUSE("getnameinfo() gives a name, getaddrinfo() the addresses of that name. Compare addresses alone: sin_port differs, "
              "and ::ffff:192.0.2.1 is 192.0.2.1. And a name may be long: have room for NI_MAXHOST bytes, and for the line."))
{
    int port = free_port();
    const char *address = some_address();
    const char *name = some_name("honest");
    dns_knows(name, address);
    serves(port);
    struct conn *client = client_named(name, address, port);
    hears_its_name(client, name, "verified");
    hangs_up(client);
    address = some_address();
    name = some_long_name();
    dns_knows(name, address);
    client = client_named(name, address, port);
    hears_its_name(client, name, "verified");
    hangs_up(client);

    int other = free_port();
    struct program *server = runs(PROGRAM, LOOPBACK, number(other));
    is_listening(server, other);
    hears_its_name(connects(other), "localhost", "verified");
}

CHECK(lying, "says 'unconfirmed' when the name belongs to another address", POINTS(3), AFTER(verified), NEEDS_PRIVATE_NETWORK,
      BECAUSE("Whoever owns an address can claim any name for it. Look the name up, and see whether the client's address is "
              "among its addresses: just that address, not one that begins like it."))
{
    int port = free_port();
    const char *shorter = text("127.%ld.%ld.%ld", random_between(1, 254), random_between(1, 254), random_between(1, 9));
    const char *victim = text("%s%ld", shorter, random_between(0, 9)); /* begins like that */
    const char *name = some_name("bank");
    dns_knows(name, victim);
    dns_claims(victim, name);
    serves(port);
    struct conn *honest = connects_from(victim, LOOPBACK, port); /* who has the name counts for no other client */
    hears_its_name(honest, name, "verified");
    hangs_up(honest);
    struct conn *liar = client_named(name, some_address(), port);
    hears_its_name(liar, name, "unconfirmed");
    hangs_up(liar);
    liar = client_named(name, shorter, port);
    hears_its_name(liar, name, "unconfirmed");
    hangs_up(liar);
    const char *neighbour = text("127.0.0.1%ld", random_between(0, 99)); /* begins like localhost's */
    liar = client_named("localhost", neighbour, port);
    hears_its_name(liar, "localhost", "unconfirmed");
    hangs_up(liar);
    const char *end = text("%ld.%ld.%ld", random_between(1, 254), random_between(1, 254), random_between(1, 254));
    dns_knows(name, text("10.%s", end)); /* ends like that */
    hears_its_name(client_named(name, text("127.%s", end), port), name, "unconfirmed");
}

CHECK(any_address, "says so for each of the name's addresses, and for no other", POINTS(1), AFTER(lying, address_ipv6),
      NEEDS_PRIVATE_NETWORK,
      BECAUSE("A name may have many addresses, of either family, and may be an alias: look at each address, all of it (an IPv6 "
              "address has 16 bytes), and at nothing else."))
{
    int port = free_port();
    const char *first = some_far_address(1);
    const char *second = some_far_address(2);
    const char *last = some_far_address(8);
    const char *name = some_name("many");
    dns_knows(name, "2001:db8::7", first, second, some_far_address(3), some_far_address(4), some_far_address(5),
              some_far_address(6), some_far_address(7), last);
    serves(port);
    struct conn *client = client_named(name, last, port);
    hears_its_name(client, name, "verified");
    hangs_up(client);
    client = client_named(name, first, port);
    hears_its_name(client, name, "verified");
    hangs_up(client);

    const char *address = some_address();
    const char *real = some_name("real");
    const char *alias = some_name("alias");
    dns_knows(real, address);
    dns_aliases(alias, real);
    client = client_named(alias, address, port);
    hears_its_name(client, alias, "verified");
    hangs_up(client);

    int other = free_port();
    struct program *server = runs(PROGRAM, "::1", number(other));
    is_listening(server, other);
    hears_its_name(connects_to("::1", other), "localhost", "verified");

    /* The liar's address begins like the first of these; from each other one byte of it differs: first, last, in between. */
    const char *six = some_name("six");
    dns_knows(six, SHORT_IPV6, "2101:db8:4d2:162e:a9f3:51c7:e08b:76d4", "2001:db8:4d2:162e:a9f3:51c7:e08b:76d5",
              "2001:db8:4d2:162f:a9f3:51c7:e08b:76d4", "2001:db8:4d2:162e:a9f3:52c7:e08b:76d4");
    needs_ipv6();
    dns_claims(SHORT_IPV6, six);
    client = connects_from(SHORT_IPV6, "::1", other);
    hears_its_name(client, six, "verified");
    hangs_up(client);
    dns_claims(LONG_IPV6, six);
    hears_its_name(connects_from(LONG_IPV6, "::1", other), six, "unconfirmed");
}

CHECK(unresolved, "says 'unconfirmed' when the name does not resolve", POINTS(1), AFTER(lying), NEEDS_PRIVATE_NETWORK,
      BECAUSE("A name that nobody can look up can't be confirmed; the client gets its line all the same."))
{
    int port = free_port();
    const char *nobody = some_name("nobody");
    const char *failing = some_name("failing");
    dns_fails(failing);
    serves(port);
    struct conn *client = client_named(nobody, some_address(), port);
    hears_its_name(client, nobody, "unconfirmed");
    hangs_up(client);
    hears_its_name(client_named(failing, some_address(), port), failing, "unconfirmed");
}

CHECK(numeric_name, "says 'unconfirmed' when the name is a number", POINTS(1), AFTER(lying), NEEDS_PRIVATE_NETWORK,
      BECAUSE("getaddrinfo() takes 127.0.0.9, 2130706441 and 0x7f000009 for addresses and asks nobody. With AI_NUMERICHOST it "
              "tells you which names it would treat so: not each that begins with a digit."))
{
    int port = free_port();
    serves(port);
    const char *address = some_address();
    struct conn *client = client_named(address, address, port);
    hears_its_name(client, address, "unconfirmed");
    hangs_up(client);

    int low = (int)random_between(0x8000, 0xfffe);
    address = text("127.0.%d.%d", low >> 8, low & 255);
    const char *decimal = text("%d", 0x7f000000 + low);
    client = client_named(decimal, address, port);
    hears_its_name(client, decimal, "unconfirmed");
    hangs_up(client);

    low--;
    address = text("127.0.%d.%d", low >> 8, low & 255);
    const char *hexadecimal = text("0x7f00%04x", low);
    client = client_named(hexadecimal, address, port);
    hears_its_name(client, hexadecimal, "unconfirmed");
    hangs_up(client);

    const char *name = some_name("3com"); /* no number, though it begins like one */
    address = some_address();
    dns_knows(name, address);
    hears_its_name(client_named(name, address, port), name, "verified");
}

CHECK(unnamed, "says - and 'unnamed' when the look-up finds no name", POINTS(2), AFTER(several), NEEDS_PRIVATE_NETWORK,
      BECAUSE("Most addresses have no name, and a look-up may fail: that is no reason to end, or to say nothing. With "
              "NI_NAMEREQD getnameinfo() fails where it would give the number for a name."))
{
    int port = free_port();
    const char *failing = some_address();
    const char *silent = some_address();
    dns_fails(failing);
    dns_never_answers(silent);
    serves(port);
    struct conn *client = connects_from(some_address(), LOOPBACK, port);
    is_unnamed(client);
    hears_end(client);
    hangs_up(client);
    client = connects_from(failing, LOOPBACK, port);
    is_unnamed(client);
    hangs_up(client);
    client = connects_from(silent, LOOPBACK, port);
    is_unnamed(client);
    hangs_up(client);
    hears_its_address(connects(port));
}

CHECK(address, "listens on every interface, or on ADDRESS alone", POINTS(1), AFTER(several, in_use),
      BECAUSE("Without ADDRESS bind to INADDR_ANY (or to :: for both families); with one, to that address."))
{
    listens_where_told(the_server);
}

CHECK(address_ipv6, "listens on an IPv6 ADDRESS, and prints one", POINTS(1), AFTER(address, in_use, restarts),
      BECAUSE("inet_pton() reads IPv6 addresses when asked for AF_INET6; the socket's family must be the address's. What "
              "accept() fills in needs room for either: struct sockaddr_storage; and the text of one has up to 39 bytes. At :: an "
              "IPv6 socket takes IPv4 clients, too, unless its IPV6_V6ONLY is on: they come as ::ffff:a.b.c.d."))
{
    needs_name_of("::1");
    const char *caller = some_ipv6_client_address();
    listens_where_told_in_ipv6(the_server);
    int port = free_port();
    is_listening(runs(PROGRAM, "::1", number(port)), port);
    is_served(connects_from(caller, "::1", port));

    port = free_port();
    is_listening(runs(PROGRAM, "::", number(port)), port);
    struct conn *ipv4 = tries_to_connect(port);
    if (!was_refused(ipv4))
        is_served(ipv4);
}

CHECK(in_use, "reports a port that is in use: which, and why", POINTS(1), AFTER(tells),
      BECAUSE("The message belongs on stderr and names address, port and reason; the status is 1."))
{
    reports_port_in_use(the_server);
}

CHECK(vanishing_client, "survives clients that are gone before it can ask who they are", POINTS(2), AFTER(several),
      BECAUSE("Of a connection that was reset getpeername() says ENOTCONN, and write() fails with EPIPE (and SIGPIPE) or "
              "ECONNRESET: that client is skipped, the next one served."))
{
    int port = free_port();
    struct program *server = serves(port);
    is_stopped(server);
    resets(connects(port));
    hangs_up(connects(port));
    struct conn *both = connects(port);
    half_closes(both); /* behind this, the reset makes the first write() raise SIGPIPE */
    resets(both);
    resets(connects(port));
    is_continued(server);
    is_served(connects(port));
    resets(connects(port));
    hangs_up(connects(port));
    is_served(connects(port));
    is_served(connects(port));
}

/* Clients whose name is true, false, a number, or not there. */
static void serves_all_kinds(int port)
{
    const char *name = some_name("honest");
    const char *address = some_address();
    dns_knows(name, address);
    struct conn *client = client_named(name, address, port);
    hears_its_name(client, name, "verified");
    hangs_up(client);
    client = client_named(name, some_address(), port);
    hears_its_name(client, name, "unconfirmed");
    hangs_up(client);
    address = some_address();
    client = client_named(address, address, port);
    hears_its_name(client, address, "unconfirmed");
    hangs_up(client);
    client = connects_from(some_address(), LOOPBACK, port);
    is_unnamed(client);
    hangs_up(client);
}

CHECK(descriptors, "keeps nothing of the clients that have gone, and prints nothing", POINTS(1),
      AFTER(vanishing_client, numeric_name, unnamed, terminates, quiet), NEEDS_PRIVATE_NETWORK,
      BECAUSE("Each accept() opens a descriptor, and each has to be closed, whatever the client's name and however it went; "
              "so has every other that you open for a client. A thread keeps its stack until it is joined, unless it is detached."))
{
    int port = free_port();
    struct program *server = serves(port);
    serves_all_kinds(port);
    int before = descriptors_of(server);
    serves_all_kinds(port);
    resets(connects(port));
    hangs_up(connects(port));
    serves_all_kinds(port);
    has_no_more_descriptors(server, before);
    size_t memory = memory_of(server);
    for (int i = 0; i < MANY; i++)
        is_served(connects(port));
    has_no_more_memory(server, memory, 512 << 10);
    is_sent(server, SIGTERM);
    prints(server, "");
}

CHECK(terminates, "ends at SIGTERM and at SIGINT with status 0", POINTS(2), AFTER(several))
{
    int port = free_port();
    struct program *server = serves(port);
    is_sent(server, SIGTERM);
    exits_within(server, 1, 0);
    server = serves(port);
    is_served(connects(port));
    comes_to_rest(server);
    is_sent(server, SIGINT);
    exits_within(server, 1, 0);
}

CHECK(restarts, "can be started again at once on the same port", POINTS(1), AFTER(terminates),
      BECAUSE("The side that closes first keeps the connection in TIME_WAIT for a minute; SO_REUSEADDR, set before bind(), "
              "lets a new listener share the port with it."))
{
    int port = free_port();
    struct program *server = serves(port);
    is_served(connects(port)); /* the server's side has closed first */
    comes_to_rest(server);
    is_sent(server, SIGTERM);
    exits(server, 0);
    serves(port);
    is_served(connects(port));
}

CHECK(quiet, "uses no CPU while it waits, and prints nothing", POINTS(1), AFTER(terminates))
{
    int port = free_port();
    struct program *server = serves(port);
    uses_no_cpu(server);
    is_served(connects(port));
    uses_no_cpu(server);
    is_sent(server, SIGTERM);
    prints(server, "");
}

static void works_when_started(struct how how, int sig)
{
    int port = free_port();
    struct program *server = runs_as(how, PROGRAM, number(port));
    is_listening(server, port);
    is_served(connects(port));
    is_served(connects(port));
    comes_to_rest(server);
    is_sent(server, sig);
    exits_within(server, 1, 0);
}

CHECK(odd_start, "keeps its contract however it was started", POINTS(1), AFTER(terminates),
      BECAUSE("Signals that were ignored or blocked stay so through exec: set what you need. And a socket that gets the number "
              "2 is sent every message."))
{
    is_started_in_odd_ways(works_when_started);
}

CHECK(memory, "makes no memory error and leaks nothing", POINTS(1), AFTER(terminates), UNDER_MEMCHECK)
{
    int port = free_port();
    struct program *server = serves(port);
    is_served(connects(port));
    is_served(connects(port));
    comes_to_rest(server);
    is_sent(server, SIGTERM);
    exits(server, 0);
}

CHECK(memory_of_look_ups, "makes no memory error and leaks nothing, whatever a look-up brings", POINTS(1),
      AFTER(terminates, numeric_name, unnamed), UNDER_MEMCHECK, NEEDS_PRIVATE_NETWORK)
{
    int port = free_port();
    struct program *server = serves(port);
    serves_all_kinds(port);
    comes_to_rest(server);
    is_sent(server, SIGTERM);
    exits(server, 0);
}
