/* Another way: a child process serves each client, and the parent waits for it before it takes the next. */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t child;

static void on_end(int sig)
{
    (void)sig;
    if (child > 0)
        kill(child, SIGKILL);
    while (child > 0 && waitpid(child, NULL, 0) == -1 && errno == EINTR)
        continue;
    _exit(0);
}

static void serve(int conn)
{
    char c[2048];
    ssize_t n;
    while ((n = read(conn, c, sizeof c)) > 0) {
        for (ssize_t sent = 0, w; sent < n; sent += w) {
            if ((w = write(conn, c + sent, (size_t)(n - sent))) < 0)
                _exit(1);
        }
    }
    _exit(0);
}

int main(int argc, char *argv[])
{
    int v4 = argc < 3 || strchr(argv[1], ':') == NULL;
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    char *end;
    if (argc < 2 || argc > 3 || argv[argc - 1][0] < '0' || argv[argc - 1][0] > '9') {
        warnx("wants an address, or none, and a port");
        return 2;
    }
    errno = 0;
    long port = strtol(argv[argc - 1], &end, 10);
    if (errno != 0 || *end != '\0' || port < 1 || port > 65535 ||
        (argc == 3 && inet_pton(v4 ? AF_INET : AF_INET6, argv[1], v4 ? (void *)&in.sin_addr : (void *)&in6.sin6_addr) != 1)) {
        warnx("not good: %s", argv[1]);
        return 2;
    }
    in.sin_port = in6.sin6_port = htons((uint16_t)port);
    for (int fd = open("/dev/null", O_RDWR), next; fd != -1; fd = next) {
        next = fd <= 2 ? open("/dev/null", O_RDWR) : -1;
        if (fd > 2)
            close(fd);
    }
    struct sigaction end_action = {.sa_handler = on_end};
    sigaddset(&end_action.sa_mask, SIGTERM);
    sigaddset(&end_action.sa_mask, SIGINT);
    sigaction(SIGTERM, &end_action, NULL);
    sigaction(SIGINT, &end_action, NULL);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);

    int listener = socket(v4 ? AF_INET : AF_INET6, SOCK_STREAM, 0);
    int yes = 1;
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0 ||
        bind(listener, v4 ? (void *)&in : (void *)&in6, v4 ? sizeof in : sizeof in6) < 0 || listen(listener, SOMAXCONN) < 0)
        err(1, "%s, port %ld", argc == 3 ? argv[1] : "everywhere", port);
    for (;;) {
        int conn = accept(listener, NULL, NULL);
        if (conn < 0)
            continue;
        sigset_t both;
        sigemptyset(&both);
        sigaddset(&both, SIGTERM);
        sigaddset(&both, SIGINT);
        sigprocmask(SIG_BLOCK, &both, NULL); /* until the handler knows the child */
        child = fork();
        if (child == 0) {
            signal(SIGTERM, SIG_DFL);
            signal(SIGINT, SIG_DFL);
            sigprocmask(SIG_SETMASK, &none, NULL);
            close(listener);
            serve(conn);
        }
        if (child < 0)
            warn("fork");
        close(conn);
        sigprocmask(SIG_SETMASK, &none, NULL);
        while (child > 0 && waitpid(child, NULL, 0) == -1 && errno == EINTR)
            continue;
        child = 0;
    }
}
