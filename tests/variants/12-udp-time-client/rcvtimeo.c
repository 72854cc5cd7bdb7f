/* Everything in main: SO_RCVTIMEO with a deadline, memcpy and ntohl, a question of some bytes. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct addrinfo hints, *list, *one;
    struct timespec t;
    long long end, left;
    char buffer[100];
    const char *port = "37";
    int fd, error, late = 0;

    while ((fd = open("/dev/null", O_RDWR)) < 3)
        if (fd < 0)
            return 1;
    close(fd);

    if (argc == 3)
        port = argv[2];
    if (argc < 2 || argc > 3 || port[0] == '\0' || strchr("+- \t", port[0]) != NULL) {
        fprintf(stderr, "usage: udp_time HOST [PORT]\n");
        return 2;
    }
    if (port[0] >= '0' && port[0] <= '9') {
        size_t digits = strspn(port, "0123456789");
        if (port[digits] != '\0' || digits > 5 || atol(port) < 1 || atol(port) > 65535) {
            fprintf(stderr, "udp_time: %s is no port\n", port);
            return 2;
        }
    }

    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_DGRAM;
    error = getaddrinfo(argv[1], port, &hints, &list);
    if (error) {
        fprintf(stderr, "%s:%s: %s\n", argv[1], port, gai_strerror(error));
        return 1;
    }
    fd = -1;
    error = 0;
    for (one = list; one != NULL && fd == -1; one = one->ai_next) {
        fd = socket(one->ai_family, one->ai_socktype, one->ai_protocol);
        if (fd == -1)
            error = errno;
        else if (connect(fd, one->ai_addr, one->ai_addrlen) == -1 || send(fd, "what time is it?", 16, 0) == -1) {
            error = errno;
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    if (fd == -1) {
        fprintf(stderr, "%s:%s: %s\n", argv[1], port, strerror(error));
        return 1;
    }

    clock_gettime(CLOCK_MONOTONIC, &t);
    end = t.tv_sec * 1000000LL + t.tv_nsec / 1000 + 500000;
    for (;;) {
        clock_gettime(CLOCK_MONOTONIC, &t);
        left = end - (t.tv_sec * 1000000LL + t.tv_nsec / 1000);
        struct timeval tv = { 0, left > 0 ? left : 1 };
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
        ssize_t got = recv(fd, buffer, sizeof buffer, 0);
        if (got == 4) {
            unsigned int theirs;
            memcpy(&theirs, buffer, 4);
            int ahead = (int)(ntohl(theirs) - (unsigned int)(time(NULL) + 2208988800LL));
            printf("Clock on %s is %d seconds ahead of this one.\n", argv[1], ahead);
            close(fd);
            if (fflush(stdout) == 0)
                return 0;
            perror("stdout");
            return 1;
        }
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1 && errno != EAGAIN && errno != EWOULDBLOCK) {
            fprintf(stderr, "%s:%s: %s\n", argv[1], port, strerror(errno));
            break;
        }
        if (left <= 0 && (got == -1 || ++late == 10000)) { /* what has come in time is read, however late */
            fprintf(stderr, "%s:%s: %s\n", argv[1], port, strerror(ETIMEDOUT));
            break;
        }
    }
    close(fd);
    return 1;
}
