/* Another way: the main thread sends while a second thread prints the answer. Both use the one connection. */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct talk {
    const char *address, *port, *line;
    int fd;
    bool failed;                /* the printer's; the main thread reads it after pthread_join() */
};

static bool put(int fd, const void *data, size_t count)
{
    const char *p = data;
    while (count > 0) {
        ssize_t n = write(fd, p, count);
        if (n == -1)
            return false;
        p += n;
        count -= (size_t)n;
    }
    return true;
}

static void *print_answer(void *argument)
{
    struct talk *talk = argument;
    char block[8192];
    ssize_t n;
    while ((n = recv(talk->fd, block, sizeof block, 0)) > 0 && put(STDOUT_FILENO, block, (size_t)n))
        continue;
    if (n != 0) {
        talk->failed = true;
        warn("%s port %s: answer", talk->address, talk->port);
    }
    return NULL;
}

static int parse_port(const char *text)
{
    int port = 0;
    for (const char *p = text; *p >= '0' && *p <= '9'; p++) {
        port = port * 10 + (*p - '0');
        if (port > 65535)
            return -1;
        if (p[1] == '\0')
            return port > 0 ? port : -1;
    }
    return -1;
}

int main(int argc, char *argv[])
{
    if (argc != 4)
        errx(2, "usage: tcp_client ADDRESS PORT LINE");
    struct talk talk = { .address = argv[1], .port = argv[2], .line = argv[3], .fd = -1 };
    struct sockaddr_in server = { .sin_family = AF_INET };
    int port = parse_port(talk.port);
    if (port == -1)
        errx(2, "bad port: %s", talk.port);
    server.sin_port = htons((in_port_t)port);
    if (inet_pton(AF_INET, talk.address, &server.sin_addr) != 1)
        errx(2, "bad address: %s", talk.address);

    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, NULL);    /* both threads inherit it: write() gives EPIPE */

    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd != -1) {
        talk.fd = fcntl(fd, F_DUPFD, 3);
        close(fd);
    }
    if (talk.fd == -1 || connect(talk.fd, (struct sockaddr *)&server, sizeof server) == -1) {
        warn("%s port %s: connect", talk.address, talk.port);
        if (talk.fd != -1)
            close(talk.fd);
        return 1;
    }

    pthread_t printer;
    int reason = pthread_create(&printer, NULL, print_answer, &talk);
    if (reason != 0) {
        close(talk.fd);
        errno = reason;
        err(1, "%s port %s: thread", talk.address, talk.port);
    }
    bool sent = put(talk.fd, talk.line, strlen(talk.line)) && put(talk.fd, "\n", 1);
    if (!sent)
        warn("%s port %s: send", talk.address, talk.port);
    pthread_join(printer, NULL);
    close(talk.fd);
    return sent && !talk.failed ? 0 : 1;
}
