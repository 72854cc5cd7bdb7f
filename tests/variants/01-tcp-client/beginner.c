/* Another way: everything in main(), the answer read one byte at a time, no helper: a first program that is
 * right, if slow. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <signal.h>
#include <unistd.h>
#include <fcntl.h>
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>

int main(int argc, char **argv)
{
    int i, sock, port, status = 0;
    size_t k, len;
    ssize_t n;
    char c;
    struct sockaddr_in sa;

    /* every standard descriptor must be something, so that the socket is none of them */
    while ((i = open("/", O_RDONLY)) != -1) {
        if (i > 2) {
            close(i);
            break;
        }
    }

    if (argc != 4) {
        fprintf(stderr, "You must give me an address, a port and a line.\n");
        exit(2);
    }

    port = 0;
    len = strlen(argv[2]);
    for (k = 0; k < len; k++) {
        if (argv[2][k] < '0' || argv[2][k] > '9' || port > 65535) {
            fprintf(stderr, "%s: bad port\n", argv[2]);
            exit(2);
        }
        port = port * 10 + (argv[2][k] - '0');
    }
    if (port < 1 || port > 65535) {
        fprintf(stderr, "%s: bad port\n", argv[2]);
        exit(2);
    }

    bzero(&sa, sizeof(sa));
    sa.sin_family = AF_INET;
    sa.sin_port = htons((unsigned short)port);
    if (inet_pton(AF_INET, argv[1], &sa.sin_addr) != 1) {
        fprintf(stderr, "%s: bad address\n", argv[1]);
        exit(2);
    }

    signal(SIGPIPE, SIG_IGN);
    sock = socket(AF_INET, SOCK_STREAM, 0);
    if (sock == -1) {
        fprintf(stderr, "no socket to talk to %s:%d: %s\n", argv[1], port, strerror(errno));
        exit(1);
    }
    if (connect(sock, (struct sockaddr *)&sa, sizeof(sa)) == -1) {
        fprintf(stderr, "could not connect to %s:%d: %s\n", argv[1], port, strerror(errno));
        close(sock);
        exit(1);
    }

    len = strlen(argv[3]);
    argv[3][len] = '\n';                        /* in the place of the NUL */
    for (k = 0; k <= len; k += (size_t)n) {
        n = write(sock, argv[3] + k, len + 1 - k);
        if (n == -1) {
            fprintf(stderr, "could not send to %s:%d: %s\n", argv[1], port, strerror(errno));
            status = 1;
            break;
        }
    }

    while ((n = read(sock, &c, 1)) == 1) {
        if (putchar(c) == EOF) {
            break;
        }
    }
    if (n == -1) {
        fprintf(stderr, "could not read from %s:%d: %s\n", argv[1], port, strerror(errno));
        status = 1;
    }
    if (fflush(stdout) == EOF || ferror(stdout)) {
        fprintf(stderr, "could not print the answer of %s:%d: %s\n", argv[1], port, strerror(errno));
        status = 1;
    }
    close(sock);
    return status;
}
