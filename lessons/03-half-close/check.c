/* Lesson 03: closing one direction. The checks stand in the order in which they should turn green. */
#include "check/check.h"

#define PROGRAM "half_close"
#define LOOPBACK "127.0.0.1"
#define CUT_OFF "Broken pipe|Connection reset by peer" /* which of the two depends on the moment */

#define INPUT ((struct how){.input = true})

enum { MEGABYTE = 1 << 20 };

/* A client whose stdin is all of @p input, then end-of-file. */
static struct program *sends_from(struct listener *server, struct bytes input)
{
    struct program *client = runs_as(INPUT, PROGRAM, LOOPBACK, port_of(server));
    is_typed(client, input);
    input_ends(client);
    return client;
}

static const char *random_line(void)
{
    return text("%s\n", random_words());
}

static struct bytes random_lines(void)
{
    return bytes(text("%s\n%s\n\n%s", random_words(), random_words(), random_words()));
}

CHECK(usage, "refuses wrong arguments with a message and status 2", POINTS(1),
      BECAUSE("What begins with a digit is a number: look at where it stops, and at the range 1 to 65535."))
{
    struct listener *server = listens(ANY_PORT);
    const char *port = port_of(server);
    refuses(PROGRAM);
    refuses(PROGRAM, LOOPBACK);
    refuses(PROGRAM, LOOPBACK, port, "more");
    refuses(PROGRAM, LOOPBACK, "0");
    refuses(PROGRAM, LOOPBACK, "65536");
    refuses(PROGRAM, LOOPBACK, number(65536 + server_port(server)));
    refuses(PROGRAM, LOOPBACK, number(4294967296 + server_port(server)));
    refuses(PROGRAM, LOOPBACK, text("0x%x", server_port(server)));
    refuses(PROGRAM, LOOPBACK, "99999999999999999999");
    refuses(PROGRAM, LOOPBACK, text("%sx", port));
    refuses(PROGRAM, LOOPBACK, text("%s ", port));
    refuses(PROGRAM, "localhost", text("%s-1", port));
    nobody_came(server);
}

CHECK(no_socket, "makes no socket when the arguments are wrong", POINTS(1), AFTER(usage),
      BECAUSE("Look at all the arguments first: what is wrong with them is known before the network is needed."))
{
    refuses_without_socket(PROGRAM, LOOPBACK, "65536");
    refuses_without_socket(PROGRAM, LOOPBACK, "7x");
    refuses_without_socket(PROGRAM, LOOPBACK);
}

static void is_no_service(struct listener *server, const char *service)
{
    rejects(PROGRAM, LOOPBACK, service);
    nobody_came(server);
}

CHECK(signs, "takes no number with a sign or a space in it for a port", POINTS(1), AFTER(usage),
      BECAUSE("getaddrinfo() reads numbers with strtoul(), which skips spaces and takes a sign: look at the text first."))
{
    struct listener *server = listens(ANY_PORT);
    is_no_service(server, text(" %s", port_of(server)));
    is_no_service(server, text("+%s", port_of(server)));
    is_no_service(server, text("-%d", 65536 - server_port(server)));
}

CHECK(sends, "sends what comes on its stdin", POINTS(2),
      BECAUSE("Bytes that were given to stdio stay in its buffer until fflush(): that comes before shutdown(), not after."))
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_line();
    sends_from(server, bytes(line));
    struct conn *conn = accepts(server);
    hears(conn, line);
}

CHECK(sends_on, "waits for no answer before it has sent everything", POINTS(2), AFTER(sends),
      BECAUSE("Not every server answers line by line: this one answers once it has everything."))
{
    struct listener *server = listens(ANY_PORT);
    struct bytes input = random_lines();
    sends_from(server, input);
    struct conn *conn = accepts(server);
    hears(conn, input);
}

CHECK(end_of_file, "tells the server that this was all, by end-of-file", POINTS(3), AFTER(sends_on),
      BECAUSE("A server that answers when it has everything waits for end-of-file: shutdown(fd, SHUT_WR) sends it."))
{
    struct listener *server = listens(ANY_PORT);
    struct bytes input = random_lines();
    struct program *client = sends_from(server, input);
    struct conn *conn = accepts(server);
    hears(conn, input);
    hears_end(conn);
    is_past_the_skeleton(client); /* whose end is an end-of-file, too */
}

CHECK(prints_answer, "prints the answer that comes after that, and ends with status 0", POINTS(2), AFTER(end_of_file),
      BECAUSE("A connection has two directions. close() and SHUT_RDWR end both, for the answer too; SHUT_WR ends yours alone."))
{
    struct listener *server = listens(ANY_PORT);
    struct bytes input = random_lines();
    const char *answer = random_line();
    struct program *client = sends_from(server, input);
    struct conn *conn = accepts(server);
    hears(conn, input);
    hears_end(conn);
    says(conn, answer);
    hangs_up(conn);
    prints(client, answer);
    exits(client, 0);
}

CHECK(empty_input, "takes an empty input for what it is", POINTS(1), AFTER(prints_answer),
      BECAUSE("An input of no bytes is an input: the server hears end-of-file, and may have something to say to it."))
{
    struct listener *server = listens(ANY_PORT);
    const char *answer = random_line();
    struct program *client = sends_from(server, bytes(""));
    struct conn *conn = accepts(server);
    hears_end(conn);
    says(conn, answer);
    hangs_up(conn);
    prints(client, answer);
    exits(client, 0);
}

CHECK(empty_answer, "takes an empty answer for what it is", POINTS(1), AFTER(prints_answer),
      BECAUSE("A server may close without a word: that is an answer of no bytes, and a success."))
{
    struct listener *server = listens(ANY_PORT);
    struct bytes input = random_lines();
    struct program *client = sends_from(server, input);
    struct conn *conn = accepts(server);
    hears(conn, input);
    hears_end(conn);
    hangs_up(conn);
    prints(client, "");
    exits(client, 0);
}

CHECK(input_in_pieces, "sends an input that comes slowly, in pieces", POINTS(1), AFTER(prints_answer),
      BECAUSE("One read() brings what is there so far, whatever its size: only 0 is end-of-file."))
{
    struct listener *server = listens(ANY_PORT);
    const char *first = random_words();
    const char *buffer = random_text(4096);
    const char *last = text("%s\n%s", random_words(), random_words());
    const char *answer = random_line();
    struct program *client = runs_as(INPUT, PROGRAM, LOOPBACK, port_of(server));
    is_typed(client, first);
    is_typed_when_read(client, "\n");
    is_typed_when_read(client, buffer);
    is_typed_when_read(client, last);
    comes_to_rest(client);
    input_ends(client);
    struct conn *conn = accepts(server);
    hears(conn, join(join(join(first, "\n"), buffer), last));
    hears_end(conn);
    says(conn, answer);
    hangs_up(conn);
    prints(client, answer);
    exits(client, 0);
}

CHECK(answer_in_pieces, "prints an answer that arrives in pieces", POINTS(1), AFTER(prints_answer),
      BECAUSE("One read() brings what has arrived so far, whatever its size: only 0 means that the answer is complete."))
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_line();
    const char *first = random_words();
    const char *buffer = random_text(4096);
    const char *last = text("\n%s", random_words());
    struct program *client = sends_from(server, bytes(line));
    struct conn *conn = accepts(server);
    hears(conn, line);
    hears_end(conn);
    says(conn, "\n");
    says_when_taken(conn, first);
    says_when_taken(conn, buffer);
    says_when_taken(conn, last);
    is_taken(conn);
    hangs_up(conn);
    prints(client, join("\n", join(join(first, buffer), last)));
    exits(client, 0);
}

CHECK(binary, "copies every byte, in both directions", POINTS(1), AFTER(prints_answer),
      BECAUSE("A NUL is a byte like any other, and neither input nor answer need end in a newline: the number that read() "
              "returned says how much there is."))
{
    struct listener *server = listens(ANY_PORT);
    struct bytes input = join(literal("\0\n\0\r\n\xff\x80 100%s%n"), random_bytes(700));
    struct bytes answer = join(literal("\xff\n\0\0\n"), random_bytes(700));
    struct program *client = sends_from(server, input);
    struct conn *conn = accepts(server);
    hears(conn, input);
    hears_end(conn);
    says(conn, answer);
    hangs_up(conn);
    prints(client, answer);
    exits(client, 0);
}

CHECK(large_answer, "prints an answer of megabytes", POINTS(1), AFTER(answer_in_pieces, binary))
{
    struct listener *server = listens(ANY_PORT);
    struct bytes input = random_lines();
    struct bytes answer = random_bytes((size_t)random_between(2 * MEGABYTE, 3 * MEGABYTE));
    struct program *client = sends_from(server, input);
    struct conn *conn = accepts(server);
    hears(conn, input);
    hears_end(conn);
    says(conn, answer);
    hangs_up(conn);
    prints(client, answer);
    exits(client, 0);
}

CHECK(large_input, "sends 20 MB to a server that takes its time", POINTS(1), AFTER(input_in_pieces, binary))
{
    struct listener *server = listens(ANY_PORT);
    struct bytes input = random_bytes((size_t)random_between(20 * MEGABYTE, 21 * MEGABYTE));
    const char *answer = random_line();
    struct program *client = sends_from(server, input);
    struct conn *conn = accepts(server);
    comes_to_rest(client);
    hears(conn, input);
    hears_end(conn);
    says(conn, answer);
    hangs_up(conn);
    prints(client, answer);
    exits(client, 0);
}

CHECK(short_write, "sends everything though the kernel takes it in parts", POINTS(2), AFTER(large_input),
      BECAUSE("write() and send() return how many bytes the kernel took. It may be fewer than you gave, as here, where the "
              "program was stopped and continued while it waited in the call: what is behind those bytes is "
              "still yours to send."))
{
    struct listener *server = listens_with_small_buffers(ANY_PORT);
    struct bytes input = random_bytes((size_t)random_between(800000, 810000));
    const char *answer = random_line();
    struct program *client = sends_from(server, input);
    struct conn *conn = accepts(server);
    for (size_t i = 0; i < 3; i++) {
        is_stopped_and_continued(client);
        hears(conn, part(input, i * 20000, 20000));
    }
    hears(conn, part(input, 60000, input.length));
    hears_end(conn);
    says(conn, answer);
    hangs_up(conn);
    prints(client, answer);
    exits(client, 0);
}

CHECK(stopped, "loses nothing when stopped and continued while it waits", POINTS(1), AFTER(input_in_pieces, large_answer),
      BECAUSE("A call that waits with a time-out returns -1 with EINTR when the program is stopped and continued, and so does "
              "epoll_wait(): that is no failure, and the call is made again. A write() that waits, to stdout too, returns how "
              "many bytes were taken by then."))
{
    struct listener *server = listens(ANY_PORT);
    const char *first = random_line();
    const char *last = random_line();
    struct program *client = runs_as(INPUT, PROGRAM, LOOPBACK, port_of(server));
    is_stopped_and_continued(client);
    is_typed(client, first);
    is_stopped_and_continued(client);
    is_typed(client, last);
    input_ends(client);
    struct conn *conn = accepts(server);
    hears(conn, join(first, last));
    hears_end(conn);
    is_stopped_and_continued(client);
    says(conn, last);
    is_taken(conn);
    is_stopped_and_continued(client);
    says(conn, first);
    hangs_up(conn);
    prints(client, join(last, first));
    exits(client, 0);

    last = random_text(300000);
    struct how unread = {.input = true, .output_waits = true};
    client = runs_as(unread, PROGRAM, LOOPBACK, port_of(server));
    is_typed(client, first);
    input_ends(client);
    conn = accepts(server);
    hears(conn, first);
    hears_end(conn);
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

CHECK(early_answer, "prints an answer that begins before the server has read everything", POINTS(1), AFTER(large_input, large_answer),
      BECAUSE("The kernel keeps what comes early until you read it: nothing of it is lost, and nothing need wait for it."))
{
    struct listener *server = listens(ANY_PORT);
    struct bytes input = random_bytes((size_t)random_between(5 * MEGABYTE, 6 * MEGABYTE));
    const char *early = random_text(20000);
    const char *answer = random_text(200000);
    struct program *client = sends_from(server, input);
    struct conn *conn = accepts(server);
    says(conn, early);
    comes_to_rest(client);
    hears(conn, input);
    hears_end(conn);
    says(conn, answer);
    hangs_up(conn);
    prints(client, join(early, answer));
    exits(client, 0);
}

CHECK(early_end, "goes on sending when the server has ended its answer", POINTS(1), AFTER(early_answer),
      BECAUSE("End-of-file from the server says that it will say no more. It may still listen: only the end of your own input "
              "ends the sending."))
{
    struct listener *server = listens(ANY_PORT);
    const char *answer = random_line();
    const char *first = random_line();
    const char *last = random_line();
    struct program *client = runs_as(INPUT, PROGRAM, LOOPBACK, port_of(server));
    struct conn *conn = accepts(server);
    says(conn, answer);
    half_closes(conn);
    comes_to_rest(client);
    is_typed(client, first);
    is_typed_when_read(client, last);
    comes_to_rest(client);
    input_ends(client);
    hears(conn, join(first, last));
    hears_end(conn);
    prints(client, answer);
    exits(client, 0);
}

/* The server answers and closes, and has read nothing: what the client sends then is refused. */
static struct program *meets_a_server_that_closes(const char *port, struct listener *server, const char *answer)
{
    struct program *client = runs_as(INPUT, PROGRAM, LOOPBACK, port);
    struct conn *conn = accepts(server);
    says(conn, answer);
    comes_to_rest(client);
    hangs_up(conn);
    is_typed(client, random_bytes(8 * MEGABYTE));
    input_ends(client);
    return client;
}

/* The server answers and closes, and only then the client has a line to send: it gets a reset for it, which the end of its
 * sending runs into. */
static struct program *sends_to_nobody(struct listener *server, const char *answer)
{
    struct program *client = runs_as(INPUT, PROGRAM, LOOPBACK, port_of(server));
    struct conn *conn = accepts(server);
    says(conn, answer);
    comes_to_rest(client);
    hangs_up(conn);
    is_typed(client, random_line());
    comes_to_rest(client);
    return client;
}

CHECK(closes_early, "prints the answer of a server that closes before it has read everything", POINTS(2),
      AFTER(early_end),
      BECAUSE("A write() or a shutdown() that fails ends the sending, not the program: the server may have said why it does "
              "not want more."))
{
    struct listener *server = listens(ANY_PORT);
    const char *answer = random_text(1500); /* more than a line, but it fits into the smallest receive buffer */
    prints(meets_a_server_that_closes(port_of(server), server, answer), answer);

    struct program *client = sends_to_nobody(server, answer);
    input_ends(client);
    prints(client, answer);
}

CHECK(unsent, "reports that the server has not taken everything", POINTS(1), AFTER(closes_early),
      BECAUSE("The message belongs on stderr and names host, port and reason; the status is 1 though there was an answer."))
{
    struct listener *server = listens(ANY_PORT);
    struct program *client = meets_a_server_that_closes(port_of(server), server, random_line());
    complains(client, LOOPBACK, port_of(server), CUT_OFF);
    exits(client, 1);
}

CHECK(reset_while_sending, "prints the answer of a server that resets the connection while it sends", POINTS(1),
      AFTER(unsent),
      BECAUSE("What came before the reset can still be read, and is to be printed; the status is 1."))
{
    struct listener *server = listens(ANY_PORT);
    struct bytes input = random_bytes(20 * MEGABYTE);
    const char *answer = random_line();
    struct program *client = sends_from(server, input);
    struct conn *conn = accepts(server);
    hears(conn, part(input, 0, 1000));
    says(conn, answer);
    comes_to_rest(client);
    resets(conn);
    prints(client, answer);
    complains(client, LOOPBACK, port_of(server), CUT_OFF);
    exits(client, 1);
}

CHECK(reset, "reports a reset while it reads, after printing what came before", POINTS(2), AFTER(answer_in_pieces),
      BECAUSE("read() returns -1 for a reset and 0 for the end of the answer: only 0 is a success."))
{
    struct listener *server = listens(ANY_PORT);
    struct bytes input = random_lines();
    const char *first = text("%s\n%s", random_words(), random_words());
    struct program *client = sends_from(server, input);
    struct conn *conn = accepts(server);
    hears(conn, input);
    hears_end(conn);
    says(conn, first);
    is_taken(conn);
    resets(conn);
    prints(client, first);
    complains(client, LOOPBACK, port_of(server), "Connection reset by peer");
    exits(client, 1);
}

CHECK(refused, "reports a refused connection: what was tried, and why", POINTS(1),
      BECAUSE("The message belongs on stderr and names host, port and reason; the status is 1. Another address than the one "
              "that was given is none of the program's business, whoever listens there."))
{
    struct listener *elsewhere = listens(ANY_PORT);
    const char *address = text("127.%ld.%ld.%ld", random_between(1, 254), random_between(1, 254), random_between(1, 254));
    struct program *client = runs(PROGRAM, address, port_of(elsewhere));
    comes_to_rest(client);
    nobody_came(elsewhere);
    prints(client, "");
    complains(client, address, port_of(elsewhere), "Connection refused");
    exits(client, 1);

    const char *port = number(free_port());
    client = runs(PROGRAM, "localhost", port);
    complains(client, "localhost|127.0.0.1|::1", port); /* the reason is that of any of its addresses */
    exits(client, 1);
}

static void reaches(struct listener *server, const char *host, const char *service)
{
    const char *line = random_line();
    const char *answer = random_line();
    struct program *client = runs_as(INPUT, PROGRAM, host, service);
    is_typed(client, line);
    input_ends(client);
    struct conn *conn = accepts(server);
    hears(conn, line);
    hears_end(conn);
    says(conn, answer);
    hangs_up(conn);
    prints(client, answer);
    exits(client, 0);
}

CHECK(host_name, "takes a host by its name", POINTS(1), AFTER(prints_answer),
      BECAUSE("getaddrinfo() takes names and addresses alike, and says with which family to make the socket."))
{
    struct listener *server = listens_everywhere(ANY_PORT);
    reaches(server, "localhost", port_of(server));
}

CHECK(ipv6, "takes an IPv6 address", POINTS(1), AFTER(prints_answer),
      BECAUSE("With AF_UNSPEC getaddrinfo() finds addresses of either family; the socket needs that of the address."))
{
    needs_ipv6();
    struct listener *server = listens_at("::1", ANY_PORT);
    reaches(server, "::1", port_of(server));
}

CHECK(service_name, "takes a service by its name or its number", POINTS(1), AFTER(prints_answer), NEEDS_PRIVATE_NETWORK,
      BECAUSE("getaddrinfo() takes the names of /etc/services and numbers alike. A name may have digits and hyphens in it, and "
              "a number is any from 1 to 65535."))
{
    reaches(listens(7), LOOPBACK, "echo");
    reaches(listens(110), LOOPBACK, "pop3");
    reaches(listens(20), LOOPBACK, "ftp-data");
    reaches(listens(1), LOOPBACK, "1");
    reaches(listens(65535), LOOPBACK, "65535");
}

CHECK(unknown_host, "reports a host that does not resolve", POINTS(1), AFTER(refused),
      BECAUSE("getaddrinfo() does not set errno: it returns a number, and gai_strerror() has the words for it."))
{
    const char *port = number(free_port());
    const char *reasons = does_not_resolve("nobody.invalid");
    struct program *client = runs(PROGRAM, "nobody.invalid", port);
    prints(client, "");
    complains(client, "nobody.invalid", port, reasons);
    exits(client, 1);

    reasons = does_not_resolve("-x"); /* there are no options: it is a name like another */
    client = runs(PROGRAM, "-x", port);
    complains(client, "-x", port, reasons);
    exits(client, 1);
}

CHECK(unknown_service, "reports a service that does not exist", POINTS(1), AFTER(refused),
      BECAUSE("What does not begin with a digit is the name of a service; one that nobody knows is a failed look-up: status 1."))
{
    struct program *client = runs(PROGRAM, LOOPBACK, "no-such-service");
    prints(client, "");
    complains(client, LOOPBACK, "no-such-service");
    exits(client, 1);
}

CHECK(quiet, "waits as long as it takes, and uses no CPU meanwhile", POINTS(1), AFTER(early_end),
      BECAUSE("Wait in a call that blocks, for as long as the input or the server takes: nobody has set a time."))
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_line();
    const char *answer = random_line();
    struct program *client = runs_as(INPUT, PROGRAM, LOOPBACK, port_of(server));
    struct conn *conn = accepts(server);
    struct program *other = sends_from(server, bytes(line));
    struct conn *answered_late = accepts(server);
    hears(answered_late, line);
    hears_end(answered_late);
    time_passes(1.2); /* one waits for its input, the other for its answer */
    uses_no_cpu(client);
    is_typed(client, line);
    says(conn, answer);
    half_closes(conn);
    uses_no_cpu(client); /* the server has ended, and the input has not */
    input_ends(client);
    hears(conn, line);
    hears_end(conn);
    prints(client, answer);
    says(answered_late, answer);
    hangs_up(answered_late);
    prints(other, answer);

    server = listens_with_small_buffers(ANY_PORT);
    struct bytes input = random_bytes(400000);
    client = sends_from(server, input);
    conn = accepts(server);
    uses_no_cpu(client); /* the server does not read */
    hears(conn, input);

    uses_no_cpu(sends_to_nobody(listens(ANY_PORT), answer)); /* it may have ended, too */
}

static void works_when_started(struct how how)
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_line();
    const char *answer = random_line();
    how.input = true;
    struct program *client = runs_as(how, PROGRAM, LOOPBACK, port_of(server));
    is_typed(client, line);
    input_ends(client);
    struct conn *conn = accepts(server);
    hears(conn, line);
    hears_end(conn);
    says(conn, answer);
    hangs_up(conn);
    prints(client, answer);
    exits(client, 0);
}

/* With nowhere to print, it still sends its input and nothing else. */
static void sends_no_more_without_stdout(void)
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_line();
    struct how how = {.input = true, .closed = {false, true, true}};
    struct program *client = runs_as(how, PROGRAM, LOOPBACK, port_of(server));
    struct conn *conn = accepts(server);
    is_typed(client, line);
    input_ends(client);
    hears(conn, line);
    hears_end(conn);
    says(conn, random_line());
    hangs_up(conn);
    finishes(client);
}

static void reports_a_full_disk(void)
{
    struct listener *server = listens(ANY_PORT);
    struct program *client = runs_as((struct how){.output_full = true}, PROGRAM, LOOPBACK, port_of(server));
    struct conn *conn = accepts(server);
    hears_end(conn);
    says(conn, random_line());
    hangs_up(conn);
    complains(client);
    exits(client, 1);
}

static void sends_a_file(void)
{
    struct listener *server = listens(ANY_PORT);
    struct bytes input = random_lines();
    const char *answer = random_line();
    there_is_a_file("letter", input);
    struct program *client = runs_as((struct how){.input_file = "letter"}, PROGRAM, LOOPBACK, port_of(server));
    struct conn *conn = accepts(server);
    hears(conn, input);
    hears_end(conn);
    says(conn, answer);
    hangs_up(conn);
    prints(client, answer);
    exits(client, 0);
}

/* A folder can be opened, but not read as a file. */
static void reports_an_input_that_cannot_be_read(void)
{
    struct listener *server = listens(ANY_PORT);
    there_is_a_folder("letters");
    struct program *client = runs_as((struct how){.input_file = "letters"}, PROGRAM, LOOPBACK, port_of(server));
    hangs_up(accepts(server));
    complains(client);
    exits(client, 1);
}

/* With no stdin there is nothing to send, whether it takes that for an empty input or for a failure. */
static void sends_nothing_without_stdin(void)
{
    struct listener *server = listens(ANY_PORT);
    struct how how = {.closed = {true, false, false}};
    struct program *client = runs_as(how, PROGRAM, LOOPBACK, port_of(server));
    struct conn *conn = accepts(server);
    comes_to_rest(client);
    says(conn, random_line());
    half_closes(conn);
    hears_end(conn);
}

CHECK(odd_start, "keeps its contract however it was started", POINTS(1), AFTER(empty_input, early_answer),
      BECAUSE("A program inherits its descriptors and its signals from whoever started it: a socket may get the number 0, "
              "and is then read as the input, or 1, and is sent its own answer. An input that can't be read, and an answer that "
              "can't be printed, are failures like any other."))
{
    works_when_started((struct how){.closed = {false, false, true}});
    works_when_started((struct how){.signals_blocked = true});
    works_when_started((struct how){.extra_descriptors = true, .signals_ignored = true});
    sends_no_more_without_stdout();
    sends_nothing_without_stdin();
    sends_a_file();
    reports_an_input_that_cannot_be_read();
    reports_a_full_disk();
}

CHECK(memory, "makes no memory error and leaks nothing", POINTS(2), AFTER(input_in_pieces, large_answer), UNDER_MEMCHECK)
{
    struct listener *server = listens(ANY_PORT);
    struct bytes input = random_bytes(100000);
    const char *answer = random_text(100000);
    struct program *unheard = runs(PROGRAM, LOOPBACK, number(free_port()));
    struct program *unknown = runs(PROGRAM, LOOPBACK, "no-such-service");
    struct program *client = sends_from(server, input);
    struct conn *conn = accepts(server);
    hears(conn, input);
    hears_end(conn);
    says(conn, answer);
    hangs_up(conn);
    prints(client, answer);
    exits(client, 0);
    finishes(unheard);
    finishes(unknown);
}
