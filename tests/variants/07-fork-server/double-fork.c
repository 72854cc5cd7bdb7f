/* Different: forks twice. The child forks the process that serves, and ends at once, so that the server waits for it
   there and then; process 1 buries the other. Each serving process holds the end of a pipe: it writes its id there,
   and when the pipe ends, so has the process. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
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

struct server {
    int listener;
    sigset_t waiting;
    long max, count;
    struct pollfd *lives;       /* lives[0] is the listener's, lives[1] to lives[count] the pipes */
    pid_t *pids;                /* pids[i] holds lives[i] */
};

static volatile sig_atomic_t finished;

static void finish(int signo)
{
    (void)signo;
    finished = 1;
}

static int whole_number(const char *text, long least, long most, long *value)
{
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return 0;
    *value = strtol(text, &end, 10);
    return *end == '\0' && *value >= least && *value <= most;
}

static void echo(int conn)
{
    char buf[2048];
    ssize_t got;
    while ((got = read(conn, buf, sizeof buf)) > 0 || (got == -1 && errno == EINTR)) {
        ssize_t sent = 0;
        while (sent < got) {
            ssize_t n = write(conn, buf + sent, (size_t)(got - sent));
            if (n == -1 && errno != EINTR)
                return;
            sent += n == -1 ? 0 : n;
        }
    }
}

/* In the first child: forks the second, which serves. Neither returns. */
static void fork_again(struct server *s, int conn, int life)
{
    close(s->listener);
    for (long i = 1; i <= s->count; i++)
        close(s->lives[i].fd);
    free(s->lives);
    free(s->pids);
    pid_t pid = fork();
    if (pid == -1)
        warn("second fork");
    if (pid != 0)
        _exit(pid == -1);
    pid = getpid();
    if (write(life, &pid, sizeof pid) != (ssize_t)sizeof pid)
        _exit(1);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    sigprocmask(SIG_SETMASK, &s->waiting, NULL);
    echo(conn);
    _exit(0);
}

static int make_room(struct server *s)
{
    struct pollfd *lives = realloc(s->lives, (size_t)(s->count + 2) * sizeof *lives);
    if (lives != NULL)
        s->lives = lives;
    pid_t *pids = realloc(s->pids, (size_t)(s->count + 2) * sizeof *pids);
    if (pids != NULL)
        s->pids = pids;
    return lives != NULL && pids != NULL;
}

static void take_client(struct server *s, int conn)
{
    int life[2], status;

    if (!make_room(s) || pipe(life) == -1) {
        warn("cannot serve a client");
        return;
    }
    pid_t child = fork();
    if (child == 0) {
        close(life[0]);
        fork_again(s, conn, life[1]);
    }
    close(life[1]);
    if (child == -1)
        warn("fork");
    else
        while (waitpid(child, &status, 0) == -1 && errno == EINTR)
            ;
    pid_t pid;
    if (child == -1 || read(life[0], &pid, sizeof pid) != (ssize_t)sizeof pid) {
        close(life[0]);
        return;
    }
    s->count++;
    s->lives[s->count] = (struct pollfd){.fd = life[0], .events = POLLIN};
    s->pids[s->count] = pid;
}

static void wait_and_serve(struct server *s)
{
    while (!finished) {
        sigset_t pending;
        s->lives[0] = (struct pollfd){.fd = s->count < s->max ? s->listener : -1, .events = POLLIN};
        sigpending(&pending);
        if (sigismember(&pending, SIGTERM) || sigismember(&pending, SIGINT))
            return;
        if (ppoll(s->lives, (nfds_t)s->count + 1, NULL, &s->waiting) == -1)
            continue;
        int knock = s->lives[0].revents != 0;
        for (long i = s->count; i > 0; i--)
            if (s->lives[i].revents != 0) {
                close(s->lives[i].fd);
                s->lives[i] = s->lives[s->count];
                s->pids[i] = s->pids[s->count--];
            }
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;                   /* children that were there before us */
        int conn = knock ? accept(s->listener, NULL, NULL) : -1;
        if (conn != -1) {
            take_client(s, conn);
            close(conn);
        } else if (knock && errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) {
            warn("accept");
            ppoll(NULL, 0, &(struct timespec){.tv_nsec = 100000000}, &s->waiting);
        }
    }
}

int main(int argc, char *argv[])
{
    struct server s = {.max = 64};
    int fd, option, on = 1;
    long port;

    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= 2);
    close(fd);
    while ((option = getopt(argc, argv, "m:")) != -1)
        if (option != 'm' || !whole_number(optarg, 1, 0x7fffffff, &s.max))
            errx(2, "usage: fork_server [-m MAX] [ADDRESS] PORT");
    int left = argc - optind;
    if (left < 1 || left > 2 || !whole_number(argv[argc - 1], 1, 65535, &port))
        errx(2, "usage: fork_server [-m MAX] [ADDRESS] PORT");
    union {
        struct sockaddr sa;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } a = {.in = {.sin_family = AF_INET}};
    a.in.sin_port = htons((in_port_t)port);
    if (left == 2 && inet_pton(AF_INET, argv[optind], &a.in.sin_addr) != 1) {
        if (inet_pton(AF_INET6, argv[optind], &a.in6.sin6_addr) != 1)
            errx(2, "not an address: %s", argv[optind]);
        a.in6.sin6_family = AF_INET6;
        a.in6.sin6_flowinfo = 0;
        a.in6.sin6_port = htons((in_port_t)port);
    }

    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, &s.waiting);
    sigdelset(&s.waiting, SIGTERM);
    sigdelset(&s.waiting, SIGINT);
    signal(SIGTERM, finish);
    signal(SIGINT, finish);

    s.listener = socket(a.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (s.listener == -1 || setsockopt(s.listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
        bind(s.listener, &a.sa, a.sa.sa_family == AF_INET ? sizeof a.in : sizeof a.in6) == -1 ||
        listen(s.listener, SOMAXCONN) == -1)
        err(1, "%s port %ld", left == 2 ? argv[optind] : "any address,", port);
    if (!make_room(&s))
        err(1, "no memory");
    wait_and_serve(&s);
    close(s.listener);
    for (long i = 1; i <= s.count; i++)
        kill(s.pids[i], SIGKILL);
    for (long i = 1; i <= s.count; i++) {
        char end;
        while (read(s.lives[i].fd, &end, 1) == -1 && errno == EINTR)
            ;                   /* until it is gone */
        close(s.lives[i].fd);
    }
    free(s.lives);
    free(s.pids);
    return 0;
}
