/*
 * fd_client - prints a file that fd_server has opened for it.
 *
 * usage: fd_client SOCKET NAME        fd_client door notes.txt
 *
 * Ends with status 0 when the whole file is printed, 1 when something failed or the server refused, 2 when
 * the arguments are wrong.
 *
 * What is new: an address that is a path, and an open file that arrives beside the data. The kernel puts it
 * into our table of descriptors; the number that it had in the server means nothing here.
 *
 * See also: unix(7), connect(2), recvmsg(2), cmsg(3).
 */
#define _GNU_SOURCE     /* MSG_CMSG_CLOEXEC */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* What the server has answered, as far as it has come. */
struct answer {
    char line[1024];
    size_t length;
    int file;       /* the first descriptor that came, -1 if none did */
    int count;      /* how many came */
};

/* Fills the gaps in descriptors 0 to 2: a socket that became number 2 would be sent our messages. */
static int fill_standard_descriptors(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= STDIN_FILENO && fd <= STDERR_FILENO);
    if (fd != -1)
        close(fd);
    return fd == -1 ? -1 : 0;
}

/* Makes a socket address of a path. Returns -1 if there is no room for it. */
static int socket_address(const char *path, struct sockaddr_un *addr)
{
    memset(addr, 0, sizeof *addr);
    addr->sun_family = AF_UNIX;
    if (*path == '\0' || strlen(path) >= sizeof addr->sun_path)     /* its NUL wants a place, too */
        return -1;
    memcpy(addr->sun_path, path, strlen(path));     /* what is behind it is zero already */
    return 0;
}

/* Sends all of the data, in as many pieces as the kernel likes. Returns 0, or -1 if it could not. */
static int send_all(int conn, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(conn, data, length, MSG_NOSIGNAL);
        if (sent == -1)
            return -1;
        data += sent;
        length -= (size_t)sent;
    }
    return 0;
}

/* Takes the descriptors of one control message: the first of all is kept, the others are closed. */
static void take_descriptors(struct cmsghdr *header, struct answer *answer)
{
    size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);

    for (size_t i = 0; i < count; i++) {
        int fd;
        memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);  /* it may not be aligned as an int */
        if (answer->count++ == 0)
            answer->file = fd;
        else
            close(fd);
    }
}

/* Receives what has come of the answer. Returns how many bytes that was: 0 at its end, -1 after an error. */
static ssize_t receive_some(int conn, struct answer *answer)
{
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec rest = {answer->line + answer->length, sizeof answer->line - answer->length};
    struct msghdr message = {
        .msg_iov = &rest, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};

    ssize_t received = recvmsg(conn, &message, MSG_CMSG_CLOEXEC);
    if (received == -1)
        return -1;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
            take_descriptors(c, answer);
    }
    if (message.msg_flags & MSG_CTRUNC)     /* there was no room for all: the kernel has closed the others */
        answer->count++;
    answer->length += (size_t)received;
    return received;
}

/* Receives the answer up to its newline, which becomes a NUL. Returns false, with errno, if there is none. */
static bool receive_answer(int conn, struct answer *answer)
{
    char *newline;

    while ((newline = memchr(answer->line, '\n', answer->length)) == NULL) {
        if (answer->length == sizeof answer->line) {
            errno = EMSGSIZE;
            return false;
        }
        ssize_t received = receive_some(conn, answer);
        if (received == 0)
            errno = ENODATA;
        if (received <= 0)
            return false;
    }
    *newline = '\0';
    return true;
}

/* Copies the file to stdout. Returns 0, or -1 if reading or writing failed. */
static int print_file(int file)
{
    char buffer[65536];
    ssize_t length;

    while ((length = read(file, buffer, sizeof buffer)) > 0) {
        for (ssize_t done = 0; done < length;) {
            ssize_t written = write(STDOUT_FILENO, buffer + done, (size_t)(length - done));
            if (written == -1)
                return -1;
            done += written;
        }
    }
    return length == 0 ? 0 : -1;
}

/* Asks for NAME, and prints what comes. Returns the exit status. */
static int fetch(int conn, const char *path, const char *name, struct answer *answer)
{
    if (send_all(conn, name, strlen(name)) == -1 || send_all(conn, "\n", 1) == -1)
        warn("cannot send to %s", path);
    else if (!receive_answer(conn, answer))
        warn("no answer from %s about %s", path, name);
    else if (strncmp(answer->line, "error ", 6) == 0)
        warnx("%s from %s: %s", name, path, answer->line + 6);
    else if (strcmp(answer->line, "ok") != 0)
        warnx("%s from %s: not an answer: %s", name, path, answer->line);
    else if (answer->count != 1)
        warnx("%s from %s: it said ok, and %s descriptor came", name, path,
              answer->count == 0 ? "no" : "more than one");
    else if (print_file(answer->file) == -1)
        warn("cannot print %s from %s", name, path);
    else
        return 0;
    return 1;
}

int main(int argc, char *argv[])
{
    struct sockaddr_un addr;
    struct answer answer = {.file = -1};

    if (argc != 3) {
        fprintf(stderr, "usage: fd_client SOCKET NAME\n");
        return 2;
    }
    const char *path = argv[1];
    if (socket_address(path, &addr) == -1)
        errx(2, "not a path of 1 to %zu bytes: %s", sizeof addr.sun_path - 1, path);
    if (fill_standard_descriptors() == -1)
        err(1, "/dev/null");

    int status = 1;
    int conn = socket(AF_UNIX, SOCK_STREAM, 0);
    if (conn == -1 || connect(conn, (struct sockaddr *)&addr, sizeof addr) == -1)
        warn("cannot connect to %s", path);
    else
        status = fetch(conn, path, argv[2], &answer);
    if (answer.file != -1)
        close(answer.file);
    if (conn != -1)
        close(conn);
    return status;
}
