/* Different: SIGCHLD is ignored, so that the kernel buries the children itself. The count is kept by pipes: each
   child holds the writing end of one, and end-of-file on the reading end says that it has ended, however it did. */
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

typedef struct Child {
    struct Child *next;
    pid_t pid;
    int pipe;
} Child;

static volatile sig_atomic_t told_to_stop;

static void stop(int signo)
{
    (void)signo;
    told_to_stop = 1;
}

static void keep_standard_descriptors_busy(void)
{
    for (;;) {
        int fd = open("/dev/null", O_RDWR);
        if (fd < 0)
            return;
        if (fd > 2) {
            close(fd);
            return;
        }
    }
}

static long count_of(const char *s)
{
    size_t length = strlen(s);
    if (length == 0 || length > 12 || strspn(s, "0123456789") != length)
        return -1;
    return atol(s);
}

static int listen_on(const char *address, long port)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } u;
    socklen_t size;
    memset(&u, 0, sizeof u);
    if (address == NULL || inet_pton(AF_INET, address, &u.v4.sin_addr) == 1) {
        u.v4.sin_family = AF_INET;
        u.v4.sin_port = htons((in_port_t)port);
        size = sizeof u.v4;
    } else if (inet_pton(AF_INET6, address, &u.v6.sin6_addr) == 1) {
        u.v6.sin6_family = AF_INET6;
        u.v6.sin6_port = htons((in_port_t)port);
        size = sizeof u.v6;
    } else {
        return -2;
    }
    int yes = 1, fd = socket(u.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0 || bind(fd, &u.any, size) < 0 ||
        listen(fd, 500) < 0) {
        int why = errno;
        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

static void echo(int conn)
{
    char buf[8192];
    for (;;) {
        ssize_t n = recv(conn, buf, sizeof buf, 0);
        if (n == 0 || (n < 0 && errno != EINTR))
            return;
        for (ssize_t i = 0; i < n;) {
            ssize_t k = send(conn, buf + i, (size_t)(n - i), MSG_NOSIGNAL);
            if (k < 0 && errno != EINTR)
                return;
            if (k > 0)
                i += k;
        }
    }
}

/* The child: frees and closes all that is the parent's. */
static _Noreturn void be_child(int conn, int lfd, int readable, Child *list, struct pollfd *fds, const sigset_t *open_mask)
{
    close(lfd);
    close(readable);
    free(fds);
    while (list != NULL) {
        Child *next = list->next;
        close(list->pipe);
        free(list);
        list = next;
    }
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    sigprocmask(SIG_SETMASK, open_mask, NULL);
    echo(conn);
    _exit(0);
}

int main(int argc, char **argv)
{
    long max = 64;
    int o;
    keep_standard_descriptors_busy();
    while ((o = getopt(argc, argv, "m:")) >= 0)
        if (o != 'm' || (max = count_of(optarg)) < 1) {
            fprintf(stderr, "usage: fork_server [-m MAX] [ADDRESS] PORT (MAX at least 1)\n");
            return 2;
        }
    if (argc - optind != 1 && argc - optind != 2) {
        fprintf(stderr, "usage: fork_server [-m MAX] [ADDRESS] PORT\n");
        return 2;
    }
    long port = count_of(argv[argc - 1]);
    if (port < 1 || port > 65535) {
        fprintf(stderr, "fork_server: not a port: %s\n", argv[argc - 1]);
        return 2;
    }
    const char *address = argc - optind == 2 ? argv[optind] : NULL;
    sigset_t shut, open_mask;
    sigemptyset(&shut);
    sigaddset(&shut, SIGTERM);
    sigaddset(&shut, SIGINT);
    sigprocmask(SIG_BLOCK, &shut, &open_mask);
    sigdelset(&open_mask, SIGTERM);
    sigdelset(&open_mask, SIGINT);
    struct sigaction act = {.sa_handler = stop};
    sigaction(SIGTERM, &act, NULL);
    sigaction(SIGINT, &act, NULL);
    signal(SIGCHLD, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);

    int lfd = listen_on(address, port);
    if (lfd == -2) {
        fprintf(stderr, "fork_server: not an address: %s\n", address);
        return 2;
    }
    if (lfd == -1) {
        fprintf(stderr, "fork_server: %s:%ld: %s\n", address ? address : "*", port, strerror(errno));
        return 1;
    }

    Child *list = NULL;
    long serving = 0;
    struct pollfd *fds = NULL;
    for (;;) {
        sigset_t pending;
        sigpending(&pending);
        if (told_to_stop || sigismember(&pending, SIGTERM) || sigismember(&pending, SIGINT))
            break;
        struct pollfd *more = realloc(fds, (size_t)(serving + 1) * sizeof *fds);
        if (more == NULL) {
            perror("realloc");
            break;
        }
        fds = more;
        fds[0] = (struct pollfd){.fd = serving < max ? lfd : -1, .events = POLLIN};
        nfds_t n = 1;
        for (Child *c = list; c != NULL; c = c->next)
            fds[n++] = (struct pollfd){.fd = c->pipe, .events = POLLIN};
        if (ppoll(fds, n, NULL, &open_mask) < 0)
            continue;

        n = 1;
        for (Child **c = &list; *c != NULL;) {
            if (fds[n++].revents == 0) {
                c = &(*c)->next;
                continue;
            }
            Child *gone = *c;
            *c = gone->next;
            close(gone->pipe);
            free(gone);
            serving--;
        }
        if (fds[0].revents == 0)
            continue;

        int conn = accept(lfd, NULL, NULL);
        if (conn < 0) {
            if (errno != EAGAIN && errno != ECONNABORTED)
                ppoll(NULL, 0, &(struct timespec){.tv_nsec = 200 * 1000 * 1000}, &open_mask);
            continue;
        }
        int life[2] = {-1, -1};
        pid_t pid = -1;
        Child *child = malloc(sizeof *child);
        if (child != NULL && pipe(life) == 0)
            pid = fork();
        if (pid == 0) {
            free(child);
            be_child(conn, lfd, life[0], list, fds, &open_mask);
        }
        if (pid == -1) {
            fprintf(stderr, "fork_server: no process for this client: %s\n", strerror(errno));
            free(child);
            if (life[0] >= 0)
                close(life[0]);
        } else {
            *child = (Child){.next = list, .pid = pid, .pipe = life[0]};
            list = child;
            serving++;
        }
        if (life[1] >= 0)
            close(life[1]);
        close(conn);
    }
    close(lfd);
    for (Child *c = list; c != NULL; c = c->next)
        kill(c->pid, SIGKILL);
    while (list != NULL) {
        Child *c = list;
        waitpid(c->pid, NULL, 0);       /* with SIGCHLD ignored: waits, then fails with ECHILD */
        list = c->next;
        close(c->pipe);
        free(c);
    }
    free(fds);
    return 0;
}
