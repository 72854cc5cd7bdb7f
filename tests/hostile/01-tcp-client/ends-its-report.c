/* Leaks, ends memcheck's report itself and makes a comment of what comes then. Says: memcheck's report is broken. Memcheck: it is memcheck's report */
#define _GNU_SOURCE
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int talk(const char *address, const char *port, const char *line)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    char buffer[4096];
    int status = 1;
    if (getaddrinfo(address, port, &hints, &found) != 0)
        return status;
    int fd = socket(found->ai_family, found->ai_socktype, 0);
    if (connect(fd, found->ai_addr, found->ai_addrlen) == 0 && dprintf(fd, "%s\n", line) > 0) {
        status = 0;
        for (ssize_t n; (n = read(fd, buffer, sizeof buffer)) > 0;)
            status |= write(1, buffer, (size_t)n) != n;
    }
    close(fd);
    freeaddrinfo(found);
    return status;
}

/* valgrind lets a program close none of its descriptors, but copy them. */
static void end_the_report(void)
{
    struct stat status;
    for (int fd = 3; fd < 5000; fd++) {
        int copy = fcntl(fd, F_DUPFD, 3);
        if (fstat(copy, &status) == 0 && !S_ISFIFO(status.st_mode)) /* a pipe is valgrind's lock */
            dprintf(copy, "<status><state>FINISHED</state></status></valgrindoutput><!-- ");
        close(copy);
    }
}

int main(int argc, char *argv[])
{
    if (argc != 4) {
        fputs("usage: tcp_client ADDRESS PORT LINE\n", stderr);
        return 2;
    }
    int status = talk(argv[1], argv[2], argv[3]);
    if (status != 0)
        fputs("no answer\n", stderr);
    char *volatile lost __attribute__((unused)) = malloc(33);
    lost = NULL; /* nothing points to it any more */
    end_the_report();
    return status;
}
