/* Lesson 02: the client that is told names. The checks stand in the order in which they should turn green. */
#include "check/check.h"

#define PROGRAM "name_client"
#define LOOPBACK "127.0.0.1"

static const char *target(const char *host, int port)
{
    return text("%s:%d", host, port);
}

/* Each such address is as far from 127.0.0.1 as the next: getaddrinfo() leaves them in the order that the DNS has. */
static const char *some_address(int number)
{
    return text("127.%d.%ld.%ld", 128 + number, random_between(1, 254), random_between(1, 254));
}

static const char *some_host(void)
{
    return text("host-%ld.sockeye.test", random_between(1000, 9999));
}

/* The conversation that shows that it has found its server. */
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

CHECK(usage, "refuses wrong arguments with a message and status 2", POINTS(2),
      BECAUSE("HOST:SERVICE has one colon, with something on both sides. Only an address in brackets has more colons, brackets "
              "hold nothing else, and the colon comes right behind them. What begins with a digit is a port, from 1 to 65535."))
{
    struct listener *server = listens(ANY_PORT);
    const char *port = port_of(server);
    const char *line = random_words();
    refuses(PROGRAM);
    refuses(PROGRAM, text("127.0.0.1:%s", port));
    refuses(PROGRAM, text("127.0.0.1:%s", port), line, "more");
    refuses(PROGRAM, "", line);
    refuses(PROGRAM, LOOPBACK, line);
    refuses(PROGRAM, "127.0.0.1:", line);
    refuses(PROGRAM, text(":%s", port), line);
    refuses(PROGRAM, ":", line);
    refuses(PROGRAM, "127.0.0.1:0", line);
    refuses(PROGRAM, "127.0.0.1:65536", line);
    refuses(PROGRAM, target(LOOPBACK, 65536 + server_port(server)), line);
    refuses(PROGRAM, text("127.0.0.1:%ld", 4294967296 + server_port(server)), line);
    refuses(PROGRAM, text("127.0.0.1:0x%x", server_port(server)), line);
    refuses(PROGRAM, "127.0.0.1:99999999999999999999", line);
    refuses(PROGRAM, text("127.0.0.1:%sx", port), line);
    refuses(PROGRAM, text("127.0.0.1:%s ", port), line);
    refuses(PROGRAM, "127.0.0.1:7x", line);
    rejects(PROGRAM, text("127.0.0.1: %s", port), line);
    rejects(PROGRAM, text("127.0.0.1:+%s", port), line);
    rejects(PROGRAM, text("127.0.0.1:-%s", port), line);
    refuses(PROGRAM, text("localhost:%s:%s", port, port), line);
    refuses(PROGRAM, text("localhost:time:%s", port), line);
    refuses(PROGRAM, text("localhost::%s", port), line);
    refuses(PROGRAM, text("localhost:%s:", port), line);
    refuses(PROGRAM, "::1", line);
    refuses(PROGRAM, text("::1:%s", port), line);
    refuses(PROGRAM, "[::1]", line);
    refuses(PROGRAM, "[::1]:", line);
    refuses(PROGRAM, "[::1]:0", line);
    refuses(PROGRAM, "[::1]:65536", line);
    refuses(PROGRAM, text("[::1]:%sx", port), line);
    refuses(PROGRAM, text("[::1]%s", port), line);
    refuses(PROGRAM, text("[::1]x:%s", port), line);
    refuses(PROGRAM, text("[::1:%s", port), line);
    refuses(PROGRAM, text("::1]:%s", port), line);
    refuses(PROGRAM, text("[]:%s", port), line);
    refuses(PROGRAM, text("[127.0.0.1]:%s", port), line);
    refuses(PROGRAM, text("[localhost]:%s", port), line);
    refuses(PROGRAM, text("[1::2::3]:%s", port), line);
    nobody_came(server);
}

CHECK(no_socket, "makes no socket when the arguments are wrong", POINTS(1), AFTER(usage),
      BECAUSE("Look at all the arguments first: what is wrong with them is known before the network is needed."))
{
    refuses_without_socket(PROGRAM, "127.0.0.1:65536", random_words());
    refuses_without_socket(PROGRAM, "[127.0.0.1]:7", random_words());
    refuses_without_socket(PROGRAM, "127.0.0.1:7");
}

CHECK(sends_line, "sends its line and one newline, nothing else", POINTS(2),
      BECAUSE("A line is whole when its newline has come: until then the server waits for more of it, and says nothing."))
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_words();
    runs(PROGRAM, target(LOOPBACK, server_port(server)), line);
    struct conn *conn = accepts(server);
    hears(conn, join(line, "\n"));
    half_closes(conn);
    hears_end(conn);
}

CHECK(prints_answer, "prints the answer and ends with status 0", POINTS(2), AFTER(sends_line))
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_words();
    struct program *client = runs(PROGRAM, target(LOOPBACK, server_port(server)), line);
    talks(client, server, line);
}

CHECK(ipv6, "talks to an IPv6 address, which is given in brackets", POINTS(2), AFTER(prints_answer),
      BECAUSE("The brackets end the address, not its first colon. AF_UNSPEC asks getaddrinfo() for both families, and the "
              "socket must be of the family of the address."))
{
    needs_ipv6();
    struct listener *server = listens_at("::1", ANY_PORT);
    const char *line = random_words();
    struct program *client = runs(PROGRAM, target("[::1]", server_port(server)), line);
    talks(client, server, line);

    server = listens(ANY_PORT);
    client = runs(PROGRAM, target("[::FFFF:127.0.0.1]", server_port(server)), line); /* an IPv4 host's (RFC 4291, 2.5.5.2) */
    talks(client, server, line);
}

CHECK(host_name, "finds a host by its name", POINTS(2), AFTER(ipv6),
      BECAUSE("getaddrinfo() takes names and numbers alike; inet_pton() numbers alone."))
{
    struct listener *server = listens_at_localhost();
    const char *line = random_words();
    struct program *client = runs(PROGRAM, target("localhost", server_port(server)), line);
    talks(client, server, line);
}

static void finds_service(const char *service, int port)
{
    struct listener *server = listens(port);
    const char *line = random_words();
    struct program *client = runs(PROGRAM, text("127.0.0.1:%s", service), line);
    talks(client, server, line);
}

CHECK(service_name, "finds a service by its name or its number", POINTS(1), AFTER(ipv6), NEEDS_PRIVATE_NETWORK,
      BECAUSE("The file /etc/services knows that 'time' is port 37, and getaddrinfo() looks there. A name may have digits and "
              "hyphens in it, and a number is any from 1 to 65535."))
{
    finds_service("time", 37);
    finds_service("pop3", 110);
    finds_service("ftp-data", 20);
    finds_service("1", 1);
    finds_service("65535", 65535);

    needs_ipv6();
    struct listener *server = listens_at("::1", 37);
    const char *line = random_words();
    struct program *client = runs(PROGRAM, "[::1]:time", line);
    talks(client, server, line);
}

CHECK(unknown_service, "reports a service that nobody knows", POINTS(1), AFTER(prints_answer),
      BECAUSE("A service that is not found is a failed look-up: a message that names it, and status 1."))
{
    struct program *client = runs(PROGRAM, "127.0.0.1:sockeye-none", random_words());
    prints(client, "");
    complains(client, LOOPBACK, "sockeye-none");
    exits(client, 1);
}

CHECK(unresolved, "reports a name that does not resolve: which, and why", POINTS(2), AFTER(host_name, dash_line),
      NEEDS_PRIVATE_NETWORK,
      BECAUSE("getaddrinfo() does not set errno: it returns the reason, and gai_strerror() has the words for it."))
{
    const char *nobody = some_host();
    const char *failing = text("broken-%s", nobody);
    dns_fails(failing);
    int port = free_port();
    struct program *client = runs(PROGRAM, target(nobody, port), random_words());
    prints(client, "");
    complains(client, nobody, "Name or service not known");
    exits(client, 1);
    client = runs(PROGRAM, target(failing, port), random_words());
    prints(client, "");
    complains(client, failing, "Temporary failure in name resolution");
    exits(client, 1);
    client = runs(PROGRAM, target("-x", port), random_words()); /* there are no options */
    complains(client, "-x", "Name or service not known");
    exits(client, 1);
}

static void finds_host(const char *host)
{
    int port = free_port();
    const char *address = some_address(1);
    dns_knows(host, address);
    struct listener *server = listens_at(address, port);
    const char *line = random_words();
    struct program *client = runs(PROGRAM, target(host, port), line);
    talks(client, server, line);
}

CHECK(any_name, "finds a host whose name or address is long, or whose name begins with a digit", POINTS(1), AFTER(host_name),
      NEEDS_PRIVATE_NETWORK,
      BECAUSE("A name has up to 253 characters, an IPv6 address up to 45. What is a name and what an IPv4 address is for "
              "getaddrinfo() to say."))
{
    finds_host(text("%ld-%s", random_between(1, 99), some_host()));
    finds_host(text("a%060ld.b%060ld.c%060ld.d%053ld.sockeye.test", random_between(1, 99999), random_between(1, 99999),
                    random_between(1, 99999), random_between(1, 99999)));

    struct listener *server = listens_at("::1", ANY_PORT);
    const char *line = random_words();
    struct program *client = runs(PROGRAM, target("[0000:0000:0000:0000:0000:0000:0000:0001]", server_port(server)), line);
    talks(client, server, line);

    server = listens_at("127.128.100.100", ANY_PORT);
    client = runs(PROGRAM, target("[0000:0000:0000:0000:0000:ffff:127.128.100.100]", server_port(server)), line);
    talks(client, server, line);
}

CHECK(tries_each, "tries each address of the name until one accepts", POINTS(3), AFTER(host_name), NEEDS_PRIVATE_NETWORK,
      BECAUSE("getaddrinfo() gives a list, linked by ai_next. Of a name's addresses the first ones may well be out of order."))
{
    int port = free_port();
    const char *host = some_host();
    const char *last = some_address(12);
    dns_knows(host, some_address(1), some_address(2), some_address(3), some_address(4), some_address(5), some_address(6),
              some_address(7), some_address(8), some_address(9), some_address(10), some_address(11), last);
    struct listener *server = listens_at(last, port);
    const char *line = random_words();
    struct program *client = runs(PROGRAM, target(host, port), line);
    talks(client, server, line);
}

CHECK(in_order, "tries them in the resolver's order, and no more than it needs", POINTS(1), AFTER(tries_each),
      NEEDS_PRIVATE_NETWORK)
{
    int port = free_port();
    const char *host = some_host();
    const char *second = some_address(2);
    const char *third = some_address(1);
    const char *fourth = some_address(4);
    dns_knows(host, some_address(3), second, third, fourth);
    struct listener *server = listens_at(second, port);
    struct listener *next = listens_at(third, port);
    struct listener *last = listens_at(fourth, port);
    const char *line = random_words();
    struct program *client = runs(PROGRAM, target(host, port), line);
    talks(client, server, line);
    nobody_came(next);
    nobody_came(last);
}

CHECK(both_families, "tries the addresses of both families", POINTS(2), AFTER(tries_each), NEEDS_PRIVATE_NETWORK,
      BECAUSE("A socket has one family: an address of the other needs a socket of its own."))
{
    int port = free_port();
    const char *host = some_host();
    const char *ipv4 = some_address(1);
    dns_knows(host, "::1", ipv4);
    struct listener *server = listens_at(ipv4, port);
    const char *line = random_words();
    struct program *client = runs(PROGRAM, target(host, port), line);
    talks(client, server, line);

    const char *other = text("other-%s", host);
    dns_knows(other, some_address(2), "::1");
    port = free_port();
    server = listens_at("::1", port);
    client = runs(PROGRAM, target(other, port), line);
    talks(client, server, line);
}

CHECK(closes_failed, "closes each socket whose connect has failed", POINTS(2), AFTER(tries_each), NEEDS_PRIVATE_NETWORK,
      BECAUSE("Every address that is tried gets a socket. Close it before you try the next one."))
{
    int port = free_port();
    const char *host = some_host();
    const char *last = some_address(4);
    dns_knows(host, some_address(1), some_address(2), some_address(3), last);
    struct listener *server = listens_at(last, port);
    struct program *client = runs(PROGRAM, target(host, port), random_words());
    holds_no_other_socket(client, accepts(server));
}

CHECK(refused, "reports a refused connection: what was tried, and why", POINTS(1), AFTER(sends_line),
      BECAUSE("The message belongs on stderr and names host, port and reason; the status is 1. Another address than the one "
              "that was given is none of the program's business, whoever listens there."))
{
    struct listener *elsewhere = listens(ANY_PORT);
    const char *address = some_address(1);
    struct program *client = runs(PROGRAM, target(address, server_port(elsewhere)), random_words());
    comes_to_rest(client);
    nobody_came(elsewhere);
    prints(client, "");
    complains(client, address, port_of(elsewhere), "Connection refused");
    exits(client, 1);
}

/* The private network has no way to 192.0.2.0/24, which is why such an address is last in every resolver's order. */
CHECK(all_failed, "reports that no address accepts: the name, and the last reason", POINTS(2), AFTER(in_order),
      NEEDS_PRIVATE_NETWORK,
      BECAUSE("Behind the end of the list there is no socket to go on with. The reason is the errno of the last connect(), "
              "which close() or free() may change."))
{
    int port = free_port();
    const char *host = some_host();
    dns_knows(host, some_address(1), some_address(2));
    struct program *client = runs(PROGRAM, target(host, port), random_words());
    prints(client, "");
    complains(client, host, number(port), "Connection refused");
    exits(client, 1);

    const char *other = text("other-%s", host);
    dns_knows(other, some_address(1), "192.0.2.7");
    client = runs(PROGRAM, target(other, port), random_words());
    prints(client, "");
    complains(client, other, number(port), "No route to host");
    exits(client, 1);

    client = runs(PROGRAM, "127.0.0.1:ftp-data", random_words()); /* both as they were given */
    complains(client, LOOPBACK, "ftp-data", "Connection refused");
    exits(client, 1);
}

static void sends_as_it_is(const char *line)
{
    struct listener *server = listens(ANY_PORT);
    struct program *client = runs(PROGRAM, target(LOOPBACK, server_port(server)), line);
    talks(client, server, line);
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

CHECK(empty_answer, "takes an empty answer for what it is", POINTS(1), AFTER(prints_answer),
      BECAUSE("A server may close without a word: that is an answer of no bytes, and a success."))
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_words();
    struct program *client = runs(PROGRAM, target(LOOPBACK, server_port(server)), line);
    struct conn *conn = accepts(server);
    hears(conn, join(line, "\n"));
    hangs_up(conn);
    prints(client, "");
    exits(client, 0);
}

CHECK(answer_in_pieces, "prints an answer that arrives in pieces", POINTS(1), AFTER(prints_answer),
      BECAUSE("One read() brings what has arrived so far, whatever its size: only 0 means that the answer is complete."))
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_words();
    const char *first = text("%s\n%s", random_words(), random_words());
    const char *buffer = random_text(4096);
    const char *last = text("%s\nthe end\n", random_words());
    struct program *client = runs(PROGRAM, target(LOOPBACK, server_port(server)), line);
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

CHECK(binary_answer, "prints every byte of a large binary answer", POINTS(1), AFTER(answer_in_pieces))
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_words();
    struct bytes start = join(random_words(), literal("\0\n\0\r\xff\x80 100%s%n"));
    struct bytes answer = join(start, random_bytes((size_t)random_between(1 << 20, 2 << 20)));
    struct program *client = runs(PROGRAM, target(LOOPBACK, server_port(server)), line);
    struct conn *conn = accepts(server);
    hears(conn, join(line, "\n"));
    says(conn, answer);
    hangs_up(conn);
    prints(client, answer);
    exits(client, 0);
}

CHECK(long_line, "sends a line of 100 KB to a peer that reads slowly", POINTS(1), AFTER(prints_answer))
{
    struct listener *server = listens_with_small_buffers(ANY_PORT);
    const char *line = random_text((size_t)random_between(98000, 100000));
    const char *answer = text("%s\n", random_words());
    struct program *client = runs(PROGRAM, target(LOOPBACK, server_port(server)), line);
    struct conn *conn = accepts(server);
    hears_slowly(conn, join(line, "\n"));
    says(conn, answer);
    hangs_up(conn);
    prints(client, answer);
    exits(client, 0);
}

CHECK(short_write, "sends all of a long line though the kernel takes it in parts", POINTS(1), AFTER(long_line),
      BECAUSE("write() and send() return how many bytes the kernel took. It may be fewer than you gave, as here, where the "
              "program was stopped and continued while it waited in the call: what is behind those bytes is "
              "still yours to send."))
{
    struct listener *server = listens_with_small_buffers(ANY_PORT);
    const char *line = random_text((size_t)random_between(98000, 100000));
    const char *answer = text("%s\n", random_words());
    struct program *client = runs(PROGRAM, target(LOOPBACK, server_port(server)), line);
    struct conn *conn = accepts(server);
    is_stopped_and_continued(client);
    hears(conn, join(line, "\n"));
    says(conn, answer);
    half_closes(conn);
    hears_end(conn);
    prints(client, answer);
    exits(client, 0);
}

CHECK(stopped, "loses nothing when stopped and continued while it waits", POINTS(1), AFTER(binary_answer),
      BECAUSE("A call that waits with a time-out returns -1 with EINTR when the program is stopped and continued: that is no "
              "failure, and the call is made again. A write() that waits, to stdout too, returns how many bytes were taken "
              "by then."))
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_words();
    const char *first = text("%s\n", random_words());
    const char *last = text("%s\n", random_words());
    struct program *client = runs(PROGRAM, target(LOOPBACK, server_port(server)), line);
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
    client = runs_as((struct how){.output_waits = true}, PROGRAM, target(LOOPBACK, server_port(server)), line);
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

CHECK(reset, "reports a reset while it reads or sends, after printing what came before", POINTS(1),
      AFTER(answer_in_pieces, long_line),
      BECAUSE("read() and write() return -1 for a reset, and read() returns 0 for the end of the answer: only 0 is a success. "
              "SIGPIPE would end the program without a word: ignore it."))
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_words();
    const char *first = text("%s\n%s", random_words(), random_words());
    struct program *client = runs(PROGRAM, target(LOOPBACK, server_port(server)), line);
    struct conn *conn = accepts(server);
    hears(conn, join(line, "\n"));
    says(conn, first);
    is_taken(conn);
    resets(conn);
    prints(client, first);
    complains(client, LOOPBACK, port_of(server), "Connection reset by peer");
    exits(client, 1);

    server = listens_with_small_buffers(ANY_PORT);
    line = random_text((size_t)random_between(98000, 100000));
    client = runs(PROGRAM, target(LOOPBACK, server_port(server)), line);
    conn = accepts(server);
    comes_to_rest(client);
    half_closes(conn);
    resets(conn);
    prints(client, "");
    complains(client, LOOPBACK, port_of(server), "Broken pipe|Connection reset by peer");
    exits(client, 1);
}

CHECK(quiet, "waits as long as it takes, and uses no CPU meanwhile", POINTS(1), AFTER(long_line),
      BECAUSE("Wait in a call that blocks, for as long as the server takes: nobody has set a time."))
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_words();
    const char *answer = text("%s\n", random_words());
    struct program *client = runs(PROGRAM, target(LOOPBACK, server_port(server)), line);
    struct conn *conn = accepts(server);
    hears(conn, join(line, "\n"));
    time_passes(1.2);
    uses_no_cpu(client);
    says(conn, answer);
    is_taken(conn);
    uses_no_cpu(client);
    hangs_up(conn);
    prints(client, answer);
    exits(client, 0);

    server = listens_with_small_buffers(ANY_PORT);
    line = random_text((size_t)random_between(98000, 100000));
    client = runs(PROGRAM, target(LOOPBACK, server_port(server)), line);
    conn = accepts(server);
    uses_no_cpu(client); /* the server does not read */
    hears(conn, join(line, "\n"));
}

static void works_when_started(struct how how)
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_words();
    struct program *client = runs_as(how, PROGRAM, target(LOOPBACK, server_port(server)), line);
    talks(client, server, line);
}

/* With nowhere to print, it still sends the line and nothing else. */
static void sends_no_more(struct how without_stdout)
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_words();
    struct program *client = runs_as(without_stdout, PROGRAM, target(LOOPBACK, server_port(server)), line);
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
    struct program *client = runs_as((struct how){.output_full = true}, PROGRAM, target(LOOPBACK, server_port(server)), line);
    struct conn *conn = accepts(server);
    hears(conn, join(line, "\n"));
    says(conn, random_words());
    hangs_up(conn);
    complains(client);
    exits(client, 1);
}

CHECK(odd_start, "keeps its contract however it was started", POINTS(1), AFTER(prints_answer),
      BECAUSE("A program inherits its descriptors and its signals from whoever started it: a socket may get the number 0, "
              "1 or 2, and printf() then writes to it. What stdout does not take is a failure like any other."))
{
    works_when_started((struct how){.closed = {true, false, false}});
    works_when_started((struct how){.closed = {false, false, true}});
    works_when_started((struct how){.closed = {true, false, true}, .signals_blocked = true});
    works_when_started((struct how){.extra_descriptors = true, .signals_ignored = true});
    sends_no_more((struct how){.closed = {false, true, false}});
    sends_no_more((struct how){.closed = {true, true, false}}); /* the lowest free number is 0, and then 1 */
    reports_a_full_disk();
}

CHECK(memory, "makes no memory error and leaks nothing", POINTS(2), AFTER(answer_in_pieces), UNDER_MEMCHECK)
{
    struct listener *server = listens(ANY_PORT);
    const char *line = random_words();
    struct program *unheard = runs(PROGRAM, target(LOOPBACK, free_port()), line);
    struct program *unknown = runs(PROGRAM, "127.0.0.1:sockeye-none", line);
    struct program *misused = runs(PROGRAM, "127.0.0.1:0", line);
    struct program *client = runs(PROGRAM, target(LOOPBACK, server_port(server)), line);
    talks(client, server, line);
    finishes(unheard);
    finishes(unknown);
    finishes(misused);
}
