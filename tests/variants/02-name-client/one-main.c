/* A beginner's way: one main function, a copy of the argument on the stack, getaddrinfo() with AI_NUMERICHOST to look at
 * what stands in brackets, write() and read() in loops. */
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    char host[1024], service[1024], buf[512];
    struct addrinfo hints, *res, *rp;
    int s, sock, i, rc = 0;
    size_t len, off;
    ssize_t n;

    if (argc != 3 || strlen(argv[1]) >= sizeof host) {
        fprintf(stderr, "Usage: %s HOST:SERVICE LINE\n", argv[0]);
        exit(2);
    }
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;

    /* take the argument apart: the last colon is the one */
    strcpy(host, argv[1]);
    char *colon = strrchr(host, ':');
    if (colon == NULL || colon == host || colon[1] == '\0') {
        fprintf(stderr, "%s: expected HOST:SERVICE\n", argv[1]);
        exit(2);
    }
    *colon = '\0';
    strcpy(service, colon + 1);
    if (host[0] == '[') {
        len = strlen(host);
        if (host[len - 1] != ']') {
            fprintf(stderr, "%s: no closing bracket\n", argv[1]);
            exit(2);
        }
        memmove(host, host + 1, len);
        host[len - 2] = '\0';
        hints.ai_family = AF_INET6;
        hints.ai_flags = AI_NUMERICHOST;
        if (getaddrinfo(host, NULL, &hints, &res) != 0) {
            fprintf(stderr, "%s: not an IPv6 address\n", argv[1]);
            exit(2);
        }
        freeaddrinfo(res);
    } else if (strchr(host, ':') != NULL) {
        fprintf(stderr, "%s: put an IPv6 address in brackets\n", argv[1]);
        exit(2);
    }

    /* a service is a word, or a number in range */
    if (service[0] >= '0' && service[0] <= '9') {
        for (i = 0; service[i] != '\0'; i++) {
            if (service[i] < '0' || service[i] > '9') {
                fprintf(stderr, "%s: bad port\n", service);
                exit(2);
            }
        }
        if (strlen(service) > 8 || atoi(service) < 1 || atoi(service) > 65535) {
            fprintf(stderr, "%s: port out of range\n", service);
            exit(2);
        }
    } else if (service[0] == '+' || service[0] == '-' || service[0] == ' ') {
        fprintf(stderr, "%s:%s: bad service\n", host, service);
        exit(1);
    }

    if ((s = getaddrinfo(host, service, &hints, &res)) != 0) {
        fprintf(stderr, "%s:%s: %s\n", host, service, gai_strerror(s));
        exit(1);
    }
    sock = -1;
    for (rp = res; rp != NULL; rp = rp->ai_next) {
        sock = socket(rp->ai_family, rp->ai_socktype, rp->ai_protocol);
        if (sock < 0)
            continue;
        if (sock < 3) {
            i = fcntl(sock, F_DUPFD, 3);
            close(sock);
            sock = i;
        }
        if (connect(sock, rp->ai_addr, rp->ai_addrlen) == 0)
            break;
        i = errno;
        close(sock);
        errno = i;
        sock = -1;
    }
    if (sock < 0) {
        fprintf(stderr, "%s:%s: %s\n", host, service, strerror(errno));
        freeaddrinfo(res);
        exit(1);
    }
    freeaddrinfo(res);

    signal(SIGPIPE, SIG_IGN);
    len = strlen(argv[2]);
    char *message = malloc(len + 1);
    if (message == NULL)
        exit(1);
    memcpy(message, argv[2], len);
    message[len] = '\n';
    for (off = 0; off < len + 1; off += (size_t)n) {
        n = send(sock, message + off, len + 1 - off, 0);
        if (n < 0) {
            fprintf(stderr, "%s:%s: %s\n", host, service, strerror(errno));
            rc = 1;
            break;
        }
    }
    free(message);
    while ((n = recv(sock, buf, sizeof buf, 0)) > 0) {
        for (off = 0; off < (size_t)n;) {
            ssize_t w = write(1, buf + off, (size_t)n - off);
            if (w < 0) {
                fprintf(stderr, "%s:%s: %s\n", host, service, strerror(errno));
                exit(1);
            }
            off += (size_t)w;
        }
    }
    if (n < 0) {
        fprintf(stderr, "%s:%s: %s\n", host, service, strerror(errno));
        rc = 1;
    }
    close(sock);
    return rc;
}
