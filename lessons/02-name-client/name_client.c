/*
 * name_client - sends a line to a TCP server that is known by its name, and prints the answer.
 *
 * usage: name_client HOST:SERVICE LINE       name_client localhost:7777 "knock knock"
 *                                            name_client [::1]:time ""
 *
 * Ends with status 0 when the server has closed the connection, 1 when something failed, 2 when the arguments
 * are wrong.
 *
 * What is new: names for hosts and services; addresses of two families; and that a name may have several
 * addresses, of which the first that accepts is good enough.
 *
 * See also: getaddrinfo(3), gai_strerror(3), inet_pton(3), services(5), hosts(5), ipv6(7), RFC 6724.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Is it the name of a service, or a port from 1 to 65535? What does not begin with a letter must be a port:
   getaddrinfo() would take " 80" and "+80" for one, too. */
static bool is_service(const char *text)
{
    /* TODO 3: a name is fine as long as there is no colon in it. For a port do as in lesson 1: digits and
       nothing else, and the number from 1 to 65535. An empty text is neither. */
    errx(3, "step 3 is still to do: see TODO 3");
    if (isalpha((unsigned char)*text))
        return true;
    long port = strtol(text, NULL, 10);
    return port != 0;
}

/* Splits HOST:SERVICE, or [ADDRESS]:SERVICE, where it stands. Returns 0, or -1 if it is neither. */
static int split_target(char *target, char **host, char **service)
{
    char *end;      /* of the host: its bracket, or the colon */

    if (*target == '[') {
        struct in6_addr unused;
        *host = target + 1;
        end = strchr(target, ']');
        /* TODO 2: the host ends at its bracket, which must be there, with a colon behind it. Put a NUL in
           place of the bracket, let end point to the colon, and ask inet_pton() whether the host is IPv6. */
        errx(3, "step 2 is still to do: see TODO 2");
        if (inet_pton(AF_INET6, *host, &unused) != 1)
            return -1;
    } else {
        *host = target;
        end = strchr(target, ':');
        /* TODO 1: there must be a colon, and a host in front of it. Put a NUL in its place. */
        errx(3, "step 1 is still to do: see TODO 1");
    }
    *service = end + 1;
    return is_service(*service) ? 0 : -1;
}

/* Returns the addresses of a host and a service, for freeaddrinfo(). NULL, with a message, if it has none. */
static struct addrinfo *look_up(const char *host, const char *service, const char *target)
{
    struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
    struct addrinfo *list = NULL;

    /* TODO 4: ask getaddrinfo() for addresses of any family. If it fails, it returns a number that is not 0,
       for which gai_strerror() has the words; only for EAI_SYSTEM is the reason in errno. Use warnx(). */
    errx(3, "step 4 is still to do: see TODO 4 (%s, %s, %s)", host, service, target);
    int reason = getaddrinfo(host, service, &hints, &list);
    return reason == 0 ? list : NULL;
}

/* Returns a TCP socket for addresses of that family, or -1. Its number is above 2, whatever was closed when
   we were started: a socket with the number 1 or 2 would get our output, or our error messages. */
static int tcp_socket(int family)
{
    int fd = socket(family, SOCK_STREAM, 0);
    if (fd == -1 || fd > STDERR_FILENO)
        return fd;
    int higher = fcntl(fd, F_DUPFD, STDERR_FILENO + 1);
    close(fd);
    return higher;
}

/* Returns a socket that is connected to the first address that accepts. If none does: -1, with the last one's
   errno. */
static int connect_to_any(const struct addrinfo *list)
{
    /* TODO 5: this tries the first address only. Go along the list, which is linked by ai_next: a socket of
       the address's family, connect(). If that fails, close the socket, and keep the errno of connect(). */
    errx(3, "step 5 is still to do: see TODO 5");
    int fd = tcp_socket(list->ai_family);
    if (fd != -1 && connect(fd, list->ai_addr, list->ai_addrlen) == -1)
        return -1;
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

/* Sends the line and a newline. */
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

    while ((n = read(fd, buffer, sizeof buffer)) > 0) {
        if (write_all(STDOUT_FILENO, buffer, (size_t)n) == -1)
            return -1;
    }
    return n == 0 ? 0 : -1;
}

/* Finds the server, sends the line and prints the answer. Returns 0, or -1, with a message, if it can't. */
static int talk_to(const char *target, const char *host, const char *service, const char *line)
{
    struct addrinfo *list = look_up(host, service, target);
    if (list == NULL)
        return -1;
    int fd = connect_to_any(list);
    /* TODO 6: if no address accepts, say which HOST:SERVICE was tried, and why, and return -1. The list is
       yours to free, in both cases. */
    errx(3, "step 6 is still to do: see TODO 6");

    int sent = send_line(fd, line);
    if (sent == -1)
        warn("cannot send the line to %s", target);
    int printed = print_answer(fd);     /* even if not all was sent: the server may have said why */
    if (printed == -1)
        warn("cannot print the answer of %s", target);
    close(fd);
    return sent == 0 && printed == 0 ? 0 : -1;
}

int main(int argc, char *argv[])
{
    if (argc != 3) {
        fprintf(stderr, "usage: name_client HOST:SERVICE LINE\n");
        return 2;
    }
    const char *target = argv[1];   /* for messages, as it was given */
    const char *line = argv[2];

    char *copy = strdup(target);    /* to be cut in two */
    if (copy == NULL)
        err(1, "%s", target);
    char *host;
    char *service;
    if (split_target(copy, &host, &service) == -1) {
        warnx("not HOST:SERVICE or [ADDRESS]:SERVICE: %s", target);
        free(copy);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);       /* so that writing to a closed connection fails, and does not kill us */
    int status = talk_to(target, host, service, line) == 0 ? 0 : 1;
    free(copy);
    return status;
}
