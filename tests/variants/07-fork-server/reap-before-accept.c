/* Different: all in main(), no SIGCHLD handler: it looks for dead children before each accept, and at least ten
   times a second. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

volatile sig_atomic_t quit;

void handler(int sig)
{
    (void)sig;
    quit = 1;
}

int main(int argc, char *argv[])
{
    int fd, client, i, yes = 1, count = 0, first = 1;
    long port, max = 64;
    char *end, buf[4096];
    char *address = NULL;
    ssize_t n, done, w;
    pid_t pid;
    pid_t *table;
    struct sockaddr_in a4;
    struct sockaddr_in6 a6;
    struct sockaddr *a = (struct sockaddr *)&a4;
    socklen_t alen = sizeof(a4);
    struct sigaction sa;
    struct pollfd p;
    sigset_t both, old;

    while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= 2)
        ;
    close(fd);

    if (argc > 1 && strncmp(argv[1], "-m", 2) == 0) {
        char *text = argv[1] + 2;
        first = 2;
        if (*text == '\0' && argc > 2) {
            text = argv[2];
            first = 3;
        }
        max = strtol(text, &end, 10);
        if (*text < '0' || *text > '9' || *end != '\0' || max < 1) {
            fprintf(stderr, "fork_server: MAX must be at least 1\n");
            return 2;
        }
    }
    if (max > 100000)
        max = 100000;           /* more than this machine could serve */
    if (argc - first == 2)
        address = argv[first];
    else if (argc - first != 1) {
        fprintf(stderr, "usage: %s [-m MAX] [ADDRESS] PORT\n", argv[0]);
        return 2;
    }
    port = strtol(argv[argc - 1], &end, 10);
    if (argv[argc - 1][0] < '0' || argv[argc - 1][0] > '9' || *end != '\0' || port < 1 || port > 65535) {
        fprintf(stderr, "fork_server: %s is not a port\n", argv[argc - 1]);
        return 2;
    }
    memset(&a4, 0, sizeof(a4));
    memset(&a6, 0, sizeof(a6));
    a4.sin_family = AF_INET;
    a6.sin6_family = AF_INET6;
    a4.sin_port = htons(port);
    a6.sin6_port = htons(port);
    if (address == NULL)
        a4.sin_addr.s_addr = htonl(INADDR_ANY);
    else if (inet_pton(AF_INET6, address, &a6.sin6_addr) == 1) {
        a = (struct sockaddr *)&a6;
        alen = sizeof(a6);
    } else if (inet_pton(AF_INET, address, &a4.sin_addr) != 1) {
        fprintf(stderr, "fork_server: %s is not an address\n", address);
        return 2;
    }

    memset(&sa, 0, sizeof(sa));
    sa.sa_handler = handler;
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGINT, &sa, NULL);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&both);
    sigaddset(&both, SIGTERM);
    sigaddset(&both, SIGINT);
    sigprocmask(SIG_UNBLOCK, &both, NULL);

    fd = socket(a->sa_family, SOCK_STREAM, 0);
    if (fd < 0) {
        perror("socket");
        return 1;
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (bind(fd, a, alen) < 0 || listen(fd, 200) < 0) {
        fprintf(stderr, "fork_server: %s %ld: %s\n", address ? address : "port", port, strerror(errno));
        close(fd);
        return 1;
    }

    table = malloc(max * sizeof(pid_t));
    if (table == NULL) {
        perror("malloc");
        close(fd);
        return 1;
    }

    while (!quit) {
        /* bury the dead */
        for (i = 0; i < count;) {
            if (waitpid(table[i], NULL, WNOHANG) != 0)
                table[i] = table[--count];
            else
                i++;
        }
        p.fd = count < max ? fd : -1;
        p.events = POLLIN;
        p.revents = 0;
        if (poll(&p, 1, 100) <= 0)
            continue;
        client = accept(fd, NULL, NULL);
        if (client < 0) {
            if (errno == EMFILE || errno == ENFILE)
                poll(NULL, 0, 100);
            continue;
        }
        sigprocmask(SIG_BLOCK, &both, &old);
        pid = fork();
        if (pid == 0) {
            signal(SIGTERM, SIG_DFL);
            signal(SIGINT, SIG_DFL);
            sigprocmask(SIG_SETMASK, &old, NULL);
            close(fd);
            free(table);
            while ((n = read(client, buf, sizeof(buf))) > 0 || (n < 0 && errno == EINTR)) {
                for (done = 0; done < n; done += w) {
                    w = write(client, buf + done, n - done);
                    if (w < 0 && errno == EINTR)
                        w = 0;
                    else if (w < 0)
                        exit(1);
                }
            }
            close(client);
            exit(0);
        }
        sigprocmask(SIG_SETMASK, &old, NULL);
        if (pid < 0)
            perror("fork_server: fork");
        else
            table[count++] = pid;
        close(client);
    }

    close(fd);
    for (i = 0; i < count; i++)
        kill(table[i], SIGKILL);
    for (i = 0; i < count; i++)
        waitpid(table[i], NULL, 0);
    free(table);
    return 0;
}
