/* Another way: splice() moves the bytes straight between the connection and stdin or stdout, where those are pipes. It holds
 * the pipe's lock while it waits for the connection: whoever reads the pipe waits with it. */
#define _GNU_SOURCE
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

    if (digits == 0)
        return strchr(" +-", *text) == NULL;        /* getaddrinfo() would take "+80" for a number; NUL, too */
    long port = strtol(text, NULL, 10);             /* LONG_MAX if there are too many digits */
    return text[digits] == '\0' && port >= 1 && port <= 65535;
}

/* Fills the gaps in descriptors 0 to 2: a socket with the number 0 would be read as our input. */
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
    for (struct addrinfo *a = list; a != NULL; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        if (fd != -1 && connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            break;
        reason = errno;
        if (fd != -1)
            close(fd);
        fd = -1;
    }
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
    while (length > 0) {
        ssize_t n = write(fd, data, length);
        if (n == -1)
            return -1;
        data += n;
        length -= (size_t)n;
    }
    return 0;
}

/* Copies all that comes until end-of-file. Returns 0, or -1 if reading or writing failed. */
static int copy(int from, int to)
{
    char buffer[16384];
    ssize_t n;

    while ((n = splice(from, NULL, to, NULL, 65536, 0)) > 0)
        ;
    if (n == 0 || errno != EINVAL)  /* neither end is a pipe */
        return n == 0 ? 0 : -1;
    while ((n = read(from, buffer, sizeof buffer)) > 0) {
        if (write_all(to, buffer, (size_t)n) == -1)
            return -1;
    }
    return n == 0 ? 0 : -1;
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
    signal(SIGPIPE, SIG_IGN);   /* so that writing to a closed connection fails, and does not kill us */

    int fd = connect_to(host, service);
    if (fd == -1)
        return 1;
    int status = 0;
    if (copy(STDIN_FILENO, fd) == -1 || shutdown(fd, SHUT_WR) == -1) {
        warn("cannot send everything to %s port %s", host, service);
        status = 1;
    }
    if (copy(fd, STDOUT_FILENO) == -1) {    /* even if not all was sent: the server may have said why */
        warn("cannot print the answer of %s port %s", host, service);
        status = 1;
    }
    close(fd);
    return status;
}
