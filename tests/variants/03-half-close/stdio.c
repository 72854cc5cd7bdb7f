/* Another way: stdio streams for everything, with fflush() before shutdown(fileno()). The service is looked up apart from
 * the host. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int number_of_service(const char *service)
{
    if (isdigit((unsigned char)*service)) {
        long long number = 0;
        for (const char *p = service; *p != '\0'; p++) {
            if (!isdigit((unsigned char)*p) || (number = number * 10 + (*p - '0')) > 65535)
                return -1;
        }
        return number == 0 ? -1 : (int)number;
    }
    struct servent *entry = getservbyname(service, "tcp");
    return entry == NULL ? 0 : ntohs((uint16_t)entry->s_port);
}

static int fail(const char *host, const char *service, const char *why)
{
    fprintf(stderr, "half_close: %s %s: %s\n", host, service, why);
    return 1;
}

static int copy(FILE *from, FILE *to)
{
    char buffer[3000];
    size_t n;
    while ((n = fread(buffer, 1, sizeof buffer, from)) > 0) {
        if (fwrite(buffer, 1, n, to) != n)
            return -1;
    }
    int reason = errno;
    int failed = ferror(from);
    if (failed)
        errno = reason;
    return failed || fflush(to) == EOF ? -1 : 0;
}

int main(int argc, char *argv[])
{
    if (argc != 3) {
        fputs("usage: half_close HOST SERVICE\n", stderr);
        return 2;
    }
    int null;
    while ((null = open("/dev/null", O_RDWR)) >= 0 && null <= 2) /* no gap below 3 that a socket could fall into */
        continue;
    close(null);

    int port = number_of_service(argv[2]);
    if (port == -1) {
        fail(argv[1], argv[2], "not a port");
        return 2;
    }
    if (port == 0)
        return fail(argv[1], argv[2], gai_strerror(EAI_SERVICE));

    char decimal[8];
    snprintf(decimal, sizeof decimal, "%d", port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *list;
    int code = getaddrinfo(argv[1], decimal, &hints, &list);
    if (code != 0)
        return fail(argv[1], argv[2], gai_strerror(code));
    int fd = -1;
    for (struct addrinfo *a = list; a != NULL; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            break;
        int reason = errno;
        close(fd);
        fd = -1;
        errno = reason;
    }
    int reason = errno;
    freeaddrinfo(list);
    if (fd == -1)
        return fail(argv[1], argv[2], strerror(reason));

    signal(SIGPIPE, SIG_IGN);
    FILE *out = fdopen(dup(fd), "w");
    FILE *in = fdopen(fd, "r");
    if (in == NULL || out == NULL)
        return fail(argv[1], argv[2], strerror(errno));
    int status = 0;
    if (copy(stdin, out) == -1)
        status = fail(argv[1], argv[2], strerror(errno));
    shutdown(fileno(out), SHUT_WR);
    if (copy(in, stdout) == -1)
        status = fail(argv[1], argv[2], strerror(errno));
    fclose(out);
    fclose(in);
    return status;
}
