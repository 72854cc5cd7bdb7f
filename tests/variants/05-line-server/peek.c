/* Different: MSG_PEEK looks at what has come, and recv() then takes just what belongs to the line. Three writes a reply, with
   MSG_MORE on the first ones. */
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

static bool put(int conn, const void *data, size_t size, int flags)
{
    const char *next = data;
    while (size > 0) {
        ssize_t n = send(conn, next, size, flags | MSG_NOSIGNAL);
        if (n == -1)
            return false;
        next += n;
        size -= (size_t)n;
    }
    return true;
}

static bool reply(int conn, const char *line, size_t length)
{
    char count[30];
    if (length > 0 && length <= 1025 && line[length - 1] == '\r')
        length--;
    if (length > 1024)
        return put(conn, "error line too long\r\n", 21, 0);
    if (length == 4 && memcmp(line, "quit", 4) == 0)
        return put(conn, "bye\r\n", 5, 0) && false;
    snprintf(count, sizeof count, "%zu ", length);
    return put(conn, count, strlen(count), MSG_MORE) && put(conn, line, length, MSG_MORE) && put(conn, "\r\n", 2, 0);
}

static void serve(int conn)
{
    char line[2048];        /* of a line that is too long, only that it is: 1026 bytes are kept, the rest overwrites itself */
    size_t length = 0;
    for (;;) {
        ssize_t seen = recv(conn, line + length, 1000, MSG_PEEK);
        if (seen <= 0)
            return;
        const char *lf = memchr(line + length, '\n', (size_t)seen);
        size_t take = lf == NULL ? (size_t)seen : (size_t)(lf - line) - length + 1;
        ssize_t taken = recv(conn, line + length, take, 0);
        if (taken <= 0)
            return;
        length += (size_t)taken;
        if (lf != NULL && (size_t)taken == take) {
            if (!reply(conn, line, length - 1))
                return;
            length = 0;
        } else if (length > 1026) {
            length = 1026;
        }
    }
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
