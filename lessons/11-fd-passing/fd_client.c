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
    /* TODO 14: as in lessons 3 and 4. */
    return 0;
}

/* Makes a socket address of a path. Returns -1 if there is no room for it. */
static int socket_address(const char *path, struct sockaddr_un *addr)
{
    memset(addr, 0, sizeof *addr);
    addr->sun_family = AF_UNIX;
    /* TODO 1: copy the path into addr->sun_path, and return 0. Is there room for all of it, and for the NUL at
       its end? An empty path is none. */
    errx(3, "step 1 is still to do: see TODO 1");
    (void)path;
    return -1;
}

/* Sends all of the data, in as many pieces as the kernel likes. Returns 0, or -1 if it could not. */
static int send_all(int conn, const char *data, size_t length)
{
    /* TODO 3: as in lessons 1 and 3. The server may be gone: MSG_NOSIGNAL lets send() fail, instead of ending
       us. */
    errx(3, "step 3 is still to do: see TODO 3");
    (void)conn;
    (void)data;
    (void)length;
}

/* Takes the descriptors of one control message: the first of all is kept, the others are closed. */
static void take_descriptors(struct cmsghdr *header, struct answer *answer)
{
    /* TODO 5: header->cmsg_len says how many there are: CMSG_LEN(0) of it is the header. CMSG_DATA(header) is
       where they stand, one int behind the other: memcpy(3) takes one out. Count each. Keep the first, close
       the others. */
    errx(3, "step 5 is still to do: see TODO 5");
    (void)header;
    (void)answer;
}

/* Receives what has come of the answer. Returns how many bytes that was: 0 at its end, -1 after an error. */
static ssize_t receive_some(int conn, struct answer *answer)
{
    /* TODO 5: read() gives us the bytes, and drops what comes beside them. recvmsg() takes a struct msghdr:
       an iovec, which says where the bytes go, and a buffer for control messages, with room for one
       descriptor:

           union {
               struct cmsghdr align;
               char space[CMSG_SPACE(sizeof(int))];
           } control;

       (A union, so that it begins where a struct cmsghdr may begin.) The flag MSG_CMSG_CLOEXEC gives what
       arrives FD_CLOEXEC, as in lesson 8.

       Then go through the control messages with CMSG_FIRSTHDR() and CMSG_NXTHDR(), and take_descriptors()
       from those of level SOL_SOCKET and type SCM_RIGHTS. If MSG_CTRUNC is set in msg_flags, more came than
       had room: count that. */
    ssize_t received = read(conn, answer->line + answer->length, sizeof answer->line - answer->length);
    (void)take_descriptors;
    if (received > 0)
        answer->length += (size_t)received;
    return received;
}

/* Receives the answer up to its newline, which becomes a NUL. Returns false, with errno, if there is none. */
static bool receive_answer(int conn, struct answer *answer)
{
    /* TODO 4: receive_some(), until there is a newline in answer->line: make it a NUL, and return true.
       Return false at the end of the connection (set errno: ENODATA), after an error, and when the line is
       full (EMSGSIZE). */
    errx(3, "step 4 is still to do: see TODO 4");
    return receive_some(conn, answer) > 0;
}

/* Copies the file to stdout. Returns 0, or -1 if reading or writing failed. */
static int print_file(int file)
{
    /* TODO 6: read() from the file, and write() to STDOUT_FILENO, as in lesson 1. */
    errx(3, "step 6 is still to do: see TODO 6");
    (void)file;
}

/* Asks for NAME, and prints what comes. Returns the exit status. */
static int fetch(int conn, const char *path, const char *name, struct answer *answer)
{
    if (send_all(conn, name, strlen(name)) == -1 || send_all(conn, "\n", 1) == -1)
        warn("cannot send to %s", path);
    else if (!receive_answer(conn, answer))
        warn("no answer from %s about %s", path, name);
    /* TODO 4: an answer that begins with "error " has the reason behind that. One that is not "ok" is no
       answer. */
    /* TODO 5: an "ok" with no descriptor, or with more than one, is a failure, too. */
    else if (answer->count == 0)
        errx(3, "step 5 is still to do: see TODO 5");
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
    int conn = -1;
    /* TODO 2: a socket of the family AF_UNIX, and connect() it to addr. If that fails, warn() of the path. */
    errx(3, "step 2 is still to do: see TODO 2");
    status = fetch(conn, path, argv[2], &answer);
    if (answer.file != -1)
        close(answer.file);
    if (conn != -1)
        close(conn);
    return status;
}
