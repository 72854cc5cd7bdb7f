/*
 * tcp_client - sends a line to a TCP server and prints the answer.
 *
 * usage: tcp_client ADDRESS PORT LINE        tcp_client 127.0.0.1 7777 "knock knock"
 *
 * Ends with status 0 when the server has closed the connection, 1 when something failed, 2 when the arguments
 * are wrong.
 *
 * What is new: a socket, an address, connect; and that a stream has no messages. One write() may take only a
 * part of the data, one read() may bring only a part of the answer.
 *
 * See also: socket(2), connect(2), read(2), write(2), inet_pton(3), ip(7), tcp(7), RFC 9293.
 */
#include <arpa/inet.h>
#include <err.h>
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
    /* TODO 1: return 0 unless the text is digits and nothing else, and the number is at most 65535. strtol()
       lets " 80", "+80" and "80x" pass, and 65616, cut down to 16 bits, is 80. strspn(3) finds what is not
       a digit. */
    errx(3, "step 1 is still to do: see TODO 1");
    long port = strtol(text, NULL, 10);
    return (uint16_t)port;
}

/* Returns a TCP socket that is not connected yet, or -1. Its number is above 2, whatever was closed when we
   were started: a socket with the number 1 or 2 would get our output, or our error messages. */
static int tcp_socket(void)
{
    int fd = -1;
    /* TODO 3: fd = socket(...): the family of IPv4 addresses, a stream, protocol 0. Nothing is sent yet. */
    errx(3, "step 3 is still to do: see TODO 3");

    if (fd == -1 || fd > STDERR_FILENO)
        return fd;
    /* TODO 8: fd is 0, 1 or 2. Get a higher number for the same socket with fcntl(fd, F_DUPFD, ...), close
       fd, and return the higher one. */
    errx(3, "step 8 is still to do: see TODO 8");
}

/* Writes all of the data, in as many pieces as the kernel likes. Returns 0, or -1 if it could not. */
static int write_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        errx(3, "step 5 is still to do: see TODO 5");
        ssize_t n = write(fd, data, length);
        if (n == -1)
            return -1;
        /* TODO 5: n bytes are gone, and n may be less than length. Let data and length say what is left. */
    }
    return 0;
}

/* Sends the line and a newline. The NUL that ends a string is C's own affair: it is not sent. */
static int send_line(int fd, const char *line)
{
    if (write_all(fd, line, strlen(line)) == -1)
        return -1;
    return write_all(fd, "\n", 1);
}

/* Copies to stdout what the server sends, until it closes. Returns 0, or -1 if reading or writing failed. */
static int print_answer(int fd)
{
    char buffer[4096];
    ssize_t n;

    /* TODO 6: this reads once, and prints nothing. Read until n is 0 (the server has closed) or -1 (error),
       and let write_all() write what each read() brought, the first n bytes of buffer, to STDOUT_FILENO. */
    errx(3, "step 6 is still to do: see TODO 6");
    n = read(fd, buffer, sizeof buffer);
    return n == 0 ? 0 : -1;
}

int main(int argc, char *argv[])
{
    if (argc != 4) {
        fprintf(stderr, "usage: tcp_client ADDRESS PORT LINE\n");
        return 2;
    }
    const char *address = argv[1];
    const char *port = argv[2];
    const char *line = argv[3];

    struct sockaddr_in server = { .sin_family = AF_INET, .sin_port = htons(parse_port(port)) };
    if (server.sin_port == 0)
        errx(2, "not a port from 1 to 65535: %s", port);
    /* TODO 2: let inet_pton() turn the text of the address into server.sin_addr. If that does not return 1,
       the text is no address: say so and end with status 2, as for the port. */
    errx(3, "step 2 is still to do: see TODO 2");

    int status = 1;
    int fd = tcp_socket();
    if (fd == -1) {
        warn("cannot connect to %s port %s", address, port);
        goto done;
    }
    /* TODO 4: connect() the socket to the server. It wants a struct sockaddr *: cast the address of server.
       If it returns -1, do as above: warn() says what was tried, and adds why it failed. */
    errx(3, "step 4 is still to do: see TODO 4");

    int sent = send_line(fd, line);
    int printed = print_answer(fd);     /* even if not all was sent: the server may have said why */
    /* TODO 7: if sent is -1, or printed is -1, say what failed, as above. And before the socket is made, see
       to it that writing to a closed connection fails, and does not kill us: signal(SIGPIPE, ...). */
    if (sent == -1 || printed == -1)
        errx(3, "step 7 is still to do: see TODO 7");
    if (sent == 0 && printed == 0)
        status = 0;

done:
    if (fd != -1)
        close(fd);
    return status;
}
