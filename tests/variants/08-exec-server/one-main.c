/* All in main, as a beginner may write it; SIGCHLD's action has SA_NOCLDWAIT, and the child is finished by execve(). */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void stop(int signo)
{
    (void)signo;
    _exit(EXIT_SUCCESS);
}

int main(int argc, char **argv)
{
    struct sockaddr_in v4 = {0};
    struct sockaddr_in6 v6 = {0};
    struct sigaction sa;
    sigset_t mask;
    char *end;
    int i, s, one = 1, is6 = 0;

    /* arguments */
    i = 1;
    v4.sin_addr.s_addr = INADDR_ANY;
    if (argc > 1 && strpbrk(argv[1], ".:") != NULL) {
        if (inet_pton(AF_INET6, argv[1], &v6.sin6_addr) == 1) {
            is6 = 1;
        } else if (inet_pton(AF_INET, argv[1], &v4.sin_addr) != 1) {
            fprintf(stderr, "bad address\n");
            return 2;
        }
        i = 2;
    }
    if (argc < i + 2 || argv[i][0] < '0' || argv[i][0] > '9') {
        fprintf(stderr, "usage: exec_server [ADDRESS] PORT COMMAND [ARGUMENT...]\n");
        return 2;
    }
    errno = 0;
    long port = strtol(argv[i], &end, 10);
    if (*end != '\0' || errno != 0 || port < 1 || port > 65535) {
        fprintf(stderr, "bad port\n");
        return 2;
    }

    /* 0, 1 and 2 are always taken */
    while ((s = open("/dev/null", O_RDWR)) >= 0 && s < 3)
        continue;
    close(s);

    /* signals */
    memset(&sa, 0, sizeof sa);
    sa.sa_handler = stop;
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGINT, &sa, NULL);
    sa.sa_handler = SIG_DFL;
    sa.sa_flags = SA_NOCLDWAIT;
    sigaction(SIGCHLD, &sa, NULL);
    sigemptyset(&mask);
    sigprocmask(SIG_SETMASK, &mask, NULL);

    /* the listener */
    s = socket(is6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
    v4.sin_family = AF_INET;
    v4.sin_port = htons((uint16_t)port);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons((uint16_t)port);
    one = 1;
    if (is6)
        setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (s == -1 || bind(s, is6 ? (void *)&v6 : (void *)&v4, is6 ? sizeof v6 : sizeof v4) == -1 || listen(s, 128) == -1) {
        fprintf(stderr, "%s port %ld: %s\n", i == 2 ? argv[1] : "*", port, strerror(errno));
        return 1;
    }

    while (1) {
        union {
            struct sockaddr any;
            struct sockaddr_in v4;
            struct sockaddr_in6 v6;
        } from;
        socklen_t len = sizeof from;
        int c = accept(s, &from.any, &len);
        if (c == -1) {
            usleep(10000);
            continue;
        }
        pid_t pid = fork();
        if (pid == 0) {
            char host[100], e1[200], e2[200], path[5000];
            char *env[] = {e1, e2, "PATH=/usr/local/bin:/usr/bin:/bin", NULL};
            char *dirs, *dir;
            int err = ENOENT;
            int log = dup(2);
            fcntl(log, F_SETFD, FD_CLOEXEC);
            if (from.any.sa_family == AF_INET)
                inet_ntop(AF_INET, &from.v4.sin_addr, host, sizeof host);
            else
                inet_ntop(AF_INET6, &from.v6.sin6_addr, host, sizeof host);
            snprintf(e1, sizeof e1, "REMOTE_ADDR=%s", host);
            snprintf(e2, sizeof e2, "REMOTE_PORT=%u", ntohs(from.any.sa_family == AF_INET ? from.v4.sin_port : from.v6.sin6_port));
            dup2(c, 0);
            dup2(c, 1);
            dup2(c, 2);
            for (int fd = 3; fd < sysconf(_SC_OPEN_MAX) && fd < 65536; fd++)
                if (fd != log)
                    close(fd);
            for (int sig = 1; sig <= SIGRTMAX; sig++)
                signal(sig, SIG_DFL);
            if (strchr(argv[i + 1], '/') != NULL) {
                execve(argv[i + 1], argv + i + 1, env);
                err = errno;
            } else {
                dirs = getenv("PATH");
                for (dir = dirs == NULL ? NULL : strtok(dirs, ":"); dir != NULL; dir = strtok(NULL, ":")) {
                    snprintf(path, sizeof path, "%s/%s", dir, argv[i + 1]);
                    execve(path, argv + i + 1, env);
                    if (errno != ENOENT)
                        err = errno;
                }
            }
            dprintf(log, "%s: %s\n", argv[i + 1], strerror(err));
            _exit(1);
        }
        if (pid == -1)
            perror("fork");
        close(c);
    }
}
