/* Another way: splice() moves the answer straight from the connection to stdout, and holds the pipe's lock meanwhile. */
#define _GNU_SOURCE
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
    if (text[strspn(text, "0123456789")] != '\0')   /* strtol() alone would let " 80", "+80" and "80x" pass */
        return 0;
    long port = strtol(text, NULL, 10);             /* LONG_MAX if there are too many digits */
    return port <= UINT16_MAX ? (uint16_t)port : 0;
}

/* Returns a TCP socket that is not connected yet, or -1. Its number is above 2, whatever was closed when we
   were started: a socket with the number 1 or 2 would get our output, or our error messages. */
static int tcp_socket(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1 || fd > STDERR_FILENO)
        return fd;
    int higher = fcntl(fd, F_DUPFD, STDERR_FILENO + 1);
    close(fd);
    return higher;
}

/* Writes all of the data, in as many pieces as the kernel likes. Returns 0, or -1 if it could not. */
static int write_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, data, length);
        if (n == -1)
            return -1;
        data += n;
        length -= (size_t)n;
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
    ssize_t n; static char buffer[4096];
    while ((n = splice(fd, NULL, STDOUT_FILENO, NULL, 65536, 0)) > 0)
        ;
    if (n == -1 && errno == EINVAL) {   /* stdout is no pipe */
        while ((n = read(fd, buffer, sizeof buffer)) > 0)
            if (write_all(STDOUT_FILENO, buffer, (size_t)n) == -1)
                return -1;
    }
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
    if (inet_pton(AF_INET, address, &server.sin_addr) != 1)
        errx(2, "not an IPv4 address: %s", address);

    signal(SIGPIPE, SIG_IGN);   /* so that writing to a closed connection fails, and does not kill us */

    int status = 1;
    int fd = tcp_socket();
    if (fd == -1 || connect(fd, (struct sockaddr *)&server, sizeof server) == -1) {
        warn("cannot connect to %s port %s", address, port);
        goto done;
    }
    int sent = send_line(fd, line);
    if (sent == -1)
        warn("cannot send the line to %s port %s", address, port);
    int printed = print_answer(fd);     /* even if not all was sent: the server may have said why */
    if (printed == -1)
        warn("cannot print the answer of %s port %s", address, port);
    if (sent == 0 && printed == 0)
        status = 0;

done:
    if (fd != -1)
        close(fd);
    return status;
}
