/* Another way: a thread sends while the main thread receives. send() with MSG_NOSIGNAL in place of an ignored SIGPIPE. */
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

struct conversation {
    const char *host;
    const char *service;
    int fd;
    bool unsent;
};

static void complain(const struct conversation *c, const char *what, const char *why)
{
    fprintf(stderr, "half_close: %s %s:%s: %s\n", what, c->host, c->service, why);
}

static void *send_input(void *context)
{
    struct conversation *c = context;
    char buffer[10000];
    ssize_t n;

    while (!c->unsent && (n = read(0, buffer, sizeof buffer)) != 0) {
        if (n < 0) {
            complain(c, "reading input for", strerror(errno));
            c->unsent = true;
        }
        for (ssize_t done = 0; done < n;) {
            ssize_t sent = send(c->fd, buffer + done, (size_t)(n - done), MSG_NOSIGNAL);
            if (sent < 0) {
                complain(c, "sending to", strerror(errno));
                c->unsent = true;
                break;
            }
            done += sent;
        }
    }
    shutdown(c->fd, SHUT_WR);
    return NULL;
}

static bool print_answer(const struct conversation *c)
{
    char buffer[10000];
    ssize_t n;

    while ((n = recv(c->fd, buffer, sizeof buffer, 0)) > 0) {
        if (fwrite(buffer, 1, (size_t)n, stdout) != (size_t)n)
            break;
    }
    if (n < 0)
        complain(c, "receiving from", strerror(errno));
    if (fflush(stdout) == EOF) {
        complain(c, "printing the answer of", strerror(errno));
        return false;
    }
    return n == 0;
}

static bool reach(struct conversation *c)
{
    struct addrinfo hints, *list;
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    int error = getaddrinfo(c->host, c->service, &hints, &list);
    if (error != 0) {
        complain(c, "looking up", gai_strerror(error));
        return false;
    }
    int reason = 0;
    for (struct addrinfo *a = list; a != NULL && c->fd < 0; a = a->ai_next) {
        int fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        if (fd < 0 || connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
            reason = errno;
            close(fd);
        } else {
            c->fd = fd;
        }
    }
    freeaddrinfo(list);
    if (c->fd < 0)
        complain(c, "connecting to", strerror(reason));
    return c->fd >= 0;
}

static bool valid(const char *service)
{
    if (strspn(service, "0123456789") == 0)
        return strcspn(service, " \t+-") == strlen(service) || strspn(service, " \t+-") == 0;
    size_t length = strlen(service);
    return strspn(service, "0123456789") == length && length < 10 && atoi(service) > 0 && atoi(service) < 65536;
}

int main(int argc, char *argv[])
{
    for (int fd; (fd = open("/dev/null", O_RDWR)) != -1;) {
        if (fd > 2) {
            close(fd);
            break;
        }
    }
    if (argc != 3 || !valid(argv[2])) {
        fprintf(stderr, "usage: %s HOST SERVICE\n", argv[0]);
        return 2;
    }
    struct conversation c = {argv[1], argv[2], -1, false};
    if (!reach(&c))
        return 1;
    pthread_t sender;
    int error = pthread_create(&sender, NULL, send_input, &c);
    if (error != 0) {
        complain(&c, "starting to send to", strerror(error));
        return 1;
    }
    bool printed = print_answer(&c);
    pthread_join(sender, NULL);
    close(c.fd);
    return printed && !c.unsent ? 0 : 1;
}
