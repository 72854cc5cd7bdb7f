/* Different: MSG_CMSG_CLOEXEC, room for two descriptors and no more, sendfile() where it works, and the sending direction
   closed behind the name. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TWO (2 * sizeof(int))

static int take(int conn, const char *path, char *line, size_t size, int *file)
{
    size_t used = 0;
    int count = 0;
    while (used < size - 1) {
        union {
            struct cmsghdr header;
            char bytes[CMSG_SPACE(TWO)];
        } control;
        struct iovec place = {line + used, size - 1 - used};
        struct msghdr message = {.msg_iov = &place, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
        ssize_t n = recvmsg(conn, &message, MSG_CMSG_CLOEXEC);
        if (n == -1)
            err(1, "recvmsg from %s", path);
        if (n == 0)
            errx(1, "%s: the server has closed the connection without an answer", path);
        for (struct cmsghdr *h = CMSG_FIRSTHDR(&message); h; h = CMSG_NXTHDR(&message, h)) {
            if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
                continue;
            for (size_t at = 0; at < h->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
                int fd;
                memcpy(&fd, CMSG_DATA(h) + at, sizeof fd);
                if (count++ == 0)
                    *file = fd;
                else
                    close(fd);
            }
        }
        used += (size_t)n;
        line[used] = '\0';
        if (strchr(line, '\n') != NULL) {
            *strchr(line, '\n') = '\0';
            return count;
        }
    }
    errx(1, "%s: the answer has no end", path);
}

int main(int argc, char *argv[])
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    if (argc != 3)
        errx(2, "usage: fd_client SOCKET NAME");
    if (strlen(argv[1]) > sizeof addr.sun_path - 1)
        errx(2, "%s: %s", argv[1], strerror(ENAMETOOLONG));
    memcpy(addr.sun_path, argv[1], strlen(argv[1]));
    while (open("/dev/null", O_RDWR) < 3)
        ;
    int conn = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (conn == -1 || connect(conn, (struct sockaddr *)&addr, sizeof addr) == -1)
        err(1, "connect %s", argv[1]);
    char *question;
    int length = asprintf(&question, "%s\n", argv[2]);
    for (int done = 0, n; done < length; done += n) {
        n = (int)send(conn, question + done, (size_t)(length - done), MSG_NOSIGNAL);
        if (n == -1)
            err(1, "send to %s", argv[1]);
    }
    free(question);
    shutdown(conn, SHUT_WR);

    char line[2000];
    int file = -1;
    int count = take(conn, argv[1], line, sizeof line, &file);
    close(conn);
    if (strcmp(line, "ok") != 0)
        errx(1, "%s: %s", argv[2], line);
    if (count != 1)
        errx(1, "%s: %d descriptors came instead of one", argv[2], count);
    ssize_t n;
    while ((n = sendfile(STDOUT_FILENO, file, NULL, 1 << 20)) > 0)
        ;
    if (n == -1 && (errno == EINVAL || errno == ENOSYS)) {
        char buffer[4096];
        while ((n = read(file, buffer, sizeof buffer)) > 0) {
            for (ssize_t k = 0, w; k < n; k += w) {
                if ((w = write(STDOUT_FILENO, buffer + k, (size_t)(n - k))) == -1)
                    err(1, "stdout");
            }
        }
    }
    if (n == -1)
        err(1, "%s", argv[2]);
    close(file);
    return 0;
}
