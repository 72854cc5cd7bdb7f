/* Another way: one function, all in a row, and a byte-sized view of the world: a small buffer, numbers read by sscanf(). */
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

void bye(int s)
{
    (void)s;
    _exit(EXIT_SUCCESS);
}

int main(int argc, char **argv)
{
    int port = 0, n, s, c, i, on = 1, v6 = 0;
    char junk, *p, buf[256];
    struct sockaddr_in a4;
    struct sockaddr_in6 a6;
    sigset_t all;

    if (argc != 2 && argc != 3) {
        fprintf(stderr, "give me a port\n");
        return 2;
    }
    p = argv[argc - 1];
    for (i = 0; p[i]; i++) {
        if (p[i] < '0' || p[i] > '9') {
            fprintf(stderr, "%s: not a number\n", p);
            return 2;
        }
    }
    if (i == 0 || i > 5 || sscanf(p, "%d%c", &port, &junk) != 1 || port < 1 || port > 65535) {
        fprintf(stderr, "%s: not a port\n", p);
        return 2;
    }
    memset(&a4, 0, sizeof(a4));
    memset(&a6, 0, sizeof(a6));
    a4.sin_family = AF_INET;
    a4.sin_port = htons(port);
    a4.sin_addr.s_addr = htonl(INADDR_ANY);
    a6.sin6_family = AF_INET6;
    a6.sin6_port = htons(port);
    if (argc == 3 && inet_pton(AF_INET, argv[1], &a4.sin_addr) <= 0) {
        v6 = 1;
        if (inet_pton(AF_INET6, argv[1], &a6.sin6_addr) <= 0) {
            fprintf(stderr, "%s: not an address\n", argv[1]);
            return 2;
        }
    }

    /* nothing but /dev/null in 0, 1 and 2 if they are free */
    while ((i = open("/dev/null", O_RDWR)) < 3)
        if (i < 0)
            break;
    if (i >= 3)
        close(i);

    sigfillset(&all);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, bye);
    signal(SIGINT, bye);

    s = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM, IPPROTO_TCP);
    if (s < 0) {
        fprintf(stderr, "socket, %s: %s\n", p, strerror(errno));
        return 1;
    }
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (v6)
        n = bind(s, (struct sockaddr *)&a6, sizeof(a6));
    else
        n = bind(s, (struct sockaddr *)&a4, sizeof(a4));
    if (n < 0 || listen(s, 128) < 0) {
        fprintf(stderr, "bind, %s, %s: %s\n", argv[1], p, strerror(errno));
        return 1;
    }
    while (1) {
        c = accept(s, NULL, NULL);
        if (c < 0)
            continue;
        while ((n = read(c, buf, sizeof(buf))) > 0) {
            for (i = 0; i < n;) {
                int w = write(c, buf + i, n - i);
                if (w < 0)
                    break;
                i += w;
            }
            if (i < n)
                break;
        }
        close(c);
    }
}
