/* Lesson 10: one process, many clients. The checks stand in the order in which they should turn green. */
#include "check/check.h"

#define PROGRAM "select_server"
#define LOOPBACK "127.0.0.1"

enum { LONGEST = 4096, KILOBYTE = 1 << 10, MEGABYTE = 1 << 20 };

/* A server on a port of its own, ready for clients. */
static struct program *serves(int port)
{
    struct program *server = runs(PROGRAM, number(port));
    is_listening(server, port);
    return server;
}

/* A client that the server knows: from now on it gets what the others say. */
static struct conn *enters(int port)
{
    struct conn *client = connects(port);
    is_accepted(client);
    return client;
}

/* The same, but it takes little until the check hears it. */
static struct conn *enters_deaf(int port)
{
    struct conn *client = connects_with_small_buffers(port);
    is_accepted(client);
    return client;
}

static void is_relayed(struct conn *from, struct conn *to)
{
    struct bytes line = join(random_words(), "\r\n");
    says(from, line);
    hears(to, line);
}

/* A line comes to each of these, and they are all the others. */
#define all_hear(from, ...) are_all_told(from, (struct conn *const[]){__VA_ARGS__, NULL})
static void are_all_told(struct conn *from, struct conn *const *others)
{
    struct bytes line = join(random_words(), "\r\n");
    says(from, line);
    for (; *others != NULL; others++)
        hears(*others, line);
}

static void leaves(struct conn *client)
{
    half_closes(client);
    hears_end(client);
}

/* Lines, some ended by LF and some by CR LF, and what the others hear of them. */
struct chatter {
    struct bytes said;
    struct bytes heard;
};

/* So many bytes to be heard, in lines of up to @p longest bytes. */
static struct chatter random_chatter(size_t size, long longest)
{
    char *said = keep(size);
    char *heard = keep(size);
    struct chatter chatter = {{said, 0}, {heard, size}};
    size_t length = 0;
    while (length < size) {
        size_t line = (size_t)random_between(1, longest) + 2;
        if (size - length < (size_t)longest + 2) /* the last line is what is left, or the last two are */
            line = size - length;
        else if (size - length - line < 2)
            line -= 2;
        const char *words = random_text(line - 2);
        struct bytes one = join(words, random_between(0, 1) == 0 ? "\n" : "\r\n");
        memcpy(said + chatter.said.length, one.data, one.length);
        chatter.said.length += one.length;
        struct bytes relayed = join(words, "\r\n");
        memcpy(heard + length, relayed.data, relayed.length);
        length += relayed.length;
    }
    return chatter;
}

/* No more at a time than a queue holds, should the listener be slow. */
static struct bytes is_told_lines(struct conn *speaker, struct conn *listener, size_t size, long longest)
{
    enum { PIECE = 200 * KILOBYTE };
    struct bytes all = bytes("");
    for (size_t told = 0; told < size; told += PIECE) {
        struct chatter chatter = random_chatter(size - told < PIECE ? size - told : PIECE, longest);
        says(speaker, chatter.said);
        hears(listener, chatter.heard);
        all = join(all, chatter.heard);
    }
    return all;
}

static struct bytes is_told(struct conn *speaker, struct conn *listener, size_t size)
{
    return is_told_lines(speaker, listener, size, LONGEST);
}

static void is_served_at(const char *address, int port)
{
    struct conn *client = connects_to(address, port);
    is_accepted(client);
    struct conn *other = connects_to(address, port);
    is_relayed(other, client);
    leaves(other);
    leaves(client);
}

static const struct server the_server = {PROGRAM, .is_served = is_served_at};

CHECK(usage, "refuses wrong arguments with a message and status 2", POINTS(1))
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

CHECK(in_use, "reports a port that is in use: which, and why", POINTS(1), AFTER(usage),
      BECAUSE("The message belongs on stderr and names address, port and reason; the status is 1."))
{
    reports_port_in_use(the_server);
}

CHECK(terminates, "ends at SIGTERM and at SIGINT with status 0", POINTS(1), AFTER(usage),
      BECAUSE("A handler that only sets a flag needs a wait that ends with EINTR, and somebody who then looks at the flag."))
{
    int port = free_port();
    struct program *server = serves(port);
    comes_to_rest(server);
    is_sent(server, SIGTERM);
    exits_within(server, 1, 0);
    server = serves(port);
    comes_to_rest(server);
    is_sent(server, SIGINT);
    exits_within(server, 1, 0);
    finds_nobody(LOOPBACK, port);
}

CHECK(accepts_several, "accepts a client while others are silent", POINTS(1), AFTER(usage),
      BECAUSE("Wait for the listener and for all clients in one call, and accept when it says that somebody is there. (select() "
              "leaves in its sets only what is ready: make them anew for each call.)"))
{
    int port = free_port();
    serves(port);
    enters(port);
    enters(port);
    enters(port);
    enters(port);
}

CHECK(relays, "sends a client's line to another client", POINTS(1), AFTER(accepts_several))
{
    int port = free_port();
    serves(port);
    struct conn *speaker = enters(port);
    struct conn *other = enters(port);
    const char *line = random_words();
    says(speaker, join(line, "\r\n"));
    hears(other, line); /* how it ends is the next check's affair */
}

CHECK(ends_crlf, "ends each line in CR LF, however it came", POINTS(1), AFTER(relays),
      BECAUSE("A line ends in LF, and a CR just before it is not part of it: take both off, and send both."))
{
    static const char *const ends[] = {"\r\n", "\n"};
    for (int i = 0; i < 2; i++) {
        int port = free_port();
        serves(port);
        struct conn *speaker = enters(port);
        struct conn *other = enters(port);
        const char *line = random_words();
        says(speaker, join(line, ends[i]));
        hears(other, join(line, "\r\n"));
    }
}

CHECK(not_back, "does not send a line back to its sender", POINTS(1), AFTER(ends_crlf))
{
    int port = free_port();
    serves(port);
    struct conn *speaker = enters(port);
    is_relayed(speaker, enters(port));
    hears_nothing(speaker);
}

CHECK(everyone, "hears each client, and tells all the others", POINTS(2), AFTER(not_back),
      BECAUSE("Who is not waited for is not heard. select() leaves in its sets only those that are ready, so they have to be "
              "made anew for each call; an array for poll() has to hold everybody who is there."))
{
    enum { CLIENTS = 5 };
    int port = free_port();
    serves(port);
    struct conn *client[CLIENTS];
    for (int i = 0; i < CLIENTS; i++)
        client[i] = enters(port);
    static const int turns[] = {0, 3, 3, 1, 4, 2, 0};
    for (size_t turn = 0; turn < sizeof turns / sizeof *turns; turn++) {
        struct bytes line = join(random_words(), "\r\n");
        says(client[turns[turn]], line);
        for (int i = 0; i < CLIENTS; i++) {
            if (i != turns[turn])
                hears(client[i], line);
        }
    }
    for (int i = 0; i < CLIENTS; i++)
        hears_nothing(client[i]);
}

CHECK(one_thread, "serves them all in one process with one thread", POINTS(1), AFTER(everyone))
{
    int port = free_port();
    struct program *server = serves(port);
    struct conn *first = enters(port);
    is_relayed(enters(port), first);
    is_one_thread(server);
}

CHECK(address, "listens on every interface, or on ADDRESS alone", POINTS(1), AFTER(goes_on, in_use),
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

CHECK(restarts, "can be started again at once on the same port", POINTS(1), AFTER(everyone),
      BECAUSE("The side that closes first keeps the connection in TIME_WAIT for a minute; SO_REUSEADDR, set before bind(), lets "
              "a new listener share the port with it."))
{
    int port = free_port();
    struct program *server = serves(port);
    struct conn *client = enters(port);
    is_relayed(enters(port), client);
    is_killed(server);
    is_closed(client); /* the server's side has closed first */
    hangs_up(client);
    serves(port);
    client = enters(port);
    is_relayed(enters(port), client);
}

CHECK(lines_together, "relays each of several lines that arrive together", POINTS(1), AFTER(everyone),
      BECAUSE("One read() brings what has arrived, whatever it is: here it is more than one line."))
{
    int port = free_port();
    serves(port);
    struct conn *speaker = enters(port);
    struct conn *other = enters(port);
    const char *first = random_words();
    const char *second = random_words();
    const char *third = random_words();
    says(speaker, text("%s\r\n%s\n%s\r\n", first, second, third));
    hears(other, text("%s\r\n%s\r\n%s\r\n", first, second, third));
    is_relayed(speaker, other);
}

CHECK(line_in_pieces, "puts a line together that arrives in pieces", POINTS(1), AFTER(lines_together),
      BECAUSE("One read() brings what has arrived, whatever it is: here it is less than a line. Keep it until the LF comes, "
              "be it the CR that came before. (A read() that fills your buffer ends in the middle of a line, too.)"))
{
    int port = free_port();
    serves(port);
    struct conn *speaker = enters(port);
    struct conn *other = enters(port);
    const char *begin = random_words();
    const char *end = random_words();
    says(speaker, begin);
    is_taken(speaker);
    hears_nothing(other);
    says(speaker, " ");
    says_when_taken(speaker, join(end, "\n"));
    hears(other, text("%s %s\r\n", begin, end));
    says(speaker, end);
    says_when_taken(speaker, "\r");
    says_when_taken(speaker, "\n");
    hears(other, join(end, "\r\n"));
    is_told_lines(speaker, other, 60 * KILOBYTE, 300); /* more than a buffer holds */
    is_relayed(speaker, other);
}

CHECK(half_a_line, "goes on with the others while a client is in the middle of its line", POINTS(1), AFTER(line_in_pieces, everyone),
      BECAUSE("A client that has sent a part of its line may send the rest tomorrow: keep that part, and wait for everybody "
              "again. What has come of a line belongs to its client."))
{
    int port = free_port();
    serves(port);
    struct conn *slow = enters(port);
    struct conn *second = enters(port);
    struct conn *third = enters(port);
    const char *begin = random_words();
    const char *end = random_words();
    says(slow, begin);
    is_taken(slow);
    const char *line = random_words();
    says(second, join(line, "\n"));
    hears(third, join(line, "\r\n"));
    hears(slow, join(line, "\r\n"));
    const char *start = random_words();
    says(third, start);
    is_taken(third);
    says(slow, join(end, "\n"));
    const char *whole = text("%s%s\r\n", begin, end);
    hears(third, whole);
    hears(second, whole);
    says(third, "\n");
    hears(second, join(start, "\r\n"));
    hears(slow, join(start, "\r\n"));
}

CHECK(empty_line, "relays an empty line", POINTS(1), AFTER(everyone))
{
    int port = free_port();
    serves(port);
    struct conn *speaker = enters(port);
    struct conn *other = enters(port);
    says(speaker, "\n");
    hears(other, "\r\n");
    says(speaker, "\r\n");
    hears(other, "\r\n");
    is_relayed(speaker, other);
}

CHECK(carriage_returns, "takes any other CR for a byte of the line", POINTS(1), AFTER(line_in_pieces),
      BECAUSE("One CR just before the LF belongs to the line's end. Every other one is data."))
{
    int port = free_port();
    serves(port);
    struct conn *speaker = enters(port);
    struct conn *other = enters(port);
    const char *a = random_words();
    const char *b = random_words();
    says(speaker, text("%s\r%s\n", a, b));
    hears(other, text("%s\r%s\r\n", a, b));
    says(speaker, text("\r%s\r\r\n", a));
    hears(other, text("\r%s\r\r\n", a));
    says(speaker, "\r\r\r\n");
    hears(other, "\r\r\r\n");
    says(speaker, text("%s\r", a));
    says_when_taken(speaker, text("%s\r\n", b));
    hears(other, text("%s\r%s\r\n", a, b));
}

CHECK(binary, "relays every byte of a line, whatever it is", POINTS(1), AFTER(line_in_pieces),
      BECAUSE("A NUL is a byte like any other, so a line is no string, nor is a part of one that you keep: strlen() and printf() "
              "end at the first NUL."))
{
    int port = free_port();
    serves(port);
    struct conn *speaker = enters(port);
    struct conn *other = enters(port);
    struct bytes line = join(literal("\0\xff%s%n\0\0\x7f\x80\x04"), join(random_words(), "\r\n"));
    says(speaker, line);
    hears(other, line);
    struct bytes nul = literal("\0");
    says(speaker, join(nul, "\n"));
    hears(other, join(nul, "\r\n"));
    says(speaker, literal("a\0b")); /* in pieces, too */
    says_when_taken(speaker, "c\n");
    hears(other, literal("a\0bc\r\n"));
    says(speaker, literal("x\na\0b"));
    says_when_taken(speaker, "c\n");
    hears(other, literal("x\r\na\0bc\r\n"));
    is_relayed(speaker, other);
}

CHECK(longest_line, "relays a line of 4096 bytes", POINTS(1), AFTER(line_in_pieces, lines_together),
      BECAUSE("4096 bytes are allowed. Neither CR nor LF counts, so there are up to 4098 to be read."))
{
    int port = free_port();
    serves(port);
    struct conn *speaker = enters(port);
    struct conn *other = enters(port);
    const char *line = random_text(LONGEST);
    says(speaker, join(line, "\n"));
    hears(other, join(line, "\r\n"));
    line = random_text(LONGEST);
    says(speaker, join(line, "\r\n"));
    hears(other, join(line, "\r\n"));
    line = random_text(LONGEST);
    says(speaker, line);
    says_when_taken(speaker, "\r");
    says_when_taken(speaker, "\n");
    hears(other, join(line, "\r\n"));
    is_relayed(speaker, other);
}

/* A line that nobody hears, and the next one. */
static void is_dropped(struct conn *speaker, struct conn *other, const char *line)
{
    const char *next = random_words();
    says(speaker, text("%s\n%s\r\n", line, next));
    hears(other, join(next, "\r\n"));
}

CHECK(too_long, "drops a line of more than 4096 bytes, and goes on", POINTS(1), AFTER(longest_line, carriage_returns, half_a_line),
      BECAUSE("The line ends at its LF, not where your buffer does: none of it is sent, and what is left of it is no line."))
{
    int port = free_port();
    serves(port);
    struct conn *speaker = enters(port);
    struct conn *other = enters(port);
    is_dropped(speaker, other, random_text(LONGEST + 1));
    is_dropped(speaker, other, text("%s\r", random_text(LONGEST + 1)));
    is_dropped(speaker, other, text("%s\rx", random_text(LONGEST)));
    is_dropped(speaker, other, text("%s\r\r", random_text(LONGEST)));
    is_dropped(speaker, other, text("%s\r", random_text(LONGEST + 2)));
    is_dropped(speaker, other, random_text((size_t)random_between(LONGEST + 3, 2 * LONGEST)));
    is_dropped(speaker, other, random_text(2 * LONGEST + 1));
    is_dropped(speaker, other, random_text((size_t)random_between(3 * LONGEST, 9 * LONGEST)));
    is_dropped(speaker, other, random_text(65536 + (size_t)random_between(1, 1000)));
    says(speaker, random_text(LONGEST));
    says_when_taken(speaker, random_text(LONGEST));
    is_taken(speaker);
    is_dropped(speaker, other, random_text((size_t)random_between(100000, 110000)));
    says(speaker, random_text(LONGEST + 1000));
    is_taken(speaker);
    is_relayed(enters(port), other); /* whose line is as long as it should be */
    is_dropped(speaker, other, "");
}

CHECK(quiet, "uses no CPU while nobody speaks", POINTS(1), AFTER(everyone, half_a_line),
      BECAUSE("A socket can nearly always be written to: ask for that only when there is something to send. And without a "
              "time-out there is nothing to do before something happens. Nobody is sent away for being silent."))
{
    int port = free_port();
    struct program *server = serves(port);
    uses_no_cpu(server);
    struct conn *first = enters(port);
    struct conn *second = enters(port);
    is_relayed(first, second);
    is_relayed(second, first);
    says(first, random_words());
    uses_no_cpu(server);
    time_passes(2.2);
    is_relayed(second, first);
}

CHECK(goes_on, "closes the connection of a client that has left, and goes on", POINTS(1), AFTER(everyone),
      BECAUSE("read() returns 0 when a client has closed its sending direction: it has nothing more to say, so it is neither "
              "waited for nor kept."))
{
    int port = free_port();
    serves(port);
    struct conn *first = enters(port);
    struct conn *second = enters(port);
    struct conn *third = enters(port);
    struct conn *fourth = enters(port);
    all_hear(first, second, third, fourth);
    leaves(third);
    all_hear(first, second, fourth);
    all_hear(fourth, first, second);
    leaves(first);
    struct conn *fifth = enters(port);
    all_hear(fifth, second, fourth);
    all_hear(fourth, second, fifth);
    leaves(second);
    all_hear(fourth, fifth);
}

/* What it says and that it leaves come together: the server looks at both at once. */
static void says_and_leaves(struct program *server, struct conn *speaker, struct bytes said, void (*leave)(struct conn *))
{
    is_stopped(server);
    says(speaker, said);
    leave(speaker);
    is_continued(server);
}

CHECK(unfinished, "drops what has no LF when its sender leaves, and relays what has one", POINTS(1), AFTER(goes_on, half_a_line),
      BECAUSE("End-of-file is not the end of a line: a line without an LF is none. But it comes behind all that was said before: "
              "read until read() returns 0, whatever poll() has told of the end (POLLRDHUP, EPOLLRDHUP)."))
{
    int port = free_port();
    struct program *server = serves(port);
    struct conn *speaker = enters(port);
    struct conn *other = enters(port);
    const char *line = random_words();
    says(speaker, text("%s\r\n%s", line, random_words()));
    leaves(speaker);
    hears(other, join(line, "\r\n"));
    hears_nothing(other);
    says_and_leaves(server, enters(port), bytes(text("%s\n%s", line, random_words())), hangs_up);
    hears(other, join(line, "\r\n"));
    struct chatter much = random_chatter(80 * KILOBYTE, LONGEST); /* more than one read() brings */
    says_and_leaves(server, enters(port), much.said, half_closes);
    hears(other, much.heard);
    hears_nothing(other);
}

CHECK(begins_anew, "keeps nothing of a client that has left for the next one", POINTS(1), AFTER(too_long, vanishing_client),
      BECAUSE("The next client may get the same descriptor: what you remember under its number has to go with the old one, "
              "however that has gone."))
{
    int port = free_port();
    struct program *server = serves(port);
    struct conn *other = enters(port);
    struct conn *speaker = enters(port);
    says(speaker, random_words());
    is_taken(speaker);
    leaves(speaker);
    speaker = enters(port);
    is_relayed(speaker, other);
    says(speaker, random_text(LONGEST + 100));
    is_taken(speaker);
    leaves(speaker);
    speaker = enters(port);
    is_relayed(speaker, other);
    is_relayed(other, speaker);
    for (int i = 0; i < 2; i++) {
        says(speaker, random_text(i == 0 ? 50 : LONGEST + 100));
        is_taken(speaker);
        resets(speaker); /* who goes so is gone, too */
        comes_to_rest(server);
        speaker = enters(port);
        is_relayed(speaker, other);
        is_relayed(other, speaker);
    }
}

CHECK(quiet_afterwards, "uses no CPU when clients have gone", POINTS(1), AFTER(quiet, goes_on),
      BECAUSE("End-of-file stays readable for ever: a client that has closed must not be waited for any more."))
{
    int port = free_port();
    struct program *server = serves(port);
    struct conn *first = enters(port);
    struct conn *second = enters(port);
    is_relayed(first, second);
    leaves(first);
    uses_no_cpu(server);
    half_closes(second);
    is_closed(second);
    uses_no_cpu(server);
    enters(port);
    uses_no_cpu(server);
}

/* Rather more than one process may have by default. */
static struct program *serves_a_crowd(int port)
{
    struct program *server = runs_as((struct how){.descriptors = 4096}, PROGRAM, number(port));
    is_listening(server, port);
    return server;
}

static void tells_all(struct crowd *crowd, int speaker)
{
    struct bytes line = join(random_words(), "\r\n");
    says(one_of(crowd, speaker), line);
    each_hears(crowd, one_of(crowd, speaker), line);
}

CHECK(thousand, "serves a thousand clients at once", POINTS(1), AFTER(everyone, goes_on, quiet),
      BECAUSE("Only the descriptors have a limit, and here it is 4096: a table grows when it is full (realloc())."))
{
    int port = free_port();
    struct program *server = serves_a_crowd(port);
    struct crowd *crowd = gathers(port, 1000);
    tells_all(crowd, 0);
    tells_all(crowd, 999);
    tells_all(crowd, (int)random_between(1, 998));
    uses_no_cpu(server);
}

/* Whom it takes it serves, and it has none lose anything because of those who come late. */
static void serves_whom_it_takes(struct program *server, int port)
{
    struct crowd *crowd = gathers(port, 1000);
    tells_all(crowd, 999);
    struct crowd *late = are_served(knocks(port, 100));
    tells_all(crowd, 0);
    for (int i = 0; i < size_of(late); i += 3)
        is_relayed(one_of(late, i), one_of(crowd, 0));
    uses_no_cpu(server);
}

CHECK(beyond, "serves or turns away whoever comes beyond a thousand", POINTS(1), AFTER(thousand),
      BECAUSE("A fd_set has room for descriptors 0 to 1023 (FD_SETSIZE). FD_SET() does not look: with a larger one it writes "
              "into whatever stands behind the set. Close such a client, or use poll() or epoll."))
{
    int port = free_port();
    serves_whom_it_takes(serves_a_crowd(port), port);
}

CHECK(beyond_memory, "makes no memory error when a thousand clients have come", POINTS(1), AFTER(beyond),
      BECAUSE("Every table has an end, and a fd_set too: it has room for descriptors 0 to 1023 (FD_SETSIZE)."), UNDER_MEMCHECK)
{
    int port = free_port();
    struct program *server = serves_a_crowd(port);
    serves_whom_it_takes(server, port);
    is_sent(server, SIGTERM);
    exits(server, 0);
}

CHECK(no_delay, "lets no client that does not read delay the others", POINTS(2), AFTER(goes_on, longest_line),
      BECAUSE("A send() that waits for one client keeps all the others waiting: no call but select(), poll() or epoll_wait() "
              "may wait (O_NONBLOCK or MSG_DONTWAIT)."))
{
    int port = free_port();
    serves(port);
    enters_deaf(port);
    struct conn *speaker = enters(port);
    struct conn *other = enters(port);
    is_told(speaker, other, 3 * MEGABYTE); /* more than the kernel keeps for the one who does not read */
    is_relayed(other, speaker);
    is_relayed(enters(port), other);
}

CHECK(queues, "keeps what a client does not take yet, and sends it when it does", POINTS(2), AFTER(no_delay),
      BECAUSE("send() returns how many bytes the kernel took, perhaps fewer than you gave, or none (EAGAIN). The rest is yours "
              "to keep, and to send when the socket can be written to."))
{
    int port = free_port();
    serves(port);
    struct conn *deaf = enters_deaf(port);
    struct conn *speaker = enters(port);
    struct conn *other = enters(port);
    struct bytes all = is_told(speaker, other, (size_t)random_between(500, 600) * KILOBYTE);
    is_relayed(deaf, other); /* who does not read is heard */
    hears(deaf, all);
    is_relayed(speaker, deaf);
}

CHECK(queue_size, "keeps up to 1 MiB for a client", POINTS(1), AFTER(queues),
      BECAUSE("It is bytes that count, 1048576 of them: not how many lines they are, nor for how long they have waited."))
{
    int port = free_port();
    serves(port);
    struct conn *deaf = enters_deaf(port);
    struct conn *speaker = enters(port);
    struct conn *other = enters(port);
    struct bytes all = is_told(speaker, other, (size_t)random_between(940, 960) * KILOBYTE);
    hears(deaf, join(all, is_told_lines(speaker, other, 60 * KILOBYTE, 10)));
    all_hear(speaker, deaf, other);
    all_hear(deaf, speaker, other);
}

CHECK(slow_reader, "sends a client that reads slowly everything, in order", POINTS(1), AFTER(queues))
{
    int port = free_port();
    serves(port);
    struct conn *slow = enters_deaf(port);
    struct conn *speaker = enters(port);
    struct conn *other = enters(port);
    for (int i = 0; i < 4; i++) {
        struct bytes all = is_told(speaker, other, (size_t)random_between(60, 100) * KILOBYTE);
        hears(slow, part(all, 0, 50 * KILOBYTE));
        says(speaker, "more\n");
        hears(slow, join(part(all, 50 * KILOBYTE, all.length), "more\r\n"));
        hears(other, "more\r\n");
    }
    is_relayed(slow, speaker);
}

CHECK(stopped, "loses nothing when stopped and continued", POINTS(1), AFTER(queues, half_a_line),
      BECAUSE("A call that waits with a time-out returns -1 with EINTR when the program is stopped and continued, and so does "
              "epoll_wait(): that is no failure, and the call is made again."))
{
    int port = free_port();
    struct program *server = serves(port);
    is_stopped_and_continued(server);
    struct conn *deaf = enters_deaf(port);
    struct conn *speaker = enters(port);
    struct conn *other = enters(port);
    is_stopped_and_continued(server);
    const char *begin = random_words();
    const char *end = random_words();
    says(speaker, begin);
    is_taken(speaker);
    is_stopped_and_continued(server);
    says(speaker, join(end, "\n"));
    const char *whole = text("%s%s\r\n", begin, end);
    hears(other, whole);
    struct bytes all = is_told(speaker, other, 500 * KILOBYTE);
    is_stopped_and_continued(server);
    hears(deaf, join(whole, part(all, 0, 50 * KILOBYTE)));
    is_stopped_and_continued(server);
    hears(deaf, part(all, 50 * KILOBYTE, all.length));
}

/* Lines that nobody hears, and one that they do. The kernel holds as much for a program that does not read. */
static struct bytes much_to_be_dropped(const char *last)
{
    struct bytes line = bytes(text("%s\n", random_text(2 * LONGEST)));
    size_t lines = 2 * MEGABYTE / line.length;
    char *all = keep(lines * line.length);
    for (size_t i = 0; i < lines; i++)
        memcpy(all + i * line.length, line.data, line.length);
    struct bytes dropped = {all, lines * line.length};
    return join(dropped, last);
}

CHECK(takes_turns, "lets no client that sends without a pause delay the others", POINTS(1), AFTER(too_long, stopped),
      BECAUSE("Who reads from one client until there is nothing more to be read keeps the others waiting as long as it sends. Read "
              "a buffer's worth or a few, and look after the others. (With EPOLLET remember who may have more, and come back.)"))
{
    for (int i = 0; i < 2; i++) { /* whoever has the first turn */
        int port = free_port();
        struct program *server = serves(port);
        struct conn *client[] = {enters(port), enters(port)};
        struct conn *other = enters(port);
        struct bytes line = join(random_words(), "\r\n");
        is_stopped(server);
        says_what_fits(client[i], much_to_be_dropped("the end of very much\n"));
        says(client[1 - i], line);
        is_continued(server);
        hears(other, line);
    }
}

CHECK(quiet_queue, "uses no CPU while a client does not take what is queued for it", POINTS(1), AFTER(quiet, queues),
      BECAUSE("send() with EAGAIN says: not now. Wait until the socket can be written to, together with all else you wait for."))
{
    int port = free_port();
    struct program *server = serves(port);
    enters_deaf(port);
    struct conn *speaker = enters(port);
    struct conn *other = enters(port);
    is_told(speaker, other, 900 * KILOBYTE);
    uses_no_cpu(server);
}

CHECK(finished, "sends what is queued to a client that has closed its sending direction", POINTS(2),
      AFTER(queue_size, unfinished),
      BECAUSE("Its end-of-file says that it has no more to say, not that it does not listen: it may be closed when its queue "
              "is empty."))
{
    int port = free_port();
    struct program *server = serves(port);
    struct conn *deaf = enters_deaf(port);
    struct conn *interrupted = enters_deaf(port);
    struct conn *speaker = enters(port);
    struct conn *other = enters(port);
    struct bytes all = is_told(speaker, other, 900 * KILOBYTE);
    half_closes(deaf);
    says_and_leaves(server, interrupted, bytes(random_words()), half_closes); /* in the middle of its line */
    is_relayed(other, speaker);
    hears(deaf, all);
    is_closed(deaf); /* it may have heard what was said since, too */
    hears(interrupted, all);
    is_closed(interrupted);
    is_relayed(speaker, other);
}

CHECK(quiet_finished, "uses no CPU while a client that has nothing more to say does not take its queue", POINTS(1),
      AFTER(quiet_queue, finished),
      BECAUSE("After end-of-file a socket is readable for ever. Whoever has said all is waited for only until it can be written "
              "to."))
{
    int port = free_port();
    struct program *server = serves(port);
    struct conn *deaf = enters_deaf(port);
    struct conn *speaker = enters(port);
    struct conn *other = enters(port);
    is_told(speaker, other, 900 * KILOBYTE);
    half_closes(deaf);
    is_relayed(other, speaker);
    uses_no_cpu(server);
}

CHECK(vanishing_client, "survives clients that close or reset the connection, whenever they do", POINTS(1), AFTER(finished, stopped),
      BECAUSE("read() and write() fail with ECONNRESET or EPIPE when a client has gone (and write() raises SIGPIPE, which kills "
              "who does not ignore it): that is the end of this client, not of the server."))
{
    int port = free_port();
    struct program *server = serves(port);
    resets(connects(port));
    hangs_up(connects(port));
    comes_to_rest(server); /* its queue may be short */
    struct conn *speaker = enters(port);
    says(speaker, join(random_words(), "\n")); /* to nobody */
    is_taken(speaker);
    struct conn *other = enters(port);
    resets(enters(port));
    hangs_up(enters(port));
    is_relayed(speaker, other);
    struct conn *deaf = enters_deaf(port);
    is_told(speaker, other, 900 * KILOBYTE);
    resets(deaf);
    is_relayed(speaker, other);
    deaf = enters_deaf(port);
    is_told(speaker, other, 900 * KILOBYTE);
    hangs_up(deaf);
    is_relayed(speaker, other);
    deaf = enters_deaf(port);
    is_told(speaker, other, 900 * KILOBYTE);
    half_closes(deaf);
    is_relayed(speaker, other);
    resets(deaf);
    is_relayed(speaker, other);
    resets(connects(port));
    struct conn *gone = enters(port);
    is_stopped(server);
    hangs_up(gone); /* while there is something to be sent to it, more than once */
    says(speaker, text("%s\n%s\n", "who's", "there?"));
    is_continued(server);
    hears(other, "who's\r\nthere?\r\n");
    is_relayed(speaker, other);
    is_relayed(enters(port), other);
}

/* Several things happen between two looks of the server: some come, some speak, some go. */
static void all_at_once(struct program *server, int port)
{
    enum { CLIENTS = 8 };
    struct conn *client[CLIENTS];
    for (int i = 0; i < CLIENTS; i++)
        client[i] = enters(port);
    struct bytes line = join(random_words(), "\r\n");
    is_stopped(server);
    resets(client[1]);
    half_closes(client[2]);
    says(client[3], line);
    says(client[4], random_words());
    resets(client[4]);
    says(client[5], random_words());
    half_closes(client[5]);
    resets(client[6]);
    struct crowd *late = knocks(port, 5);
    is_continued(server);
    hears(client[0], line);
    hears(client[7], line);
    is_closed(client[2]);
    is_closed(client[5]);
    for (int i = 0; i < size_of(late); i++)
        is_accepted(one_of(late, i));
    is_relayed(one_of(late, 4), client[0]);
    is_relayed(client[7], client[0]);
    struct conn *last = enters(port);
    is_relayed(client[0], last);
    hangs_up(client[0]);
    hangs_up(client[3]);
    hangs_up(client[7]);
    all_hang_up(late);
    leaves(last);
}

CHECK(at_once, "sorts out all that happens at the same time", POINTS(1), AFTER(vanishing_client, begins_anew),
      BECAUSE("What one call has told you of several sockets may be out of date when you come to the last: one that you have "
              "closed since, or whose number is somebody else's now. (EPOLLET tells once of all who want to come in: accept until "
              "EAGAIN.)"))
{
    int port = free_port();
    struct program *server = serves(port);
    for (int i = 0; i < 3; i++)
        all_at_once(server, port);
}

CHECK(queue_anew, "sends nothing that was queued for one client to the next", POINTS(1), AFTER(vanishing_client, begins_anew),
      BECAUSE("The next client may get the same descriptor: the queue has to go with the one that it was for."))
{
    int port = free_port();
    struct program *server = serves(port);
    struct conn *speaker = enters(port);
    struct conn *other = enters(port);
    struct conn *deaf = enters_deaf(port);
    is_told(speaker, other, 900 * KILOBYTE);
    resets(deaf);
    comes_to_rest(server);
    struct conn *next = enters(port);
    is_relayed(speaker, next);
    hears_nothing(next);
}

/* Is told more and more, until it is disconnected: the kernel has queues of its own, and takes what it likes. */
static void falls_behind(struct conn *deaf, struct conn *speaker, struct conn *other)
{
    enum { PIECE = 100 * KILOBYTE, MUCH_MORE_THAN_FITS = 7 * MEGABYTE };
    struct chatter chatter = random_chatter(PIECE, LONGEST);
    for (int told = 0; told < MUCH_MORE_THAN_FITS && !has_been_closed(deaf); told += PIECE) {
        says(speaker, chatter.said);
        hears(other, chatter.heard);
    }
    is_closed(deaf);
}

CHECK(limit, "disconnects a client that is too far behind", POINTS(2), AFTER(queues, goes_on),
      BECAUSE("A queue that may grow for ever will: when more than 1 MiB would wait for a client, close its connection."))
{
    int port = free_port();
    serves(port);
    struct conn *deaf = enters_deaf(port);
    struct conn *speaker = enters(port);
    struct conn *second_deaf = enters_deaf(port);
    struct conn *other = enters(port);
    falls_behind(deaf, speaker, other);
    falls_behind(second_deaf, speaker, other);
    is_relayed(other, speaker);
    is_relayed(enters(port), other);
}

CHECK(limit_memory, "keeps nothing of a client that it has disconnected", POINTS(1), AFTER(limit),
      BECAUSE("What you have allocated for a client goes with the client, its queue too."))
{
    int port = free_port();
    struct program *server = serves(port);
    struct conn *speaker = enters(port);
    struct conn *other = enters(port);
    falls_behind(enters_deaf(port), speaker, other);
    size_t before = memory_of(server);
    for (int i = 0; i < 4; i++)
        falls_behind(enters_deaf(port), speaker, other);
    has_no_more_memory(server, before, 3 * MEGABYTE);
}

CHECK(descriptors, "keeps nothing of the clients that have gone", POINTS(1), AFTER(vanishing_client, limit),
      BECAUSE("Each accept() opens a descriptor, and each has to be closed: on every way on which a client can go."))
{
    int port = free_port();
    struct program *server = serves(port);
    struct conn *speaker = enters(port);
    struct conn *other = enters(port);
    leaves(enters(port));
    int before = descriptors_of(server);
    for (int i = 0; i < 4; i++)
        leaves(enters(port));
    for (int i = 0; i < 4; i++)
        resets(enters(port));
    struct conn *deaf = enters_deaf(port);
    falls_behind(deaf, speaker, other);
    deaf = enters_deaf(port);
    is_told(speaker, other, 900 * KILOBYTE);
    resets(deaf);
    has_no_more_descriptors(server, before);
}

CHECK(no_descriptors, "goes on, and uses no CPU, when it is out of descriptors", POINTS(1), AFTER(goes_on, quiet),
      BECAUSE("accept() fails with EMFILE, the newcomer stays in the queue, and the listener stays ready: whoever asks again at "
              "once asks for ever. Wait for the others alone until one of them has gone, or until some time has passed. (With "
              "EPOLLET you are told once: then try again yourself.)"))
{
    int port = free_port();
    struct program *server = runs_as((struct how){.descriptors = 32}, PROGRAM, number(port));
    is_listening(server, port);
    struct crowd *crowd = gathers(port, 12);
    tells_all(crowd, 0);
    struct crowd *newcomers = knocks(port, 40);
    uses_no_cpu(server);
    tells_all(crowd, 11);
    tells_all(crowd, 5);
    uses_no_cpu(server);
    all_hang_up(newcomers);
    tells_all(crowd, 3);
    is_relayed(one_of(gathers(port, 1), 0), one_of(crowd, 0)); /* there is room again */
}

static void works_when_started(struct how how, int sig)
{
    int port = free_port();
    struct program *server = runs_as(how, PROGRAM, number(port));
    is_listening(server, port);
    struct conn *first = enters(port);
    struct conn *second = enters(port);
    is_relayed(first, second);
    resets(first);
    first = enters(port);
    is_relayed(second, first);
    leaves(first);
    leaves(second);
    comes_to_rest(server);
    is_sent(server, sig);
    exits_within(server, 1, 0);
    prints(server, "");
}

CHECK(odd_start, "keeps its contract however it was started", POINTS(1), AFTER(terminates, vanishing_client),
      BECAUSE("Signals that were ignored or blocked stay so through exec: set what you need. And a socket that gets the number "
              "2 is sent every message. What you have to say of your clients belongs on stderr, nothing on stdout."))
{
    is_started_in_odd_ways(works_when_started);
}

CHECK(memory, "makes no memory error and leaks nothing", POINTS(1), AFTER(at_once, limit, terminates), UNDER_MEMCHECK)
{
    int port = free_port();
    struct program *server = serves(port);
    all_at_once(server, port);
    struct conn *speaker = enters(port);
    struct conn *other = enters(port);
    const char *longest = random_text(LONGEST);
    says(speaker, text("%s\r\n\n", longest));
    hears(other, text("%s\r\n\r\n", longest));
    is_dropped(speaker, other, random_text(LONGEST + 1));
    is_dropped(speaker, other, random_text(20000));
    struct conn *deaf = enters_deaf(port);
    struct bytes all = is_told(speaker, other, 300 * KILOBYTE);
    hears(deaf, all);
    half_closes(deaf);
    is_closed(deaf);
    falls_behind(enters_deaf(port), speaker, other);
    leaves(speaker);
    leaves(other);
    comes_to_rest(server);
    is_sent(server, SIGTERM);
    exits(server, 0);
    prints(server, "");
}
