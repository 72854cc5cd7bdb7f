/* Another style: one worker accepts at a time, under a record lock (fcntl) that the kernel gives back when its holder
   dies; handlers, and a parent that waits in sigsuspend; the limit is counted in seconds of the calendar. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stop;
static pid_t pid[64];
static time_t born[64];
static int n = 4;
static int lock_fd;
static sigset_t old_mask;

static void on_signal(int signo)
{
    if (signo == SIGTERM || signo == SIGINT)
        stop = 1;
}

static int lock(short type)
{
    struct flock l = {.l_type = type, .l_whence = SEEK_SET};
    return fcntl(lock_fd, type == F_UNLCK ? F_SETLK : F_SETLKW, &l);
}

static void serve(int c)
{
    char buffer[4096];
    ssize_t length = sprintf(buffer, "%ld\r\n", (long)getpid());
    while (length > 0) {
        for (ssize_t done = 0, some; done < length; done += some) {
            some = send(c, buffer + done, (size_t)(length - done), MSG_NOSIGNAL);
            if (some == -1 && errno == EINTR)
                some = 0;
            if (some == -1)
                return;
        }
        do
            length = recv(c, buffer, sizeof buffer, 0);
        while (length == -1 && errno == EINTR);
    }
}

/* SIGTERM is blocked but for the moments in which nobody is served; its action is the default one. */
static void worker(int listener)
{
    sigset_t term;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    sigprocmask(SIG_SETMASK, &term, NULL);
    for (;;) {
        sigprocmask(SIG_UNBLOCK, &term, NULL);
        if (lock(F_WRLCK) == -1)
            continue;
        int c = accept(listener, NULL, NULL);
        sigprocmask(SIG_BLOCK, &term, NULL);
        lock(F_UNLCK);
        if (c == -1)
            continue;
        serve(c);
        close(c);
    }
}

static int number(const char *text, int most)
{
    char *end;
    long value = *text >= '0' && *text <= '9' ? strtol(text, &end, 10) : 0;
    return value >= 1 && value <= most && *end == '\0' ? (int)value : 0;
}

static int usage(void)
{
    fputs("usage: prefork_server [-n WORKERS] [ADDRESS] PORT\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    for (int fd; (fd = open("/dev/null", O_RDWR)) < 3;)
        continue;
    for (int option; (option = getopt(argc, argv, "n:")) != -1;)
        if (option != 'n' || (n = number(optarg, 64)) == 0)
            return usage();
    if (argc - optind != 1 && argc - optind != 2)
        return usage();
    int port = number(argv[argc - 1], 65535);
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } a = {.v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)}};
    socklen_t size = sizeof a.v4;
    if (argc - optind == 2 && inet_pton(AF_INET, argv[optind], &a.v4.sin_addr) != 1) {
        a.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
        size = sizeof a.v6;
        if (inet_pton(AF_INET6, argv[optind], &a.v6.sin6_addr) != 1)
            return usage();
    }
    if (port == 0)
        return usage();

    int on = 1;
    int listener = socket(a.any.sa_family, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, &a.any, size) == -1 || listen(listener, 500) == -1) {
        fprintf(stderr, "%s port %d: %s\n", argc - optind == 2 ? argv[optind] : "*", port, strerror(errno));
        return 1;
    }
    lock_fd = memfd_create("lock", 0);

    sigset_t mine;
    sigfillset(&mine);
    sigprocmask(SIG_BLOCK, &mine, NULL);
    sigemptyset(&old_mask);
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGCHLD, &action, NULL);
    sigaction(SIGALRM, &action, NULL);

    time_t window = 0;
    int in_window = 0;
    int young[64] = {0};
    while (!stop) {
        pid_t dead;
        while ((dead = waitpid(-1, NULL, WNOHANG)) > 0)
            for (int i = 0; i < n; i++)
                if (pid[i] == dead) {
                    pid[i] = 0;
                    young[i] = time(NULL) - born[i] <= 1;
                }
        int late = 0;
        for (int i = 0; i < n; i++) {
            if (pid[i] != 0)
                continue;
            if (time(NULL) != window) {
                window = time(NULL);
                in_window = 0;
            }
            if (young[i] && in_window == 10) {
                late = 1;
                continue;
            }
            in_window += young[i];
            pid[i] = fork();
            born[i] = time(NULL);
            if (pid[i] == 0)
                worker(listener);
            if (pid[i] == -1) {
                pid[i] = 0;
                late = 1;
            }
        }
        if (late)
            setitimer(ITIMER_REAL, &(struct itimerval){.it_value.tv_usec = 50000}, NULL);
        sigsuspend(&old_mask);
    }
    close(listener);
    for (int i = 0; i < n; i++)
        if (pid[i] != 0)
            kill(pid[i], SIGTERM);
    stop = 0;
    time_t end = time(NULL) + 5;
    setitimer(ITIMER_REAL, &(struct itimerval){.it_interval.tv_usec = 200000, .it_value.tv_usec = 200000}, NULL);
    for (int left = n; left > 0;) {
        pid_t dead;
        while ((dead = waitpid(-1, NULL, WNOHANG)) > 0)
            for (int i = 0; i < n; i++)
                if (pid[i] == dead)
                    pid[i] = 0;
        left = 0;
        for (int i = 0; i < n; i++)
            left += pid[i] != 0;
        for (int i = 0; i < n && time(NULL) >= end; i++)
            if (pid[i] != 0)
                kill(pid[i], SIGKILL);
        if (left > 0)
            sigsuspend(&old_mask);
    }
    return 0;
}
