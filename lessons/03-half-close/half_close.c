/*
 * half_close - sends its input to a TCP server, says that this was all, and prints the answer.
 *
 * usage: half_close HOST SERVICE        half_close localhost 7777 < question > answer
 *
 * Ends with status 0 when the server has closed the connection, 1 when something failed, 2 when the arguments
 * are wrong.
 *
 * What is new: a connection has two directions, and each ends by itself. shutdown() ends the one that we send in,
 * which is how the server learns that it has everything; the other one stays open for the answer.
 *
 * See also: shutdown(2), tcp(7), getaddrinfo(3), signal(7), RFC 9293 section 3.6.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Says whether the text can be a service: a number from 1 to 65535 if it begins with a digit, else a name. */
static int is_service(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    /* TODO 1: return 1 if the text can be a service, else 0. If it begins with a digit, all of it is digits, and
       the number is from 1 to 65535. If not, it does not begin with a space or a sign, for which getaddrinfo()
       is too kind: it takes " 80" and "+80" for numbers. */
    errx(3, "step 1 is still to do: see TODO 1");
    return digits > 0;
}

/* Fills the gaps in descriptors 0 to 2: a socket with the number 0 would be read as our input. */
static int fill_standard_descriptors(void)
{
    /* TODO 7: open /dev/null until the number that open() returns is above 2; close that one. Return 0, or -1 if
       open() failed. */
    return 0;
}

/* Returns a socket connected to the first address of the host that accepts, or -1, having said why. */
static int connect_to(const char *host, const char *service)
{
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    struct addrinfo *list;
    int reason = 0;
    int fd = -1;

    int error = getaddrinfo(host, service, &hints, &list);
    if (error != 0) {
        warnx("cannot look up %s port %s: %s", host, service, gai_strerror(error));
        return -1;
    }
    /* TODO 2: as in lesson 2, make a socket for each address of the list and connect() it, until one accepts.
       Close those that did not, and keep the errno of the last one in reason. */
    errx(3, "step 2 is still to do: see TODO 2");
    freeaddrinfo(list);
    if (fd == -1) {
        errno = reason;
        warn("cannot connect to %s port %s", host, service);
    }
    return fd;
}

/* Writes all of the data, in as many pieces as the kernel likes. Returns 0, or -1 if it could not. */
static int write_all(int fd, const char *data, size_t length)
{
    /* TODO 3: as in lesson 1. One write() may take a part. */
    errx(3, "step 3 is still to do: see TODO 3");
    return write(fd, data, length) == -1 ? -1 : 0;
}

/* Copies all that comes until end-of-file. Returns 0, or -1 if reading or writing failed. */
static int copy(int from, int to)
{
    char buffer[16384];
    ssize_t n;

    /* TODO 3: this copies one piece. Read and write_all() until read() says end-of-file, or fails. */
    n = read(from, buffer, sizeof buffer);
    if (n > 0 && write_all(to, buffer, (size_t)n) == -1)
        return -1;
    return n == -1 ? -1 : 0;
}

int main(int argc, char *argv[])
{
    if (argc != 3) {
        fprintf(stderr, "usage: half_close HOST SERVICE\n");
        return 2;
    }
    const char *host = argv[1];
    const char *service = argv[2];

    if (!is_service(service))
        errx(2, "neither a port from 1 to 65535 nor a service: %s", service);
    if (fill_standard_descriptors() == -1)
        err(1, "/dev/null");
    /* TODO 6: writing to a connection that the server has closed raises SIGPIPE, and that kills us before we have
       printed the answer. See to it that write() fails instead. */

    int fd = connect_to(host, service);
    if (fd == -1)
        return 1;
    int status = 0;
    if (copy(STDIN_FILENO, fd) == -1) {
        /* TODO 6: say on stderr what failed, with host and port, and why. The status is 1 now. And then? */
        errx(3, "step 6 is still to do: see TODO 6");
    }
    /* TODO 4: the server does not know yet that this was all. Tell it, and leave the other direction open. */
    errx(3, "step 4 is still to do: see TODO 4");

    /* TODO 5: copy the answer from the connection to STDOUT_FILENO. If that fails, do as above. */
    errx(3, "step 5 is still to do: see TODO 5");
    close(fd);
    return status;
}
