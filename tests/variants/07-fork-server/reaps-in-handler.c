/* Different: the SIGCHLD handler itself reaps, and writes to a pipe to wake the loop (the self-pipe trick). Signals
   are blocked only around fork() and at the end. Accepts until nobody is left at the door. */
#define _GNU_SOURCE
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

#define MOST 30000

static pid_t child_of_slot[MOST];       /* 0: free */
static volatile sig_atomic_t busy;      /* slots in use */
static volatile sig_atomic_t ended;     /* by SIGTERM or SIGINT */
static int wake_read = -1, wake_write = -1;
static sigset_t handled;

static void handle(int signo)
{
    int saved_errno = errno;
    ssize_t ignored;

    if (signo == SIGCHLD) {
        pid_t pid;
        while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
            for (int i = 0; i < MOST; i++)
                if (child_of_slot[i] == pid) {
                    child_of_slot[i] = 0;
                    busy--;
                    break;
                }
    } else {
        ended = 1;
    }
    ignored = write(wake_write, "!", 1);
    (void)ignored;
    errno = saved_errno;
}

static void install_handlers(void)
{
    static const int numbers[3] = {SIGCHLD, SIGTERM, SIGINT};
    struct sigaction sa;

    memset(&sa, 0, sizeof sa);
    sa.sa_handler = handle;
    sa.sa_flags = SA_RESTART | SA_NOCLDSTOP;
    sigemptyset(&handled);
    for (int i = 0; i < 3; i++)
        sigaddset(&handled, numbers[i]);
    sa.sa_mask = handled;
    for (int i = 0; i < 3; i++)
        sigaction(numbers[i], &sa, NULL);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_UNBLOCK, &handled, NULL);
}

static void serve(int fd)
{
    char bytes[1024];
    ssize_t r, w;

    while ((r = read(fd, bytes, sizeof bytes)) != 0) {
        if (r == -1 && errno != EINTR)
            _exit(1);
        for (char *from = bytes; r > 0; from += w, r -= w) {
            w = write(fd, from, (size_t)r);
            if (w == -1 && errno != EINTR)
                _exit(1);
            if (w == -1)
                w = 0;
        }
    }
    _exit(0);
}

static void start(int conn, int listener)
{
    int slot = 0;
    sigset_t before;

    sigprocmask(SIG_BLOCK, &handled, &before);  /* the child may end before we have written down its id */
    while (child_of_slot[slot] != 0)
        slot++;
    pid_t pid = fork();
    switch (pid) {
    case -1:
        perror("fork_server: fork");
        break;
    case 0:
        signal(SIGCHLD, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
        signal(SIGINT, SIG_DFL);
        close(listener);
        close(wake_read);
        close(wake_write);
        sigprocmask(SIG_SETMASK, &before, NULL);
        serve(conn);
        break;
    default:
        child_of_slot[slot] = pid;
        busy++;
    }
    close(conn);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

int main(int argc, char **argv)
{
    int max = 64;
    int null_fd, pipe_fds[2], one = 1;
    struct sockaddr_storage where;
    socklen_t where_size;

    for (null_fd = open("/dev/null", O_RDWR); null_fd == 0 || null_fd == 1;)
        null_fd = dup(null_fd);
    if (null_fd > 2)
        close(null_fd);

    argv++;
    argc--;
    if (argc > 0 && strncmp(*argv, "-m", 2) == 0) {
        const char *text = *argv + 2;
        if (*text == '\0' && argc > 1) {
            text = *++argv;
            argc--;
        }
        argv++;
        argc--;
        max = 0;
        if (*text == '\0' || text[strspn(text, "0123456789")] != '\0' || (max = strlen(text) > 6 ? MOST : atoi(text)) < 1) {
            fprintf(stderr, "fork_server: -m needs a number from 1 on\n");
            return 2;
        }
        if (max > MOST)
            max = MOST;
    }
    if (argc < 1 || argc > 2) {
        fprintf(stderr, "usage: fork_server [-m MAX] [ADDRESS] PORT\n");
        return 2;
    }
    const char *port_text = argv[argc - 1];
    int port = strspn(port_text, "0123456789") == strlen(port_text) && strlen(port_text) < 8 ? atoi(port_text) : 0;
    if (port < 1 || port > 65535) {
        fprintf(stderr, "fork_server: %s: not a port\n", port_text);
        return 2;
    }
    memset(&where, 0, sizeof where);
    struct sockaddr_in *v4 = (void *)&where;
    struct sockaddr_in6 *v6 = (void *)&where;
    if (argc == 2 && strchr(argv[0], ':') != NULL) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((unsigned short)port);
        where_size = sizeof *v6;
        if (inet_pton(AF_INET6, argv[0], &v6->sin6_addr) != 1) {
            fprintf(stderr, "fork_server: %s: not an address\n", argv[0]);
            return 2;
        }
    } else {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((unsigned short)port);
        where_size = sizeof *v4;
        if (inet_pton(AF_INET, argc == 2 ? argv[0] : "0.0.0.0", &v4->sin_addr) != 1) {
            fprintf(stderr, "fork_server: %s: not an address\n", argv[0]);
            return 2;
        }
    }

    if (pipe2(pipe_fds, O_NONBLOCK) == -1) {
        perror("fork_server: pipe");
        return 1;
    }
    wake_read = pipe_fds[0];
    wake_write = pipe_fds[1];
    install_handlers();

    int listener = socket(where.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (listener == -1) {
        perror("fork_server: socket");
        return 1;
    }
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&where, where_size) == -1 || listen(listener, 128) == -1) {
        fprintf(stderr, "fork_server: %s%sport %d: %s\n", argc == 2 ? argv[0] : "", argc == 2 ? " " : "", port,
                strerror(errno));
        return 1;
    }

    while (!ended) {
        struct pollfd what[2] = {{.fd = wake_read, .events = POLLIN}, {.fd = listener, .events = POLLIN}};
        char junk[64];
        int conn;
        if (poll(what, busy < max ? 2 : 1, -1) == -1)
            continue;
        while (read(wake_read, junk, sizeof junk) > 0)
            ;
        while (!ended && busy < max) {
            conn = accept(listener, NULL, NULL);
            if (conn >= 0) {
                start(conn, listener);
                continue;
            }
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                poll(what, 1, 100);
            break;
        }
    }
    close(listener);
    sigprocmask(SIG_BLOCK, &handled, NULL);
    for (int i = 0; i < MOST; i++)
        if (child_of_slot[i] != 0)
            kill(child_of_slot[i], SIGKILL);
    for (int i = 0; i < MOST; i++)
        if (child_of_slot[i] != 0)
            waitpid(child_of_slot[i], NULL, 0);
    close(wake_read);
    close(wake_write);
    return 0;
}
