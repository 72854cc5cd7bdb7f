/* Another way: the self-pipe. The handler writes a byte into a pipe, and select() watches it beside the listener. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

static int wake[2] = {-1, -1};

static void on_end(int sig)
{
    int saved = errno;
    (void)sig;
    if (write(wake[1], "", 1) == -1) {
        /* it is full: then it wakes up anyway */
    }
    errno = saved;
}

static int usage(const char *why)
{
    fprintf(stderr, "tcp_server: %s\nusage: tcp_server [ADDRESS] PORT\n", why);
    return 2;
}

static int echo(int conn)
{
    char buf[BUFSIZ];
    ssize_t got;
    while ((got = recv(conn, buf, sizeof buf, 0)) != 0) {
        if (got < 0) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        for (ssize_t done = 0; done < got;) {
            ssize_t n = send(conn, buf + done, (size_t)(got - done), MSG_NOSIGNAL);
            if (n < 0 && errno != EINTR)
                return -1;
            done += n < 0 ? 0 : n;
        }
    }
    return shutdown(conn, SHUT_WR);
}

int main(int argc, char *argv[])
{
    if (argc < 2 || argc > 3)
        return usage("one or two arguments");
    const char *port = argv[argc - 1];
    size_t digits = strspn(port, "0123456789");
    if (digits == 0 || digits > 5 || port[digits] != '\0' || atoi(port) < 1 || atoi(port) > 65535)
        return usage("a port is a number from 1 to 65535");
    unsigned char raw[16];
    if (argc == 3 && inet_pton(AF_INET, argv[1], raw) != 1 && inet_pton(AF_INET6, argv[1], raw) != 1)
        return usage("that is no address");

    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd == 0 || fd == 1 || fd == 2);
    close(fd);

    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *here;
    if (argc == 2)
        hints.ai_family = AF_INET;
    int code = getaddrinfo(argc == 3 ? argv[1] : NULL, port, &hints, &here);
    if (code != 0) {
        fprintf(stderr, "tcp_server: %s %s: %s\n", argv[1], port, gai_strerror(code));
        return 1;
    }
    int yes = 1;
    int listener = socket(here->ai_family, SOCK_STREAM, 0);
    if (listener < 0 || pipe(wake) < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0 ||
        bind(listener, here->ai_addr, here->ai_addrlen) < 0) {
        fprintf(stderr, "tcp_server: %s %s: %s\n", argv[1], port, strerror(errno));
        freeaddrinfo(here);
        return 1;
    }
    freeaddrinfo(here);
    fcntl(wake[1], F_SETFL, O_NONBLOCK);
    fcntl(listener, F_SETFL, O_NONBLOCK);
    struct sigaction action = {.sa_handler = on_end, .sa_flags = SA_RESTART};
    sigset_t none;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (listen(listener, 200) < 0) {
        fprintf(stderr, "tcp_server: %s %s: %s\n", argv[1], port, strerror(errno));
        return 1;
    }

    for (;;) {
        fd_set set;
        FD_ZERO(&set);
        FD_SET(listener, &set);
        FD_SET(wake[0], &set);
        int most = listener > wake[0] ? listener : wake[0];
        if (select(most + 1, &set, NULL, NULL, NULL) < 0)
            continue; /* a signal: the pipe says it again */
        if (FD_ISSET(wake[0], &set))
            break;
        int conn = accept(listener, NULL, NULL);
        if (conn < 0)
            continue;
        echo(conn);
        close(conn);
    }
    close(listener);
    close(wake[0]);
    close(wake[1]);
    return 0;
}
