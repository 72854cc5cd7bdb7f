/* Everything in main; recvfrom() waits without a time-out, and the handler itself ends the program with _exit(). */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void stop(int sig)
{
    (void)sig;
    _exit(0);
}

int main(int argc, char **argv)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } addr, from;
    socklen_t len;
    long port;
    char buf[65536];
    int fd, null;
    sigset_t stops;
    struct sigaction sa;

    while ((null = open("/dev/null", O_RDWR)) < 3)
        if (null < 0)
            return 1;
    close(null);

    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: %s [ADDRESS] PORT\n", argv[0]);
        return 2;
    }
    port = 0;
    if (strlen(argv[argc - 1]) <= 5 && strspn(argv[argc - 1], "0123456789") == strlen(argv[argc - 1]))
        port = atol(argv[argc - 1]);
    if (port < 1 || port > 65535) {
        fprintf(stderr, "%s: no such port\n", argv[argc - 1]);
        return 2;
    }
    memset(&addr, 0, sizeof addr);
    if (argc == 2 || inet_pton(AF_INET, argv[1], &addr.v4.sin_addr) == 1) {
        addr.v4.sin_family = AF_INET;
        addr.v4.sin_port = htons((unsigned short)port);
        len = sizeof addr.v4;
    } else if (inet_pton(AF_INET6, argv[1], &addr.v6.sin6_addr) == 1) {
        addr.v6.sin6_family = AF_INET6;
        addr.v6.sin6_port = htons((unsigned short)port);
        len = sizeof addr.v6;
    } else {
        fprintf(stderr, "%s: no such address\n", argv[1]);
        return 2;
    }

    fd = socket(addr.any.sa_family, SOCK_DGRAM, IPPROTO_UDP);
    if (fd < 0 || bind(fd, &addr.any, len) < 0) {
        fprintf(stderr, "%s port %ld: %s\n", argc == 3 ? argv[1] : "*", port, strerror(errno));
        return 1;
    }
    memset(&sa, 0, sizeof sa);
    sa.sa_handler = stop;
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGINT, &sa, NULL);
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    sigprocmask(SIG_UNBLOCK, &stops, NULL);

    for (;;) {
        unsigned char answer[4];
        unsigned long now;
        len = sizeof from;
        if (recvfrom(fd, buf, sizeof buf, 0, &from.any, &len) < 0)
            continue;
        now = (unsigned long)time(NULL) + 2208988800UL;
        answer[0] = now >> 24 & 255;
        answer[1] = now >> 16 & 255;
        answer[2] = now >> 8 & 255;
        answer[3] = now & 255;
        if (sendto(fd, answer, 4, 0, &from.any, len) != 4)
            perror("sendto");
    }
}
