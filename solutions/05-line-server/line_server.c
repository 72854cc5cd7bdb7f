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
    if (text[strspn(text, "0123456789")] != '\0')   /* strtol() alone would let " 80", "+80" and "80x" pass */
        return 0;
    long port = strtol(text, NULL, 10);             /* LONG_MAX if there are too many digits */
    return port <= UINT16_MAX ? (uint16_t)port : 0;
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
    if (inet_pton(AF_INET6, text, &ipv6->sin6_addr) == 1) {
        ipv6->sin6_family = AF_INET6;
        ipv6->sin6_port = htons(port);
        return sizeof *ipv6;
    }
    return 0;
}

/* Fills the gaps in descriptors 0 to 2: a client whose socket became number 2 would be sent our messages. */
static int fill_standard_descriptors(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= STDIN_FILENO && fd <= STDERR_FILENO);
    if (fd != -1)
        close(fd);
    return fd == -1 ? -1 : 0;
}

/* Returns a listening socket, or -1 with errno set. */
static int open_listener(const struct sockaddr_storage *addr, socklen_t length)
{
    int fd = socket(addr->ss_family, SOCK_STREAM, 0);
    int on = 1;

    if (fd == -1)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
        bind(fd, (const struct sockaddr *)addr, length) == -1 || listen(fd, SOMAXCONN) == -1) {
        int reason = errno;
        close(fd);
        errno = reason;
        return -1;
    }
    return fd;
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
    sigset_t ours;

    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigemptyset(&ours);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    sigprocmask(SIG_UNBLOCK, &ours, NULL);
    signal(SIGPIPE, SIG_IGN);   /* a write to a client that has gone shall fail, not kill */
}

/* Writes all of the data, in as many pieces as the kernel likes. Returns 0, or -1 if it could not. */
static int write_all(int conn, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t sent = write(conn, data, length);
        if (sent == -1)
            return -1;
        data += sent;
        length -= (size_t)sent;
    }
    return 0;
}

static int send_text(int conn, const char *text)
{
    return write_all(conn, text, strlen(text));
}

static bool is_quit(const struct line *line)
{
    return line->length == 4 && memcmp(line->text, "quit", 4) == 0;
}

/* Answers a line that has come to its LF. Returns 0 if the conversation goes on, -1 if it is over. */
static int answer(int conn, struct line *line)
{
    char reply[MAX_LINE + 10];      /* "1024 ", the line, CR LF */

    if (line->length > 0 && line->length <= sizeof line->text && line->text[line->length - 1] == '\r')
        line->length--;
    if (line->length > MAX_LINE)
        return send_text(conn, "error line too long\r\n");
    if (is_quit(line)) {
        send_text(conn, "bye\r\n");
        return -1;
    }
    /* The line may hold any byte, NULs too: it is no string. One write() for all: a segment, not three. */
    size_t length = (size_t)sprintf(reply, "%zu ", line->length);
    memcpy(reply + length, line->text, line->length);
    length += line->length;
    reply[length++] = '\r';
    reply[length++] = '\n';
    return write_all(conn, reply, length);
}

/* Takes the next bytes of the stream: a part of a line, or the end of one and ten more. */
static int take(int conn, struct line *line, const char *data, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (data[i] == '\n') {
            if (answer(conn, line) == -1)
                return -1;
            line->length = 0;
            continue;
        }
        if (line->length < sizeof line->text)
            line->text[line->length] = data[i];
        line->length++;
    }
    return 0;
}

/* Serves one client, until it says quit, has no more to say, or is gone. */
static void serve(int conn)
{
    struct line line = {.length = 0};   /* outlives each read(): a line may come in pieces */
    char buffer[4096];
    ssize_t received;

    while ((received = read(conn, buffer, sizeof buffer)) > 0) {
        if (take(conn, &line, buffer, (size_t)received) == -1)
            return;
    }
}

/* Serves one client after the other, for ever. */
static void accept_clients(int listener)
{
    for (;;) {
        int conn = accept(listener, NULL, NULL);
        if (conn == -1) {
            if (errno != ECONNABORTED) {    /* a client that has gone already is no reason to end */
                warn("accept");
                sleep(1);                   /* no memory, say: it may be better soon */
            }
            continue;
        }
        serve(conn);
        close(conn);
    }
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
