/* Another way: two look-ups, IPv4 first and then IPv6, each of which is tried before the next one is made. Arguments
 * are taken apart with sscanf() and strtok_r(); stdio carries the line and the answer. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int usage(const char *what)
{
    fprintf(stderr, "usage: name_client HOST:SERVICE LINE (%s)\n", what);
    return 2;
}

static int bad_service(const char *service)
{
    if (service[0] == '\0' || strpbrk(service, ":+ \t") != NULL || service[0] == '-')
        return 1;
    if (service[0] >= '0' && service[0] <= '9') {
        long number = 0;
        for (const char *c = service; *c != '\0'; c++) {
            if (*c < '0' || *c > '9' || number > 65535)
                return 1;
            number = number * 10 + (*c - '0');
        }
        return number == 0 || number > 65535;
    }
    return 0;
}

int main(int argc, char *argv[])
{
    if (argc != 3)
        return usage("two arguments");
    size_t length = strlen(argv[1]);
    char *host = calloc(1, length + 1);
    char *service = calloc(1, length + 1);
    if (host == NULL || service == NULL) {
        perror("name_client");
        free(host);
        free(service);
        return 1;
    }
    struct in6_addr numeric;
    const char *p = argv[1];
    const char *colon;
    int fine = 0;
    if (*p == '[') {
        colon = strstr(p, "]:");
        if (colon != NULL) {
            memcpy(host, p + 1, (size_t)(colon - p - 1));
            strcpy(service, colon + 2);
            fine = inet_pton(AF_INET6, host, &numeric) == 1;
        }
    } else {
        colon = strchr(p, ':');
        if (colon != NULL) {
            memcpy(host, p, (size_t)(colon - p));
            strcpy(service, colon + 1);
            fine = host[0] != '\0';
        }
    }
    if (!fine || bad_service(service)) {
        free(host);
        free(service);
        return usage(argv[1]);
    }
    signal(SIGPIPE, SIG_IGN);

    static const int families[] = { AF_INET, AF_INET6 };
    int fd = -1;
    int reason = 0;         /* of the last connect() */
    int lookup = 0;         /* of the last look-up that failed */
    for (int i = 0; i < 2 && fd == -1; i++) {
        struct addrinfo hints, *list;
        memset(&hints, 0, sizeof hints);
        hints.ai_family = families[i];
        hints.ai_socktype = SOCK_STREAM;
        int code = getaddrinfo(host, service, &hints, &list);
        if (code != 0) {
            lookup = code;
            continue;
        }
        for (struct addrinfo *a = list; a != NULL && fd == -1; a = a->ai_next) {
            fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
            while (fd >= 0 && fd <= 2) {
                int other = dup(fd);    /* the numbers below 3 stay taken until the end */
                if (other > 2)
                    close(fd);
                fd = other;
            }
            if (fd == -1 || connect(fd, a->ai_addr, a->ai_addrlen) == 0)
                continue;
            reason = errno;
            close(fd);
            fd = -1;
        }
        freeaddrinfo(list);
    }
    if (fd == -1) {
        fprintf(stderr, "name_client: %s port %s: %s\n", host, service, reason != 0 ? strerror(reason) : gai_strerror(lookup));
        free(host);
        free(service);
        return 1;
    }

    FILE *in = fdopen(fd, "r");
    FILE *out = fdopen(dup(fd), "w");
    int status = 0;
    fputs(argv[2], out);
    putc('\n', out);
    if (fclose(out) == EOF) {
        fprintf(stderr, "name_client: %s port %s: %s\n", host, service, strerror(errno));
        status = 1;
    }
    int c;
    while ((c = getc(in)) != EOF)
        putchar(c);
    if (ferror(in)) {
        fprintf(stderr, "name_client: %s port %s: %s\n", host, service, strerror(errno));
        status = 1;
    }
    if (fflush(stdout) == EOF || ferror(stdout)) {
        fprintf(stderr, "name_client: %s port %s: cannot print: %s\n", host, service, strerror(errno));
        status = 1;
    }
    fclose(in);
    free(host);
    free(service);
    return status;
}
