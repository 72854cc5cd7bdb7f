/* The verbs of Unix-domain streams: listening and connecting by a path, and descriptors that are passed along. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "check/check.h"
#include "check/conn.h"
#include "check/difference.h"
#include "check/files.h"
#include "check/record.h"
#include "check/stage.h"
#include "check/verdict.h"
#include "check/wait.h"
#include "look/proc.h"
#include "look/unix.h"

enum { PATH_BYTES = 107, TO_PASS_MAX = 64 };

static int stream_socket(void)
{
    int low = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int fd = low == -1 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, 10);
    if (low != -1)
        close(low);
    if (fd == -1)
        fault("no socket for a peer: %s", strerror(errno));
    return fd;
}

/* Our own way to a socket file: by a descriptor, since its whole path may be longer than an address. */
static struct sockaddr_un through(int fd, const char *rest)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d%s", fd, rest);
    return address;
}

/* A socket file of that name, which programs may connect to. */
static int bound_socket(const char *path)
{
    static int made;
    const char *temporary = text(".made-%d", made++);
    int folder = open(stage.scratch, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct sockaddr_un address = through(folder, text("/%s", temporary));
    int fd = stream_socket();
    if (strlen(path) > PATH_BYTES)
        fault("a check names a socket of more than %d bytes", PATH_BYTES);
    if (folder == -1 || bind(fd, (struct sockaddr *)&address, sizeof address) == -1 ||
        chmod(file_path(temporary), 0777) == -1)
        files_trouble(text("make the socket %s", path));
    close(folder);
    return fd;
}

/* Shows a bound socket under its own name. */
static void name_socket(int fd, const char *path)
{
    struct sockaddr_un address = {0};
    socklen_t length = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &length) == -1 ||
        rename(file_path(strrchr(address.sun_path, '/') + 1), file_path(path)) == -1)
        files_trouble(text("make the socket %s", path));
}

struct listener *listens_at_path(const char *path)
{
    int fd = bound_socket(path);
    if (listen(fd, 128) == -1)
        fault("can't listen at the socket %s: %s", path, strerror(errno));
    name_socket(fd, path);
    return conn_listener(fd, text("socket %s", path), 0);
}

void there_is_a_dead_socket(const char *path)
{
    int fd = bound_socket(path);
    name_socket(fd, path);
    close(fd);
    record("check", NULL, "puts a socket there, at which nobody listens:", bytes(path));
}

struct opening {
    const struct program *server;
    const char *path;
    bool open;
};

/* True if a program holds a socket that listens. */
static bool holds_listener(void)
{
    static struct descriptor descriptors[PROC_DESCRIPTORS_MAX];
    pid_t pids[PROC_MAX];
    int count = programs_pids(pids, PROC_MAX);
    for (int i = 0; i < count; i++) {
        int n = proc_descriptors(pids[i], descriptors, PROC_DESCRIPTORS_MAX);
        for (int k = 0; k < n; k++) {
            unsigned long inode = proc_socket_inode(&descriptors[k]);
            if (inode != 0 && unix_is_listening(inode))
                return true;
        }
    }
    return false;
}

/* Does the kernel say which file a socket is? Not without unix_diag, nor on a file system, such as overlayfs, whose
   inodes are not those that stat(2) tells. Tried once, with a socket of ours. */
static bool files_are_known(void)
{
    static int known = -1;
    struct stat file;
    if (known != -1)
        return known;
    int fd = bound_socket(".known");
    if (listen(fd, 1) == -1)
        fault("can't listen at a socket: %s", strerror(errno));
    name_socket(fd, ".known");
    known = stat(file_path(".known"), &file) == 0 && unix_listener(&file) == UNIX_LISTENS;
    unlink(file_path(".known"));
    close(fd);
    return known;
}

/* Where files are not known, one who listens, and sleeps, has done all that it meant to. */
static bool is_open_or_ended(void *context)
{
    struct opening *opening = context;
    struct stat file;
    bool there = stat(file_path(opening->path), &file) == 0 && S_ISSOCK(file.st_mode);
    if (there)
        opening->open = files_are_known() ? unix_listener(&file) == UNIX_LISTENS : programs_sleep() && holds_listener();
    return opening->open || opening->server->ended;
}

void is_listening_at_path(struct program *server, const char *path)
{
    struct opening opening = {.server = server, .path = path};
    struct awaited awaited = {.come = is_open_or_ended, .context = &opening};
    enum waited waited = wait_until(&awaited);
    const char *expected = text("%s listens at the socket %s", server->name, path);
    if (waited != CAME)
        wait_fails(waited, &awaited, expected, "nothing listens there");
    program_is_sane(server);
    if (!opening.open)
        fails(expected, text("nothing listens there; %s", program_fate(server)));
    record(YOU, NULL, "listen", bytes(text("socket %s", path)));
}

struct connecting {
    const char *path;
    int fd;
    int error;
};

/* A queue that is full answers EAGAIN to a socket that does not block. */
static bool is_taken_or_refused(void *context)
{
    struct connecting *connecting = context;
    int file = open(file_path(connecting->path), O_PATH | O_CLOEXEC);
    struct sockaddr_un address = through(file, "");
    connecting->error = 0;
    if (file == -1 || connect(connecting->fd, (struct sockaddr *)&address, sizeof address) == -1)
        connecting->error = errno;
    if (file != -1)
        close(file);
    return connecting->error != EAGAIN;
}

struct conn *connects_to_path(const char *path)
{
    struct connecting connecting = {.path = path, .fd = stream_socket()};
    struct awaited awaited = {
        .come = is_taken_or_refused, .context = &connecting, .until_end = true, .who_waits = "a client connects"};
    const char *expected = text("a connection to the socket %s", path);
    struct conn *conn = conn_client(connecting.fd, 0);
    enum waited waited = wait_until(&awaited);
    if (waited != CAME && connecting.error == EAGAIN)
        wait_fails(waited, &awaited, expected, "the queue of connections that wait to be accepted is full");
    if (connecting.error != 0) {
        record(conn->name, YOU, text("connect to %s (%s)", path, strerror(connecting.error)), bytes(""));
        const struct program *program = program_newest();
        fails(expected, program != NULL && program->ended
                            ? text("%s; %s", strerror(connecting.error), program_fate(program))
                            : strerror(connecting.error));
    }
    record(conn->name, YOU, "connect", bytes(""));
    return conn;
}

void queue_is_filled(const char *path)
{
    enum { MOST = 10000 }; /* somebody does accept */
    struct connecting connecting = {.path = path};
    for (int i = 0; i < MOST && connecting.error == 0; i++) {
        connecting.fd = stream_socket();
        is_taken_or_refused(&connecting);
        close(connecting.fd);
    }
    record("check", YOU, text("fills the queue at %s", path), bytes(""));
}

/* ---- descriptors to pass on: open until the worker ends */

static int to_pass(int low)
{
    int fd = low == -1 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, 10);
    if (low != -1)
        close(low);
    if (fd == -1)
        fault("no descriptor to pass on: %s", strerror(errno));
    return fd;
}

int descriptor_of(const char *path)
{
    return to_pass(open(file_path(path), O_RDONLY | O_CLOEXEC));
}

static int pipe_ends(int *to_write)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) == -1)
        fault("no pipe to pass on: %s", strerror(errno));
    *to_write = to_pass(ends[1]);
    return to_pass(ends[0]);
}

int pipe_with(const char *content)
{
    int to_write;
    int end = pipe_ends(&to_write);
    if (write(to_write, content, strlen(content)) != (ssize_t)strlen(content))
        fault("a check passes on more than a pipe holds");
    close(to_write);
    return end;
}

int open_pipe(void)
{
    int to_write;
    return pipe_ends(&to_write);
}

void conn_says_with(struct conn *conn, struct bytes what, const int *descriptors)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(TO_PASS_MAX * sizeof(int))];
    } control = {0};
    size_t count = 0;
    while (descriptors[count] != -1)
        count++;
    if (count == 0 || count > TO_PASS_MAX || what.length == 0)
        fault("a check passes on %zu descriptors with %zu bytes", count, what.length);
    struct iovec data = {.iov_base = (void *)(uintptr_t)what.data, .iov_len = what.length};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = CMSG_SPACE(count * sizeof *descriptors)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){
        .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(count * sizeof *descriptors)};
    memcpy(CMSG_DATA(header), descriptors, count * sizeof *descriptors);
    ssize_t n = sendmsg(conn->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n == -1 && errno != EPIPE && errno != ECONNRESET)
        fault("a descriptor can't be passed on: %s", strerror(errno));
    if (n == -1) {
        record(conn->name, YOU, "data refused: closed", what);
        return;
    }
    record(conn->name, YOU, text("%zu descriptor%s", count, count == 1 ? "" : "s"), bytes(""));
    record(conn->name, YOU, "data", part(what, 0, (size_t)n));
    conn->said += (size_t)n;
    if ((size_t)n < what.length)
        conn_says(conn, part(what, (size_t)n, what.length));
}

/* ---- descriptors that came */

static const char *came(const struct conn *conn)
{
    if (conn->passed_count == 0)
        return "none came";
    return text("%d came", conn->passed_count);
}

void no_descriptor_came(const struct conn *conn)
{
    if (conn->passed_count != 0)
        fails(text("no descriptor comes to %s", the(conn->name)), came(conn));
}

void one_descriptor_came(const struct conn *conn)
{
    const char *expected = text("a descriptor comes with what %s hears", the(conn->name));
    if (conn->passed_count == 0 && conn->heard > 0)
        verdict_because("A descriptor travels beside the data, in a control message (SCM_RIGHTS) of sendmsg() that has "
                        "at least one byte of data. Its number alone, as text, means nothing in another process.");
    if (conn->passed_count != 1)
        fails(expected, came(conn));
}

static int descriptor_that_came(const struct conn *conn)
{
    one_descriptor_came(conn);
    return conn->passed[0];
}

static const char *kind_of(mode_t mode)
{
    return S_ISREG(mode)    ? "a regular file"
           : S_ISDIR(mode)  ? "a directory"
           : S_ISFIFO(mode) ? "a pipe"
           : S_ISSOCK(mode) ? "a socket"
                            : "neither a file nor a directory";
}

void descriptor_leads_to(const struct conn *conn, const char *path)
{
    struct stat file;
    struct stat got;
    if (fstat(descriptor_that_came(conn), &got) == -1 || stat(file_path(path), &file) == -1)
        fault("can't look at %s: %s", path, strerror(errno));
    if (got.st_ino == file.st_ino && got.st_dev == file.st_dev)
        return;
    const char *what = S_ISREG(got.st_mode) ? "another file" : kind_of(got.st_mode);
    fails(text("the descriptor is that of %s", path), text("it is that of %s", what));
}

void conn_descriptor_reads(const struct conn *conn, struct bytes content)
{
    const char *expected = text("from the descriptor %s can be read", shown(content));
    int fd = descriptor_that_came(conn);
    struct stat status;
    if (fstat(fd, &status) == -1 || !S_ISREG(status.st_mode))
        fails(expected, text("it is that of %s", kind_of(status.st_mode)));
    char *data = keep(content.length + 64);
    size_t length = 0;
    ssize_t n;
    while ((n = read(fd, data + length, content.length + 64 - length)) > 0)
        length += (size_t)n;
    if (n == -1)
        fails(expected, text("it can't be read: %s", strerror(errno)));
    struct bytes got = {data, length};
    if (length != content.length || common_prefix(got, content) < length)
        fails(expected, text("there was %s", difference(content, got)));
    record("check", NULL, "reads from the descriptor", bytes(""));
}

void descriptor_is_read_only(const struct conn *conn)
{
    int flags = fcntl(descriptor_that_came(conn), F_GETFL);
    if ((flags & O_ACCMODE) != O_RDONLY)
        fails("a descriptor that is for reading alone",
              text("it is for %s", (flags & O_ACCMODE) == O_WRONLY ? "writing" : "reading and writing"));
}
