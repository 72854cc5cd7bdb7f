/* A beginner's way: nearly all in main, the address from accept(), the name by getnameinfo(), a comparison of raw address
 * bytes, and a handler that ends the program. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

static void stop(int sig)
{
    (void)sig;
    _exit(0);
}

/* puts the 4 or 16 bytes of an address into out; returns how many */
static size_t raw(const struct sockaddr *sa, unsigned char *out)
{
    if (sa->sa_family == AF_INET) {
        memcpy(out, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, 4);
        return 4;
    }
    const unsigned char *b = ((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr.s6_addr;
    static const unsigned char mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
    if (memcmp(b, mapped, 12) == 0) {
        memcpy(out, b + 12, 4);
        return 4;
    }
    memcpy(out, b, 16);
    return 16;
}

int main(int argc, char *argv[])
{
    int lfd, cfd, yes = 1, no = 0;
    struct sockaddr_in6 in6;
    struct sockaddr_in in4;
    char *end;

    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: %s [ADDRESS] PORT\n", argv[0]);
        exit(2);
    }
    errno = 0;
    long port = strtol(argv[argc - 1], &end, 10);
    if (argv[argc - 1][0] < '0' || argv[argc - 1][0] > '9' || *end != '\0' || errno != 0 || port < 1 || port > 65535) {
        fprintf(stderr, "%s: not a port\n", argv[argc - 1]);
        exit(2);
    }
    memset(&in6, 0, sizeof in6);
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons((unsigned short)port);
    memset(&in4, 0, sizeof in4);
    in4.sin_family = AF_INET;
    in4.sin_port = htons((unsigned short)port);
    int want4 = argc == 3 && inet_pton(AF_INET, argv[1], &in4.sin_addr) == 1;
    if (argc == 3 && !want4 && inet_pton(AF_INET6, argv[1], &in6.sin6_addr) != 1) {
        fprintf(stderr, "%s: not an address\n", argv[1]);
        exit(2);
    }

    do
        lfd = open("/dev/null", O_RDWR);
    while (lfd >= 0 && lfd < 3);
    if (lfd >= 0)
        close(lfd);
    struct sigaction sa;
    memset(&sa, 0, sizeof sa);
    sa.sa_handler = stop;
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGINT, &sa, NULL);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_UNBLOCK, &all, NULL);

    lfd = want4 ? -1 : socket(AF_INET6, SOCK_STREAM, 0);
    if (lfd >= 0) {
        setsockopt(lfd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        if (argc == 2)
            setsockopt(lfd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
        if (bind(lfd, (struct sockaddr *)&in6, sizeof in6) < 0) {
            if (argc == 3 || errno != EADDRNOTAVAIL) {
                fprintf(stderr, "cannot bind %s port %ld: %s\n", argc == 3 ? argv[1] : "*", port, strerror(errno));
                exit(1);
            }
            close(lfd);
            lfd = -1;
        }
    }
    if (lfd < 0) {
        lfd = socket(AF_INET, SOCK_STREAM, 0);
        setsockopt(lfd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        if (bind(lfd, (struct sockaddr *)&in4, sizeof in4) < 0) {
            fprintf(stderr, "cannot bind %s port %ld: %s\n", argc == 3 ? argv[1] : "*", port, strerror(errno));
            exit(1);
        }
    }
    if (listen(lfd, 128) < 0) {
        fprintf(stderr, "cannot listen on port %ld: %s\n", port, strerror(errno));
        exit(1);
    }

    while (1) {
        struct sockaddr_storage ss;
        socklen_t len = sizeof ss;
        cfd = accept(lfd, (struct sockaddr *)&ss, &len);
        if (cfd < 0)
            continue;

        unsigned char client[16], other[16];
        size_t n = raw((struct sockaddr *)&ss, client);
        char ip[INET6_ADDRSTRLEN], name[1025], line[1200];
        const char *verdict = "unnamed";
        inet_ntop(n == 4 ? AF_INET : AF_INET6, client, ip, sizeof ip);
        int from = ntohs(ss.ss_family == AF_INET ? ((struct sockaddr_in *)&ss)->sin_port : ((struct sockaddr_in6 *)&ss)->sin6_port);

        if (getnameinfo((struct sockaddr *)&ss, len, name, sizeof name, NULL, 0, NI_NAMEREQD) != 0) {
            strcpy(name, "-");
        } else {
            struct addrinfo hints, *res = NULL, *p;
            verdict = "unconfirmed";
            memset(&hints, 0, sizeof hints);
            hints.ai_socktype = SOCK_STREAM;
            hints.ai_flags = AI_NUMERICHOST;
            if (getaddrinfo(name, NULL, &hints, &res) == 0) {
                freeaddrinfo(res);                          /* a number, not a name */
            } else {
                hints.ai_flags = 0;
                if (getaddrinfo(name, NULL, &hints, &res) == 0) {
                    for (p = res; p != NULL; p = p->ai_next)
                        if (raw(p->ai_addr, other) == n && memcmp(client, other, n) == 0)
                            verdict = "verified";
                    freeaddrinfo(res);
                }
            }
        }
        snprintf(line, sizeof line, "%s %d %s %s\r\n", ip, from, name, verdict);
        send(cfd, line, strlen(line), MSG_NOSIGNAL);
        close(cfd);
    }
}
