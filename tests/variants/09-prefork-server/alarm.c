/* Another way: at SIGTERM each worker sets an alarm that nothing catches, which ends it if its client has not gone by then;
 * the first process just waits for them. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

static int std_fds(void)
{
    int fd;
    while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd < 3)
        ;
    if (fd < 0)
        return -1;
    close(fd);
    return 0;
}
/* decimal digits only, lo..hi; -1 otherwise */
static long dec(const char *s, long lo, long hi)
{
    long v = 0;
    if (*s == 0)
        return -1;
    for (; *s; s++) {
        if (*s < '0' || *s > '9')
            return -1;
        v = v * 10 + (*s - '0');
        if (v > hi)
            return -1;
    }
    return v < lo ? -1 : v;
}
static int family(const char *a, struct sockaddr_storage *ss, socklen_t *len, int port)
{
    memset(ss, 0, sizeof *ss);
    struct sockaddr_in *s4 = (void *)ss;
    struct sockaddr_in6 *s6 = (void *)ss;
    if (inet_pton(AF_INET, a, &s4->sin_addr) == 1) {
        s4->sin_family = AF_INET;
        s4->sin_port = htons(port);
        *len = sizeof *s4;
        return 0;
    }
    if (inet_pton(AF_INET6, a, &s6->sin6_addr) == 1) {
        s6->sin6_family = AF_INET6;
        s6->sin6_port = htons(port);
        *len = sizeof *s6;
        return 0;
    }
    return -1;
}
/* dual-stack if no address and IPv6 is there */
static int make_listener(const char *addr, int port, int flags, int type)
{
    struct sockaddr_storage ss;
    socklen_t len = 0;
    int on = 1, off = 0, fd = -1;
    if (addr == NULL) {
        family("::", &ss, &len, port);
        fd = socket(AF_INET6, type | flags, 0);
        if (fd >= 0)
            setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
        else
            family("0.0.0.0", &ss, &len, port);
    } else if (family(addr, &ss, &len, port))
        return -1;
    if (fd < 0)
        fd = socket(ss.ss_family, type | flags, 0);
    if (fd < 0)
        return -1;
    if ((type == SOCK_STREAM && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on)) ||
        bind(fd, (void *)&ss, len) || (type == SOCK_STREAM && listen(fd, 4096))) {
        int e = errno;
        close(fd);
        errno = e;
        return -1;
    }
    return fd;
}
static int listener, nworkers = 4;
static volatile sig_atomic_t ending;
static void on_term(int s)
{
    (void)s;
    if (!ending)
        alarm(5);
    ending = 1;
}
static bool put_all(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t k = send(fd, p, n, MSG_NOSIGNAL);
        if (k < 0) {
            if (errno == EINTR)
                continue;
            return false;
        }
        p += k;
        n -= k;
    }
    return true;
}
static void worker(void)
{
    sigset_t none, term;
    struct sigaction sa = {.sa_handler = on_term};
    sigaction(SIGTERM, &sa, NULL);
    signal(SIGALRM, SIG_DFL);
    sigemptyset(&none);
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_SETMASK, &term, NULL);
    while (!ending) {
        struct pollfd p = {listener, POLLIN, 0};
        if (ppoll(&p, 1, NULL, &none) < 0)
            continue;
        sigprocmask(SIG_SETMASK, &none, NULL);
        sigprocmask(SIG_SETMASK, &term, NULL); /* a due SIGTERM comes here */
        if (ending)
            break;
        int c = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (c < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
                usleep(300000);
            continue;
        }
        sigprocmask(SIG_SETMASK, &none, NULL); /* SIGTERM here starts the clock */
        char buf[1 << 16];
        int n = sprintf(buf, "%ld\r\n", (long)getpid());
        if (put_all(c, buf, n)) {
            ssize_t k;
            while ((k = recv(c, buf, sizeof buf, 0)) != 0) {
                if (k < 0 && errno == EINTR)
                    continue;
                if (k < 0 || !put_all(c, buf, k))
                    break;
            }
        }
        close(c);
        sigprocmask(SIG_SETMASK, &term, NULL);
    }
    _exit(0);
}
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}
int main(int argc, char **argv)
{
    if (std_fds())
        return 1;
    int o;
    while ((o = getopt(argc, argv, "n:")) != -1)
        if (o != 'n' || (nworkers = dec(optarg, 1, 64)) < 0)
            return fputs("usage: prefork_server [-n WORKERS] [ADDRESS] PORT\n", stderr), 2;
    int n = argc - optind;
    long port = -1;
    struct sockaddr_storage ss;
    socklen_t sl;
    if (n < 1 || n > 2 || (port = dec(argv[argc - 1], 1, 65535)) < 0 || (n == 2 && family(argv[optind], &ss, &sl, 1)))
        return fputs("usage: prefork_server [-n WORKERS] [ADDRESS] PORT\n", stderr), 2;
    sigset_t all;
    sigemptyset(&all);
    sigaddset(&all, SIGCHLD);
    sigaddset(&all, SIGTERM);
    sigaddset(&all, SIGINT);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    sigset_t child;
    sigfillset(&child);
    sigset_t chm;
    sigemptyset(&chm);
    sigaddset(&chm, SIGALRM);
    sigprocmask(SIG_UNBLOCK, &chm, NULL);
    sigprocmask(SIG_BLOCK, &all, NULL);
    listener = make_listener(n == 2 ? argv[optind] : NULL, port, SOCK_NONBLOCK, SOCK_STREAM);
    if (listener < 0)
        return fprintf(stderr, "prefork_server: %s port %ld: %s\n", n == 2 ? argv[optind] : "*", port, strerror(errno)),
               1;
    int sfd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
    struct {
        pid_t pid;
        double born;
        bool young;
    } w[64] = {0};
    double recent[10] = {-10, -10, -10, -10, -10, -10, -10, -10, -10, -10};
    int ri = 0;
    bool stop = false;
    while (!stop) {
        int timeout = -1;
        for (int i = 0; i < nworkers; i++) {
            if (w[i].pid)
                continue;
            if (w[i].young && now() - recent[ri] < 1.02) {
                int ms = (int)((1.03 - (now() - recent[ri])) * 1000) + 1;
                if (timeout < 0 || ms < timeout)
                    timeout = ms;
                continue;
            }
            pid_t pid = fork();
            if (pid == 0) {
                close(sfd);
                worker();
            }
            if (pid < 0) {
                perror("fork");
                timeout = 100;
                break;
            }
            w[i].pid = pid;
            w[i].born = now();
            if (w[i].young) {
                recent[ri] = now();
                ri = (ri + 1) % 10;
            }
        }
        struct pollfd p = {sfd, POLLIN, 0};
        poll(&p, 1, timeout);
        struct signalfd_siginfo si;
        while (read(sfd, &si, sizeof si) == sizeof si)
            stop |= si.ssi_signo != SIGCHLD;
        pid_t d;
        while ((d = waitpid(-1, NULL, WNOHANG)) > 0)
            for (int i = 0; i < nworkers; i++)
                if (w[i].pid == d) {
                    w[i].pid = 0;
                    w[i].young = now() - w[i].born < 1;
                }
    }
    for (int i = 0; i < nworkers; i++)
        if (w[i].pid)
            kill(w[i].pid, SIGTERM);
    shutdown(listener, SHUT_RDWR);
    close(listener);
    close(sfd);
    while (wait(NULL) > 0 || errno == EINTR)
        ; /* each ends by itself: its alarm clock is set */
    return 0;
}
