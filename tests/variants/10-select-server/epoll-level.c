/* Different: epoll, level-triggered, that a beginner may have written: one long main(), tables by descriptor, a byte at a time
   through the line, EPOLLOUT switched on and off, the listener taken out of epoll while there are no descriptors; a pipe that
   the signal handler writes to. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST 8192

static int wake[2];

static void handler(int s)
{
    (void)s;
    (void)!write(wake[1], "x", 1);
}

static char *line[MOST];
static int line_len[MOST];
static char *out[MOST];
static long out_len[MOST];
static long out_cap[MOST];
static char used[MOST];
static char eof[MOST];
static char bad[MOST];

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: %s [ADDRESS] PORT\n", argv[0]);
        return 2;
    }
    char *end;
    long port = strtol(argv[argc - 1], &end, 10);
    if (argv[argc - 1][0] < '0' || argv[argc - 1][0] > '9' || *end != 0 || port < 1 || port > 65535) {
        fprintf(stderr, "bad port\n");
        return 2;
    }
    struct sockaddr_in a4;
    struct sockaddr_in6 a6;
    memset(&a4, 0, sizeof a4);
    memset(&a6, 0, sizeof a6);
    int six = 0;
    if (argc == 3 && inet_pton(AF_INET, argv[1], &a4.sin_addr) != 1) {
        six = 1;
        if (inet_pton(AF_INET6, argv[1], &a6.sin6_addr) != 1) {
            fprintf(stderr, "bad address\n");
            return 2;
        }
    }
    a4.sin_family = AF_INET;
    a6.sin6_family = AF_INET6;
    a4.sin_port = a6.sin6_port = htons((unsigned short)port);
    int null = open("/dev/null", O_RDWR);
    while (null >= 0 && null < 3)
        null = open("/dev/null", O_RDWR);
    close(null);
    if (pipe(wake) < 0)
        return 1;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, handler);
    signal(SIGINT, handler);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int s = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
    int one = 1;
    if (s >= 0)
        setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (s < 0 || bind(s, six ? (struct sockaddr *)&a6 : (struct sockaddr *)&a4, six ? sizeof a6 : sizeof a4) < 0 ||
        listen(s, 100) < 0) {
        fprintf(stderr, "can't listen on %s port %ld: %s\n", argc == 3 ? argv[1] : "any", port, strerror(errno));
        return 1;
    }
    fcntl(s, F_SETFL, O_NONBLOCK);
    int ep = epoll_create(1);
    struct epoll_event ev;
    memset(&ev, 0, sizeof ev);
    ev.events = EPOLLIN;
    ev.data.fd = s;
    epoll_ctl(ep, EPOLL_CTL_ADD, s, &ev);
    ev.data.fd = wake[0];
    epoll_ctl(ep, EPOLL_CTL_ADD, wake[0], &ev);
    int shut = 0;
    int top = 0;
    for (;;) {
        struct epoll_event ready[16];
        int n = epoll_wait(ep, ready, 16, shut ? 300 : -1);
        if (n < 0)
            continue;
        int newcomer = 0;
        int closed = n == 0;
        for (int i = 0; i < n; i++) {
            int fd = ready[i].data.fd;
            if (fd == wake[0]) {
                for (int f = 0; f <= top; f++) {
                    free(line[f]);
                    free(out[f]);
                }
                return 0;
            }
            if (fd == s) {
                newcomer = 1;
                continue;
            }
            if (ready[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP) && !eof[fd] && !bad[fd]) {
                char buf[10000];
                ssize_t got = read(fd, buf, sizeof buf);
                if (got == 0)
                    eof[fd] = 1;
                if (got < 0 && errno != EAGAIN && errno != EINTR)
                    bad[fd] = 1;
                for (ssize_t k = 0; k < got; k++) {
                    if (buf[k] != '\n') {
                        if (line_len[fd] < 4098)
                            line[fd][line_len[fd]++] = buf[k];
                        continue;
                    }
                    int len = line_len[fd];
                    line_len[fd] = 0;
                    if (len > 4097)
                        continue;
                    if (len > 0 && line[fd][len - 1] == '\r')
                        len--;
                    if (len > 4096)
                        continue;
                    line[fd][len] = '\r';
                    line[fd][len + 1] = '\n';
                    for (int to = 0; to <= top; to++) {
                        if (!used[to] || to == fd || bad[to])
                            continue;
                        if (out_len[to] + len + 2 > 1048576) { /* does it really not take more? */
                            ssize_t w = write(to, out[to], (size_t)out_len[to]);
                            if (w > 0) {
                                out_len[to] -= w;
                                memmove(out[to], out[to] + w, (size_t)out_len[to]);
                            }
                        }
                        if (out_len[to] + len + 2 > 1048576) {
                            bad[to] = 1;
                            continue;
                        }
                        if (out_len[to] + len + 2 > out_cap[to]) {
                            out_cap[to] = out_len[to] + len + 2 + 65536;
                            char *bigger = realloc(out[to], (size_t)out_cap[to]);
                            if (bigger == NULL) {
                                bad[to] = 1;
                                continue;
                            }
                            out[to] = bigger;
                        }
                        if (out_len[to] == 0) {
                            ev.events = (eof[to] ? 0 : EPOLLIN) | EPOLLOUT;
                            ev.data.fd = to;
                            epoll_ctl(ep, EPOLL_CTL_MOD, to, &ev);
                        }
                        memcpy(out[to] + out_len[to], line[fd], (size_t)len + 2);
                        out_len[to] += len + 2;
                    }
                }
                if (eof[fd]) {
                    ev.events = out_len[fd] > 0 ? EPOLLOUT : 0;
                    ev.data.fd = fd;
                    epoll_ctl(ep, EPOLL_CTL_MOD, fd, &ev);
                }
            }
            if (ready[i].events & EPOLLOUT && !bad[fd] && out_len[fd] > 0) {
                ssize_t w = write(fd, out[fd], (size_t)out_len[fd]);
                if (w < 0 && errno != EAGAIN && errno != EINTR)
                    bad[fd] = 1;
                if (w > 0) {
                    out_len[fd] -= w;
                    memmove(out[fd], out[fd] + w, (size_t)out_len[fd]);
                }
                if (out_len[fd] == 0) {
                    ev.events = eof[fd] ? 0 : EPOLLIN;
                    ev.data.fd = fd;
                    epoll_ctl(ep, EPOLL_CTL_MOD, fd, &ev);
                }
            } else if (ready[i].events & (EPOLLERR | EPOLLHUP) && eof[fd]) {
                bad[fd] = 1; /* reset: nobody takes what is left */
            }
        }
        for (int fd = 0; fd <= top; fd++) {
            if (used[fd] && (bad[fd] || (eof[fd] && out_len[fd] == 0))) {
                close(fd);
                free(line[fd]);
                free(out[fd]);
                line[fd] = out[fd] = NULL;
                used[fd] = eof[fd] = bad[fd] = 0;
                line_len[fd] = 0;
                out_len[fd] = out_cap[fd] = 0;
                closed = 1;
            }
        }
        if (shut && closed) {
            ev.events = EPOLLIN;
            ev.data.fd = s;
            epoll_ctl(ep, EPOLL_CTL_ADD, s, &ev);
            shut = 0;
        }
        if (newcomer) {
            int fd = accept(s, NULL, NULL);
            if (fd < 0 && errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) {
                perror("accept");
                epoll_ctl(ep, EPOLL_CTL_DEL, s, NULL);
                shut = 1;
            }
            if (fd >= MOST) {
                close(fd);
                fd = -1;
            }
            if (fd >= 0) {
                fcntl(fd, F_SETFL, O_NONBLOCK);
                line[fd] = malloc(4100);
                if (line[fd] == NULL) {
                    close(fd);
                    continue;
                }
                used[fd] = 1;
                if (fd > top)
                    top = fd;
                ev.events = EPOLLIN;
                ev.data.fd = fd;
                epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
            }
        }
    }
}
