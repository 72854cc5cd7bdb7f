/* Different: reads into the free half of one buffer, takes all its complete lines, gathers their replies, and sends them together
   before it reads again. Two threads: one serves, the other waits for the signals (sigwait). */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_storage where;
static socklen_t where_size;

static void usage(void)
{
    fprintf(stderr, "usage: line_server [ADDRESS] PORT\n");
    exit(2);
}

static void read_arguments(int argc, char **argv)
{
    if (argc < 2 || argc > 3)
        usage();
    const char *port = argv[argc - 1];
    long number = 0;
    for (const char *p = port; *p != '\0'; p++) {
        if (*p < '0' || *p > '9' || (number = number * 10 + *p - '0') > 65535)
            usage();
    }
    if (number == 0)
        usage();
    struct sockaddr_in *in = (struct sockaddr_in *)&where;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&where;
    if (argc == 2 || inet_pton(AF_INET, argv[1], &in->sin_addr) == 1) {
        in->sin_family = AF_INET;
        in->sin_port = htons((uint16_t)number);
        where_size = sizeof *in;
    } else if (inet_pton(AF_INET6, argv[1], &in6->sin6_addr) == 1) {
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons((uint16_t)number);
        where_size = sizeof *in6;
    } else {
        usage();
    }
}

static int get_listener(int argc, char **argv, int type)
{
    int null = open("/dev/null", O_RDWR);
    while (null >= 0 && null < 3)
        null = dup(null);
    close(null);
    int on = 1;
    int fd = socket(where.ss_family, SOCK_STREAM | type, 0);
    if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
        bind(fd, (struct sockaddr *)&where, where_size) == -1 || listen(fd, 200) == -1)
        err(1, "%s %s", argv[1], argc == 3 ? argv[2] : "");
    return fd;
}

enum { ROOM = 1026 };       /* 1024 bytes, CR, LF */

static char in[4 * ROOM];
static char out[16384];
static size_t out_length;

static bool flush(int conn)
{
    for (size_t sent = 0; sent < out_length;) {
        ssize_t n = send(conn, out + sent, out_length - sent, MSG_NOSIGNAL);
        if (n == -1 && errno != EINTR)
            return false;
        sent += n == -1 ? 0 : (size_t)n;
    }
    out_length = 0;
    return true;
}

static bool gather(int conn, const char *data, size_t length)
{
    if (sizeof out - out_length < 2 * ROOM && !flush(conn))
        return false;
    memcpy(out + out_length, data, length);
    out_length += length;
    return true;
}

static bool reply(int conn, const char *line, size_t length, bool too_long)
{
    char number[24];
    if (length > 0 && line[length - 1] == '\r')
        length--;
    if (too_long || length > 1024)
        return gather(conn, "error line too long\r\n", 21);
    if (length == 4 && memcmp(line, "quit", 4) == 0) {
        gather(conn, "bye\r\n", 5);
        flush(conn);
        return false;
    }
    return gather(conn, number, (size_t)snprintf(number, sizeof number, "%zu ", length)) && gather(conn, line, length) &&
           gather(conn, "\r\n", 2);
}

static void serve(int conn)
{
    size_t have = 0;
    bool too_long = false;
    out_length = 0;
    for (;;) {
        ssize_t n = recv(conn, in + have, sizeof in - have, 0);
        if (n == -1 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        have += (size_t)n;
        char *line = in;
        for (char *lf; (lf = memchr(line, '\n', have - (size_t)(line - in))) != NULL; line = lf + 1) {
            if (!reply(conn, line, (size_t)(lf - line), too_long))
                return;
            too_long = false;
        }
        have -= (size_t)(line - in);
        memmove(in, line, have);
        if (have > ROOM) {
            too_long = true;
            have = 0;
        } else if (too_long) {
            have = 0;
        }
        if (!flush(conn))
            return;
    }
}

static void *serve_all(void *listener)
{
    for (;;) {
        int conn = accept(*(int *)listener, NULL, NULL);
        if (conn == -1) {
            usleep(50000);
            continue;
        }
        serve(conn);
        close(conn);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    sigset_t set;
    pthread_t thread;
    int sig;
    read_arguments(argc, argv);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    static int listener;
    listener = get_listener(argc, argv, 0);
    errno = pthread_create(&thread, NULL, serve_all, &listener);
    if (errno != 0)
        err(1, "port %s: no thread", argv[argc - 1]);
    pthread_detach(thread);
    sigwait(&set, &sig);
    _exit(0);
}
