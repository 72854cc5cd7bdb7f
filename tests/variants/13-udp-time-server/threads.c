/* Three threads wait in recvfrom() on one socket, which has a time-out; the first thread waits for signals with sigwait(). */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 3 };

static int fd = -1;
static atomic_bool over;

static void *work(void *unused)
{
    while (!over) {
        struct sockaddr_storage who;
        socklen_t size = sizeof who;
        char junk[4];
        if (recvfrom(fd, junk, sizeof junk, 0, (struct sockaddr *)&who, &size) == -1)
            continue; /* the time-out, mostly */
        uint32_t t = htonl((uint32_t)((uint64_t)time(NULL) + 2208988800));
        if (sendto(fd, &t, 4, 0, (struct sockaddr *)&who, size) == -1)
            warn("can't answer");
    }
    return unused;
}

int main(int argc, char *argv[])
{
    struct sockaddr_storage own = {0};
    struct sockaddr_in *four = (struct sockaddr_in *)&own;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&own;
    socklen_t size = sizeof *four;
    char *end;
    int number;

    while ((number = open("/dev/null", O_RDWR)) >= 0 && number < 3)
        ;
    close(number);
    if (argc != 2 && argc != 3)
        errx(2, "usage: udp_time_server [ADDRESS] PORT");
    const char *text = argv[argc - 1];
    unsigned long port = strtoul(text, &end, 10);
    if (strchr("123456789", text[0]) == NULL || text[0] == '\0' || *end != '\0' || port > 65535)
        errx(2, "'%s' is not a port from 1 to 65535", text);
    four->sin_family = AF_INET;
    four->sin_port = htons((uint16_t)port);
    if (argc == 3 && inet_pton(AF_INET, argv[1], &four->sin_addr) != 1) {
        memset(&own, 0, sizeof own);
        six->sin6_family = AF_INET6;
        six->sin6_port = htons((uint16_t)port);
        size = sizeof *six;
        if (inet_pton(AF_INET6, argv[1], &six->sin6_addr) != 1)
            errx(2, "'%s' is not an address", argv[1]);
    }

    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    pthread_sigmask(SIG_BLOCK, &stops, NULL);

    struct timeval patience = {0, 400000};
    fd = socket(own.ss_family, SOCK_DGRAM, 0);
    if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == -1)
        err(1, "socket");
    if (bind(fd, (struct sockaddr *)&own, size) == -1)
        err(1, "%s port %lu", argc == 3 ? argv[1] : "any address,", port);

    pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&thread[i], NULL, work, NULL) != 0)
            errx(1, "no thread");
    sigwait(&stops, &number);
    over = true;
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    close(fd);
    return 0;
}
