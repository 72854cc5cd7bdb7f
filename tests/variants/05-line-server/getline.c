/* Different: getline(3), on a stream whose own read function (fopencookie(3)) leaves out what is too much of a line, so that
   getline never gets a line of more than 1025 bytes and an LF. Replies go out through a second stream. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
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

static void stop(int sig)
{
    (void)sig;
    _exit(0);
}

static void set_signals(void)
{
    sigset_t none;
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

struct source {
    int conn;
    size_t column;
};

static ssize_t read_some(void *cookie, char *data, size_t size)
{
    struct source *source = cookie;
    for (;;) {
        ssize_t n = read(source->conn, data, size);
        if (n <= 0)
            return n;
        ssize_t kept = 0;
        for (ssize_t i = 0; i < n; i++) {
            /* 1024 and a CR are a line; behind that, an 'x' in the CR's place says that there was more. */
            if (data[i] == '\n') {
                source->column = 0;
                data[kept++] = '\n';
            } else if (source->column < 1026) {
                source->column++;
                data[kept++] = source->column == 1026 ? 'x' : data[i];
            }
        }
        if (kept > 0)
            return kept;
    }
}

static void serve(int conn)
{
    struct source source = {conn, 0};
    int copy = dup(conn);
    FILE *out = copy == -1 ? NULL : fdopen(copy, "w");
    FILE *in = fopencookie(&source, "r", (cookie_io_functions_t){.read = read_some});
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    if (out == NULL || in == NULL)
        err(1, "no streams");
    while ((length = getline(&line, &room, in)) > 0 && line[length - 1] == '\n') {
        length--;
        if (length > 0 && line[length - 1] == '\r')
            length--;
        if (length > 1024) {
            fprintf(out, "error line too long\r\n");
        } else if (length == 4 && strncmp(line, "quit", 4) == 0) {
            fprintf(out, "bye\r\n");
            break;
        } else {
            fprintf(out, "%zd ", length);
            fwrite(line, (size_t)length, 1, out);
            fprintf(out, "\r\n");
        }
        if (fflush(out) != 0)
            break;
    }
    free(line);
    fclose(in);
    fclose(out);
}

int main(int argc, char **argv)
{
    read_arguments(argc, argv);
    set_signals();
    int listener = get_listener(argc, argv, 0);
    for (;;) {
        int conn = accept(listener, NULL, NULL);
        if (conn == -1) {
            if (errno != EINTR && errno != ECONNABORTED)
                sleep(1);
            continue;
        }
        serve(conn);
        close(conn);
    }
}
