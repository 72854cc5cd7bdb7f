/* Each answer is sent by a process of its own, and ends all if it cannot be. Says: udp_time_server was ended by SIGUSR1 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void answer(int fd, struct sockaddr_storage *who, socklen_t size)
{
    uint32_t now = htonl((uint32_t)(time(NULL) + 2208988800));
    if (fork() != 0)
        return;
    if (sendto(fd, &now, sizeof now, 0, (struct sockaddr *)who, size) == -1)
        kill(getppid(), SIGUSR1);
    _exit(0);
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
    signal(SIGCHLD, SIG_IGN);
    serve(fd);
}
