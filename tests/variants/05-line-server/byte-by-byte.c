/* Different: all in main(), a byte at a time, and a write for each part of a reply: a first program that is right, if slow. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <signal.h>
#include <fcntl.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

void the_end(int sig)
{
    (void)sig;
    _exit(0);
}

/* 0 if all went out */
int out(int fd, const char *p, int n)
{
    while (n > 0) {
        int k = write(fd, p, n);
        if (k < 0)
            return 1;
        p += k;
        n -= k;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct sockaddr_in a4 = {0};
    struct sockaddr_in6 a6 = {0};
    char line[1025], number[20], c;
    int s, fd, i, port = 0, v6 = 0, on = 1, n, gone;
    sigset_t all;

    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: line_server [ADDRESS] PORT\n");
        return 2;
    }
    for (i = 0; argv[argc - 1][i] != 0; i++) {
        if (argv[argc - 1][i] < '0' || argv[argc - 1][i] > '9' || i > 4) {
            fprintf(stderr, "bad port\n");
            return 2;
        }
        port = port * 10 + argv[argc - 1][i] - '0';
    }
    if (port == 0 || port > 65535) {
        fprintf(stderr, "bad port\n");
        return 2;
    }
    a4.sin_family = AF_INET;
    a4.sin_port = htons(port);
    a6.sin6_family = AF_INET6;
    a6.sin6_port = htons(port);
    if (argc == 3 && inet_pton(AF_INET, argv[1], &a4.sin_addr) != 1) {
        v6 = 1;
        if (inet_pton(AF_INET6, argv[1], &a6.sin6_addr) != 1) {
            fprintf(stderr, "bad address\n");
            return 2;
        }
    }
    while ((i = open("/dev/null", O_RDWR)) >= 0 && i <= 2)
        ;
    close(i);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, the_end);
    signal(SIGINT, the_end);
    sigfillset(&all);
    sigprocmask(SIG_UNBLOCK, &all, NULL);

    s = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if ((v6 ? bind(s, (struct sockaddr *)&a6, sizeof(a6)) : bind(s, (struct sockaddr *)&a4, sizeof(a4))) < 0 ||
        listen(s, 128) < 0) {
        fprintf(stderr, "%s %s: %s\n", argv[1], argc == 3 ? argv[2] : "", strerror(errno));
        return 1;
    }
    for (;;) {
        fd = accept(s, NULL, NULL);
        if (fd < 0)
            continue;
        n = 0;
        gone = 0;
        while (!gone && read(fd, &c, 1) == 1) {
            if (c != '\n') {
                if (n < 1025)
                    line[n++] = c;
                else
                    n = 1026;
                continue;
            }
            if (n > 0 && n < 1026 && line[n - 1] == '\r')
                n--;
            if (n > 1024)
                gone = out(fd, "error line too long", 19);
            else if (n == 4 && line[0] == 'q' && line[1] == 'u' && line[2] == 'i' && line[3] == 't') {
                out(fd, "bye\r\n", 5);
                break;
            } else {
                sprintf(number, "%d", n);
                gone = out(fd, number, strlen(number)) || out(fd, " ", 1) || out(fd, line, n);
            }
            gone = gone || out(fd, "\r\n", 2);
            n = 0;
        }
        close(fd);
    }
}
