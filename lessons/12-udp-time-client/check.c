/* Lesson 12: the time, by one datagram. The checks stand in the order in which they should turn green. */
#include "check/check.h"

#define PROGRAM "udp_time"
#define LOCALHOST "127.0.0.1"
#define HERON "127.0.0.2"
#define UNREACHABLE "192.0.2.1" /* documentation, RFC 5737: the private network has no way there */
#define NO_SCOPE "fe80::1"      /* of which link? there is no way to send to it, whatever the network */

enum { TIME_PORT = 37 };

static const double PATIENCE = 0.5; /* seconds that a program may wait */

static const char *distance_of(const char *host)
{
    return text("Clock on %s is N seconds ahead of this one.", host);
}

/* The line of HOST, whatever its clock: what the number must be is asked for by few checks. */
static struct line clock_of(const char *host)
{
    return line(distance_of(host));
}

static long some_time(void)
{
    return random_between(1000, 100000);
}

/* Asks 127.0.0.1, whose clock is so far ahead, and prints it. */
static struct program *reads_a_clock(long ahead)
{
    int port = free_port();
    struct station *clock = takes_datagrams(port);
    struct program *client = runs(PROGRAM, LOCALHOST, number(port));
    struct request *question = is_asked(clock, LOCALHOST);
    answers(question, LOCALHOST, clock_ahead(ahead));
    prints_lines(client, clock_line(distance_of(LOCALHOST), ahead));
    return client;
}

CHECK(usage, "refuses wrong arguments with a message and status 2", POINTS(1),
      BECAUSE("What begins with a digit is a number: look at where strtoul() stopped, and at the range 1 to 65535. No "
              "service's name begins with a sign or a space, and getaddrinfo() does not mind them."))
{
    int port = free_port();
    struct station *clock = takes_datagrams(port);
    refuses(PROGRAM);
    refuses(PROGRAM, LOCALHOST, number(port), "more");
    refuses(PROGRAM, LOCALHOST, "0");
    refuses(PROGRAM, LOCALHOST, "65536");
    refuses(PROGRAM, LOCALHOST, number(65536 + port));
    refuses(PROGRAM, LOCALHOST, number(4294967296 + port));
    refuses(PROGRAM, LOCALHOST, "99999999999999999999");
    refuses(PROGRAM, LOCALHOST, text("%dx", port));
    refuses(PROGRAM, LOCALHOST, text("%d ", port));
    refuses(PROGRAM, LOCALHOST, text("0x%x", port));
    static const char *const signs[] = {" ", "+", "-"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        rejects(PROGRAM, LOCALHOST, text("%s%d", signs[i], port));
        hears_no_more(clock);
    }
}

CHECK(no_socket, "makes no socket when the arguments are wrong", POINTS(1), AFTER(usage),
      BECAUSE("Look at all the arguments first: what is wrong with them is known before the network is needed."))
{
    refuses_without_socket(PROGRAM);
    refuses_without_socket(PROGRAM, LOCALHOST, "65536");
    refuses_without_socket(PROGRAM, LOCALHOST, text("%dx", free_port()));
}

CHECK(asks, "sends one datagram to HOST at PORT", POINTS(2),
      BECAUSE("One send() or sendto() for the question, and no other, whatever comes or does not come. PORT may be any "
              "from 1 to 65535. Without SOCK_DGRAM in hints.ai_socktype, getaddrinfo() gives addresses for TCP, too, and "
              "that is no datagram."))
{
    int port = free_port();
    struct station *clock = takes_datagrams(port);
    listens_at(HERON, port); /* TCP has ports of its own: nobody is to come there */
    struct program *client = runs(PROGRAM, HERON, number(port));
    struct request *question = is_asked(clock, HERON);
    answers(question, HERON, random_bytes(3));
    answers_later(question, 0.4, HERON, clock_ahead(some_time()));
    finishes(client);
    hears_no_more(clock);

    int highest = highest_port();
    struct station *other = takes_datagrams(highest);
    struct program *again = runs(PROGRAM, HERON, number(highest));
    answers(is_asked(other, HERON), HERON, clock_ahead(some_time()));
    finishes(again);
    hears_no_more(other);
}

CHECK(reads_clock, "prints how far a clock is ahead, and ends with status 0", POINTS(3))
{
    exits(reads_a_clock(some_time()), 0);
    exits(reads_a_clock(1), 0); /* seconds, too */
    exits(reads_a_clock(1), 0); /* and if one has ended meanwhile, now */
}

CHECK(behind, "prints a minus sign before the seconds of a clock that is behind", POINTS(2), AFTER(reads_clock))
{
    exits(reads_a_clock(-some_time()), 0);
}

CHECK(wraps, "takes the difference modulo 2^32, so that it holds across the wrap of 2036", POINTS(2), AFTER(behind))
{
    exits(reads_a_clock(across_the_wrap()), 0);
    exits(reads_a_clock(INT32_MAX - 100), 0);
    exits(reads_a_clock(INT32_MIN + 100), 0);
}

CHECK(sizes, "ignores datagrams that are not four bytes, and goes on listening", POINTS(3), AFTER(reads_clock),
      BECAUSE(
          "An answer is exactly four bytes. recv() returns the size of a datagram, but cuts what does not fit into the "
          "buffer: one that is a byte larger shows it. A size of 0 is an empty datagram, not an end."))
{
    int port = free_port();
    long ahead = some_time();
    struct station *clock = takes_datagrams(port);
    struct program *client = runs(PROGRAM, LOCALHOST, number(port));
    struct request *question = is_asked(clock, LOCALHOST);
    answers(question, LOCALHOST, join(clock_bytes(clock_now() - 61), "\n"));
    answers(question, LOCALHOST, part(clock_bytes(clock_now()), 0, 3));
    answers(question, LOCALHOST, "");
    answers(question, LOCALHOST, join(clock_bytes(clock_now() - 61), random_bytes(44)));
    answers(question, LOCALHOST, part(clock_bytes(clock_now()), 0, 1));
    answers_later(question, 0.2, LOCALHOST, clock_ahead(ahead));
    prints_lines(client, clock_line(distance_of(LOCALHOST), ahead));
}

CHECK(other_host, "ignores what another host sends", POINTS(1), AFTER(reads_clock),
      BECAUSE("Anybody may send a datagram to your port. connect() makes the kernel drop what is not from HOST and "
              "PORT; without "
              "it, compare the address that recvfrom() gives you."))
{
    int port = free_port();
    long ahead = some_time();
    struct station *clock = takes_datagrams(port);
    struct program *client = runs(PROGRAM, LOCALHOST, number(port));
    struct request *question = is_asked(clock, LOCALHOST);
    answers(question, HERON, clock_ahead(-some_time()));
    answers_later(question, 0.1, LOCALHOST, clock_ahead(ahead));
    prints_lines(client, clock_line(distance_of(LOCALHOST), ahead));
}

CHECK(other_port, "ignores what comes from another port of HOST", POINTS(1), AFTER(other_host),
      BECAUSE("Two programs on one host have one address: the port is part of who sent a datagram."))
{
    int port = free_port();
    long ahead = some_time();
    struct station *clock = takes_datagrams(port);
    struct program *client = runs(PROGRAM, LOCALHOST, number(port));
    struct request *question = is_asked(clock, LOCALHOST);
    answers_from_another_port(question, LOCALHOST, clock_ahead(-some_time()));
    answers_later(question, 0.1, LOCALHOST, clock_ahead(ahead));
    prints_lines(client, clock_line(distance_of(LOCALHOST), ahead));
}

CHECK(late, "takes an answer that comes late, but in time", POINTS(1),
      BECAUSE("Half a second is 500 milliseconds for poll(), 500,000 microseconds in a struct timeval, 500,000,000 "
              "nanoseconds in "
              "a struct timespec."))
{
    int port = free_port();
    struct station *clock = takes_datagrams(port);
    struct program *client = runs(PROGRAM, LOCALHOST, number(port));
    struct request *question = is_asked(clock, LOCALHOST);
    answers_later(question, 0.37, LOCALHOST, clock_ahead(some_time()));
    prints_lines(client, clock_of(LOCALHOST));
}

CHECK(gives_up, "waits no longer than half a second", POINTS(3),
      BECAUSE("A datagram that is lost never comes, and nobody says so: the call that waits needs a time-out. Half a "
              "second is "
              "500 milliseconds for poll(), and 500,000 microseconds in a struct timeval."))
{
    int port = free_port();
    struct station *clock = takes_datagrams(port);
    struct program *client = runs(PROGRAM, LOCALHOST, number(port));
    struct request *question = is_asked(clock, LOCALHOST);
    ends_no_later(client, question, PATIENCE);
    ends_sooner(PATIENCE + 0.25, PROGRAM, LOCALHOST, number(port));
}

CHECK(no_answer, "reports that no answer has come, and ends with status 1", POINTS(1), AFTER(gives_up),
      BECAUSE("No answer is a failure: say on stderr which HOST and PORT did not answer, and return 1."))
{
    int port = free_port();
    struct station *clock = takes_datagrams(port);
    struct program *client = runs(PROGRAM, HERON, number(port));
    is_asked(clock, HERON);
    prints(client, "");
    complains(client, HERON, number(port));
    exits(client, 1);
}

CHECK(ends, "is not kept waiting by datagrams that are no answers", POINTS(2), AFTER(gives_up),
      BECAUSE("Keep the end as a point in time, and wait for what is left until then."))
{
    int port = free_port();
    struct station *clock = takes_datagrams(port);
    struct program *client = runs(PROGRAM, LOCALHOST, number(port));
    struct request *question = is_asked(clock, LOCALHOST);
    is_pestered(question, 0.2, LOCALHOST, random_bytes(5));
    is_pestered(question, 0.15, LOCALHOST, random_bytes(3));
    is_pestered(question, 0.25, HERON, clock_ahead(some_time()));
    ends_no_later(client, question, PATIENCE);
}

CHECK(refused, "reports a port that refuses: what was tried, and why", POINTS(2),
      BECAUSE("The kernel of the other host says 'port unreachable'. A connected socket hears of it: recv() fails with "
              "ECONNREFUSED. An unconnected one is told only with IP_RECVERR (ip(7))."))
{
    int port = free_port();
    struct program *client = runs(PROGRAM, LOCALHOST, number(port));
    prints(client, "");
    complains(client, LOCALHOST, number(port), "Connection refused");
    exits(client, 1);
}

CHECK(refused_at_once, "reports a port that refuses at once", POINTS(1), AFTER(refused),
    BECAUSE("The call that waits for the answer returns when the refusal is there: no other answer can come any more."))
{
    ends_sooner(0.4, PROGRAM, LOCALHOST, number(free_port()));
}

CHECK(unresolved, "reports a HOST that does not resolve: which, and why", POINTS(1), NEEDS_PRIVATE_NETWORK,
      BECAUSE("getaddrinfo() returns the error, which gai_strerror() has words for; errno is not set. What was typed may "
              "have a % in it: it is an argument of fprintf(), never its format."))
{
    int port = free_port();
    const char *reasons = does_not_resolve("nobody.invalid");
    struct program *client = runs(PROGRAM, "nobody.invalid", number(port));
    prints(client, "");
    complains(client, "nobody.invalid", number(port), reasons);
    exits(client, 1);

    does_not_resolve("-x");
    client = runs(PROGRAM, "-x", number(port)); /* there are no options: it is a name like another */
    complains(client, "-x", number(port), reasons);
    exits(client, 1);

    does_not_resolve("%s%n");
    client = runs(PROGRAM, "%s%n", number(port));
    complains(client, "%s%n", number(port), reasons);
    exits(client, 1);
}

CHECK(unknown_service, "reports a service that nobody knows", POINTS(1),
      BECAUSE("A service that is not found is a failed look-up: a message that names it, and status 1."))
{
    struct program *client = runs(PROGRAM, LOCALHOST, "sockeye-none");
    prints(client, "");
    complains(client, LOCALHOST, "sockeye-none");
    exits(client, 1);
}

CHECK(unreachable, "reports a HOST that can't be sent to: which, and why", POINTS(1), AFTER(asks), NEEDS_PRIVATE_NETWORK,
      BECAUSE("connect() and send() fail at once when there is no way to an address: errno says why."))
{
    int port = free_port();
    struct program *client = runs(PROGRAM, UNREACHABLE, number(port));
    prints(client, "");
    complains(client, UNREACHABLE, number(port), "No route to host");
    exits(client, 1);
}

CHECK(host_name, "asks a HOST that is given by name, and prints the name as it was given", POINTS(1), AFTER(asks),
      NEEDS_PRIVATE_NETWORK,
      BECAUSE("getaddrinfo() takes names and numbers alike, unless AI_NUMERICHOST forbids it. The line has HOST as it "
              "stands on "
              "the command line."))
{
    int port = free_port();
    struct station *clock = takes_datagrams(port);
    struct program *client = runs(PROGRAM, "Heron.Sockeye.Test", number(port));
    struct request *question = is_asked(clock, HERON);
    answers(question, HERON, clock_ahead(some_time()));
    prints_lines(client, clock_of("Heron.Sockeye.Test"));

    /* 238 bytes: the answer about a longer one has no room in a datagram of DNS. */
    const char *long_name = text("long-%ld.%063d.%063d.%063d.%023d.sockeye.test", random_between(1000, 9999), 0, 0, 0, 0);
    dns_knows(long_name, HERON);
    client = runs(PROGRAM, long_name, number(port));
    question = is_asked(clock, HERON);
    answers(question, HERON, clock_ahead(some_time()));
    prints_lines(client, clock_of(long_name));
}

CHECK(first_address, "asks the first address of HOST that can be sent to, and no other", POINTS(1),
      AFTER(host_name, asks, refused), NEEDS_PRIVATE_NETWORK,
      BECAUSE("getaddrinfo() gives a list, linked by ai_next: if connect() or send() fails, the next one is tried, and "
              "when one "
              "datagram has gone, no other."))
{
    int port = free_port();
    const char *host = text("host-%ld.sockeye.test", random_between(1000, 9999));
    /* As far from 127.0.0.1 the one as the other: getaddrinfo() leaves them in the order that the DNS has. */
    const char *first = text("127.129.1.%ld", random_between(1, 254));
    const char *second = text("127.130.1.%ld", random_between(1, 254));
    dns_knows(host, UNREACHABLE, first, second);
    struct station *clock = takes_datagrams(port);
    struct program *client = runs(PROGRAM, host, number(port));
    struct request *question = is_asked(clock, first);
    answers(question, first, clock_ahead(some_time()));
    finishes(client);
    hears_no_more(clock);

    /* It could be sent to, also if nobody is there to hear it. */
    int refusing = free_port();
    const char *other = text("host-%ld.sockeye.test", random_between(1000, 9999));
    dns_knows(other, first, second);
    struct station *elsewhere = takes_datagrams_at(second, refusing);
    struct program *refused = runs(PROGRAM, other, number(refusing));
    complains(refused, other, number(refusing), "Connection refused");
    exits(refused, 1);
    hears_no_more(elsewhere);
}

CHECK(ipv6, "asks a HOST that has an IPv6 address", POINTS(2),
      BECAUSE("AF_UNSPEC asks getaddrinfo() for both families; the socket's family must be the address's."))
{
    needs_ipv6();
    int port = free_port();
    struct station *clock = takes_datagrams_at("::1", port);
    struct program *client = runs(PROGRAM, "::1", number(port));
    struct request *question = is_asked(clock, "::1");
    answers(question, "::1", clock_ahead(some_time()));
    prints_lines(client, clock_of("::1"));
}

CHECK(ipv6_strangers, "ignores others, and reports a port that refuses at once, with IPv6, too", POINTS(1),
      AFTER(ipv6, other_port, refused_at_once),
      BECAUSE("connect() does for both families what the other end needs. Without it compare sin6_addr and sin6_port as "
              "you do sin_addr and sin_port, and ask for errors with IPV6_RECVERR (ipv6(7))."))
{
    needs_ipv6();
    int port = free_port();
    long ahead = some_time();
    struct station *clock = takes_datagrams_at("::1", port);
    struct program *client = runs(PROGRAM, "::1", number(port));
    struct request *question = is_asked(clock, "::1");
    answers_from_another_port(question, "::1", clock_ahead(-some_time()));
    answers_later(question, 0.1, "::1", clock_ahead(ahead));
    prints_lines(client, clock_line(distance_of("::1"), ahead));

    ends_sooner(0.4, PROGRAM, "::1", number(free_port()));
}

CHECK(default_port, "asks the service time, port 37, when there is no PORT", POINTS(1), AFTER(refused), NEEDS_PRIVATE_NETWORK,
      BECAUSE("Without PORT there is no argv[2]: the port that is asked is one of your program's own, in a message, too."))
{
    /* The name of the program is no name of the service. */
    complains(runs(PROGRAM, LOCALHOST), LOCALHOST, "37| time|:time|'time|\"time|(time|/time|=time", "Connection refused");

    struct station *clock = takes_datagrams(TIME_PORT);
    struct program *client = runs(PROGRAM, LOCALHOST);
    struct request *question = is_asked(clock, LOCALHOST);
    answers(question, LOCALHOST, clock_ahead(some_time()));
    prints_lines(client, clock_of(LOCALHOST));
}

CHECK(service_name, "takes the name of a service for PORT", POINTS(1), NEEDS_PRIVATE_NETWORK,
      BECAUSE("getaddrinfo() looks a service up in /etc/services, as it looks up a name: give it PORT as it was given "
              "to you."))
{
    enum { TFTP_PORT = 69 };
    struct station *clock = takes_datagrams(TFTP_PORT);
    struct program *client = runs(PROGRAM, LOCALHOST, "tftp");
    struct request *question = is_asked(clock, LOCALHOST);
    answers(question, LOCALHOST, clock_ahead(some_time()));
    prints_lines(client, clock_of(LOCALHOST));
}

CHECK(stopped, "loses no answer when it is stopped and continued while it waits", POINTS(1), AFTER(late),
      BECAUSE("A call that waits returns -1 with EINTR when the program is stopped and continued: that is no end, and "
              "no answer. What has come meanwhile lies in the queue: look there before you give up."))
{
    int port = free_port();
    struct station *clock = takes_datagrams(port);
    struct program *client = runs(PROGRAM, LOCALHOST, number(port));
    struct request *question = is_asked(clock, LOCALHOST);
    is_stopped_for(client, 0.02);
    answers_later(question, 0.3, LOCALHOST, clock_ahead(some_time()));
    prints_lines(client, clock_of(LOCALHOST));

    int other = free_port();
    struct station *meanwhile = takes_datagrams(other);
    struct program *longer = runs(PROGRAM, LOCALHOST, number(other));
    struct request *again = is_asked(meanwhile, LOCALHOST);
    is_stopped_for(longer, 0.7);
    answers(again, LOCALHOST, clock_ahead(some_time()));
    prints_lines(longer, clock_of(LOCALHOST));
}

CHECK(quiet, "uses no CPU while it waits", POINTS(1), AFTER(gives_up))
{
    int port = free_port();
    struct station *clock = takes_datagrams(port);
    struct program *client = runs(PROGRAM, LOCALHOST, number(port));
    is_asked(clock, LOCALHOST);
    used_no_cpu(client);
}

static void works_when_started(struct how how)
{
    int port = free_port();
    struct station *clock = takes_datagrams(port);
    struct program *client = runs_as(how, PROGRAM, LOCALHOST, number(port));
    struct request *question = is_asked(clock, LOCALHOST);
    answers(question, LOCALHOST, clock_ahead(some_time()));
    prints_lines(client, clock_of(LOCALHOST));
    exits(client, 0);
}

static void gives_up_when_started(struct how how)
{
    int port = free_port();
    struct station *clock = takes_datagrams(port);
    struct program *client = runs_as(how, PROGRAM, LOCALHOST, number(port));
    struct request *question = is_asked(clock, LOCALHOST);
    ends_no_later(client, question, PATIENCE);
    exits(client, 1);
    hears_nothing_else(question);
}

CHECK(odd_start, "keeps its contract with descriptors closed and signals ignored or blocked", POINTS(1),
      AFTER(no_answer, reads_clock),
      BECAUSE("A program inherits its descriptors and its signals from whoever started it: a socket may get the number "
              "0 or 2, and "
              "a signal that is to end the wait may be blocked. What it prints may not be taken: look at what fflush() or "
              "fclose() returns, and say why."))
{
    works_when_started((struct how){.closed = {true, false, false}});
    works_when_started((struct how){.closed = {true, false, true}, .signals_blocked = true});
    works_when_started((struct how){.extra_descriptors = true, .signals_ignored = true});
    gives_up_when_started((struct how){.closed = {false, false, true}, .signals_blocked = true});

    int port = free_port();
    struct station *clock = takes_datagrams(port);
    struct program *silent = runs_as(((struct how){.closed = {false, true, false}}), PROGRAM, LOCALHOST, number(port));
    struct request *question = is_asked(clock, LOCALHOST);
    answers(question, LOCALHOST, clock_ahead(some_time()));
    finishes(silent);
    hears_nothing_else(question);

    struct program *unheard = runs_as((struct how){.output_full = true}, PROGRAM, LOCALHOST, number(port));
    answers(is_asked(clock, LOCALHOST), LOCALHOST, clock_ahead(some_time()));
    exits(unheard, 1);
}

CHECK(memory, "makes no memory error and leaks nothing", POINTS(2), AFTER(refused), UNDER_MEMCHECK)
{
    int port = free_port();
    struct station *clock = takes_datagrams(port);
    struct program *client = runs(PROGRAM, LOCALHOST, number(port));
    struct program *refused = runs(PROGRAM, LOCALHOST, number(free_port()));
    struct program *unsent = runs(PROGRAM, NO_SCOPE, number(port));
    int silent = free_port();
    takes_datagrams(silent);
    struct program *unanswered = runs(PROGRAM, LOCALHOST, number(silent));
    struct request *question = is_asked(clock, LOCALHOST);
    answers(question, LOCALHOST, random_bytes(1));
    answers(question, LOCALHOST, "");
    answers(question, LOCALHOST, random_bytes(2000));
    answers(question, LOCALHOST, clock_ahead(some_time()));
    finishes(client);
    finishes(refused);
    finishes(unsent);
    finishes(unanswered);
}
