/* Lesson 05: lines in a stream. The checks stand in the order in which they should turn green. */
#include "check/check.h"

#define PROGRAM "line_server"
#define LOOPBACK "127.0.0.1"
#define TOO_LONG "error line too long\r\n"

enum { LONGEST = 1024, MEGABYTE = 1 << 20, SHORT_LINES = 4096 };

/* A server on a port of its own, ready for clients. */
static struct program *serves(int port)
{
    struct program *server = runs(PROGRAM, number(port));
    is_listening(server, port);
    return server;
}

/* What a line, without its end, is answered. */
#define reply_to(line) reply_to_bytes(bytes(line))
static struct bytes reply_to_bytes(struct bytes line)
{
    return join(join(text("%zu ", line.length), line), "\r\n");
}

static void is_replied_to(struct conn *client)
{
    const char *line = random_words();
    says(client, join(line, "\r\n"));
    hears(client, reply_to(line));
}

static struct conn *served_client(int port)
{
    struct conn *client = connects(port);
    is_replied_to(client);
    return client;
}

static void leaves(struct conn *client)
{
    half_closes(client);
    hears_end(client);
}

static void quits(struct conn *client)
{
    says(client, "quit\r\n");
    hears(client, "bye\r\n");
    hears_end(client);
    hangs_up(client);
}

/* Lines, some ended by LF and some by CR LF, and all that they are answered. */
struct dialogue {
    struct bytes lines;
    struct bytes replies;
};

static struct dialogue random_dialogue(int count, long shortest)
{
    size_t room = (size_t)count * (LONGEST + 8);
    char *lines = keep(room);
    char *replies = keep(room);
    struct dialogue dialogue = {{lines, 0}, {replies, 0}};
    for (int i = 0; i < count; i++) {
        const char *line = random_text((size_t)random_between(shortest, LONGEST));
        struct bytes said = join(line, random_between(0, 1) == 0 ? "\n" : "\r\n");
        struct bytes reply = reply_to(line);
        memcpy(lines + dialogue.lines.length, said.data, said.length);
        memcpy(replies + dialogue.replies.length, reply.data, reply.length);
        dialogue.lines.length += said.length;
        dialogue.replies.length += reply.length;
    }
    return dialogue;
}

static void is_served_at(const char *address, int port)
{
    struct conn *client = connects_to(address, port);
    is_replied_to(client);
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

CHECK(answers_line, "answers a line with its length, a space and the line", POINTS(1),
      BECAUSE("This line ends in CR LF. Neither of the two is part of it, nor do they count."))
{
    int port = free_port();
    serves(port);
    struct conn *client = connects(port);
    const char *line = random_words();
    says(client, join(line, "\r\n"));
    half_closes(client);
    hears(client, text("%zu %s", strlen(line), line)); /* how it ends is the next check's affair */
}

CHECK(ends_crlf, "ends its reply in CR LF", POINTS(1), AFTER(answers_line),
      BECAUSE("Be strict in what you send: however the line came, its reply ends in both."))
{
    int port = free_port();
    serves(port);
    struct conn *client = connects(port);
    const char *line = random_words();
    says(client, join(line, "\r\n"));
    half_closes(client);
    hears(client, reply_to(line));
    hears_end(client);
}

CHECK(at_once, "sends its reply before it waits for more", POINTS(1), AFTER(ends_crlf),
      BECAUSE("A client may wait for its reply before it says more. What stays in a buffer of stdio has not been sent: "
              "fflush()."))
{
    int port = free_port();
    serves(port);
    struct conn *client = connects(port);
    is_replied_to(client);
    is_replied_to(client);
    is_replied_to(client);
}

CHECK(lf_alone, "takes LF alone for the end of a line", POINTS(1), AFTER(at_once),
      BECAUSE("Be liberal in what you take: a line ends in LF, and the CR before it may be missing."))
{
    int port = free_port();
    serves(port);
    struct conn *client = connects(port);
    const char *line = random_words();
    says(client, join(line, "\n"));
    hears(client, reply_to(line));
    is_replied_to(client);
    line = random_words();
    says(client, join(line, "\n"));
    hears(client, reply_to(line));
}

CHECK(empty_line, "answers an empty line with 0 and a space", POINTS(1), AFTER(lf_alone))
{
    int port = free_port();
    serves(port);
    struct conn *client = connects(port);
    says(client, "\n");
    hears(client, "0 \r\n");
    says(client, "\r\n");
    hears(client, "0 \r\n");
    is_replied_to(client);
}

CHECK(lines_together, "answers each of several lines that arrive together", POINTS(3), AFTER(lf_alone),
      BECAUSE("One read() brings what has arrived, whatever it is: here it is more than one line."))
{
    int port = free_port();
    serves(port);
    struct conn *client = connects(port);
    const char *first = random_words();
    const char *second = random_words();
    const char *third = random_words();
    says(client, text("%s\r\n%s\n%s\r\n", first, second, third));
    hears(client, join(join(reply_to(first), reply_to(second)), reply_to(third)));
    struct bytes lines = bytes("x\n");
    struct bytes replies = reply_to("x");
    for (int n = 1; n < SHORT_LINES; n *= 2) {
        lines = join(lines, lines);
        replies = join(replies, replies);
    }
    says(client, lines);
    hears(client, replies); /* more than twice as much: a buffer for what is read does not hold it */
    is_replied_to(client);
}

CHECK(
    line_in_pieces, "puts a line together that arrives in pieces", POINTS(3), AFTER(lf_alone),
    BECAUSE(
        "One read() brings what has arrived, whatever it is: here it is less than a line. Keep it until the LF comes, "
        "be it the CR that came before."))
{
    int port = free_port();
    serves(port);
    struct conn *client = connects(port);
    const char *begin = random_words();
    const char *end = random_words();
    says(client, begin);
    says_when_taken(client, " ");
    says_when_taken(client, join(end, "\n"));
    hears(client, reply_to(text("%s %s", begin, end)));
    says(client, end);
    says_when_taken(client, "\r");
    says_when_taken(client, "\n");
    hears(client, reply_to(end));
    is_replied_to(client);
}

CHECK(part_of_next, "answers a line when only a part of the next has come", POINTS(1),
      AFTER(lines_together, line_in_pieces),
      BECAUSE("A reply does not wait for anything: the line is complete, whatever stands behind it in the buffer."))
{
    int port = free_port();
    serves(port);
    struct conn *client = connects(port);
    const char *first = random_words();
    const char *begin = random_words();
    const char *end = random_words();
    says(client, text("%s\n%s", first, begin));
    hears(client, reply_to(first));
    says(client, text("%s\r\n%s\r", end, first));
    hears(client, reply_to(text("%s%s", begin, end)));
    says(client, "\n");
    hears(client, reply_to(first));
}

CHECK(carriage_returns, "takes any other CR for a byte of the line", POINTS(1), AFTER(line_in_pieces),
      BECAUSE("One CR just before the LF belongs to the line's end. Every other one is data."))
{
    int port = free_port();
    serves(port);
    struct conn *client = connects(port);
    const char *a = random_words();
    const char *b = random_words();
    says(client, text("%s\r%s\n", a, b));
    hears(client, reply_to(text("%s\r%s", a, b)));
    says(client, text("\r%s\r\r\n", a));
    hears(client, reply_to(text("\r%s\r", a)));
    says(client, "\r\r\r\n");
    hears(client, reply_to("\r\r"));
    says(client, "\r\r\n");
    hears(client, reply_to("\r"));
    says(client, text("%s\r", a));
    says_when_taken(client, text("%s\r\n", b));
    hears(client, reply_to(text("%s\r%s", a, b)));
}

static struct bytes all_bytes_but_line_ends(void)
{
    char *bytes = keep(256);
    size_t length = 0;
    for (int byte = 255; byte >= 0; byte--)
        length += strchr("\r\n", bytes[length] = (char)byte) == NULL || byte == '\0';
    return (struct bytes){bytes, length};
}

CHECK(binary, "counts and sends back every byte of a line, whatever it is", POINTS(1),
      AFTER(lines_together, line_in_pieces),
      BECAUSE("A NUL is a byte like any other, so a line is no string, nor is a part of one that you keep: strlen() and "
              "printf() end at the first NUL."))
{
    int port = free_port();
    serves(port);
    struct conn *client = connects(port);
    struct bytes line = join(literal("\0\xff%s%n\0\0\x7f\x80"), random_words());
    says(client, join(line, "\r\n"));
    hears(client, reply_to(line));
    struct bytes nul = literal("\0");
    says(client, join(nul, "\n"));
    hears(client, reply_to(nul));
    struct bytes all = all_bytes_but_line_ends();
    says(client, join(all, "\n"));
    hears(client, reply_to(all));
    says(client, literal("a\0b")); /* in pieces, too */
    says_when_taken(client, "c\n");
    hears(client, reply_to(literal("a\0bc")));
    says(client, literal("x\na\0b"));
    says_when_taken(client, "c\n");
    hears(client, join(reply_to("x"), reply_to(literal("a\0bc"))));
    is_replied_to(client);
}

CHECK(longest_line, "answers a line of 1024 bytes", POINTS(1), AFTER(line_in_pieces),
      BECAUSE("1024 bytes are allowed. Neither CR nor LF counts, so there are up to 1026 to be read."))
{
    int port = free_port();
    serves(port);
    struct conn *client = connects(port);
    const char *line = random_text(LONGEST);
    says(client, join(line, "\n"));
    hears(client, reply_to(line));
    line = random_text(LONGEST);
    says(client, join(line, "\r\n"));
    hears(client, reply_to(line));
    line = random_text(LONGEST);
    says(client, line);
    says_when_taken(client, "\r");
    says_when_taken(client, "\n");
    hears(client, reply_to(line));
    is_replied_to(client);
}

CHECK(too_long, "answers a line of more than 1024 bytes with an error", POINTS(1), AFTER(line_in_pieces))
{
    int port = free_port();
    serves(port);
    struct conn *client = connects(port);
    says(client, text("%s\n", random_text(LONGEST + 1)));
    hears(client, TOO_LONG);
}

static void is_told_once(struct conn *client, const char *line)
{
    const char *next = random_words();
    says(client, text("%s\n%s\r\n", line, next));
    hears(client, join(TOO_LONG, reply_to(next)));
}

CHECK(
    drops_rest, "drops the rest of a line that is too long, and goes on", POINTS(2),
    AFTER(too_long, longest_line, lines_together, carriage_returns),
    BECAUSE(
        "The line ends at its LF, not where your buffer does: it is answered once, and what is left of it is no line."))
{
    int port = free_port();
    serves(port);
    struct conn *client = connects(port);
    is_told_once(client, random_text(LONGEST + 1));
    is_told_once(client, text("%s\r", random_text(LONGEST + 1)));
    is_told_once(client, text("%s\rx", random_text(LONGEST)));
    is_told_once(client, text("%s\r\r", random_text(LONGEST)));
    is_told_once(client, text("%s\r", random_text(LONGEST + 2)));
    is_told_once(client, random_text((size_t)random_between(LONGEST + 3, 2 * LONGEST)));
    is_told_once(client, random_text(2 * LONGEST + 1));
    is_told_once(client, random_text((size_t)random_between(3 * LONGEST, 9 * LONGEST)));
    is_told_once(client, random_text(UINT16_MAX + 1 + 100)); /* not 100 */
    says(client, random_text(LONGEST));
    says_when_taken(client, random_text(LONGEST));
    is_taken(client);
    is_told_once(client, random_text((size_t)random_between(100000, 110000)));
}

/* A part of a line, in such pieces that a program which reads byte by byte keeps up. */
static void sends_no_end(struct conn *client, int length)
{
    enum { PIECE = 1 << 15 };
    for (int sent = 0; sent < length; sent += PIECE) {
        says(client, random_text(PIECE));
        is_taken(client);
    }
}

CHECK(bounded, "uses no more memory for a line that is longer", POINTS(1), AFTER(drops_rest),
      BECAUSE("What will be dropped need not be kept: whoever sends a line without an end must not fill your memory."))
{
    int port = free_port();
    struct program *server = serves(port);
    struct conn *client = connects(port);
    sends_no_end(client, 5 * MEGABYTE / 4); /* a buffer of a megabyte is used for the first time now */
    size_t before = memory_of(server);
    sends_no_end(client, 3 * MEGABYTE / 2);
    has_no_more_memory(server, before, MEGABYTE / 2);
    says(client, "\n");
    hears(client, TOO_LONG);
    is_replied_to(client);
}

CHECK(serves_again, "serves the next client when one has gone", POINTS(1), AFTER(at_once),
      BECAUSE("A server never ends by itself: accept() belongs in a loop."))
{
    int port = free_port();
    serves(port);
    for (int i = 0; i < 4; i++)
        leaves(served_client(port));
}

CHECK(begins_anew, "keeps nothing of one client's line for the next client", POINTS(1),
      AFTER(serves_again, line_in_pieces),
      BECAUSE("What has come of a line belongs to its client: begin with an empty line for each."))
{
    int port = free_port();
    serves(port);
    struct conn *client = connects(port);
    says(client, random_words());
    is_taken(client);
    half_closes(client);
    is_closed(client);
    client = connects(port);
    is_replied_to(client);
    says(client, random_text(LONGEST + 100)); /* it is told that this is too long now, later or never */
    is_taken(client);
    half_closes(client);
    is_closed(client);
    is_replied_to(connects(port));
}

CHECK(unfinished, "drops what has no LF when the client closes", POINTS(1),
      AFTER(part_of_next, carriage_returns, serves_again),
      BECAUSE("End-of-file is not the end of a line: a line without an LF is none."))
{
    int port = free_port();
    serves(port);
    struct conn *client = connects(port);
    const char *line = random_words();
    says(client, text("%s\r\n%s", line, random_words()));
    half_closes(client);
    hears(client, reply_to(line));
    hears_end(client);
    client = connects(port);
    says(client, text("%s\r", random_words()));
    leaves(client);
    client = connects(port);
    says(client, "quit");
    leaves(client);
}

CHECK(quit, "answers the line quit with bye, and closes the connection", POINTS(1),
      AFTER(lf_alone, begins_anew, lines_together),
      BECAUSE("It is a line like all others, wherever it stands in what a read() has brought: what was said before it is "
              "answered first. Then close() the connection, whether the client closes, too, or not."))
{
    int port = free_port();
    serves(port);
    quits(connects(port));
    struct conn *client = connects(port);
    is_replied_to(client);
    says(client, "quit\n");
    hears(client, "bye\r\n");
    hears_end(client);
    hangs_up(client);
    client = connects(port);
    is_replied_to(client);
    quits(client);
    client = connects(port);
    const char *line = random_words();
    says(client, text("%s\nquit\n", line));
    hears(client, join(reply_to(line), "bye\r\n"));
    hears_end(client); /* and does not hang up */
    is_replied_to(connects(port));
}

CHECK(only_quit, "takes no other line for quit", POINTS(1), AFTER(quit, drops_rest, binary),
      BECAUSE("The line must be these four bytes, no more and no less."))
{
    static const char *const others[] = {"q", "qui", "quits", "quit ", " quit", "quit\r", "QUIT", "quiT", "quit quit"};
    int port = free_port();
    serves(port);
    struct conn *client = connects(port);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        says(client, join(others[i], "\r\n"));
        hears(client, reply_to(others[i]));
    }
    struct bytes with_nul = literal("quit\0");
    says(client, join(with_nul, "\n"));
    hears(client, reply_to(with_nul));
    is_told_once(client, random_text(2 * LONGEST));
    is_told_once(client, text("quit%s", random_text(2 * LONGEST)));
    says(client, "qu");
    says_when_taken(client, "it\n");
    hears(client, "bye\r\n");
    hears_end(client);
}

CHECK(in_turn, "serves one client at a time, and the others in turn", POINTS(1), AFTER(serves_again),
      BECAUSE("Who has connected waits in the listener's queue until accept() takes them, the first first."))
{
    int port = free_port();
    serves(port);
    struct conn *first = served_client(port);
    struct conn *second = connects(port);
    struct conn *third = connects(port);
    const char *line = random_words();
    says(third, join(line, "\r\n"));
    says(second, join(line, "\r\n"));
    hears_nothing(second);
    hears_nothing(third);
    is_replied_to(first);
    leaves(first);
    hears(second, reply_to(line));
    hears_nothing(third);
    leaves(second);
    hears(third, reply_to(line));
    leaves(third);
}

CHECK(address, "listens on every interface, or on ADDRESS alone", POINTS(1), AFTER(serves_again, in_use),
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

CHECK(in_use, "reports a port that is in use: which, and why", POINTS(1), AFTER(answers_line),
      BECAUSE("The message belongs on stderr and names address, port and reason; the status is 1."))
{
    reports_port_in_use(the_server);
}

CHECK(bulk, "answers a thousand lines of a client that reads slowly", POINTS(1),
      AFTER(part_of_next, longest_line, serves_again))
{
    int port = free_port();
    serves(port);
    struct dialogue slow = random_dialogue(300, LONGEST / 2);
    struct conn *client = connects_with_small_buffers(port);
    says_what_fits(client, slow.lines);
    exchanges(client, rest_of(client, slow.lines), slow.replies);
    leaves(client);
    client = connects(port);
    struct dialogue all = random_dialogue(1000, 5);
    exchanges(client, all.lines, all.replies);
    leaves(client);
}

CHECK(short_write, "loses nothing when stopped and continued while it sends", POINTS(1), AFTER(bulk),
      BECAUSE(
          "write() and send() return how many bytes the kernel took. It may be fewer than you gave, as here, where the "
          "program was stopped and continued while it waited in the call: what is behind those bytes is "
          "still yours to send."))
{
    enum { ROUNDS = 4, HEARD = 30000 };
    int port = free_port();
    struct program *server = serves(port);
    struct dialogue dialogue = random_dialogue(400, LONGEST - 30);
    struct conn *client = connects_with_small_buffers(port);
    for (size_t i = 0; i < ROUNDS; i++) {
        says_what_fits(client, rest_of(client, dialogue.lines));
        is_stopped_and_continued(server);
        hears(client, part(dialogue.replies, i * HEARD, HEARD));
    }
    exchanges(client, rest_of(client, dialogue.lines),
              part(dialogue.replies, ROUNDS * HEARD, dialogue.replies.length - ROUNDS * HEARD));
    leaves(client);
}

CHECK(stopped, "loses nothing when stopped and continued while it waits", POINTS(1),
      AFTER(line_in_pieces, serves_again),
      BECAUSE("A call that waits with a time-out returns -1 with EINTR when the program is stopped and continued, and "
              "so does "
              "epoll_wait(): that is no failure, and the call is made again."))
{
    int port = free_port();
    struct program *server = serves(port);
    is_stopped_and_continued(server);
    struct conn *client = connects(port);
    const char *begin = random_words();
    const char *end = random_words();
    says(client, begin);
    is_taken(client);
    is_stopped_and_continued(server);
    says(client, join(end, "\r\n"));
    hears(client, reply_to(text("%s%s", begin, end)));
    is_stopped_and_continued(server);
    is_replied_to(client);
    leaves(client);
    is_stopped_and_continued(server);
    leaves(served_client(port));
}

CHECK(vanishing_client, "survives clients that close or reset the connection, whenever they do", POINTS(1),
      AFTER(begins_anew, bulk),
      BECAUSE("read() and write() fail with ECONNRESET or EPIPE when a client has gone (and write() raises SIGPIPE, "
              "which kills who does not ignore it): that is the end of this client, not of the server, and the next one waits already."))
{
    int port = free_port();
    struct program *server = serves(port);
    resets(connects(port));
    hangs_up(connects(port));
    resets(served_client(port));
    hangs_up(served_client(port));
    struct conn *halfway = connects(port);
    says(halfway, random_words());
    is_taken(halfway);
    resets(halfway);
    leaves(served_client(port));
    struct dialogue dialogue = random_dialogue(300, LONGEST / 2);
    struct conn *deaf = connects_with_small_buffers(port);
    says_what_fits(deaf, dialogue.lines);
    resets(deaf);
    struct conn *first = served_client(port);
    resets(connects(port)); /* it is gone before it is accepted */
    is_stopped(server);
    says(first, random_dialogue(30, 5).lines);
    hangs_up(first); /* while there is more to send */
    is_continued(server);
    leaves(served_client(port));
    resets(served_client(port));
    struct conn *next = connects(port);
    half_closes(next);
    is_closed_within(next, 0.4); /* who has gone delays nobody */
}

CHECK(descriptors, "keeps nothing of the clients that have gone", POINTS(1), AFTER(vanishing_client, quit),
      BECAUSE("Each accept() opens a descriptor, and each has to be closed: on every way on which a client can go."))
{
    int port = free_port();
    struct program *server = serves(port);
    leaves(served_client(port));
    int before = descriptors_of(server);
    for (int i = 0; i < 4; i++)
        leaves(served_client(port));
    for (int i = 0; i < 4; i++)
        resets(served_client(port));
    for (int i = 0; i < 4; i++)
        quits(served_client(port));
    struct conn *deaf = connects_with_small_buffers(port);
    says_what_fits(deaf, random_dialogue(300, LONGEST / 2).lines);
    resets(deaf); /* while it is sent something */
    leaves(served_client(port));
    has_no_more_descriptors(server, before);
}

CHECK(terminates, "ends at SIGTERM and at SIGINT with status 0", POINTS(1), AFTER(serves_again),
      BECAUSE("A handler that only sets a flag does not help a server that waits in accept(): with SA_RESTART (as "
              "signal() sets "
              "it) the call goes on as if nothing had been."))
{
    int port = free_port();
    struct program *server = serves(port);
    is_sent(server, SIGTERM);
    exits_within(server, 1, 0);
    server = serves(port);
    leaves(served_client(port));
    leaves(served_client(port));
    comes_to_rest(server);
    is_sent(server, SIGINT);
    exits_within(server, 1, 0);
    prints(server, "");
    finds_nobody(LOOPBACK, port);
}

CHECK(restarts, "can be started again at once on the same port", POINTS(1), AFTER(serves_again, quit),
      BECAUSE(
          "The side that closes first, as the server does after quit, keeps the connection in TIME_WAIT for a minute; "
          "SO_REUSEADDR, set before bind(), lets a new listener share the port with it."))
{
    int port = free_port();
    struct program *server = serves(port);
    struct conn *client = served_client(port);
    quits(client);
    is_killed(server);
    serves(port);
    served_client(port);
}

CHECK(quiet, "uses no CPU while it waits", POINTS(1), AFTER(in_turn, drops_rest, bulk))
{
    int port = free_port();
    struct program *server = serves(port);
    uses_no_cpu(server);
    struct conn *client = served_client(port);
    time_passes(1.2);
    is_replied_to(client); /* who is silent for a while is still a client */
    says(client, random_words());
    uses_no_cpu(server);
    struct conn *waiting = connects(port);
    uses_no_cpu(server);
    says(client, random_text(2 * LONGEST));
    uses_no_cpu(server);
    hangs_up(client);
    hangs_up(waiting);
    struct conn *deaf = connects_with_small_buffers(port);
    says_what_fits(deaf, random_dialogue(300, LONGEST / 2).lines);
    uses_no_cpu(server);
}

static void works_when_started(struct how how, int sig)
{
    int port = free_port();
    struct program *server = runs_as(how, PROGRAM, number(port));
    is_listening(server, port);
    leaves(served_client(port));
    resets(served_client(port));
    quits(served_client(port));
    comes_to_rest(server);
    is_sent(server, sig);
    exits_within(server, 1, 0);
}

CHECK(odd_start, "keeps its contract however it was started", POINTS(1), AFTER(terminates, vanishing_client, quit),
      BECAUSE("Signals that were ignored or blocked stay so through exec: set what you need. And a socket that gets "
              "the number "
              "2 is sent every message."))
{
    is_started_in_odd_ways(works_when_started);
}

CHECK(memory, "makes no memory error and leaks nothing", POINTS(1),
      AFTER(empty_line, drops_rest, only_quit, terminates), UNDER_MEMCHECK)
{
    int port = free_port();
    struct program *server = serves(port);
    struct conn *client = connects(port);
    is_replied_to(client);
    struct dialogue dialogue = random_dialogue(20, 5);
    exchanges(client, dialogue.lines, dialogue.replies);
    const char *longest = random_text(LONGEST);
    says(client, text("%s\r\n\r\n", longest));
    hears(client, join(reply_to(longest), reply_to("")));
    is_told_once(client, random_text(LONGEST + 1));
    is_told_once(client, random_text((size_t)random_between(LONGEST + 2, 2 * LONGEST)));
    is_told_once(client, random_text(20000));
    quits(client);
    for (int i = 0; i < 2; i++) {
        resets(served_client(port));
        struct conn *halfway = served_client(port);
        says(halfway, "part");
        leaves(halfway);
        struct conn *deaf = connects_with_small_buffers(port);
        says_what_fits(deaf, random_dialogue(300, LONGEST / 2).lines);
        resets(deaf);
    }
    leaves(served_client(port));
    comes_to_rest(server);
    is_sent(server, SIGTERM);
    exits(server, 0);
}
