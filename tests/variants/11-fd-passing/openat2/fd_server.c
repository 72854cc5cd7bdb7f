/* Different: openat2() with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS keeps the name in the directory; select-like poll of a
   fixed table, the oldest silent client makes room. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define MOST 500

static struct sockaddr_un where = {.sun_family = AF_UNIX};
static struct pollfd p[MOST];
static char question[MOST][257];
static size_t length[MOST];
static nfds_t n = 1;

static void end(int sig)
{
    unlink(where.sun_path);
    _exit(sig == 0);
}

static int get(int dir, char *name, size_t size)
{
    struct open_how how = {.flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
    struct stat st;
    errno = EINVAL;
    if (size == 0 || size > 255 || memchr(name, '/', size) || memchr(name, 0, size))
        return -1;
    name[size] = 0;
    int fd = (int)syscall(SYS_openat2, dir, name, &how, sizeof how);
    if (fd != -1 && (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))) {
        close(fd);
        errno = EACCES;
        return -1;
    }
    return fd;
}

static void answer(int conn, int dir, char *name, size_t size)
{
    int fd = get(dir, name, size);
    if (fd == -1) {
        char words[100];
        snprintf(words, sizeof words, "error %m\n");
        send(conn, words, strlen(words), MSG_NOSIGNAL | MSG_DONTWAIT);
        return;
    }
    _Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof fd)];
    memset(room, 0, sizeof room);
    struct iovec v = {"ok\n", 3};
    struct msghdr m = {0, 0, &v, 1, room, sizeof room, 0};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_len = CMSG_LEN(sizeof fd);
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_level = SOL_SOCKET;
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    sendmsg(conn, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
    close(fd);
}

static void drop(nfds_t i)
{
    close(p[i].fd);
    n--;
    memmove(p + i, p + i + 1, (n - i) * sizeof *p);
    memmove(question + i, question + i + 1, (n - i) * sizeof *question);
    memmove(length + i, length + i + 1, (n - i) * sizeof *length);
}

int main(int argc, char **argv)
{
    if (argc != 3 || strlen(argv[1]) > 107 || memccpy(where.sun_path, argv[1], 0, 108) == NULL)
        errx(2, "usage: fd_server SOCKET DIRECTORY (SOCKET of up to 107 bytes)");
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) == -1)
            open("/dev/null", O_RDWR);
    int dir = open(argv[2], O_PATH | O_DIRECTORY);
    if (dir == -1)
        err(1, "%s", argv[2]);
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct stat st;
    if (stat(argv[1], &st) == 0 && S_ISSOCK(st.st_mode)) {
        int probe = socket(AF_UNIX, SOCK_STREAM, 0);
        if (connect(probe, (void *)&where, sizeof where) == -1 && errno == ECONNREFUSED)
            unlink(argv[1]);
        close(probe);
    }
    if (bind(s, (void *)&where, sizeof where) == -1)
        err(1, "bind %s", argv[1]);
    signal(SIGTERM, end);
    signal(SIGINT, end);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (listen(s, 32) == -1)
        end(0);
    p[0] = (struct pollfd){s, POLLIN, 0};
    while (poll(p, n, -1) != -1 || errno == EINTR) {
        for (nfds_t i = n - 1; i > 0; i--) {
            if (p[i].revents == 0)
                continue;
            ssize_t got = read(p[i].fd, question[i] + length[i], 256 - length[i]);
            if (got > 0)
                length[i] += (size_t)got;
            char *lf = memchr(question[i], '\n', length[i]);
            if (got > 0 && lf == NULL && length[i] < 256)
                continue;
            if (got > 0)
                answer(p[i].fd, dir, question[i], lf == NULL ? 256 : (size_t)(lf - question[i]));
            drop(i);
        }
        if (p[0].revents != 0) {
            int conn = accept(s, NULL, NULL);
            if (conn == -1)
                continue;
            if (n == MOST)
                drop(1);
            length[n] = 0;
            p[n++] = (struct pollfd){conn, POLLIN, 0};
        }
    }
    end(0);
}
