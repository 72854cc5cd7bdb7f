/* Another way: a process for each client, so that a slow look-up delays nobody. Two listeners, one a family, in one
 * poll(). Addresses are compared as the text that getnameinfo() makes of them. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static char *numeric(const struct sockaddr *address, socklen_t length, char text[NI_MAXHOST])
{
    if (getnameinfo(address, length, text, NI_MAXHOST, NULL, 0, NI_NUMERICHOST) != 0)
        return NULL;
    text[strcspn(text, "%")] = '\0';    /* no zone */
    return strncmp(text, "::ffff:", 7) == 0 && strchr(text, '.') != NULL ? text + 7 : text;
}

static bool leads_to(const char *name, const char *wanted)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST };
    struct addrinfo *list;
    bool found = false;
    if (getaddrinfo(name, NULL, &hints, &list) == 0) {
        freeaddrinfo(list);
        return false;
    }
    hints.ai_flags = AI_ADDRCONFIG;
    if (getaddrinfo(name, NULL, &hints, &list) != 0)
        return false;
    for (struct addrinfo *a = list; a != NULL; a = a->ai_next) {
        char text[NI_MAXHOST];
        const char *number = numeric(a->ai_addr, a->ai_addrlen, text);
        found = found || (number != NULL && strcmp(number, wanted) == 0);
    }
    freeaddrinfo(list);
    return found;
}

static void serve(int fd, struct sockaddr *peer, socklen_t length)
{
    char text[NI_MAXHOST], port[NI_MAXSERV], name[NI_MAXHOST];
    char *number = numeric(peer, length, text);
    if (number == NULL || getnameinfo(peer, length, NULL, 0, port, sizeof port, NI_NUMERICSERV) != 0)
        return;
    if (getnameinfo(peer, length, name, sizeof name, NULL, 0, NI_NAMEREQD) != 0)
        dprintf(fd, "%s %s - unnamed\r\n", number, port);
    else
        dprintf(fd, "%s %s %s %s\r\n", number, port, name, leads_to(name, number) ? "verified" : "unconfirmed");
}

static int listener(int family, const char *address, const char *port)
{
    struct addrinfo hints = { .ai_family = family, .ai_socktype = SOCK_STREAM,
                              .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV };
    struct addrinfo *list;
    int one = 1;
    if (getaddrinfo(address, port, &hints, &list) != 0)
        return -1;
    int fd = socket(list->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd != -1) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        if (list->ai_family == AF_INET6)
            setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
        if (bind(fd, list->ai_addr, list->ai_addrlen) == -1 || listen(fd, SOMAXCONN) == -1) {
            int reason = errno;
            close(fd);
            fd = -1;
            errno = reason;
        }
    }
    int reason = errno;
    freeaddrinfo(list);
    errno = reason;
    return fd;
}

static bool is_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && digits < 10 && text[digits] == '\0' && atol(text) >= 1 && atol(text) <= 65535;
}

int main(int argc, char *argv[])
{
    unsigned char scratch[sizeof(struct in6_addr)];
    if (argc != 2 && argc != 3)
        errx(2, "usage: peer_name [ADDRESS] PORT");
    const char *port = argv[argc - 1];
    if (!is_port(port))
        errx(2, "%s: not a port", port);
    if (argc == 3 && inet_pton(AF_INET, argv[1], scratch) != 1 && inet_pton(AF_INET6, argv[1], scratch) != 1)
        errx(2, "%s: not an address", argv[1]);

    for (int fd = open("/dev/null", O_RDWR); fd != -1 && fd < 3;)
        fd = fcntl(fd, F_DUPFD, 0);
    sigset_t signals, old;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, &old);
    signal(SIGTERM, SIG_DFL);       /* an ignored signal is not even pending */
    signal(SIGINT, SIG_DFL);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);

    struct pollfd p[3];
    int doors = 0;
    if (argc == 3) {
        p[0].fd = listener(AF_UNSPEC, argv[1], port);
        doors = 1;
    } else {
        p[0].fd = listener(AF_INET, NULL, port);
        p[1].fd = p[0].fd == -1 ? -1 : listener(AF_INET6, NULL, port);  /* -1 is passed over: no IPv6 here */
        doors = 2;
    }
    if (p[0].fd == -1)
        err(1, "%s port %s", argc == 3 ? argv[1] : "any address,", port);
    int sigfd = signalfd(-1, &signals, SFD_CLOEXEC);
    if (sigfd == -1)
        err(1, "signalfd");
    p[doors].fd = sigfd;
    for (int i = 0; i <= doors; i++)
        p[i].events = POLLIN;

    int children = 0;
    for (bool stop = false; !stop;) {
        if (poll(p, (nfds_t)doors + 1, -1) == -1)
            continue;
        if (p[doors].revents != 0) {
            struct signalfd_siginfo info;
            if (read(sigfd, &info, sizeof info) == sizeof info && info.ssi_signo != SIGCHLD)
                stop = true;
            while (waitpid(-1, NULL, WNOHANG) > 0)
                children--;
        }
        for (int i = 0; i < doors && !stop; i++) {
            struct sockaddr_storage peer;
            socklen_t length = sizeof peer;
            if (p[i].fd == -1 || p[i].revents == 0)
                continue;
            int fd = accept(p[i].fd, (struct sockaddr *)&peer, &length);
            if (fd == -1)
                continue;
            pid_t pid = fork();
            if (pid == 0) {
                signal(SIGTERM, SIG_DFL);
                sigprocmask(SIG_UNBLOCK, &signals, NULL);
                for (int k = 0; k <= doors; k++)
                    close(p[k].fd);
                serve(fd, (struct sockaddr *)&peer, length);
                close(fd);
                _exit(0);
            }
            children += pid > 0;
            close(fd);
        }
    }
    if (children > 0) {     /* those in a look-up: they are ours alone in this process group, but for our parent's */
        signal(SIGTERM, SIG_IGN);
        while (children > 0 && waitpid(-1, NULL, 0) > 0)
            children--;
    }
    for (int i = 0; i <= doors; i++)
        close(p[i].fd);
    return 0;
}
