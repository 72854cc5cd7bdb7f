/* A server that ignores SIGTERM. Says: fork_server ends with status 0 within 1 second */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    int port = argc < 2 ? 0 : atoi(argv[argc - 1]);
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int on = 1;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    signal(SIGTERM, SIG_IGN);
    signal(SIGCHLD, SIG_IGN);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (port == 0 || bind(listener, (struct sockaddr *)&any, sizeof any) == -1 || listen(listener, 128) == -1)
        return 2;
    for (;;) {
        int conn = accept(listener, NULL, NULL);
        if (fork() == 0) {
            char buffer[4096];
            ssize_t n;
            close(listener);
            while ((n = read(conn, buffer, sizeof buffer)) > 0)
                if (write(conn, buffer, (size_t)n) == -1)
                    break;
            _exit(0);
        }
        close(conn);
    }
}
