/* Different: a process for each client; NAME is read by stdio; a flag that the handler sets, and accept() that fails with
   EINTR; refuses with one word. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int self_pipe[2];

static void on_end(int sig)
{
    int saved = errno;
    ssize_t n = write(self_pipe[1], &sig, 1);
    (void)n;
    errno = saved;
}

static void child(int conn, const char *directory)
{
    char *line = NULL;
    size_t room = 0;
    FILE *in = fdopen(conn, "r");
    ssize_t n = in == NULL ? -1 : getline(&line, &room, in);
    if (n <= 0 || line[n - 1] != '\n')
        _exit(0);
    line[--n] = '\0';
    int fd = -1;
    struct stat st;
    int dir = open(directory, O_RDONLY | O_DIRECTORY);
    if (n > 0 && n <= 255 && strlen(line) == (size_t)n && strchr(line, '/') == NULL && strcmp(line, "..") != 0)
        fd = openat(dir, line, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (fd == -1 || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
        send(conn, "error refused\n", 14, 0);
        _exit(0);
    }
    union {
        struct cmsghdr h;
        char c[CMSG_SPACE(sizeof(int))];
    } u = {.c = {0}};
    u.h = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&u.h), &fd, sizeof fd);
    struct iovec parts[2] = {{"o", 1}, {"k\n", 2}};
    struct msghdr m = {.msg_iov = parts, .msg_iovlen = 2, .msg_control = &u, .msg_controllen = sizeof u.c};
    sendmsg(conn, &m, MSG_NOSIGNAL);
    _exit(0);
}

int main(int argc, char **argv)
{
    struct sockaddr_un a;
    struct stat st;
    memset(&a, 0, sizeof a);
    a.sun_family = AF_UNIX;
    if (argc != 3) {
        fprintf(stderr, "usage: %s SOCKET DIRECTORY\n", argv[0]);
        exit(2);
    }
    if (strlen(argv[1]) > sizeof a.sun_path - 1) {
        fprintf(stderr, "%s: path too long\n", argv[0]);
        exit(2);
    }
    strncpy(a.sun_path, argv[1], sizeof a.sun_path - 1);
    while ((self_pipe[0] = open("/dev/null", O_RDWR)) <= 2)
        ;
    close(self_pipe[0]);
    if (pipe2(self_pipe, O_CLOEXEC) == -1)
        exit(1);
    struct sigaction end = {.sa_handler = on_end}, none = {.sa_handler = SIG_IGN};
    sigaction(SIGCHLD, &none, NULL);
    sigaction(SIGTERM, &end, NULL);
    sigaction(SIGINT, &end, NULL);
    sigset_t empty;
    sigemptyset(&empty);
    sigprocmask(SIG_SETMASK, &empty, NULL);

    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    if (lstat(argv[1], &st) == 0) {
        if (S_ISSOCK(st.st_mode) && connect(s, (struct sockaddr *)&a, sizeof a) == -1 && errno == ECONNREFUSED)
            unlink(argv[1]);
        close(s);
        s = socket(AF_UNIX, SOCK_STREAM, 0);
    }
    if (bind(s, (struct sockaddr *)&a, sizeof a) == -1 || listen(s, 64) == -1) {
        fprintf(stderr, "%s: %s: %s\n", argv[0], argv[1], strerror(errno));
        exit(1);
    }
    for (;;) {
        fd_set set;
        FD_ZERO(&set);
        FD_SET(s, &set);
        FD_SET(self_pipe[0], &set);
        int most = s > self_pipe[0] ? s : self_pipe[0];
        if (select(most + 1, &set, NULL, NULL, NULL) == -1)
            continue;
        if (FD_ISSET(self_pipe[0], &set))
            break;
        int conn = accept(s, NULL, NULL);
        if (conn == -1)
            continue;
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            signal(SIGTERM, SIG_DFL);
            signal(SIGINT, SIG_DFL);
            close(s);
            child(conn, argv[2]);
        }
        close(conn);
    }
    unlink(argv[1]);
    signal(SIGTERM, SIG_IGN);
    exit(0);
}
