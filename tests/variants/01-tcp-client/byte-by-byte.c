/* Another way: a byte at a time, and the end at the first failure: when a byte can't be printed, the rest of the answer stays
 * unread, and the kernel resets the connection. */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
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

/* Says what went wrong, and with whom. */
static int failure(const char *what, char *argv[])
{
    warn("cannot %s %s port %s", what, argv[1], argv[2]);
    return 1;
}

static int talk(int fd, char *argv[])
{
    char byte;
    ssize_t n;

    for (const char *p = argv[3]; *p != '\0'; p++) {
        if (write(fd, p, 1) != 1)
            return failure("send to", argv);
    }
    if (write(fd, "\n", 1) != 1)
        return failure("send to", argv);
    while ((n = read(fd, &byte, 1)) == 1) {
        if (write(STDOUT_FILENO, &byte, 1) != 1)
            return failure("print the answer of", argv);
    }
    return n == 0 ? 0 : failure("hear", argv);
}

int main(int argc, char *argv[])
{
    if (argc != 4)
        errx(2, "usage: tcp_client ADDRESS PORT LINE");
    struct sockaddr_in server = { .sin_family = AF_INET, .sin_port = htons(parse_port(argv[2])) };
    if (server.sin_port == 0)
        errx(2, "not a port from 1 to 65535: %s", argv[2]);
    if (inet_pton(AF_INET, argv[1], &server.sin_addr) != 1)
        errx(2, "not an IPv4 address: %s", argv[1]);

    signal(SIGPIPE, SIG_IGN);
    int fd = tcp_socket();
    int status;
    if (fd == -1 || connect(fd, (struct sockaddr *)&server, sizeof server) == -1)
        status = failure("connect to", argv);
    else
        status = talk(fd, argv);
    if (fd != -1)
        close(fd);
    return status;
}
