/* Listens on all ports that it can have, but not on its own. Says: fork_server */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    int own = argc < 2 ? 0 : atoi(argv[1]);
    for (int port = 1024; port < 2000; port++) {
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd == -1)
            break;
        if (port == own || bind(fd, (struct sockaddr *)&address, sizeof address) == -1 || listen(fd, 1) == -1)
            close(fd);
    }
    pause();
}
