/* Lesson 01: the raw client. The checks stand in the order in which they should turn green. */
#include "check/check.h"

#define PROGRAM "tcp_client"
#define LOOPBACK "127.0.0.1"

CHECK(usage, "refuses wrong arguments with a message and status 2", POINTS(1),
      BECAUSE("strtol() reads as far as it can and skips what it likes: look at where it stopped, at the sign, and at the "
              "range 1 to 65535."))
{
    struct listener *server = listens(ANY_PORT);
    const char *port = port_of(server);
    const char *line = random_words();
    refuses(PROGRAM);
    refuses(PROGRAM, LOOPBACK, port);
    refuses(PROGRAM, LOOPBACK, port, line, "more");
    refuses(PROGRAM, LOOPBACK, "", line);
    refuses(PROGRAM, LOOPBACK, "0", line);
    refuses(PROGRAM, LOOPBACK, "65536", line);
    refuses(PROGRAM, LOOPBACK, number(65536 + server_port(server)), line);
    refuses(PROGRAM, LOOPBACK, number(4294967296 + server_port(server)), line);
    refuses(PROGRAM, LOOPBACK, "99999999999999999999", line);
    refuses(PROGRAM, LOOPBACK, text("%sx", port), line);
    refuses(PROGRAM, LOOPBACK, text("%s ", port), line);
    refuses(PROGRAM, LOOPBACK, text(" %s", port), line);
    refuses(PROGRAM, LOOPBACK, text("+%s", port), line);
    refuses(PROGRAM, LOOPBACK, text("-%s", port), line);
    refuses(PROGRAM, LOOPBACK, text("0x%x", server_port(server)), line);
    refuses(PROGRAM, LOOPBACK, "time", line);
    refuses(PROGRAM, "", port, line);
    refuses(PROGRAM, "localhost", port, line);
    refuses(PROGRAM, "256.0.0.1", port, line);
    refuses(PROGRAM, "127.0.0.1x", port, line);
    refuses(PROGRAM, "127.0.0.1 x", port, line);
    refuses(PROGRAM, "::1", port, line);
    nobody_came(server);
}

CHECK(no_socket, "makes no socket when the arguments are wrong", POINTS(1), AFTER(usage),
      BECAUSE("Look at all the arguments first: what is wrong with them is known before the network is needed."))
{
    refuses_without_socket(PROGRAM, LOOPBACK, "65536", random_words());
    refuses_without_socket(PROGRAM, "localhost", "7", random_words());
    refuses_without_socket(PROGRAM, LOOPBACK, "7");
}

CHECK(sends_line, "sends its line and one newline, nothing else", POINTS(2))
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_words();
    runs(PROGRAM, LOOPBACK, port_of(server), line);
    struct conn *conn = accepts(server);
    hears(conn, join(line, "\n"));
    half_closes(conn);
    hears_end(conn);
}

CHECK(prints_answer, "prints the answer and ends with status 0", POINTS(2), AFTER(sends_line))
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_words();
    const char *answer = text("%s\n", random_words());
    struct program *client = runs(PROGRAM, LOOPBACK, port_of(server), line);
    struct conn *conn = accepts(server);
    hears(conn, join(line, "\n"));
    says(conn, answer);
    hangs_up(conn);
    prints(client, answer);
    exits(client, 0);
}

CHECK(quiet, "waits as long as it takes, and uses no CPU meanwhile", POINTS(1), AFTER(prints_answer),
      BECAUSE("Wait in a call that blocks, for as long as the server takes: nobody has set a time."))
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_words();
    const char *answer = text("%s\n", random_words());
    struct program *client = runs(PROGRAM, LOOPBACK, port_of(server), line);
    struct conn *conn = accepts(server);
    hears(conn, join(line, "\n"));
    time_passes(0.35);
    uses_no_cpu(client);
    says(conn, answer);
    is_taken(conn);
    uses_no_cpu(client);
    hangs_up(conn);
    prints(client, answer);
    exits(client, 0);
}

/* The whole conversation about a line. */
static void talks(struct program *client, struct listener *server, const char *line)
{
    const char *answer = text("%s\n", random_words());
    struct conn *conn = accepts(server);
    hears(conn, join(line, "\n"));
    says(conn, answer);
    half_closes(conn);
    hears_end(conn);
    prints(client, answer);
    exits(client, 0);
}

static void sends_as_it_is(const char *line)
{
    struct listener *server = listens(ANY_PORT);
    talks(runs(PROGRAM, LOOPBACK, port_of(server), line), server, line);
}

CHECK(empty_line, "sends an empty line as a newline alone", POINTS(1), AFTER(prints_answer))
{
    sends_as_it_is("");
}

CHECK(dash_line, "sends any line as it is, one that looks like an option too", POINTS(1), AFTER(prints_answer),
      BECAUSE("This program has no options, so an argument that begins with a hyphen is just text. So are spaces at its ends, "
              "newlines, and bytes that are no ASCII."))
{
    sends_as_it_is(text("-%s", random_words()));
    sends_as_it_is(text("\t %s\n100%%s %s \xc3\xa9\xff ", random_words(), random_words()));
    sends_as_it_is(text("%s\n", random_words()));
}

static void reaches_port(int port)
{
    struct listener *server = listens(port);
    const char *line = random_words();
    talks(runs(PROGRAM, LOOPBACK, port_of(server), line), server, line);
}

CHECK(any_port, "reaches any port that it is told, from 1 to 65535", POINTS(1), AFTER(prints_answer), NEEDS_PRIVATE_NETWORK,
      BECAUSE("A port has 16 bits, so 65535 is one. Those below 1024 are reserved for some servers, and every client may "
              "connect to them."))
{
    reaches_port(1);
    reaches_port(65535);
}

CHECK(empty_answer, "takes an empty answer for what it is", POINTS(1), AFTER(prints_answer),
      BECAUSE("A server may close without a word: that is an answer of no bytes, and a success."))
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_words();
    struct program *client = runs(PROGRAM, LOOPBACK, port_of(server), line);
    struct conn *conn = accepts(server);
    hears(conn, join(line, "\n"));
    hangs_up(conn);
    prints(client, "");
    exits(client, 0);
}

CHECK(answer_in_pieces, "prints an answer that arrives in pieces", POINTS(3), AFTER(prints_answer),
      BECAUSE("One read() brings what has arrived so far, whatever its size: only 0 means that the answer is complete."))
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_words();
    const char *first = text("%s\n%s", random_words(), random_words());
    const char *buffer = random_text(4096);
    const char *last = text("%s\nthe end\n", random_words());
    struct program *client = runs(PROGRAM, LOOPBACK, port_of(server), line);
    struct conn *conn = accepts(server);
    hears(conn, join(line, "\n"));
    says(conn, first);
    says_when_taken(conn, "\n");
    says_when_taken(conn, buffer);
    says_when_taken(conn, last);
    is_taken(conn);
    hangs_up(conn);
    prints(client, join(join(join(first, "\n"), buffer), last));
    exits(client, 0);
}

CHECK(binary_answer, "prints every byte of a binary answer", POINTS(2), AFTER(prints_answer))
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_words();
    struct bytes answer = join(join(random_words(), literal("\0\n\0\r\xff\x80 100%s%n")), random_bytes(700));
    struct program *client = runs(PROGRAM, LOOPBACK, port_of(server), line);
    struct conn *conn = accepts(server);
    hears(conn, join(line, "\n"));
    says(conn, answer);
    hangs_up(conn);
    prints(client, answer);
    exits(client, 0);
}

CHECK(large_answer, "prints an answer of megabytes", POINTS(1), AFTER(answer_in_pieces))
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_words();
    const char *answer = random_text((size_t)random_between(1 << 20, 3 << 19));
    struct program *client = runs(PROGRAM, LOOPBACK, port_of(server), line);
    struct conn *conn = accepts(server);
    hears(conn, join(line, "\n"));
    says(conn, answer);
    hangs_up(conn);
    prints(client, answer);
    exits(client, 0);
}

CHECK(long_line, "sends a line of 100 KB to a peer that reads slowly", POINTS(2), AFTER(prints_answer))
{
    struct listener *server = listens_with_small_buffers(ANY_PORT);
    const char *line = random_text((size_t)random_between(98000, 100000));
    const char *answer = text("%s\n", random_words());
    struct program *client = runs(PROGRAM, LOOPBACK, port_of(server), line);
    struct conn *conn = accepts(server);
    hears_slowly(conn, join(line, "\n"));
    says(conn, answer);
    hangs_up(conn);
    prints(client, answer);
    exits(client, 0);
}

CHECK(short_write, "sends all of a long line though the kernel takes it in parts", POINTS(2), AFTER(long_line),
      BECAUSE("write() and send() return how many bytes the kernel took. It may be fewer than you gave, as here, where the "
              "program was stopped and continued while it waited in the call: what is behind those bytes is "
              "still yours to send."))
{
    struct listener *server = listens_with_small_buffers(ANY_PORT);
    const char *line = random_text((size_t)random_between(98000, 100000));
    const char *answer = text("%s\n", random_words());
    struct program *client = runs(PROGRAM, LOOPBACK, port_of(server), line);
    struct conn *conn = accepts(server);
    is_stopped_and_continued(client);
    hears(conn, join(line, "\n"));
    says(conn, answer);
    half_closes(conn);
    hears_end(conn);
    prints(client, answer);
    exits(client, 0);
}

CHECK(stopped, "loses nothing when stopped and continued while it waits", POINTS(1), AFTER(large_answer),
      BECAUSE("A call that waits with a time-out returns -1 with EINTR when the program is stopped and continued: that is no "
              "failure, and the call is made again. A write() that waits, to stdout too, returns how many bytes were taken "
              "by then."))
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_words();
    const char *first = text("%s\n", random_words());
    const char *last = text("%s\n", random_words());
    struct program *client = runs(PROGRAM, LOOPBACK, port_of(server), line);
    struct conn *conn = accepts(server);
    hears(conn, join(line, "\n"));
    is_stopped_and_continued(client);
    says(conn, first);
    is_taken(conn);
    is_stopped_and_continued(client);
    says(conn, last);
    hangs_up(conn);
    prints(client, join(first, last));
    exits(client, 0);

    last = random_text(300000);
    client = runs_as((struct how){.output_waits = true}, PROGRAM, LOOPBACK, port_of(server), line);
    conn = accepts(server);
    hears(conn, join(line, "\n"));
    says(conn, first);
    is_taken(conn);
    says_what_fits(conn, last);
    comes_to_rest(client);
    is_stopped_and_continued(client);
    output_is_read(client);
    says(conn, rest_of(conn, join(first, last)));
    hangs_up(conn);
    prints(client, join(first, last));
    exits(client, 0);
}

CHECK(refused, "reports a refused connection: what was tried, and why", POINTS(2),
      BECAUSE("The message belongs on stderr and names host, port and reason; the status is 1. Another address than the one "
              "that was given is none of the program's business, whoever listens there."))
{
    struct listener *elsewhere = listens(ANY_PORT);
    const char *address = text("127.%ld.%ld.%ld", random_between(1, 254), random_between(1, 254), random_between(1, 254));
    struct program *client = runs(PROGRAM, address, port_of(elsewhere), random_words());
    comes_to_rest(client);
    nobody_came(elsewhere);
    prints(client, "");
    complains(client, address, port_of(elsewhere), "Connection refused");
    exits(client, 1);
}

CHECK(reset, "reports a reset while it reads, after printing what came before", POINTS(2), AFTER(answer_in_pieces),
      BECAUSE("read() returns -1 for a reset and 0 for the end of the answer: only 0 is a success."))
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_words();
    const char *first = text("%s\n%s", random_words(), random_words());
    struct program *client = runs(PROGRAM, LOOPBACK, port_of(server), line);
    struct conn *conn = accepts(server);
    hears(conn, join(line, "\n"));
    says(conn, first);
    is_taken(conn);
    resets(conn);
    prints(client, first);
    complains(client, LOOPBACK, port_of(server), "Connection reset by peer");
    exits(client, 1);
}

CHECK(reset_while_sending, "reports a server that closes and resets the connection while it sends", POINTS(1),
      AFTER(long_line),
      BECAUSE("A write to a connection that the other side has torn down raises SIGPIPE, which ends a program without a "
              "word. Ignore that signal: then write() returns -1, and the message can name host, port and reason."))
{
    struct listener *server = listens_with_small_buffers(ANY_PORT);
    const char *line = random_text((size_t)random_between(98000, 100000));
    struct program *client = runs(PROGRAM, LOOPBACK, port_of(server), line);
    struct conn *conn = accepts(server);
    uses_no_cpu(client); /* the server does not read */
    half_closes(conn);
    resets(conn);
    prints(client, "");
    complains(client, LOOPBACK, port_of(server), "Broken pipe|Connection reset by peer");
    exits(client, 1);
}

static void works_when_started(struct how how)
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_words();
    talks(runs_as(how, PROGRAM, LOOPBACK, port_of(server), line), server, line);
}

/* With nowhere to print, it still sends the line and nothing else. */
static void sends_no_more(struct how without_stdout)
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_words();
    struct program *client = runs_as(without_stdout, PROGRAM, LOOPBACK, port_of(server), line);
    struct conn *conn = accepts(server);
    hears(conn, join(line, "\n"));
    says(conn, random_words());
    half_closes(conn);
    hears_end_or_reset(conn);
    finishes(client);
}

static void reports_a_full_disk(void)
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_words();
    struct program *client = runs_as((struct how){.output_full = true}, PROGRAM, LOOPBACK, port_of(server), line);
    struct conn *conn = accepts(server);
    hears(conn, join(line, "\n"));
    says(conn, random_words());
    hangs_up(conn);
    complains(client);
    exits(client, 1);
}

CHECK(odd_start, "keeps its contract however it was started", POINTS(1),
      AFTER(prints_answer),
      BECAUSE("A program inherits its descriptors and its signals from whoever started it: a socket may get the number 0, "
              "1 or 2, and printf() or perror() then writes to it. What stdout does not take is a failure like any other: say "
              "why."))
{
    works_when_started((struct how){.closed = {true, false, false}});
    works_when_started((struct how){.closed = {false, false, true}});
    works_when_started((struct how){.closed = {true, false, true}, .signals_blocked = true});
    works_when_started((struct how){.extra_descriptors = true, .signals_ignored = true});
    sends_no_more((struct how){.closed = {false, true, false}});
    sends_no_more((struct how){.closed = {true, true, false}}); /* the lowest free number is 0, and then 1 */
    sends_no_more((struct how){.closed = {false, false, true}, .output_full = true}); /* there is an error to report */
    reports_a_full_disk();
}

CHECK(memory, "makes no memory error and leaks nothing", POINTS(2), AFTER(large_answer), UNDER_MEMCHECK)
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_words();
    const char *answer = random_text(10000);
    struct program *unheard = runs(PROGRAM, LOOPBACK, number(free_port()), line);
    struct program *client = runs(PROGRAM, LOOPBACK, port_of(server), line);
    struct conn *conn = accepts(server);
    hears(conn, join(line, "\n"));
    says(conn, answer);
    hangs_up(conn);
    prints(client, answer);
    exits(client, 0);
    finishes(unheard);

    client = runs(PROGRAM, LOOPBACK, port_of(server), line);
    conn = accepts(server);
    hears(conn, join(line, "\n"));
    resets(conn);
    finishes(client);
}
