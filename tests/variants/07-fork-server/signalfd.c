/* Different: signals are read from a signalfd beside the listener; no handler, no interrupted call. The list of
   children grows as it is needed. A dual-stack listener. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t *kids;
static unsigned long n_kids, room, max_kids = 64;

static void die_usage(void)
{
    fputs("usage: fork_server [-m MAX] [ADDRESS] PORT\n", stderr);
    exit(2);
}

static unsigned long digits(const char *s, unsigned long top)
{
    unsigned long n = 0;
    if (*s == '\0')
        die_usage();
    for (; *s; s++) {
        if (*s < '0' || *s > '9')
            die_usage();
        n = n * 10 + (unsigned long)(*s - '0');
        if (n > top)
            die_usage();
    }
    if (n == 0)
        die_usage();
    return n;
}

static void child(int conn, int lfd, int sfd, const sigset_t *set)
{
    static char buf[32768];
    ssize_t n;

    close(lfd);
    close(sfd);
    free(kids);
    sigprocmask(SIG_UNBLOCK, set, NULL);
    while ((n = recv(conn, buf, sizeof buf, 0)) != 0) {
        if (n < 0) {
            if (errno == EINTR)
                continue;
            _exit(1);
        }
        for (ssize_t off = 0; off < n;) {
            ssize_t w = send(conn, buf + off, (size_t)(n - off), MSG_NOSIGNAL);
            if (w >= 0)
                off += w;
            else if (errno != EINTR)
                _exit(1);
        }
    }
    _exit(0);
}

static void bury(void)
{
    pid_t p;
    while ((p = waitpid(-1, NULL, WNOHANG)) > 0)
        for (unsigned long i = 0; i < n_kids; i++)
            if (kids[i] == p) {
                kids[i] = kids[--n_kids];
                break;
            }
}

static void welcome(int lfd, int sfd, const sigset_t *set)
{
    int conn = accept4(lfd, NULL, NULL, SOCK_CLOEXEC);
    if (conn < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            struct pollfd s = { .fd = sfd, .events = POLLIN };
            poll(&s, 1, 200);
        }
        return;
    }
    if (n_kids == room) {
        pid_t *more = realloc(kids, (room + 64) * sizeof *kids);
        if (more == NULL) {
            perror("realloc");
            close(conn);
            return;
        }
        kids = more;
        room += 64;
    }
    pid_t p = fork();
    if (p == 0)
        child(conn, lfd, sfd, set);
    close(conn);
    if (p < 0)
        fprintf(stderr, "fork_server: cannot fork: %s\n", strerror(errno));
    else
        kids[n_kids++] = p;
}

int main(int argc, char **argv)
{
    int nul, opt, on = 1, off = 0;
    while ((nul = open("/dev/null", O_RDWR)) >= 0 && nul < 3)
        ;
    if (nul >= 0)
        close(nul);
    while ((opt = getopt(argc, argv, "m:")) != -1) {
        if (opt != 'm')
            die_usage();
        max_kids = digits(optarg, 1000000000);
    }
    argc -= optind;
    argv += optind;
    if (argc != 1 && argc != 2)
        die_usage();
    in_port_t port = htons((in_port_t)digits(argv[argc - 1], 65535));
    struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = port, .sin6_addr = in6addr_any };
    struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = port };
    bool ipv4 = argc == 2 && inet_pton(AF_INET, argv[0], &four.sin_addr) == 1;
    if (argc == 2 && !ipv4 && inet_pton(AF_INET6, argv[0], &six.sin6_addr) != 1)
        die_usage();

    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGCHLD, SIG_DFL);   /* may have been ignored: then there would be nothing to wait for */
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    int sfd = signalfd(-1, &set, SFD_NONBLOCK);
    if (sfd < 0) {
        perror("signalfd");
        return 1;
    }

    int lfd = ipv4 ? -1 : socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (lfd < 0 && !ipv4 && argc == 1)
        ipv4 = true;            /* a machine without IPv6 */
    if (ipv4)
        lfd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (lfd >= 0)
        setsockopt(lfd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (lfd >= 0 && !ipv4)
        setsockopt(lfd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (lfd < 0 || bind(lfd, ipv4 ? (struct sockaddr *)&four : (struct sockaddr *)&six,
                        ipv4 ? sizeof four : sizeof six) < 0 || listen(lfd, 1024) < 0) {
        fprintf(stderr, "fork_server: %s%sport %s: %s\n", argc == 2 ? argv[0] : "", argc == 2 ? ", " : "",
                argv[argc - 1], strerror(errno));
        if (lfd >= 0)
            close(lfd);
        close(sfd);
        return 1;
    }

    for (bool stop = false; !stop;) {
        struct pollfd fds[2] = { { .fd = sfd, .events = POLLIN },
                                 { .fd = n_kids < max_kids ? lfd : -1, .events = POLLIN } };
        if (poll(fds, 2, -1) < 0)
            continue;
        struct signalfd_siginfo what;
        while (read(sfd, &what, sizeof what) == sizeof what)
            stop = stop || what.ssi_signo != SIGCHLD;
        bury();
        if (!stop && fds[1].revents)
            welcome(lfd, sfd, &set);
    }
    close(lfd);
    close(sfd);
    for (unsigned long i = 0; i < n_kids; i++)
        kill(kids[i], SIGKILL);
    for (unsigned long i = 0; i < n_kids; i++)
        while (waitpid(kids[i], NULL, 0) < 0 && errno == EINTR)
            ;
    free(kids);
    return 0;
}
