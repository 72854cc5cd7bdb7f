/* Different: stdio both ways, with two streams on the connection: getc() with a limit, fprintf() and fwrite(), fflush() after
   each reply. */
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

/* Returns the length of the next line without its end, -1 at the end of the input; LIMIT + 1 for any that is longer. */
enum { LIMIT = 1024 };

static int next_line(FILE *in, char *line)
{
    int length = 0;
    int c;
    bool cr = false;    /* one that has come, and is data if no LF follows */
    while ((c = getc(in)) != EOF && c != '\n') {
        if (cr) {
            if (length < LIMIT)
                line[length] = '\r';
            if (length <= LIMIT)
                length++;
        }
        cr = c == '\r';
        if (cr)
            continue;
        if (length < LIMIT)
            line[length] = (char)c;
        if (length <= LIMIT)
            length++;
    }
    return c == EOF ? -1 : length;
}

static void serve(int conn)
{
    char line[LIMIT];
    int length;
    int second = dup(conn);
    FILE *in = fdopen(conn, "r");
    FILE *out = second == -1 ? NULL : fdopen(second, "w");
    while (in != NULL && out != NULL && (length = next_line(in, line)) != -1) {
        if (length == 4 && memcmp(line, "quit", 4) == 0) {
            fputs("bye\r\n", out);
            break;
        }
        if (length > LIMIT) {
            fputs("error line too long\r\n", out);
        } else {
            fprintf(out, "%d ", length);
            fwrite(line, 1, (size_t)length, out);
            fputs("\r\n", out);
        }
        if (fflush(out) == EOF)
            break;
    }
    if (out != NULL)
        fclose(out);
    else if (second != -1)
        close(second);
    if (in != NULL)
        fclose(in);
    else
        close(conn);
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
        
    }
}
