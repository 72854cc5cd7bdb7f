/* Another way: one function, and everything in memory: it reads all of its input before it sends a byte, and prints as the
 * answer comes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <signal.h>
#include <unistd.h>
#include <fcntl.h>
#include <netdb.h>
#include <sys/types.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "wrong number of arguments\n");
        return 2;
    }
    char *host = argv[1], *serv = argv[2];
    if (serv[0] >= '0' && serv[0] <= '9') {
        int len = (int)strlen(serv);
        int bad = len > 5 || atoi(serv) == 0 || atoi(serv) > 65535;
        for (int i = 0; i < len; i++)
            if (serv[i] < '0' || serv[i] > '9')
                bad = 1;
        if (bad) {
            fprintf(stderr, "bad port %s\n", serv);
            return 2;
        }
    }
    if (serv[0] == ' ' || serv[0] == '+' || serv[0] == '-') {
        fprintf(stderr, "%s %s: no such service\n", host, serv);
        return 1;
    }

    signal(SIGPIPE, SIG_IGN);

    /* look up and connect */
    struct addrinfo hints, *res, *p;
    memset(&hints, 0, sizeof(hints));
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    int r = getaddrinfo(host, serv, &hints, &res);
    if (r != 0) {
        fprintf(stderr, "getaddrinfo(%s, %s): %s\n", host, serv, gai_strerror(r));
        return 1;
    }
    int sock = -1, err = 0;
    for (p = res; p != NULL; p = p->ai_next) {
        do {
            sock = socket(p->ai_family, p->ai_socktype, p->ai_protocol);
        } while (sock >= 0 && sock < 3); /* the low ones stay as they are until the end */
        if (sock < 0) {
            err = errno;
            continue;
        }
        if (connect(sock, p->ai_addr, p->ai_addrlen) == 0)
            break;
        err = errno;
        close(sock);
        sock = -1;
    }
    freeaddrinfo(res);
    if (sock < 0) {
        fprintf(stderr, "connect to %s, %s: %s\n", host, serv, strerror(err));
        return 1;
    }

    /* all of the input */
    char *input = NULL;
    size_t size = 0, length = 0;
    ssize_t n = 0;
    int status = 0;
    do {
        if (length == size) {
            size = size * 2 + 100;
            char *larger = realloc(input, size);
            if (larger == NULL) {
                fprintf(stderr, "%s %s: out of memory\n", host, serv);
                free(input);
                return 1;
            }
            input = larger;
        }
        n = read(0, input + length, size - length);
        if (n > 0)
            length += (size_t)n;
    } while (n > 0);
    if (n < 0) {
        fprintf(stderr, "reading what to send to %s %s: %s\n", host, serv, strerror(errno));
        status = 1;
    }

    /* send it */
    size_t sent = 0;
    while (sent < length) {
        n = send(sock, input + sent, length - sent, 0);
        if (n < 0) {
            fprintf(stderr, "send to %s %s: %s\n", host, serv, strerror(errno));
            status = 1;
            break;
        }
        sent += (size_t)n;
    }
    free(input);
    shutdown(sock, SHUT_WR);

    /* the answer */
    char c[1000];
    while ((n = recv(sock, c, sizeof c, 0)) > 0) {
        if (fwrite(c, 1, (size_t)n, stdout) < (size_t)n)
            break;
    }
    if (n < 0) {
        fprintf(stderr, "recv from %s %s: %s\n", host, serv, strerror(errno));
        status = 1;
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "printing the answer of %s %s: %s\n", host, serv, strerror(errno));
        status = 1;
    }
    close(sock);
    return status;
}
