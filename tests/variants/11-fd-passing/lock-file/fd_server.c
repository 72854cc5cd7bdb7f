/* Different: who holds the lock on SOCKET.lock is the server, so nobody has to be asked whether he lives; a thread for
   each client, which reads byte by byte; a queue of one; sigwait. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char *directory;
static int listener;

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "fd_server: %s: %s\n", what, why);
    exit(1);
}

static void say(int conn, const char *words)
{
    send(conn, words, strlen(words), MSG_NOSIGNAL);
}

static void serve(int conn)
{
    char name[256];
    size_t n = 0;
    for (;;) {
        char c;
        if (recv(conn, &c, 1, 0) != 1)
            return;
        if (c == '\n')
            break;
        if (n == 255) {
            say(conn, "error File name too long\n");
            return;
        }
        name[n++] = c;
    }
    name[n] = 0;
    char path[PATH_MAX];
    struct stat before;
    if (n == 0 || strlen(name) != n || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, "..")) {
        say(conn, "error Invalid argument\n");
        return;
    }
    snprintf(path, sizeof path, "%s/%s", directory, name);
    if (lstat(path, &before) == -1 || !S_ISREG(before.st_mode)) {
        say(conn, "error No such file or directory\n");
        return;
    }
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (file == -1) {
        say(conn, "error Permission denied\n");
        return;
    }
    struct {
        struct cmsghdr header;
        int fd;
    } control = {{.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}, file};
    struct iovec ok = {(char[]){"ok\n"}, 3};
    struct msghdr message = {
        .msg_iov = &ok, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_LEN(sizeof(int))};
    sendmsg(conn, &message, MSG_NOSIGNAL);
    close(file);
}

static void *client(void *conn)
{
    serve((int)(intptr_t)conn);
    close((int)(intptr_t)conn);
    return NULL;
}

static void *accept_all(void *none)
{
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    for (;;) {
        pthread_t thread;
        int conn = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (conn != -1 && pthread_create(&thread, &detached, client, (void *)(intptr_t)conn) != 0)
            close(conn);
    }
    return none;
}

int main(int argc, char *argv[])
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (argc != 3 || strlen(argv[1]) >= sizeof address.sun_path) {
        fputs("usage: fd_server SOCKET DIRECTORY\n", stderr);
        return 2;
    }
    int fd;
    while ((fd = open("/dev/null", O_RDWR)) < 3)
        ;
    close(fd);
    directory = argv[2];
    strcpy(address.sun_path, argv[1]);

    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_SETMASK, &ends, NULL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);

    char lock[120];
    snprintf(lock, sizeof lock, "%s.lock", argv[1]);
    int held = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (held == -1)
        fail(lock, strerror(errno));
    if (flock(held, LOCK_EX | LOCK_NB) == -1)
        fail(argv[1], "another server has it");
    struct stat there;
    if (lstat(argv[1], &there) == 0 && S_ISSOCK(there.st_mode))
        unlink(argv[1]);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) == -1 || listen(listener, 1) == -1) {
        int reason = errno;
        unlink(lock);
        fail(argv[1], strerror(reason));
    }
    pthread_t accepter;
    pthread_create(&accepter, NULL, accept_all, NULL);
    int sig;
    sigwait(&ends, &sig);
    unlink(argv[1]);
    unlink(lock);
    _exit(0);
}
