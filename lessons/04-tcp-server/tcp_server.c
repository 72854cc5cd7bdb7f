/*
 * tcp_server - sends back what its clients send, one client after the other.
 *
 * usage: tcp_server [ADDRESS] PORT        tcp_server 127.0.0.1 7777
 *
 * Ends with status 0 at SIGTERM or SIGINT, 1 when it cannot listen, 2 when the arguments are wrong.
 *
 * What is new: the other end of a connection. A listening socket has an address that clients know (bind), a queue
 * in which they wait (listen), and makes a socket of its own for each of them (accept). And a server never ends by
 * itself, whatever its clients do: it must not keep anything of them, and must be told when to stop.
 *
 * See also: bind(2), listen(2), accept(2), socket(7), ip(7), signal(7), sigaction(2).
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Returns the port that the text names, or 0 if it names none: a port is a decimal number from 1 to 65535. */
static uint16_t parse_port(const char *text)
{
    /* TODO 1: as in lesson 1. Digits and nothing else, and not too large a number. */
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
    /* TODO 2: the same for IPv6: AF_INET6, sin6_addr, sin6_family, sin6_port. Return 0 if it is neither. */
    errx(3, "step 2 is still to do: see TODO 2");
    return sizeof *ipv6;
}

/* Fills the gaps in descriptors 0 to 2: a client whose socket became number 2 would be sent our messages. */
static int fill_standard_descriptors(void)
{
    /* TODO 10: as in lesson 3. */
    return 0;
}

/* Returns a listening socket, or -1 with errno set. */
static int open_listener(const struct sockaddr_storage *addr, socklen_t length)
{
    int fd = socket(addr->ss_family, SOCK_STREAM, 0);
    int on = 1;

    if (fd == -1)
        return -1;
    /* TODO 9: set the option SO_REUSEADDR, or you can't start again while old connections linger. It must come
       before bind(). */
    (void)on;
    /* TODO 3: bind() the socket to the address, and listen(). How long a queue does listen() ask for? If one of
       them fails, close the socket and return -1, with errno as it was. */
    errx(3, "step 3 is still to do: see TODO 3");
    (void)length;
    return fd;
}

/* Nothing is left to be done at the end: the kernel closes what is open. */
static void on_signal(int signo)
{
    (void)signo;
    /* TODO 8: end the process with status 0. signal-safety(7) says what a handler may call: exit() is not on its
       list, _exit() is. */
}

/* Lets SIGTERM and SIGINT end us with status 0, even if we were started with them ignored or blocked. */
static void catch_signals(void)
{
    struct sigaction action = { .sa_handler = on_signal };

    /* TODO 8: make on_signal the action for SIGTERM and SIGINT, with sigaction(2), and unblock both, with
       sigprocmask(2). */
    (void)action;
    /* TODO 7: writing to a client that has closed raises SIGPIPE, which kills the server. See to it that write()
       fails instead. */
}

/* Writes all of the data, in as many pieces as the kernel likes. Returns 0, or -1 if it could not. */
static int write_all(int conn, const char *data, size_t length)
{
    /* TODO 5: as in lesson 1. */
    errx(3, "step 5 is still to do: see TODO 5");
    (void)conn;
    (void)data;
    (void)length;
}

/* Sends back what comes until the client has no more to say, or is gone. */
static void echo(int conn)
{
    char buffer[16384];
    ssize_t received;

    /* TODO 5: this sends back one piece. Go on until read() says end-of-file. And if one of the two fails? It is
       the client that is gone, and not the server: return, and the next one is served. */
    received = read(conn, buffer, sizeof buffer);
    if (received > 0 && write_all(conn, buffer, (size_t)received) == -1)
        return;
}

/* Serves one client after the other, for ever. */
static void accept_clients(int listener)
{
    /* TODO 4: accept() a client, and let echo() serve it. Then the next. */
    /* TODO 6: close the client's socket when it has been served. If accept() fails, that is no reason to end. */
    errx(3, "step 4 is still to do: see TODO 4");
    echo(listener);
}

int main(int argc, char *argv[])
{
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: tcp_server [ADDRESS] PORT\n");
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
