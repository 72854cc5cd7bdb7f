/* Blocks in recv(), deep down: for source.c, which says where. "private": nobody may look into it. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int receives(int fd)
{
    char byte;
    ssize_t n = recv(fd, &byte, 1, 0); /* here it blocks */
    return n == 1 ? byte : -1;
}

static int asks(int fd)
{
    int answer = receives(fd);
    return answer + 1;
}

static void *in_a_thread(void *fd)
{
    char byte;
    return read(*(int *)fd, &byte, 1) == 1 ? fd : NULL; /* here its thread blocks */
}

int main(int argc, char *argv[])
{
    int pair[2];
    pthread_t thread;
    if (argc > 1 && strcmp(argv[1], "private") == 0)
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
        return 1;
    if (argc > 1 && strcmp(argv[1], "thread") == 0)
        pthread_create(&thread, NULL, in_a_thread, &pair[0]);
    return asks(pair[1]);
}
