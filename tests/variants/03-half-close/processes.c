/* Another way: a process for each direction. The child sends and shuts down, the parent prints, and asks the child in the
 * end how it went. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *host, *service;

static int port_is_wrong(void)
{
    char *end;
    if (*service >= '0' && *service <= '9') {
        long port = strtol(service, &end, 10);
        return *end != '\0' || port < 1 || port > 65535;
    }
    return *service == '\0' || *service == ' ' || *service == '+' || *service == '-';
}

static int call(void)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found, *a;
    int error = getaddrinfo(host, service, &hints, &found);
    int fd = -1;
    if (error)
        errx(1, "%s %s: %s", host, service, gai_strerror(error));
    for (a = found; a; a = a->ai_next) {
        fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd >= 0 && fd <= 2) {
            int up = fcntl(fd, F_DUPFD_CLOEXEC, 3);
            close(fd);
            fd = up;
        }
        if (fd == -1)
            err(1, "%s %s", host, service);
        if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            break;
        if (!a->ai_next)
            err(1, "%s %s", host, service);
        close(fd);
    }
    freeaddrinfo(found);
    return fd;
}

static int pump(int from, int to)
{
    static char block[65536];
    for (;;) {
        ssize_t have = read(from, block, sizeof block);
        if (have == -1 && errno == EINTR)
            continue;
        if (have <= 0)
            return (int)have;
        for (char *p = block; have > 0;) {
            ssize_t n = write(to, p, (size_t)have);
            if (n == -1 && errno == EINTR)
                continue;
            if (n == -1)
                return -1;
            p += n;
            have -= n;
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("half_close HOST SERVICE\n", stderr);
        exit(2);
    }
    host = argv[1];
    service = argv[2];
    if (port_is_wrong())
        errx(2, "%s: no port", service);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* or waitpid() would learn nothing */

    int fd = call();
    pid_t sender = fork();
    if (sender == -1)
        err(1, "%s %s: fork", host, service);
    if (sender == 0) {
        int failed = pump(STDIN_FILENO, fd) == -1;
        if (failed)
            warn("sending to %s %s", host, service);
        shutdown(fd, SHUT_WR); /* close() would not do: the parent has the socket too */
        _exit(failed);
    }
    int failed = pump(fd, STDOUT_FILENO) == -1;
    if (failed)
        warn("receiving from %s %s", host, service);
    close(fd);
    int status;
    while (waitpid(sender, &status, 0) == -1)
        continue;
    return failed || status != 0;
}
