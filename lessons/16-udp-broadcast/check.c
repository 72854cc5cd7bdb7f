/* Lesson 16: everyone at once. The checks stand in the order in which they should turn green. */
#include "check/check.h"

#define PROGRAM "clockdrift"
#define LOCALHOST "127.0.0.1" /* has a name on every machine: no look-up of it takes time */
#define HERON "127.0.0.2"
#define OSPREY "127.0.0.3"
#define TERN "127.0.0.4"
#define NAMELESS "127.0.0.9"
#define EVERYONE "127.255.255.255" /* the broadcast address of loopback */
#define UNREACHABLE "192.0.2.1"    /* documentation, RFC 5737: the private network has no way there */

static const char *drift(const char *name, const char *address)
{
    return text("Clock on %s [%s] is N seconds ahead of this one.", name, address);
}

/* The line of a host that has answered, whatever its name and its clock. */
static struct line clock_of(const char *address)
{
    return line(drift("NAME", address));
}

enum { MANY = 40 }; /* more than the tables hold that many make; each costs a look-up */

/* One of many hosts. */
static const char *host_number(int i)
{
    return text("127.0.0.%d", 10 + i);
}

/* Only one check asks for it, so that who forgets it loses that check alone; what it says must be right everywhere. */
static struct line sending_to(const char *address, int port)
{
    return optional_line(text("Sending to %s:%d", address, port));
}

static long some_time(void)
{
    return random_between(1000, 100000);
}

CHECK(usage, "refuses wrong arguments with a message and status 2", POINTS(1),
      BECAUSE("strtoul() reads as far as it can, and skips what it likes: look at the first character, at where it stopped, and "
              "at the range 1 to 65535."))
{
    int port = free_port();
    struct station *clocks = takes_datagrams(port);
    refuses(PROGRAM, "-p");
    refuses(PROGRAM, "-x");
    refuses(PROGRAM, "-x", LOCALHOST);
    refuses(PROGRAM, "-p", "", LOCALHOST);
    refuses(PROGRAM, "-p", "0", LOCALHOST);
    refuses(PROGRAM, "-p", "65536", LOCALHOST);
    refuses(PROGRAM, "-p", number(65536 + port), LOCALHOST);
    refuses(PROGRAM, "-p", number(4294967296 + port), LOCALHOST);
    refuses(PROGRAM, "-p", "99999999999999999999", LOCALHOST);
    refuses(PROGRAM, "-p", text("%dx", port), LOCALHOST);
    refuses(PROGRAM, "-p", text("%d ", port), LOCALHOST);
    refuses(PROGRAM, "-p", text(" %d", port), LOCALHOST);
    refuses(PROGRAM, "-p", text("+%d", port), LOCALHOST);
    refuses(PROGRAM, "-p", text("-%d", port), LOCALHOST);
    refuses(PROGRAM, "-p", text("0x%x", (unsigned int)port), LOCALHOST);
    refuses(PROGRAM, "-p", "time", LOCALHOST);
    hears_no_more(clocks);
}

CHECK(no_socket, "makes no socket when the arguments are wrong", POINTS(1), AFTER(usage),
      BECAUSE("Look at all the arguments first: what is wrong with them is known before the network is needed."))
{
    refuses_without_socket(PROGRAM, "-p", "65536", LOCALHOST);
    refuses_without_socket(PROGRAM, "-p", "7037x");
    refuses_without_socket(PROGRAM, "-x", LOCALHOST);
}

CHECK(asks, "sends one datagram to a HOST at PORT, and says so", POINTS(2),
      BECAUSE("For each HOST: one sendto(), and one line on stdout with the address in numbers."))
{
    int port = free_port();
    struct station *clocks = takes_datagrams(port);
    struct program *client = runs(PROGRAM, "-p", number(port), HERON);
    is_asked(clocks, HERON);
    prints_lines(client, line(text("Sending to %s:%d", HERON, port)));
    hears_no_more(clocks);
}

CHECK(reads_clock, "prints how far a clock is ahead, and ends with status 0", POINTS(3))
{
    int port = free_port();
    long ahead = some_time();
    struct station *clocks = takes_datagrams(port);
    struct program *client = runs(PROGRAM, "-p", number(port), LOCALHOST);
    struct request *question = is_asked(clocks, LOCALHOST);
    answers(question, LOCALHOST, clock_ahead(ahead));
    prints_lines(client, sending_to(LOCALHOST, port), clock_line(drift("NAME", LOCALHOST), ahead));
    exits(client, 0);
}

CHECK(behind, "prints a minus sign before the seconds of a clock that is behind", POINTS(2), AFTER(reads_clock))
{
    int port = free_port();
    long ahead = -some_time();
    struct station *clocks = takes_datagrams(port);
    struct program *client = runs(PROGRAM, "-p", number(port), LOCALHOST);
    struct request *question = is_asked(clocks, LOCALHOST);
    answers(question, LOCALHOST, clock_ahead(ahead));
    prints_lines(client, sending_to(LOCALHOST, port), clock_line(drift("NAME", LOCALHOST), ahead));
}

CHECK(wraps, "takes the difference modulo 2^32, so that it holds across the wrap of 2036", POINTS(1), AFTER(reads_clock))
{
    int port = free_port();
    long ahead = across_the_wrap();
    struct station *clocks = takes_datagrams(port);
    struct program *client = runs(PROGRAM, "-p", number(port), LOCALHOST);
    struct request *question = is_asked(clocks, LOCALHOST);
    answers(question, LOCALHOST, clock_ahead(ahead));
    prints_lines(client, sending_to(LOCALHOST, port), clock_line(drift("NAME", LOCALHOST), ahead));
}

CHECK(several_hosts, "asks each of several HOSTs, and prints each answer", POINTS(2),
      BECAUSE("First send to all of them, however many they are, then listen for all of them. No answer ends the listening: half a "
              "second without one does."))
{
    int port = free_port();
    struct station *clocks = takes_datagrams(port);
    struct program *client = runs(PROGRAM, "-p", number(port), HERON, OSPREY, TERN);
    struct request *first = is_asked(clocks, HERON);
    struct request *second = is_asked(clocks, OSPREY);
    struct request *third = is_asked(clocks, TERN);
    answers(second, OSPREY, literal("\0\0\0\0")); /* a time like another */
    answers(third, TERN, literal("\xff\xff\xff\xff"));
    answers(first, HERON, clock_ahead(some_time()));
    prints_lines(client, sending_to(HERON, port), sending_to(OSPREY, port), sending_to(TERN, port), clock_of(HERON),
                 clock_of(OSPREY), clock_of(TERN));

    const char *args[3 + MANY + 1] = {PROGRAM, "-p", number(port)};
    struct line lines[MANY + 3] = {clock_of(host_number(MANY - 1)), clock_of(host_number(MANY - 2))};
    for (int i = 0; i < MANY; i++) {
        args[3 + i] = host_number(i);
        lines[2 + i] = sending_to(host_number(i), port);
    }
    struct program *curious = program_runs(AS_USUAL, args);
    struct request *last_but_one = is_asked(clocks, host_number(MANY - 2));
    struct request *last = is_asked(clocks, host_number(MANY - 1));
    answers(last_but_one, host_number(MANY - 2), clock_ahead(2)); /* whenever a second ends, one of them is 1 ahead */
    answers(last, host_number(MANY - 1), clock_ahead(1));
    for (int i = 0; i < MANY - 2; i++)
        is_asked(clocks, host_number(i));
    program_prints_lines(curious, lines);
}

CHECK(once, "prints a host once, however often it answers", POINTS(1), AFTER(several_hosts),
      BECAUSE("Keep a list of the hosts that have answered. A host is its address: its port may be another the next time."))
{
    int port = free_port();
    struct answer clock = clock_ahead(some_time());
    struct station *clocks = takes_datagrams(port);
    struct program *client = runs(PROGRAM, "-p", number(port), LOCALHOST, HERON);
    struct request *question = is_asked(clocks, LOCALHOST);
    struct request *other = is_asked(clocks, HERON);
    answers(question, LOCALHOST, clock);
    answers(question, LOCALHOST, clock);
    answers(other, HERON, clock);
    answers(question, LOCALHOST, clock);
    answers_from_another_port(question, LOCALHOST, clock);
    answers_later(question, 0.2, LOCALHOST, clock_ahead(200000));
    prints_lines(client, sending_to(LOCALHOST, port), sending_to(HERON, port), clock_of(LOCALHOST), clock_of(HERON));
}

CHECK(sizes, "ignores datagrams that are not four bytes, and goes on listening", POINTS(2),
      BECAUSE("An answer is exactly four bytes. recvfrom() returns the size of a datagram, but cuts what does not fit into the "
              "buffer: one that is a byte larger shows it. A size of 0 is an empty datagram, not an end."))
{
    int port = free_port();
    struct station *clocks = takes_datagrams(port);
    struct program *nothing_valid = runs(PROGRAM, "-p", number(port), LOCALHOST);
    struct request *question = is_asked(clocks, LOCALHOST);
    answers(question, LOCALHOST, join(clock_bytes(clock_now() + 61), "\n"));
    answers(question, LOCALHOST, part(clock_bytes(clock_now()), 0, 3));
    answers(question, LOCALHOST, "");
    answers(question, LOCALHOST, join(clock_bytes(clock_now() - 61), random_bytes(44)));
    answers(question, LOCALHOST, part(clock_bytes(clock_now()), 0, 1));
    prints_lines(nothing_valid, sending_to(LOCALHOST, port), no_clock_line(drift("NAME", LOCALHOST)));

    int other = free_port();
    struct station *late = takes_datagrams(other);
    struct program *valid_at_last = runs(PROGRAM, "-p", number(other), LOCALHOST);
    struct request *again = is_asked(late, LOCALHOST);
    answers_later(again, 0.01, LOCALHOST, ""); /* soon: how long it listens is another check's question */
    answers_later(again, 0.02, LOCALHOST, random_bytes(3));
    answers_later(again, 0.03, LOCALHOST, random_bytes(1400));
    answers_later(again, 0.04, LOCALHOST, clock_ahead(some_time()));
    prints_lines(valid_at_last, sending_to(LOCALHOST, other), clock_of(LOCALHOST));
    exits(valid_at_last, 0);
}

CHECK(extends, "listens until half a second has passed since the last answer", POINTS(2), AFTER(several_hosts),
      BECAUSE("The half second runs from the last valid answer, not from the question: each answer moves the end of the wait. "
              "Who is silent decides nothing: with an answer of another the status is 0."))
{
    int port = free_port();
    struct station *clocks = takes_datagrams(port);
    struct program *client = runs(PROGRAM, "-p", number(port), HERON, OSPREY, TERN);
    struct request *first = is_asked(clocks, HERON);
    struct request *second = is_asked(clocks, OSPREY);
    is_asked(clocks, TERN); /* and does not answer: there is somebody to wait for */
    answers_later(first, 0.33, HERON, clock_ahead(some_time()));
    answers_later(second, 0.66, OSPREY, clock_ahead(some_time()));
    prints_lines(client, sending_to(HERON, port), sending_to(OSPREY, port), sending_to(TERN, port), clock_of(HERON),
                 clock_of(OSPREY));
    ends_no_sooner(client, clocks, 0.5);
    exits(client, 0); /* that one is silent is no failure */

    int other = free_port(); /* once more: on a busy machine one that is impatient may have been late */
    struct station *clock = takes_datagrams(other);
    struct program *again = runs(PROGRAM, "-p", number(other), HERON);
    answers(is_asked(clock, HERON), HERON, clock_ahead(some_time()));
    ends_no_sooner(again, clock, 0.5);
}

CHECK(receipt, "compares each clock with its own at the moment of the answer", POINTS(1), AFTER(reads_clock, extends),
      BECAUSE("Seconds can pass between the question, an answer, and the end of the wait: keep each distance as it was when the "
              "answer came."))
{
    enum { HOSTS = 7 };
    static const char *const hosts[HOSTS] = {HERON, OSPREY, TERN, "127.0.0.5", "127.0.0.6", "127.0.0.7", "127.0.0.8"};
    struct request *question[HOSTS];
    struct line lines[2 * HOSTS + 1] = {0};
    long ahead = some_time();
    int port = free_port();
    struct station *clocks = takes_datagrams(port);
    struct program *client = runs(PROGRAM, "-p", number(port), hosts[0], hosts[1], hosts[2], hosts[3], hosts[4], hosts[5],
                                  hosts[6]);
    for (int i = 0; i < HOSTS; i++)
        question[i] = is_asked(clocks, hosts[i]);
    for (int i = 0; i < HOSTS; i++) {
        answers_later(question[i], 0.35 * i, hosts[i], clock_ahead(ahead));
        lines[i] = sending_to(hosts[i], port);
        lines[HOSTS + i] = clock_line(drift("NAME", hosts[i]), ahead);
    }
    program_prints_lines(client, lines);
}

CHECK(ends, "is not kept waiting by datagrams that are no answers", POINTS(2),
      BECAUSE("Keep the end as a point in time, and wait for what is left until then. Only a valid answer sets a new end."))
{
    int port = free_port();
    struct station *clocks = takes_datagrams(port);
    struct program *client = runs(PROGRAM, "-p", number(port), LOCALHOST);
    struct request *question = is_asked(clocks, LOCALHOST);
    is_pestered(question, 0.2, LOCALHOST, random_bytes(5));
    is_pestered(question, 0.15, LOCALHOST, random_bytes(3));
    ends_no_later(client, question, 0.5);
    ends_sooner(0.75, PROGRAM, "-p", number(port), LOCALHOST); /* with no answer at all */
}

CHECK(no_answer, "reports that nobody has answered, and ends with status 1", POINTS(1), AFTER(several_hosts),
      BECAUSE("Nobody at all is a failure: say on stderr which HOSTs and port did not answer, and return 1."))
{
    int port = free_port();
    struct station *clocks = takes_datagrams(port);
    struct program *client = runs(PROGRAM, "-p", number(port), HERON, TERN);
    is_asked(clocks, HERON);
    is_asked(clocks, TERN);
    prints_lines(client, sending_to(HERON, port), sending_to(TERN, port));
    complains(client, HERON, TERN, number(port));
    exits(client, 1);
}

CHECK(refused, "prints the answers of others though one HOST refuses", POINTS(1), AFTER(several_hosts),
      BECAUSE("A closed port is the news of one host (ECONNREFUSED), and may come out of the next sendto() or recvfrom(): note it, "
              "and go on with the others. It decides nothing: with an answer of another the status is 0."))
{
    int port = free_port();
    struct station *first = takes_datagrams_at(HERON, port);
    struct station *last = takes_datagrams_at(TERN, port);
    struct program *client = runs(PROGRAM, "-p", number(port), HERON, OSPREY, TERN);
    struct request *question = is_asked(first, HERON);
    struct request *other = is_asked(last, TERN);
    answers(question, HERON, clock_ahead(some_time()));
    answers_later(other, 0.2, TERN, clock_ahead(some_time()));
    prints_lines(client, sending_to(HERON, port), sending_to(OSPREY, port), sending_to(TERN, port), clock_of(HERON),
                 clock_of(TERN));
    exits(client, 0);
}

CHECK(unresolved, "reports a HOST that does not resolve, asks the others, and ends with status 1", POINTS(2), AFTER(asks),
      BECAUSE("A look-up that fails is the failure of one HOST: report it with gai_strerror(), remember the status, and go on. "
              "What was typed may have a % in it: it is an argument of fprintf(), never its format."))
{
    int port = free_port();
    const char *reasons = does_not_resolve("nobody.invalid");
    struct station *clocks = takes_datagrams(port);
    struct program *client = runs(PROGRAM, "-p", number(port), "nobody.invalid", LOCALHOST);
    struct request *question = is_asked(clocks, LOCALHOST);
    answers(question, LOCALHOST, clock_ahead(some_time()));
    prints_lines(client, sending_to(LOCALHOST, port), clock_of(LOCALHOST));
    complains(client, "nobody.invalid", number(port), reasons);
    exits(client, 1);

    does_not_resolve("%s%n.invalid");
    struct program *alone = runs(PROGRAM, "-p", number(port), "%s%n.invalid");
    prints(alone, "");
    complains(alone, "%s%n.invalid", number(port), reasons);
    exits(alone, 1);
    hears_no_more(clocks); /* to nobody is not to everybody */
}

CHECK(unreachable, "reports a HOST that can't be sent to, asks the others, and ends with status 1", POINTS(1),
      NEEDS_PRIVATE_NETWORK,
      BECAUSE("A sendto() that fails is the failure of one HOST: report it with strerror(), remember the status, and go on."))
{
    int port = free_port();
    struct station *clocks = takes_datagrams(port);
    struct program *client = runs(PROGRAM, "-p", number(port), UNREACHABLE, LOCALHOST);
    struct request *question = is_asked(clocks, LOCALHOST);
    answers_later(question, 0.1, LOCALHOST, clock_ahead(some_time()));
    prints_lines(client, possible_line(text("Sending to %s:%d", UNREACHABLE, port)), sending_to(LOCALHOST, port),
                 clock_of(LOCALHOST));
    complains(client, UNREACHABLE, number(port), "No route to host");
    exits(client, 1);

    struct program *alone = runs(PROGRAM, "-p", number(port), UNREACHABLE);
    complains(alone, UNREACHABLE, number(port), "No route to host");
    exits(alone, 1);
}

CHECK(host_name, "asks a HOST that is given by name, once", POINTS(1),
      BECAUSE("getaddrinfo() takes names and numbers alike, unless AI_NUMERICHOST forbids it. With AF_INET it gives IPv4 "
              "addresses alone, where with AF_UNSPEC the first may be one of IPv6. Its list has an address once for each kind of "
              "socket, unless ai_socktype says which: send to the first."))
{
    int port = free_port();
    struct station *clocks = takes_datagrams(port);
    struct program *client = runs(PROGRAM, "-p", number(port), "localhost");
    struct request *question = is_asked(clocks, LOCALHOST);
    answers(question, LOCALHOST, clock_ahead(some_time()));
    prints_lines(client, sending_to(LOCALHOST, port), clock_of(LOCALHOST));
    hears_no_more(clocks);
}

CHECK(first_address, "asks the first address of a name that has several, and no other", POINTS(1), AFTER(host_name),
      NEEDS_PRIVATE_NETWORK,
      BECAUSE("One HOST is one datagram: send to the first address of getaddrinfo()'s list, and leave the others alone. A name may "
              "be long: copy it nowhere."))
{
    int port = free_port();
    const char *fleet = text("fleet.%063d.%055d.sockeye.test", 0, 0); /* an answer of DNS has room for it three times */
    dns_knows(fleet, HERON, OSPREY);
    struct station *clocks = takes_datagrams(port);
    struct program *client = runs(PROGRAM, "-p", number(port), fleet);
    struct request *question = is_asked(clocks, HERON);
    answers(question, HERON, clock_ahead(some_time()));
    prints_lines(client, sending_to(HERON, port), line(drift("heron.sockeye.test", HERON)));
    hears_no_more(clocks);
}

CHECK(names, "prints the name of the host that answers, or UNKNOWN", POINTS(1), AFTER(several_hosts), NEEDS_PRIVATE_NETWORK,
      BECAUSE("The name is what the reverse look-up of its address says. Without a name getnameinfo() gives the number back, "
              "unless the flag NI_NAMEREQD makes it fail: then print UNKNOWN."))
{
    int port = free_port();
    nobody_has_another_name();
    const char *far = "127.0.0.77";
    const char *long_name = text("%063d.%063d.%050ld.sockeye.test", 0, 0, random_between(1, 9999));
    dns_claims(far, long_name);
    struct station *clocks = takes_datagrams(port);
    struct program *client = runs(PROGRAM, "-p", number(port), HERON, NAMELESS, OSPREY, far);
    struct request *first = is_asked(clocks, HERON);
    struct request *second = is_asked(clocks, NAMELESS);
    struct request *third = is_asked(clocks, OSPREY);
    struct request *fourth = is_asked(clocks, far);
    answers(first, HERON, clock_ahead(some_time()));
    answers(second, NAMELESS, clock_ahead(some_time()));
    answers(third, OSPREY, clock_ahead(some_time()));
    answers(fourth, far, clock_ahead(some_time()));
    prints_lines(client, sending_to(HERON, port), sending_to(NAMELESS, port), sending_to(OSPREY, port),
                 sending_to(far, port), line(drift(long_name, far)), line(drift("heron.sockeye.test", HERON)), line(drift("UNKNOWN", NAMELESS)),
                 line(drift("osprey.sockeye.test", OSPREY)));
}

CHECK(broadcast_host, "asks a broadcast address given as HOST, and prints all who answer", POINTS(2), AFTER(several_hosts),
      BECAUSE("Nobody's address is the one that was asked: whoever answers does so from an address of his own, and there may be "
              "many. So the socket is not connected, and the sender is not compared with the HOST."))
{
    int port = free_port();
    struct line lines[MANY + 2] = {sending_to(EVERYONE, port)};
    struct station *clocks = takes_datagrams(port);
    struct program *client = runs(PROGRAM, "-p", number(port), EVERYONE);
    struct request *question = is_asked(clocks, EVERYONE);
    for (int i = 0; i < MANY; i++) {
        answers(question, host_number(i), clock_ahead(some_time()));
        lines[1 + i] = clock_of(host_number(i));
    }

    int other = free_port(); /* one that is a broadcast address is enough, wherever it stands */
    struct station *everyone = takes_datagrams(other);
    struct program *mixed = runs(PROGRAM, "-p", number(other), TERN, EVERYONE);
    is_asked(everyone, TERN);
    struct request *call = is_asked(everyone, EVERYONE);
    answers(call, HERON, clock_ahead(some_time()));
    program_prints_lines(client, lines);
    prints_lines(mixed, sending_to(TERN, other), sending_to(EVERYONE, other), clock_of(HERON));
}

CHECK(broadcast, "asks everyone, 255.255.255.255 at port 37 or PORT, when no HOST is given", POINTS(2), AFTER(asks),
      NEEDS_PRIVATE_NETWORK,
      BECAUSE("Without a HOST the address is 255.255.255.255, and without -p the port is 37 (the service time); with -p it is PORT, "
              "up to 65535. The answers come from other addresses, and there may be many."))
{
    enum { TIME_PORT = 37, LAST_PORT = 65535 };
    struct station *clocks = takes_datagrams(TIME_PORT);
    struct program *client = runs(PROGRAM);
    struct request *question = is_asked(clocks, "255.255.255.255");
    answers(question, HERON, clock_ahead(some_time()));
    answers(question, OSPREY, clock_ahead(some_time()));
    answers(question, TERN, clock_ahead(some_time()));
    prints_lines(client, line(text("Sending to 255.255.255.255:%d", TIME_PORT)), clock_of(HERON), clock_of(OSPREY), clock_of(TERN));

    struct station *others = takes_datagrams(LAST_PORT);
    struct program *told = runs(PROGRAM, "-p", number(LAST_PORT));
    struct request *other = is_asked(others, "255.255.255.255");
    answers(other, OSPREY, clock_ahead(some_time()));
    prints_lines(told, sending_to("255.255.255.255", LAST_PORT), clock_of(OSPREY));
}

CHECK(stopped, "loses no answer when it is stopped and continued while it waits", POINTS(1),
      BECAUSE("A call that waits returns -1 with EINTR when the program is stopped and continued: that is no end, and no answer. "
              "And when the time is up, the queue may hold what came meanwhile: read it before you leave."))
{
    int port = free_port();
    struct station *clocks = takes_datagrams(port);
    struct program *client = runs(PROGRAM, "-p", number(port), LOCALHOST);
    struct request *question = is_asked(clocks, LOCALHOST);
    is_stopped_for(client, 0.02);
    answers_later(question, 0.3, LOCALHOST, clock_ahead(some_time()));
    prints_lines(client, sending_to(LOCALHOST, port), clock_of(LOCALHOST));

    int other = free_port();
    struct station *meanwhile = takes_datagrams(other);
    struct program *longer = runs(PROGRAM, "-p", number(other), LOCALHOST);
    struct request *again = is_asked(meanwhile, LOCALHOST);
    is_stopped_for(longer, 0.6);
    answers(again, LOCALHOST, clock_ahead(some_time()));
    prints_lines(longer, sending_to(LOCALHOST, other), clock_of(LOCALHOST));
}

CHECK(quiet, "uses no CPU while it waits", POINTS(1))
{
    int port = free_port();
    struct station *clocks = takes_datagrams(port);
    struct program *client = runs(PROGRAM, "-p", number(port), LOCALHOST);
    struct request *question = is_asked(clocks, LOCALHOST);
    answers_later(question, 0.35, LOCALHOST, clock_ahead(some_time()));
    answers_later(question, 0.70, HERON, clock_ahead(some_time())); /* were not asked: they may keep it waiting, or not */
    answers_later(question, 1.05, OSPREY, clock_ahead(some_time()));
    answers_later(question, 1.40, TERN, clock_ahead(some_time()));
    uses_no_cpu(client);
}

static void works_when_started(struct how how)
{
    int port = free_port();
    struct station *clocks = takes_datagrams(port);
    struct program *client = runs_as(how, PROGRAM, "-p", number(port), LOCALHOST);
    struct request *question = is_asked(clocks, LOCALHOST);
    answers(question, LOCALHOST, clock_ahead(some_time()));
    prints_lines(client, sending_to(LOCALHOST, port), clock_of(LOCALHOST));
    exits(client, 0);
}

CHECK(odd_start, "keeps its contract with descriptors closed and signals ignored or blocked", POINTS(1),
      BECAUSE("A program inherits its descriptors and its signals from whoever started it: a socket may get the number 0, 1 or "
              "2, and what is meant for stdout or stderr is sent, if it is connected; a signal that is to end the wait may be blocked."))
{
    works_when_started((struct how){.closed = {true, false, false}});
    works_when_started((struct how){.closed = {true, false, true}, .signals_blocked = true});
    works_when_started((struct how){.extra_descriptors = true, .signals_ignored = true});

    int port = free_port();
    struct station *clocks = takes_datagrams(port);
    struct program *silent = runs_as(((struct how){.closed = {false, true, false}}), PROGRAM, "-p", number(port), LOCALHOST);
    int other_port = free_port();
    struct station *others = takes_datagrams(other_port);
    struct how unheard = {.closed = {false, false, true}};
    struct program *unanswered = runs_as(unheard, PROGRAM, "-p", number(other_port), LOCALHOST); /* it has that to report */
    struct request *question = is_asked(clocks, LOCALHOST);
    answers(question, LOCALHOST, clock_ahead(some_time()));
    struct request *other = is_asked(others, LOCALHOST);
    finishes(silent);
    finishes(unanswered);
    hears_nothing_else(question);
    hears_nothing_else(other);
}

CHECK(memory, "makes no memory error and leaks nothing", POINTS(2), UNDER_MEMCHECK)
{
    int port = free_port();
    struct station *clocks = takes_datagrams(port);
    struct program *client = runs(PROGRAM, "-p", number(port), LOCALHOST);
    struct request *question = is_asked(clocks, LOCALHOST);
    answers(question, LOCALHOST, random_bytes(1));
    answers(question, LOCALHOST, "");
    answers(question, LOCALHOST, clock_ahead(some_time()));
    answers(question, LOCALHOST, clock_ahead(some_time()));
    answers(question, LOCALHOST, random_bytes(2000));
    answers(question, HERON, clock_ahead(some_time())); /* was not asked: heard or not, as the program likes */
    finishes(client);
}
