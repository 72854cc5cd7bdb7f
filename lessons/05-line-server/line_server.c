/*
 * line_server - answers each line that a client sends with its length and the line itself.
 *
 * usage: line_server [ADDRESS] PORT        line_server 127.0.0.1 7777
 *
 * Serves one client at a time. Ends with status 0 at SIGTERM or SIGINT, 1 when it cannot listen, 2 when the
 * arguments are wrong.
 *
 * What is new: lines. TCP carries a stream of bytes; where a line ends is for the program to find, however
 * the stream was cut into pieces. A line ends in LF, with a CR before it or not; what we send always has both.
 *
 * See also: read(2), write(2), signal(7), telnet(1), RFC 1122 section 1.2.2, RFC 854 on CR LF.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_LINE 1024

/* The line that has come so far. All its bytes are counted; the first MAX_LINE + 1 are kept, one more than a
   line may have: it may be the CR before the LF, which is not part of the line. */
struct line {
    char text[MAX_LINE + 1];
    size_t length;
};

/* Returns the port that the text names, or 0 if it names none: a port is a decimal number from 1 to 65535. */
static uint16_t parse_port(const char *text)
{
    /* TODO 1: as in lessons 1 and 4. */
    errx(3, "step 1 is still to do: see TODO 1");
    return (uint16_t)strtol(text, NULL, 10);
}

/* Makes a socket address of a numeric address, IPv4 or IPv6. Returns its length, or 0 if `text` is none. */
static socklen_t socket_address(const char *text, uint16_t port, struct sockaddr_storage *addr)
{
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)addr;
    struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)addr;

    memset(addr, 0, sizeof *addr);
    if (inet_pton(AF_INET, text, &ipv4->sin_addr) == 1) {
        ipv4->sin_family = AF_INET;
        ipv4->sin_port = htons(port);
        return sizeof *ipv4;
    }
    /* TODO 1: the same for IPv6. */
    (void)ipv6;
    return 0;
}

/* Fills the gaps in descriptors 0 to 2: a client whose socket became number 2 would be sent our messages. */
static int fill_standard_descriptors(void)
{
    /* TODO 8: as in lessons 3 and 4. */
    return 0;
}

/* Returns a listening socket, or -1 with errno set. */
static int open_listener(const struct sockaddr_storage *addr, socklen_t length)
{
    /* TODO 2: socket, SO_REUSEADDR, bind, listen, as in lesson 4. */
    errx(3, "step 2 is still to do: see TODO 2");
    (void)addr;
    (void)length;
}

/* Nothing is left to be done at the end: the kernel closes what is open. */
static void on_signal(int signo)
{
    (void)signo;
    _exit(0);   /* not exit(), which a signal handler may not call */
}

/* Lets SIGTERM and SIGINT end us with status 0, even if we were started with them ignored or blocked. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    /* TODO 8: the action for SIGTERM and SIGINT, both unblocked, and SIGPIPE ignored: as in lesson 4. */
    (void)action;
}

/* Writes all of the data, in as many pieces as the kernel likes. Returns 0, or -1 if it could not. */
static int write_all(int conn, const char *data, size_t length)
{
    /* TODO 3: as in lessons 1 and 4. */
    errx(3, "step 3 is still to do: see TODO 3");
    (void)conn;
    (void)data;
    (void)length;
}

static int send_text(int conn, const char *text)
{
    return write_all(conn, text, strlen(text));
}

static bool is_quit(const struct line *line)
{
    /* TODO 7: is it just these four bytes? The line is no string: there is no NUL at its end. */
    (void)line;
    return false;
}

/* Answers a line that has come to its LF. Returns 0 if the conversation goes on, -1 if it is over. */
static int answer(int conn, struct line *line)
{
    char reply[MAX_LINE + 10];      /* "1024 ", the line, CR LF */

    /* TODO 5: one CR at its end is not part of the line. */
    /* TODO 6: a line of more than MAX_LINE bytes has an answer of its own. */
    if (is_quit(line)) {
        send_text(conn, "bye\r\n");
        return -1;
    }
    /* TODO 3: put the length, a space, the line, CR and LF into reply, and send all of that. The line may
       hold NULs: memcpy(3) copies by length. */
    (void)reply;
    return write_all(conn, line->text, line->length);
}

/* Takes the next bytes of the stream: a part of a line, or the end of one and ten more. */
static int take(int conn, struct line *line, const char *data, size_t length)
{
    /* TODO 4: go through the bytes. At an LF answer() the line, and begin the next one. Any other byte is
       added to the line. If answer() returns -1, so do you. */
    /* TODO 6: what if there is no room for a byte? Count it all the same. */
    errx(3, "step 4 is still to do: see TODO 4");
    (void)data;
    (void)length;
    return answer(conn, line);
}

/* Serves one client, until it says quit, has no more to say, or is gone. */
static void serve(int conn)
{
    struct line line = {.length = 0};   /* outlives each read(): a line may come in pieces */
    char buffer[4096];
    ssize_t received;

    /* TODO 4: this takes one piece. Go on until read() says end-of-file, or fails, or take() returns -1. */
    received = read(conn, buffer, sizeof buffer);
    if (received > 0 && take(conn, &line, buffer, (size_t)received) == -1)
        return;
}

/* Serves one client after the other, for ever. */
static void accept_clients(int listener)
{
    /* TODO 2: accept, serve, close, and again: as in lesson 4. */
    errx(3, "step 2 is still to do: see TODO 2");
    serve(listener);
}

int main(int argc, char *argv[])
{
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: line_server [ADDRESS] PORT\n");
        return 2;
    }
    const char *address = argc == 3 ? argv[1] : "0.0.0.0";  /* every interface */
    const char *port = argv[argc - 1];

    if (parse_port(port) == 0)
        errx(2, "not a port from 1 to 65535: %s", port);
    struct sockaddr_storage addr;
    socklen_t length = socket_address(address, parse_port(port), &addr);
    if (length == 0)
        errx(2, "neither an IPv4 nor an IPv6 address: %s", address);

    if (fill_standard_descriptors() == -1)
        err(1, "/dev/null");
    catch_signals();
    int listener = open_listener(&addr, length);
    if (listener == -1)
        err(1, "cannot listen on %s port %s", address, port);
    accept_clients(listener);
}
