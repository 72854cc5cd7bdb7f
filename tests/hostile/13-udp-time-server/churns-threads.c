/* Starts a thread each millisecond, so that nobody ever sees the same ones; ends when an answer cannot be sent. Says: udp_time_server ended with status 9 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void *pass_by(void *unused)
{
    usleep(100000);
    return unused;
}

static void *churn(void *unused)
{
    for (pthread_t thread; unused == NULL; usleep(1000)) {
        if (pthread_create(&thread, NULL, pass_by, NULL) == 0)
            pthread_detach(thread);
    }
    return NULL;
}

static void answer(int fd, struct sockaddr_storage *who, socklen_t size)
{
    uint32_t now = htonl((uint32_t)(time(NULL) + 2208988800));
    if (sendto(fd, &now, sizeof now, 0, (struct sockaddr *)who, size) == -1)
        _exit(9);
}
static void serve(int fd)
{
    for (;;) {
        struct sockaddr_storage who;
        socklen_t size = sizeof who;
        char question;
        if (recvfrom(fd, &question, 1, 0, (struct sockaddr *)&who, &size) != -1)
            answer(fd, &who, size);
    }
}

int main(int argc, char *argv[])
{
    struct sockaddr_in own = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    own.sin_port = htons((in_port_t)atoi(argv[argc - 1]));
    if (argc < 2 || bind(fd, (struct sockaddr *)&own, sizeof own) == -1)
        return 2;
    pthread_t thread;
    pthread_create(&thread, NULL, churn, NULL);
    serve(fd);
}
