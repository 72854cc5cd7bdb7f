/* Different: it binds to a temporary name and renames it when it listens, so that SOCKET is never there without a
   listener; epoll; signalfd; directory entries are looked at with fstatat() first. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct peer {
    int fd;
    int used;
    char text[300];
} peer;

static void die(const char *path)
{
    fprintf(stderr, "fd_server: %s: %s\n", path, strerror(errno));
    exit(1);
}

static int listen_at(const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    struct stat st;
    strcpy(addr.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (lstat(path, &st) == 0) {
        errno = EADDRINUSE;
        if (!S_ISSOCK(st.st_mode))
            die(path);
        if (connect(fd, (struct sockaddr *)&addr, sizeof addr) == 0 || errno != ECONNREFUSED) {
            errno = EADDRINUSE;
            die(path);
        }
        close(fd);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    }
    const char *slash = strrchr(path, '/');
    int folder = slash == NULL ? 0 : (int)(slash - path) + 1;
    char name[200];
    snprintf(name, sizeof name, "%.*s.%d", folder, path, (int)getpid() % 1000000);
    if (strlen(name) >= sizeof addr.sun_path)
        name[sizeof addr.sun_path - 1] = '\0';
    memset(addr.sun_path, 0, sizeof addr.sun_path);
    memcpy(addr.sun_path, name, strlen(name));
    if (bind(fd, (struct sockaddr *)&addr, sizeof addr) == -1)
        die(path);
    if (listen(fd, 128) == -1 || rename(name, path) == -1) {
        unlink(name);
        die(path);
    }
    return fd;
}

static void pass(int conn, int file)
{
    char room[CMSG_SPACE(sizeof file)] __attribute__((aligned(16))) = {0};
    char line[] = "ok\n";
    struct iovec iov = {line, 3};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof file);
    *(int *)(void *)CMSG_DATA(c) = file;
    sendmsg(conn, &m, MSG_NOSIGNAL);
}

static void reply(int conn, int dir, const char *name, size_t n)
{
    struct stat st;
    if (n == 0 || n > 255 || memchr(name, '/', n) || memchr(name, 0, n) || (n == 1 && name[0] == '.') ||
        (n == 2 && name[0] == '.' && name[1] == '.') || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
        !S_ISREG(st.st_mode)) {
        send(conn, "error no such thing\n", 20, MSG_NOSIGNAL);
        return;
    }
    int file = openat(dir, name, O_RDONLY | O_NOFOLLOW);
    if (file == -1) {
        send(conn, "error can't open that\n", 22, MSG_NOSIGNAL);
        return;
    }
    pass(conn, file);
    close(file);
}

int main(int argc, char **argv)
{
    if (argc != 3 || strlen(argv[1]) > 107) {
        fprintf(stderr, "usage: fd_server SOCKET DIRECTORY\n");
        return 2;
    }
    while (open("/dev/null", O_RDWR) < 3)
        ;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    int dir = open(argv[2], O_PATH | O_DIRECTORY);
    if (dir == -1)
        die(argv[2]);
    int sig = signalfd(-1, &set, 0);
    int door = listen_at(argv[1]);
    int ep = epoll_create1(0);
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &sig};
    epoll_ctl(ep, EPOLL_CTL_ADD, sig, &ev);
    ev.data.ptr = &door;
    epoll_ctl(ep, EPOLL_CTL_ADD, door, &ev);
    for (;;) {
        if (epoll_wait(ep, &ev, 1, -1) != 1)
            continue;
        if (ev.data.ptr == &sig) {
            unlink(argv[1]);
            return 0;
        }
        if (ev.data.ptr == &door) {
            peer *p = calloc(1, sizeof *p);
            if (p == NULL || (p->fd = accept4(door, NULL, NULL, SOCK_NONBLOCK)) == -1) {
                free(p);
                continue;
            }
            ev = (struct epoll_event){.events = EPOLLIN, .data.ptr = p};
            epoll_ctl(ep, EPOLL_CTL_ADD, p->fd, &ev);
            continue;
        }
        peer *p = ev.data.ptr;
        ssize_t n = read(p->fd, p->text + p->used, sizeof p->text - 1 - (size_t)p->used);
        if (n == -1 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (n > 0) {
            p->used += (int)n;
            char *end = memchr(p->text, '\n', (size_t)p->used);
            if (end == NULL && p->used < (int)sizeof p->text - 1)
                continue;
            size_t length = end == NULL ? (size_t)p->used : (size_t)(end - p->text);
            p->text[length] = '\0';
            reply(p->fd, dir, p->text, length);
        }
        close(p->fd);
        free(p);
    }
}
