/* Another way: a thread that does nothing but wait for the signals, and ends the process. The main thread serves, and moves
 * the bytes with splice() through a pipe, where they never come into the program. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static sigset_t endings;

static void *wait_for_end(void *unused)
{
    int sig;
    (void)unused;
    while (sigwait(&endings, &sig) != 0)
        continue;
    _exit(0);
}

/* A pipe of its own for each client: what a failed one leaves in it is not for the next. */
static void serve(int conn)
{
    int between[2];
    ssize_t in;
    if (pipe2(between, O_CLOEXEC) == -1) {
        warn("pipe");
        return;
    }
    while ((in = splice(conn, NULL, between[1], NULL, 65536, 0)) > 0) {
        ssize_t out = 0;
        while (in > 0 && (out = splice(between[0], NULL, conn, NULL, (size_t)in, SPLICE_F_MOVE)) > 0)
            in -= out;
        if (out <= 0)
            break;
    }
    close(between[0]);
    close(between[1]);
}

static in_port_t port_of(const char *text)
{
    unsigned int value = 0;
    if (*text == '\0')
        return 0;
    for (; *text >= '0' && *text <= '9' && value < 65536; text++)
        value = value * 10 + (unsigned int)(*text - '0');
    return *text == '\0' && value < 65536 ? (in_port_t)value : 0;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_ANY)}};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    struct sockaddr *address = (struct sockaddr *)&v4;
    socklen_t length = sizeof v4;
    if (argc != 2 && argc != 3)
        errx(2, "one argument, or two");
    if (argc == 3 && inet_pton(AF_INET, argv[1], &v4.sin_addr) != 1) {
        if (inet_pton(AF_INET6, argv[1], &v6.sin6_addr) != 1)
            errx(2, "%s: no address", argv[1]);
        address = (struct sockaddr *)&v6;
        length = sizeof v6;
    }
    const char *port = argv[argc - 1];
    v4.sin_port = v6.sin6_port = htons(port_of(port));
    if (v4.sin_port == 0)
        errx(2, "%s: no port", port);

    for (int fd = 0; fd < 3; fd++) {
        if (fcntl(fd, F_GETFL) == -1 && open("/dev/null", O_RDWR) == -1)
            return 1;
    }
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
    sigemptyset(&endings);
    sigaddset(&endings, SIGTERM);
    sigaddset(&endings, SIGINT);
    struct sigaction usual = {.sa_handler = SIG_DFL};
    sigaction(SIGTERM, &usual, NULL);
    sigaction(SIGINT, &usual, NULL);
    pthread_sigmask(SIG_BLOCK, &endings, NULL);
    pthread_t thread;
    if (pthread_create(&thread, NULL, wait_for_end, NULL) != 0)
        errx(1, "port %s: no thread", port);

    int listener = socket(address->sa_family, SOCK_STREAM, 0);
    if (listener == -1 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) == -1 ||
        bind(listener, address, length) == -1 || listen(listener, 4096) == -1)
        err(1, "%s port %s", argc == 3 ? argv[1] : "*", port);
    for (;;) {
        int conn = accept(listener, NULL, NULL);
        if (conn == -1)
            continue;
        serve(conn);
        close(conn);
    }
}
