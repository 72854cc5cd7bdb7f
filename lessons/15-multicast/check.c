/* Lesson 15: groups. The checks stand in the order in which they should turn green: the sender's, then the listener's. */
#include "check/check.h"

#include <stdlib.h>

#define SEND "mcast_send"
#define LISTEN "mcast_listen"
#define LOCALHOST "127.0.0.1" /* the interface lo */
#define HERON "127.0.0.2"
#define OSPREY "127.0.0.3"
#define TERN "127.0.0.4"
#define KITTIWAKE "127.163.248.199" /* as long as an address can be */
#define EVERYONE "127.255.255.255"  /* the broadcast address of loopback */
#define NOT_HERE "198.51.100.77"    /* documentation, RFC 5737: no interface has it */

enum { LARGEST = 65507, BURST = 40, PORTIONS = 7, FIRST_PORT = 1, LAST_PORT = 65535 };

/* A group of the link alone, for the private network: routers never hand on what is sent there. */
static const char *group_of_the_link(void)
{
    return text("224.0.0.%ld", random_between(233, 238)); /* unassigned; with its bytes swapped it is a group, too */
}

/* A number that is one, in a way that is no decimal number. */
static const char *hexadecimal(const char *decimal)
{
    return text("0x%x", (unsigned int)atoi(decimal));
}

/* ------------------------------------------------ the sender */

CHECK(sender_usage, "refuses wrong arguments of mcast_send with a message and status 2", POINTS(1),
      BECAUSE("inet_pton() returns 1 only for an address, and IN_MULTICAST() tells whether it is a group's. strtol() reads as far "
              "as it can, and skips what it likes: look at the first character, at where it stopped, and at the range."))
{
    const char *group = free_group();
    const char *port = number(free_port());
    refuses(SEND);
    refuses(SEND, "-h");
    refuses(SEND, group, port, LOCALHOST, "1");
    refuses(SEND, group, port, LOCALHOST, "1", "hello", "more");
    refuses(SEND, group, "0", LOCALHOST, "1", "hello");
    refuses(SEND, group, "65536", LOCALHOST, "1", "hello");
    refuses(SEND, group, number(4294967296 + free_port()), LOCALHOST, "1", "hello");
    refuses(SEND, group, text("%sx", port), LOCALHOST, "1", "hello");
    refuses(SEND, group, text("+%s", port), LOCALHOST, "1", "hello");
    refuses(SEND, group, text(" %s", port), LOCALHOST, "1", "hello");
    refuses(SEND, group, hexadecimal(port), LOCALHOST, "1", "hello");
    refuses(SEND, group, "", LOCALHOST, "1", "hello");
    refuses(SEND, group, port, LOCALHOST, "256", "hello");
    refuses(SEND, group, port, LOCALHOST, "-1", "hello");
    refuses(SEND, group, port, LOCALHOST, "+1", "hello");
    refuses(SEND, group, port, LOCALHOST, " 1", "hello");
    refuses(SEND, group, port, LOCALHOST, "1x", "hello");
    refuses(SEND, group, port, LOCALHOST, "0x1", "hello");
    refuses(SEND, group, port, LOCALHOST, "", "hello");
    refuses(SEND, group, port, LOCALHOST, "4294967297", "hello");
    refuses(SEND, group, port, "lo", "1", "hello");
    refuses(SEND, group, port, "localhost", "1", "hello");
    refuses(SEND, group, port, "256.0.0.1", "1", "hello");
    refuses(SEND, group, port, "127.0.0.1x", "1", "hello");
    refuses(SEND, group, port, "127.0.0.1 x", "1", "hello");
    refuses(SEND, group, port, "", "1", "hello");
    refuses(SEND, "", port, LOCALHOST, "1", "hello");
    refuses(SEND, "239.255.0.256", port, LOCALHOST, "1", "hello");
    refuses(SEND, text("%sx", group), port, LOCALHOST, "1", "hello");
    refuses(SEND, text("%s x", group), port, LOCALHOST, "1", "hello");
    refuses(SEND, "localhost", port, LOCALHOST, "1", "hello");
}

CHECK(sender_group, "refuses a GROUP that is no multicast address (mcast_send)", POINTS(1), AFTER(sender_usage),
      BECAUSE("Groups are 224.0.0.0 to 239.255.255.255. IN_MULTICAST() takes the address in the order of this machine: ntohl() first."))
{
    const char *port = number(free_port());
    refuses(SEND, LOCALHOST, port, LOCALHOST, "1", "hello");
    refuses(SEND, "223.255.255.255", port, LOCALHOST, "1", "hello");
    refuses(SEND, "240.0.0.1", port, LOCALHOST, "1", "hello");
    refuses(SEND, "255.255.255.255", port, LOCALHOST, "1", "hello");
    refuses(SEND, text("127.0.0.%ld", random_between(224, 239)), port, LOCALHOST, "1", "hello"); /* a group if swapped */
}

CHECK(sender_no_socket, "makes no socket when the arguments of mcast_send are wrong", POINTS(1), AFTER(sender_usage, sender_group),
      BECAUSE("Look at all the arguments first: what is wrong with them is known before the network is needed."))
{
    refuses_without_socket(SEND, LOCALHOST, number(free_port()), LOCALHOST, "1", "hello");
    refuses_without_socket(SEND, free_group(), number(free_port()), LOCALHOST, "256", "hello");
    refuses_without_socket(SEND, free_group(), "65536", LOCALHOST, "1", "hello");
}

CHECK(sends, "sends MESSAGE to GROUP and PORT, once", POINTS(3))
{
    const char *group = free_group();
    int port = free_port();
    const char *message = random_words();
    struct member *member = joins(group, port);
    struct program *sender = runs(SEND, group, number(port), LOCALHOST, "1", message);
    hears_datagram(member, message);
    prints(sender, "");
    exits(sender, 0);
    hears_no_other_datagram(member);
}

static void sends_with_ttl(int ttl)
{
    const char *group = free_group();
    int port = free_port();
    const char *message = random_words();
    struct member *member = joins(group, port);
    struct program *sender = runs(SEND, group, number(port), LOCALHOST, number(ttl), message);
    hears_datagram(member, message);
    datagram_has_ttl(member, ttl);
    exits(sender, 0);
}

CHECK(ttl, "sends with the time-to-live TTL", POINTS(2), AFTER(sends),
      BECAUSE("The option IP_MULTICAST_TTL says how many routers may hand a datagram to a group on."))
{
    sends_with_ttl((int)random_between(2, 127));
    sends_with_ttl((int)random_between(129, 254));
}

CHECK(ttl_range, "takes each TTL from 0 to 255 as it is", POINTS(1), AFTER(ttl),
      BECAUSE("0 (it stays on this machine), 1 and 255 are good, too, and each goes into the option as it is."))
{
    sends_with_ttl(0);
    sends_with_ttl(255);
    sends_with_ttl(1);
}

CHECK(sender_interface, "sends out of INTERFACE, wherever the routes lead", POINTS(2), AFTER(sends), NEEDS_PRIVATE_NETWORK,
      BECAUSE("The option IP_MULTICAST_IF says by which interface a datagram to a group leaves."))
{
    needs_wire();
    const char *group = any_group();
    int port = LAST_PORT;
    const char *message = random_words();
    struct member *member = joins(group, port);
    struct program *sender = runs(SEND, group, number(port), WIRED, "1", message);
    hears_datagram(member, message);
    datagram_left_by(member, WIRED);
    exits(sender, 0);
    hears_no_other_datagram(member);

    const char *other_message = random_words();
    const char *local_group = group_of_the_link();
    struct member *local_member = joins(local_group, port);
    sender = runs(SEND, local_group, number(port), LOCALHOST, "1", other_message);
    hears_datagram(local_member, other_message);
    datagram_left_by(local_member, LOCALHOST);
    exits(sender, 0);
}

static void sends_whole(struct bytes message)
{
    const char *group = free_group();
    int port = free_port();
    struct member *member = joins(group, port);
    struct program *sender = runs(SEND, group, number(port), LOCALHOST, "1", message.data);
    hears_datagram(member, message);
    exits(sender, 0);
    hears_no_other_datagram(member);
}

CHECK(any_message, "sends any MESSAGE: with a dash at its start, with newlines, or empty", POINTS(1), AFTER(sends),
      BECAUSE("An argument is data: nothing in it is an option, or an end. A datagram may be empty, too."))
{
    sends_whole(bytes(text("-%s", random_words())));
    sends_whole(bytes(text(" %%s %s\n\n%s\n", random_words(), random_words())));
    sends_whole(bytes(""));
}

CHECK(long_message, "sends a MESSAGE as long as a datagram can be, in one piece", POINTS(1), AFTER(sends),
      BECAUSE("A datagram holds up to 65507 bytes: send the argument itself, and no copy in a buffer that is too small."))
{
    sends_whole(bytes(random_text((size_t)random_between(2000, 9000))));
    sends_whole(bytes(random_text(LARGEST)));
}

CHECK(too_long, "reports a MESSAGE that is too long for a datagram: what was tried, and why", POINTS(1), AFTER(sends),
      BECAUSE("sendto() returns -1 when nothing was sent: GROUP, PORT and strerror() to stderr, status 1."))
{
    const char *group = free_group();
    int port = free_port();
    struct member *member = joins(group, port);
    struct program *sender = runs(SEND, group, number(port), LOCALHOST, "1", random_text(LARGEST + 1000));
    prints(sender, "");
    complains(sender, group, number(port), "Message too long");
    exits(sender, 1);
    hears_no_other_datagram(member);
}

CHECK(sender_no_interface, "reports an INTERFACE that this machine does not have (mcast_send)", POINTS(1), AFTER(sends),
      BECAUSE("setsockopt() can fail: look at what it returns. What was tried and strerror() to stderr, status 1."))
{
    const char *group = free_group();
    int port = free_port();
    struct member *member = joins(group, port);
    struct program *sender = runs(SEND, group, number(port), NOT_HERE, "0", random_words());
    prints(sender, "");
    complains(sender, text("%s|%s", group, NOT_HERE), "Cannot assign requested address|No such device");
    exits(sender, 1);
    hears_no_other_datagram(member);
}

static void sends_when_started(struct how how)
{
    const char *group = free_group();
    int port = free_port();
    const char *message = random_words();
    struct member *member = joins(group, port);
    struct program *sender = runs_as(how, SEND, group, number(port), LOCALHOST, "1", message);
    hears_datagram(member, message);
    exits(sender, 0);
    hears_no_other_datagram(member);
}

CHECK(sender_odd_start, "keeps its contract however mcast_send was started", POINTS(1), AFTER(too_long),
      BECAUSE("A program inherits its descriptors and its signals from whoever started it: the socket may get the number 0, 1 or 2, "
              "and what is meant for stderr is sent to the group, if the socket is connected to it."))
{
    sends_when_started((struct how){.closed = {true, true, true}});
    sends_when_started((struct how){.closed = {true, false, false}});
    sends_when_started((struct how){.extra_descriptors = true, .signals_ignored = true});
    sends_when_started((struct how){.signals_blocked = true});

    const char *group = free_group();
    int port = free_port();
    struct member *member = joins(group, port);
    struct how unheard = {.closed = {false, false, true}};
    struct program *sender = runs_as(unheard, SEND, group, number(port), LOCALHOST, "1", random_text(LARGEST + 1000));
    exits(sender, 1);
    hears_no_other_datagram(member);
}

CHECK(sender_memory, "makes no memory error and leaks nothing (mcast_send)", POINTS(1), AFTER(sends), UNDER_MEMCHECK)
{
    const char *group = free_group();
    int port = free_port();
    const char *message = random_text((size_t)random_between(100, 3000));
    struct member *member = joins(group, port);
    struct program *sender = runs(SEND, group, number(port), LOCALHOST, "7", message);
    hears_datagram(member, message);
    exits(sender, 0);
}

/* ------------------------------------------------ the listener */

static struct program *listens_to(const char *group, int port)
{
    struct program *listener = runs(LISTEN, group, number(port), LOCALHOST);
    has_joined(listener, group, port, LOCALHOST);
    return listener;
}

static struct program *listens_for(int count, const char *group, int port)
{
    struct program *listener = runs(LISTEN, "-c", number(count), group, number(port), LOCALHOST);
    has_joined(listener, group, port, LOCALHOST);
    return listener;
}

/* Sends a message to the group; returns the line that a listener prints. */
static struct bytes line_cast(const char *from, const char *group, int port, struct bytes message)
{
    casts(LOCALHOST, from, group, port, message);
    return join(join(text("%s: ", from), message), "\n");
}

/* The same for another message, which is printed at once behind what was printed before. Returns all lines. */
static struct bytes is_told(struct program *listener, struct bytes before, const char *from, const char *group, int port,
                            struct bytes message)
{
    struct bytes lines = join(before, line_cast(from, group, port, message));
    prints_at_once(listener, lines);
    return lines;
}

static struct bytes words_cast(const char *from, const char *group, int port)
{
    return line_cast(from, group, port, bytes(random_words()));
}

CHECK(listener_usage, "refuses wrong arguments of mcast_listen with a message and status 2", POINTS(1),
      BECAUSE("inet_pton() returns 1 only for an address. strtol() reads as far as it can, and skips what it likes: look at the "
              "first character, at where it stopped, and at the range. COUNT is at least 1."))
{
    const char *group = free_group();
    const char *port = number(free_port());
    refuses(LISTEN);
    refuses(LISTEN, "-h");
    refuses(LISTEN, group, port);
    refuses(LISTEN, group, port, LOCALHOST, "more");
    refuses(LISTEN, "-x", group, port, LOCALHOST);
    refuses(LISTEN, "-c");
    refuses(LISTEN, "-c", "1", group, port);
    refuses(LISTEN, "-c", "0", group, port, LOCALHOST);
    refuses(LISTEN, "-c", "-1", group, port, LOCALHOST);
    refuses(LISTEN, "-c", "+1", group, port, LOCALHOST);
    refuses(LISTEN, "-c", " 1", group, port, LOCALHOST);
    refuses(LISTEN, "-c", "1x", group, port, LOCALHOST);
    refuses(LISTEN, "-c", "0x1", group, port, LOCALHOST);
    refuses(LISTEN, "-c", "", group, port, LOCALHOST);
    refuses(LISTEN, group, "0", LOCALHOST);
    refuses(LISTEN, group, "65536", LOCALHOST);
    refuses(LISTEN, group, number(4294967296 + free_port()), LOCALHOST);
    refuses(LISTEN, group, text("%sx", port), LOCALHOST);
    refuses(LISTEN, group, text("+%s", port), LOCALHOST);
    refuses(LISTEN, group, text(" %s", port), LOCALHOST);
    refuses(LISTEN, group, hexadecimal(port), LOCALHOST);
    refuses(LISTEN, group, "", LOCALHOST);
    refuses(LISTEN, group, port, "lo");
    refuses(LISTEN, group, port, "localhost");
    refuses(LISTEN, group, port, "256.0.0.1");
    refuses(LISTEN, group, port, "127.0.0.1x");
    refuses(LISTEN, group, port, "127.0.0.1 x");
    refuses(LISTEN, group, port, "");
    refuses(LISTEN, "", port, LOCALHOST);
    refuses(LISTEN, "239.255.0.256", port, LOCALHOST);
    refuses(LISTEN, text("%sx", group), port, LOCALHOST);
    refuses(LISTEN, text("%s x", group), port, LOCALHOST);
    refuses(LISTEN, "localhost", port, LOCALHOST);
}

CHECK(listener_group, "refuses a GROUP that is no multicast address (mcast_listen)", POINTS(1), AFTER(listener_usage),
      BECAUSE("Groups are 224.0.0.0 to 239.255.255.255. IN_MULTICAST() takes the address in the order of this machine: ntohl() first."))
{
    const char *port = number(free_port());
    refuses(LISTEN, LOCALHOST, port, LOCALHOST);
    refuses(LISTEN, "223.255.255.255", port, LOCALHOST);
    refuses(LISTEN, "240.0.0.1", port, LOCALHOST);
    refuses(LISTEN, "255.255.255.255", port, LOCALHOST);
    refuses(LISTEN, text("127.0.0.%ld", random_between(224, 239)), port, LOCALHOST); /* a group if swapped */
}

CHECK(listener_no_socket, "makes no socket when the arguments of mcast_listen are wrong", POINTS(1),
      AFTER(listener_usage, listener_group),
      BECAUSE("Look at all the arguments first: what is wrong with them is known before the network is needed."))
{
    refuses_without_socket(LISTEN, LOCALHOST, number(free_port()), LOCALHOST);
    refuses_without_socket(LISTEN, "-c", "0", free_group(), number(free_port()), LOCALHOST);
    refuses_without_socket(LISTEN, free_group(), number(free_port()), "lo");
}

CHECK(listener_joins, "joins GROUP on INTERFACE, with a socket that can hear it at PORT", POINTS(3))
{
    listens_to(free_group(), free_port());
}

CHECK(prints_message, "prints a datagram's sender and its message, as soon as it comes", POINTS(3), AFTER(listener_joins))
{
    const char *group = free_group();
    int port = free_port();
    struct program *listener = listens_to(group, port);
    prints_at_once(listener, words_cast(HERON, group, port));
}

CHECK(each_sender, "prints each datagram with the address of its own sender", POINTS(1), AFTER(prints_message),
      BECAUSE("recvfrom() tells who has sent a datagram; inet_ntoa() and inet_ntop() write that address in numbers."))
{
    const char *group = free_group();
    int port = free_port();
    struct program *listener = listens_to(group, port);
    struct bytes lines = is_told(listener, bytes(""), TERN, group, port, bytes(random_words()));
    lines = is_told(listener, lines, HERON, group, port, bytes(random_words()));
    lines = is_told(listener, lines, LOCALHOST, group, port, bytes(random_words()));
    lines = is_told(listener, lines, KITTIWAKE, group, port, bytes(random_words()));
    const char *message = random_words();
    lines = is_told(listener, lines, OSPREY, group, port, bytes(message));
    is_told(listener, lines, OSPREY, group, port, bytes(message)); /* the same is another one */
}

CHECK(ends_at_signal, "ends at SIGTERM and at SIGINT with status 0", POINTS(2), AFTER(listener_joins),
      BECAUSE("A handler that only sets a flag is not enough: after it the waiting call may start again (SA_RESTART), and nobody "
              "looks at the flag until the next datagram."))
{
    const char *group = free_group();
    int port = free_port();
    struct program *listener = listens_to(group, port);
    comes_to_rest(listener);
    is_sent(listener, SIGTERM);
    exits(listener, 0);
    prints(listener, "");
    listener = listens_to(group, port);
    comes_to_rest(listener);
    is_sent(listener, SIGINT);
    exits(listener, 0);
}

static void goes_on_after_one(struct program *listener, const char *group, int port)
{
    struct bytes lines = is_told(listener, bytes(""), HERON, group, port, bytes(random_words()));
    is_told(listener, lines, HERON, group, port, bytes(random_words()));
}

/* A number whose lowest byte is 1, and so are its lowest two, and three. */
static const int many = (1 << 24) + 1;

CHECK(count, "ends with status 0 after COUNT datagrams", POINTS(2), AFTER(only_group, each_waiting),
      BECAUSE("With -c COUNT the program ends when it has printed the last of COUNT datagrams, and no sooner. COUNT may be "
              "any number from 1: keep it in a type that holds it."))
{
    const char *group = free_group();
    int port = free_port();
    const char *huge_group = free_group();
    struct program *huge = runs(LISTEN, "-c", "4294967297", huge_group, number(port), LOCALHOST);
    int times = (int)random_between(3, 6);
    struct bytes lines = bytes("");
    struct program *listener = listens_for(times, group, port);
    for (int i = 0; i < times - 1; i++)
        lines = is_told(listener, lines, HERON, group, port, bytes(random_words()));
    lines = join(lines, words_cast(HERON, group, port));
    prints(listener, lines);
    exits(listener, 0);

    listener = listens_for(1, group, port);
    lines = words_cast(HERON, group, port);
    prints(listener, lines);
    exits(listener, 0);

    const char *other_group = free_group();
    goes_on_after_one(listens_for(many, other_group, port), other_group, port);

    listener = listens_for(PORTIONS * BURST, group, port);
    lines = bytes("");
    for (int i = 0; i < PORTIONS; i++) {
        for (int k = 0; k < BURST; k++)
            lines = join(lines, words_cast(HERON, group, port));
        if (i < PORTIONS - 1)
            prints_at_once(listener, lines);
    }
    prints(listener, lines);
    exits(listener, 0);

    if (huge->ended) { /* a number that its type does not hold may be out of range */
        exits(huge, 2);
        return;
    }
    has_joined(huge, huge_group, port, LOCALHOST);
    goes_on_after_one(huge, huge_group, port);
}

CHECK(stopped, "loses no datagram when it is stopped and continued", POINTS(1), AFTER(each_sender),
      BECAUSE("A call that waits can return -1 with EINTR when the program is stopped and continued: that is no failure."))
{
    const char *group = free_group();
    int port = free_port();
    struct program *listener = listens_to(group, port);
    is_stopped_and_continued(listener);
    struct bytes lines = words_cast(HERON, group, port);
    prints_at_once(listener, lines);
    is_stopped(listener);
    lines = join(lines, words_cast(OSPREY, group, port));
    is_continued(listener);
    prints_at_once(listener, lines);
}

CHECK(each_waiting, "prints each of many datagrams that wait", POINTS(1), AFTER(stopped, ends_at_signal),
      BECAUSE("One call takes one datagram: the others stay in the queue, and each is printed in its turn."))
{
    const char *group = free_group();
    int port = free_port();
    struct program *listener = listens_to(group, port);
    struct bytes lines = bytes("");
    is_stopped(listener);
    for (int i = 0; i < BURST; i++)
        lines = join(lines, words_cast(i % 3 == 0 ? HERON : OSPREY, group, port));
    is_continued(listener);
    prints_at_once(listener, lines);
    comes_to_rest(listener);
    is_sent(listener, SIGTERM);
    prints(listener, lines);
    exits(listener, 0);
}

CHECK(count_waiting, "prints no more than COUNT datagrams, though more wait", POINTS(1), AFTER(count, each_waiting),
      BECAUSE("Look at the number of datagrams after each of them, and stop when it is reached."))
{
    const char *group = free_group();
    int port = free_port();
    struct program *listener = listens_for(3, group, port);
    is_stopped(listener);
    struct bytes lines = words_cast(HERON, group, port);
    lines = join(lines, words_cast(HERON, group, port));
    lines = join(lines, words_cast(HERON, group, port));
    words_cast(HERON, group, port);
    words_cast(HERON, group, port);
    is_continued(listener);
    prints(listener, lines);
    exits(listener, 0);
}

/* All 256 of them. */
static struct bytes each_byte(void)
{
    static char all[256];
    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    return (struct bytes){all, sizeof all};
}

CHECK(any_bytes, "prints whatever a datagram holds: NULs, newlines, or nothing", POINTS(2), AFTER(each_sender),
      BECAUSE("recvfrom() returns how many bytes came: print these, with fwrite() and not as a string. 0 is an empty datagram, and "
              "no end."))
{
    const char *group = free_group();
    int port = free_port();
    struct program *listener = listens_to(group, port);
    struct bytes binary = join(join(random_words(), literal("\0%s\n\0")), random_words());
    struct bytes lines = is_told(listener, bytes(""), HERON, group, port, binary);
    lines = is_told(listener, lines, HERON, group, port, bytes(""));
    lines = is_told(listener, lines, OSPREY, group, port, join(random_words(), "\n"));
    lines = is_told(listener, lines, OSPREY, group, port, each_byte());
    is_told(listener, lines, HERON, group, port, bytes(random_words()));
}

CHECK(large, "prints a datagram of any size", POINTS(1), AFTER(each_sender),
      BECAUSE("Of a datagram that is larger than the buffer the rest is lost. The largest has 65507 bytes. And write() may take "
              "a part only, if the program is stopped and continued meanwhile: the rest is still to be written."))
{
    const char *group = free_group();
    int port = free_port();
    struct program *listener = listens_to(group, port);
    struct bytes medium = bytes(random_text((size_t)random_between(1500, 9000)));
    struct bytes lines = is_told(listener, bytes(""), HERON, group, port, medium);
    is_told(listener, lines, HERON, group, port, bytes(random_text(LARGEST)));

    const char *other_group = free_group();
    int other_port = free_port();
    struct how unread = {.output_waits = true};
    struct program *writer = runs_as(unread, LISTEN, other_group, number(other_port), LOCALHOST);
    has_joined(writer, other_group, other_port, LOCALHOST);
    lines = line_cast(HERON, other_group, other_port, bytes(random_text(LARGEST)));
    comes_to_rest(writer); /* the pipe does not take it all */
    is_stopped_and_continued(writer);
    output_is_read(writer);
    prints_at_once(writer, lines);
}

/* Each way by which a datagram that is not for the group can come to the listener's port. */
static void casts_beside(const char *other_group, int port)
{
    casts(LOCALHOST, OSPREY, LOCALHOST, port, random_words());
    casts(LOCALHOST, OSPREY, other_group, port, random_words());
    casts(LOCALHOST, OSPREY, HERON, port, random_words());
    casts(LOCALHOST, OSPREY, EVERYONE, port, random_words());
}

CHECK(only_group, "prints nothing that was sent elsewhere than to GROUP", POINTS(2), AFTER(prints_message),
      BECAUSE("A socket that is bound to INADDR_ANY gets all that comes to its port: for this host, for everyone, for any group that "
              "somebody here has joined. Bind to GROUP, or ask for the destination of each datagram (IP_PKTINFO)."))
{
    const char *group = free_group();
    const char *other_group = free_group();
    int port = free_port();
    joins(other_group, free_port()); /* so that this machine takes it */
    struct program *listener = listens_to(group, port);
    casts_beside(other_group, port);
    struct bytes lines = words_cast(HERON, group, port);
    prints_at_once(listener, lines);
    casts_beside(other_group, port);
    lines = join(lines, words_cast(HERON, group, port));
    prints_at_once(listener, lines);
}

CHECK(counts_group, "counts only what it prints", POINTS(1), AFTER(only_group, count),
      BECAUSE("A datagram that was not sent to the group is none of the COUNT."))
{
    const char *group = free_group();
    const char *other_group = free_group();
    int port = free_port();
    joins(other_group, free_port());
    struct program *listener = listens_for(2, group, port);
    struct bytes lines = is_told(listener, bytes(""), HERON, group, port, bytes(random_words()));
    casts_beside(other_group, port);
    lines = join(lines, words_cast(HERON, group, port));
    prints(listener, lines);
    exits(listener, 0);
}

CHECK(shares_port, "shares its port with another listener: both print each datagram", POINTS(2), AFTER(prints_message),
      BECAUSE("A port has one owner, unless all who want it have said before bind() that they share it: SO_REUSEADDR. Then each of "
              "them gets what is sent to the group."))
{
    const char *group = free_group();
    int port = free_port();
    struct program *first = listens_to(group, port);
    struct program *second = listens_to(group, port);
    struct bytes lines = words_cast(HERON, group, port);
    prints_at_once(first, lines);
    prints_at_once(second, lines);
    lines = join(lines, words_cast(HERON, group, port));
    prints_at_once(second, lines);
    prints_at_once(first, lines);
}

CHECK(other_groups, "shares its port with a listener to another group: each prints its own", POINTS(2), AFTER(shares_port, only_group),
      BECAUSE("A socket that is bound to INADDR_ANY gets what any program of this host has joined. Bind to GROUP, or look at the "
              "destination of each datagram."))
{
    const char *group = free_group();
    const char *other_group = free_group();
    int port = free_port();
    struct program *first = listens_to(group, port);
    struct program *second = listens_to(other_group, port);
    struct bytes other_lines = words_cast(HERON, other_group, port);
    prints_at_once(second, other_lines);
    struct bytes lines = words_cast(HERON, group, port);
    prints_at_once(first, lines);
    other_lines = join(other_lines, words_cast(HERON, other_group, port));
    prints_at_once(second, other_lines);
    lines = join(lines, words_cast(HERON, group, port));
    prints_at_once(first, lines);
}

CHECK(listener_interface, "joins on INTERFACE, wherever the routes lead", POINTS(2), AFTER(prints_message), NEEDS_PRIVATE_NETWORK,
      BECAUSE("INTERFACE goes into imr_interface (struct ip_mreq) or imr_address (struct ip_mreqn). GROUP may be any from 224.0.0.0 to "
              "239.255.255.255, PORT any from 1 to 65535."))
{
    needs_wire();
    const char *group = any_group();
    const char *message = random_words();
    struct program *listener = runs(LISTEN, group, number(LAST_PORT), WIRED);
    has_joined(listener, group, LAST_PORT, WIRED);
    casts(WIRED, WIRED, group, LAST_PORT, message);
    prints_at_once(listener, text("%s: %s\n", WIRED, message));

    const char *local_group = group_of_the_link();
    struct program *lowest = runs(LISTEN, local_group, number(FIRST_PORT), LOCALHOST);
    has_joined(lowest, local_group, FIRST_PORT, LOCALHOST);
}

CHECK(in_use, "reports a PORT that is in use: which, and why", POINTS(1), AFTER(listener_joins),
      BECAUSE("bind() can fail, though you are willing to share: who has the port may not be. PORT and strerror() to stderr, status 1."))
{
    int port = free_port();
    takes_datagrams(port);
    struct program *listener = runs(LISTEN, free_group(), number(port), LOCALHOST);
    prints(listener, "");
    complains(listener, number(port), "Address already in use");
    exits(listener, 1);
}

CHECK(listener_no_interface, "reports an INTERFACE that this machine does not have (mcast_listen)", POINTS(1), AFTER(listener_joins),
      BECAUSE("setsockopt() can fail: look at what it returns. What was tried and strerror() to stderr, status 1."))
{
    const char *group = free_group();
    struct program *listener = runs(LISTEN, group, number(free_port()), NOT_HERE);
    prints(listener, "");
    complains(listener, text("%s|%s", group, NOT_HERE), "No such device|Cannot assign requested address");
    exits(listener, 1);
}

CHECK(quiet, "uses no CPU while it waits", POINTS(1), AFTER(prints_message))
{
    const char *group = free_group();
    int port = free_port();
    struct program *listener = listens_to(group, port);
    uses_no_cpu(listener);
    prints_at_once(listener, words_cast(HERON, group, port));
    uses_no_cpu(listener);
}

static void listens_when_started(struct how how, int sig)
{
    const char *group = free_group();
    int port = free_port();
    struct program *listener = runs_as(how, LISTEN, group, number(port), LOCALHOST);
    has_joined(listener, group, port, LOCALHOST);
    struct bytes lines = words_cast(HERON, group, port);
    prints_at_once(listener, lines);
    comes_to_rest(listener);
    is_sent(listener, sig);
    prints(listener, lines);
    exits(listener, 0);
}

CHECK(listener_odd_start, "keeps its contract however mcast_listen was started", POINTS(1), AFTER(each_sender, ends_at_signal, count),
      BECAUSE("Signals that were ignored or blocked stay so through exec: set what you need. And the socket may get the number 0 or 2. "
              "What can't be printed is a failure: fflush() and write() return it; say why."))
{
    listens_when_started((struct how){.closed = {true, false, false}}, SIGTERM);
    listens_when_started((struct how){.closed = {true, false, true}, .signals_ignored = true}, SIGINT);
    listens_when_started((struct how){.extra_descriptors = true, .signals_ignored = true}, SIGTERM);
    listens_when_started((struct how){.signals_blocked = true}, SIGTERM);
    listens_when_started((struct how){.signals_blocked = true}, SIGINT);

    const char *group = free_group();
    int port = free_port();
    struct how silent = {.closed = {true, true, true}}; /* nothing can be printed: that may be a failure, but no trap */
    struct program *listener = runs_as(silent, LISTEN, "-c", "1", group, number(port), LOCALHOST);
    has_joined(listener, group, port, LOCALHOST);
    words_cast(HERON, group, port);
    finishes(listener);

    struct program *full = runs_as((struct how){.output_full = true}, LISTEN, "-c", "1", group, number(port), LOCALHOST);
    has_joined(full, group, port, LOCALHOST);
    words_cast(HERON, group, port);
    exits(full, 1);
}

CHECK(memory, "makes no memory error and leaks nothing (mcast_listen)", POINTS(2), AFTER(any_bytes, count, each_waiting), UNDER_MEMCHECK)
{
    const char *group = free_group();
    int port = free_port();
    struct program *listener = listens_for(3, group, port);
    struct bytes lines = is_told(listener, bytes(""), HERON, group, port, bytes(random_words()));
    int before = descriptors_of(listener);
    is_told(listener, lines, OSPREY, group, port, bytes(""));
    has_no_more_descriptors(listener, before);
    line_cast(HERON, group, port, random_bytes(LARGEST));
    exits(listener, 0);
}
