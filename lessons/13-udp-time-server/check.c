/* Lesson 13: answering strangers. The checks stand in the order in which they should turn green. */
#include "check/check.h"

#define PROGRAM "udp_time_server"
#define LOCALHOST "127.0.0.1"
#define HERON "127.0.0.2"

enum { LARGEST = 65507, BURST = 50 };

/* A server on a port of its own, ready for clients. */
static struct program *serves(int port)
{
    struct program *server = runs(PROGRAM, number(port));
    is_bound(server, port);
    return server;
}

static struct program *serves_at(const char *address, int port)
{
    struct program *server = runs(PROGRAM, address, number(port));
    is_bound(server, port);
    return server;
}

static void asks_again(struct caller *client)
{
    asks_with(client, random_words());
    is_answered(client);
}

static struct caller *answered_client(const char *address, int port)
{
    struct caller *client = calls(address, port);
    asks_again(client);
    return client;
}

CHECK(usage, "refuses wrong arguments with a message and status 2", POINTS(1),
      BECAUSE("inet_pton() returns 1 only for an address. strtoul() reads as far as it can, and skips what it likes: "
              "look at the "
              "first character, at where it stopped, and at the range 1 to 65535."))
{
    refuses_all_but_address_and_port((struct server){.program = PROGRAM});
}

CHECK(no_socket, "makes no socket when the arguments are wrong", POINTS(1), AFTER(usage),
      BECAUSE("Look at all the arguments first: what is wrong with them is known before the network is needed."))
{
    refuses_without_socket(PROGRAM, "65536");
    refuses_without_socket(PROGRAM, "localhost", number(free_port()));
    refuses_without_socket(PROGRAM, LOCALHOST, number(free_port()), "more");
}

CHECK(answers_question, "answers a datagram", POINTS(3),
      BECAUSE("recvfrom() tells who has sent a datagram, if it is given room for an address and told how much: that is "
              "where the "
              "answer goes."))
{
    int port = free_port();
    serves(port);
    answered_client(LOCALHOST, port);
}

CHECK(tells_time, "tells the time in four bytes, by RFC 868", POINTS(3), AFTER(answers_question))
{
    int port = free_port();
    serves(port);
    tells_the_time(answered_client(LOCALHOST, port));
}

CHECK(time_goes_on, "tells each client the time of its question", POINTS(2), AFTER(tells_time, several_clients),
      BECAUSE("Look at the clock for each answer, and not before there is a question: the server may have waited long "
              "for it."))
{
    int port = free_port();
    serves(port);
    time_passes(2.1);
    tells_the_time(answered_client(LOCALHOST, port));
    time_passes(2.1);
    tells_the_time(answered_client(LOCALHOST, port));
}

CHECK(same_port, "answers from the port that was asked", POINTS(2), AFTER(answers_question),
      BECAUSE("An answer that comes from another port is not recognised: a client that has connected its socket never "
              "sees it. "
              "Send it from the socket that the question came to."))
{
    int port = free_port();
    serves(port);
    answer_has_the_port(answered_client(LOCALHOST, port));
}

CHECK(several_clients, "answers each client, at the address it has asked from", POINTS(2), AFTER(answers_question),
      BECAUSE("Every datagram has a sender of its own: the answer goes to the one that recvfrom() has just told."))
{
    int port = free_port();
    serves(port);
    struct caller *first = answered_client(LOCALHOST, port);
    struct caller *second = answered_client(LOCALHOST, port);
    struct caller *third = calls(LOCALHOST, port);
    asks_again(first);
    asks_again(third);
    asks_again(second);
    hears_no_answer(first);
    hears_no_answer(second);
    hears_no_answer(third);
}

CHECK(empty, "answers an empty datagram", POINTS(2), AFTER(answers_question),
      BECAUSE("A datagram may hold nothing at all: recvfrom() returns 0, and that is no end-of-file."))
{
    int port = free_port();
    serves(port);
    struct caller *client = calls(LOCALHOST, port);
    asks_with(client, "");
    is_answered(client);
    asks_with(client, "");
    is_answered(client);
}

CHECK(content, "answers whatever stands in a datagram", POINTS(1), AFTER(answers_question),
      BECAUSE("RFC 868 asks for no question: what is in the datagram does not matter."))
{
    int port = free_port();
    serves(port);
    struct caller *client = calls(LOCALHOST, port);
    asks_with(client, literal("\0"));
    is_answered(client);
    asks_with(client, random_bytes((size_t)random_between(2, 60)));
    is_answered(client);
    asks_with(client, "quit\n");
    is_answered(client);
    asks_with(client, random_bytes(4));
    is_answered(client);
}

CHECK(big, "answers a datagram of any size", POINTS(2), AFTER(answers_question),
      BECAUSE("Of a datagram that is larger than your buffer the rest is dropped, if you say how large the buffer is. "
              "Say no more "
              "than it has."))
{
    int port = free_port();
    serves(port);
    struct caller *client = calls(LOCALHOST, port);
    asks_with(client, random_bytes((size_t)random_between(500, 1400)));
    is_answered(client);
    asks_with(client, random_bytes(LARGEST));
    is_answered(client);
    asks_again(client);
}

CHECK(every, "answers every datagram, however many wait", POINTS(2), AFTER(several_clients, stopped),
      BECAUSE("Each datagram is a question, and gets one answer: also when several wait in the queue."))
{
    int port = free_port();
    struct program *server = serves(port);
    struct caller *client = calls(LOCALHOST, port);
    is_stopped(server);
    for (int i = 0; i < BURST; i++)
        asks_with(client, random_words());
    is_continued(server);
    for (int i = 0; i < BURST; i++)
        is_answered(client);
    hears_no_answer(client);
}

CHECK(every_interface, "listens on every interface when there is no ADDRESS", POINTS(2), AFTER(several_clients),
      BECAUSE("Without ADDRESS bind to INADDR_ANY (or to :: for both families)."))
{
    int port = free_port();
    serves(port);
    answered_client(LOCALHOST, port);
    answered_client("127.0.0.3", port);
}

CHECK(address, "listens on ADDRESS alone, and answers from there", POINTS(2), AFTER(answers_question),
      BECAUSE("With an ADDRESS bind to that address."))
{
    int port = free_port();
    serves_at(HERON, port);
    answer_has_the_address(answered_client(HERON, port));
    takes_no_datagrams(LOCALHOST, port);
}

CHECK(address_ipv6, "listens on an IPv6 ADDRESS", POINTS(1), AFTER(address, tells_time, several_clients, second_server),
      BECAUSE("inet_pton() reads IPv6 addresses when asked for AF_INET6; the socket's family must be the address's, "
              "and so must be "
              "the room for the sender's."))
{
    needs_ipv6();
    int port = free_port();
    serves_at("::1", port);
    tells_the_time(answered_client("::1", port));
    asks_again(calls_from_elsewhere("::1", port));
    takes_no_datagrams(LOCALHOST, port);

    struct program *second = runs(PROGRAM, "::1", number(port));
    complains(second, "::1", number(port), "Address already in use");
    exits(second, 1);
}

CHECK(in_use, "reports a port that is in use: which, and why", POINTS(1), AFTER(answers_question),
      BECAUSE("The message belongs on stderr and names address, port and reason; the status is 1."))
{
    int port = free_port();
    takes_datagrams_at(LOCALHOST, port);
    struct program *server = runs(PROGRAM, LOCALHOST, number(port));
    prints(server, "");
    complains(server, LOCALHOST, number(port), "Address already in use");
    exits(server, 1);

    struct program *everywhere = runs(PROGRAM, number(port)); /* not with what is left to it */
    prints(everywhere, "");
    complains(everywhere, number(port), "Address already in use");
    exits(everywhere, 1);
}

CHECK(second_server, "is not started a second time on the same address and port", POINTS(2), AFTER(in_use),
      BECAUSE("SO_REUSEADDR is for listeners and their TIME_WAIT. Datagrams leave none behind; on UDP sockets the "
              "option lets two "
              "servers have the same port, and only one of them hears anything."))
{
    int port = free_port();
    serves(port);
    struct program *second = runs(PROGRAM, number(port));
    complains(second, number(port), "Address already in use");
    exits(second, 1);
    answered_client(LOCALHOST, port);

    int other = free_port();
    serves_at(LOCALHOST, other);
    struct program *third = runs(PROGRAM, LOCALHOST, number(other));
    complains(third, number(other), "Address already in use");
    exits(third, 1);
    answered_client(LOCALHOST, other);
}

CHECK(vanishing_client, "survives clients that have gone when it answers", POINTS(1), AFTER(several_clients, stopped, quiet),
    BECAUSE(
        "An answer to somebody who has gone is nobody's concern. Where the kernel tells of it (ECONNREFUSED), go on."))
{
    int port = free_port();
    struct program *server = serves(port);
    for (int i = 0; i < 3; i++) {
        struct caller *hasty = calls(LOCALHOST, port);
        is_stopped(server);
        asks_with(hasty, random_words());
        vanishes(hasty);
        is_continued(server);
        comes_to_rest(server);
    }
    struct caller *client = answered_client(LOCALHOST, port);
    asks_again(client);
    uses_no_cpu(server);
}

CHECK(stopped, "loses no question when it is stopped and continued", POINTS(1), AFTER(several_clients),
      BECAUSE(
          "A call that waits can return -1 with EINTR when the program is stopped and continued: that is no failure."))
{
    int port = free_port();
    struct program *server = serves(port);
    struct caller *client = answered_client(LOCALHOST, port);
    is_stopped_and_continued(server);
    asks_again(client);
    is_stopped(server);
    asks_with(client, random_words());
    is_continued(server);
    is_answered(client);
}

CHECK(send_failure, "goes on when an answer can't be sent", POINTS(2), AFTER(several_clients, stopped),
    BECAUSE(
        "sendto() can fail: there may be no way back to the sender. Say so on stderr, and go on to the next question."))
{
    enum { TRIES = 40 };
    int port = free_port();
    struct program *server = serves(port);
    answered_client(LOCALHOST, port);
    cannot_send(server);
    is_answered_sooner_or_later(calls(LOCALHOST, port), TRIES); /* each thread may fail once */
    could_not_send();
    complains(server);
}

CHECK(terminates, "ends at SIGTERM and at SIGINT with status 0", POINTS(2), AFTER(answers_question),
      BECAUSE("A handler that only sets a flag is not enough: after it the waiting call may start again (SA_RESTART), "
              "and nobody "
              "looks at the flag until the next question."))
{
    int port = free_port();
    struct program *server = serves(port);
    comes_to_rest(server);
    is_sent(server, SIGTERM);
    exits_within(server, 1, 0);

    int other = free_port();
    server = serves(other);
    answered_client(LOCALHOST, other);
    comes_to_rest(server);
    is_sent(server, SIGINT);
    exits_within(server, 1, 0);
    takes_no_datagrams(LOCALHOST, other);
}

CHECK(restarts, "can be started again at once on the same port", POINTS(1), AFTER(terminates, second_server))
{
    int port = highest_port();
    struct program *server = serves(port);
    answered_client(LOCALHOST, port);
    is_sent(server, SIGTERM);
    exits(server, 0);
    prints(server, "");
    serves(port);
    answered_client(LOCALHOST, port);
}

CHECK(quiet, "uses no CPU while it waits", POINTS(1), AFTER(answers_question))
{
    int port = free_port();
    struct program *server = serves(port);
    uses_no_cpu(server);
    answered_client(LOCALHOST, port);
    uses_no_cpu(server);
}

static void works_when_started(struct how how, int sig)
{
    int port = free_port();
    struct program *server = runs_as(how, PROGRAM, number(port));
    is_bound(server, port);
    struct caller *client = answered_client(LOCALHOST, port);
    asks_again(client);
    hears_no_answer(client);
    comes_to_rest(server);
    is_sent(server, sig);
    exits_within(server, 1, 0);
}

CHECK(odd_start, "keeps its contract however it was started", POINTS(1), AFTER(several_clients, terminates),
      BECAUSE("Signals that were ignored or blocked stay so through exec: set what you need. And the socket may get "
              "the number 0, 1 "
              "or 2."))
{
    is_started_in_odd_ways(works_when_started);
}

CHECK(memory, "makes no memory error and leaks nothing", POINTS(2), AFTER(several_clients, empty, big, terminates),
      UNDER_MEMCHECK)
{
    int port = free_port();
    struct program *server = serves(port);
    struct caller *client = answered_client(LOCALHOST, port);
    int before = descriptors_of(server);
    asks_with(client, "");
    is_answered(client);
    asks_with(client, random_bytes(2000));
    is_answered(client);
    answered_client(LOCALHOST, port);
    has_no_more_descriptors(server, before);
    comes_to_rest(server);
    is_sent(server, SIGTERM);
    exits(server, 0);
}
