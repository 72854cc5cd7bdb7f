/* look/unix.h: the Unix-domain sockets of this network namespace. */
#define _GNU_SOURCE
#include "look/unix.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "check/bytes.h"
#include "look/buffers.h"
#include "unit.h"

enum { FDS_MAX = 16 };

static int opened[FDS_MAX];
static int opened_count;

static int own(int fd)
{
    if (fd != -1 && opened_count < FDS_MAX)
        opened[opened_count++] = fd;
    return fd;
}

static void close_all(void)
{
    while (opened_count > 0)
        close(opened[--opened_count]);
    unit_tear_down();
}

static const char *in_folder(const char *name)
{
    return text("%s/%s", unit_folder(), name);
}

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        CU_FAIL_FATAL("the temporary folder's path has room in an address");
    memcpy(address.sun_path, path, strlen(path));
    return address;
}

static int bound(const char *path)
{
    struct sockaddr_un address = address_of(path);
    int fd = own(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    CU_ASSERT_FATAL(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

static int listener(const char *path)
{
    int fd = bound(path);
    CU_ASSERT_FATAL(listen(fd, 5) == 0);
    return fd;
}

static int client(const char *path)
{
    struct sockaddr_un address = address_of(path);
    int fd = own(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    CU_ASSERT_FATAL(connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

static unsigned long inode_of(int fd)
{
    struct stat status = {0};
    fstat(fd, &status);
    return (unsigned long)status.st_ino;
}

/* Not every kernel has unix_diag, and not every file system's inodes are what stat(2) says. */
static bool is_at(const char *path, enum unix_listener expected)
{
    struct stat status;
    CU_ASSERT_FATAL(stat(path, &status) == 0);
    enum unix_listener answer = unix_listener(&status);
    if (answer == UNIX_UNKNOWN)
        unit_skip("this kernel does not tell of Unix-domain sockets by netlink");
    return answer == UNIX_UNKNOWN || answer == expected;
}

static void a_listener_is_found_by_its_file(void)
{
    const char *path = in_folder("door");
    listener(path);
    CU_ASSERT(is_at(path, UNIX_LISTENS));
}

static void a_file_that_was_renamed_is_found(void)
{
    const char *path = in_folder("door");
    listener(in_folder("other"));
    CU_ASSERT_FATAL(rename(in_folder("other"), path) == 0);
    CU_ASSERT(is_at(path, UNIX_LISTENS));
}

static void nobody_listens_at_a_dead_socket(void)
{
    const char *path = in_folder("door");
    close(listener(path));
    opened_count--;
    CU_ASSERT(is_at(path, UNIX_NOBODY));
    listener(in_folder("another"));
    CU_ASSERT(is_at(path, UNIX_NOBODY));
}

static void a_bound_socket_does_not_listen(void)
{
    const char *path = in_folder("door");
    int fd = bound(path);
    CU_ASSERT(is_at(path, UNIX_NOBODY));
    CU_ASSERT(!unix_is_listening(inode_of(fd)));
}

static void a_socket_that_listens_is_known_by_its_inode(void)
{
    const char *path = in_folder("door");
    int fd = listener(path);
    CU_ASSERT(unix_is_listening(inode_of(fd)));
    CU_ASSERT(!unix_is_listening(inode_of(client(path))));
    CU_ASSERT(!unix_is_listening(0));
}

static bool other_end_is_known(int fd, struct socket_row *row)
{
    CU_ASSERT_FATAL(sockets_other_end(fd, row));
    CU_ASSERT(row->kind == SOCKET_UNIX);
    if (row->inode == ~0UL)
        unit_skip("this kernel does not tell of Unix-domain sockets by netlink");
    return row->inode != ~0UL;
}

static void the_other_end_is_found_when_it_is_accepted(void)
{
    struct socket_row row;
    const char *path = in_folder("door");
    int door = listener(path);
    int near_end = client(path);
    if (!other_end_is_known(near_end, &row))
        return;
    assert_number(row.inode, 0);
    int far_end = own(accept4(door, NULL, NULL, SOCK_CLOEXEC));
    CU_ASSERT(other_end_is_known(near_end, &row));
    assert_number(row.inode, inode_of(far_end));
    CU_ASSERT(other_end_is_known(far_end, &row));
    assert_number(row.inode, inode_of(near_end));
    close(far_end);
    opened_count--;
    CU_ASSERT(other_end_is_known(near_end, &row));
    assert_number(row.inode, 0);
}

static void what_is_not_read_yet_is_seen(void)
{
    struct socket_row row;
    char buffer[8];
    const char *path = in_folder("door");
    int door = listener(path);
    int near_end = client(path);
    CU_ASSERT(sockets_other_end(near_end, &row) && row.receiving == 0);
    CU_ASSERT(send(near_end, "hello", 5, 0) == 5);
    CU_ASSERT(sockets_other_end(near_end, &row) && row.receiving > 0);
    int far_end = own(accept4(door, NULL, NULL, SOCK_CLOEXEC));
    CU_ASSERT(recv(far_end, buffer, 2, 0) == 2);
    CU_ASSERT(sockets_other_end(near_end, &row) && row.receiving > 0);
    CU_ASSERT(recv(far_end, buffer, 3, 0) == 3);
    CU_ASSERT(sockets_other_end(near_end, &row) && row.receiving == 0);
    CU_ASSERT(row.sending == 0);
}

/* Fills the way from one end to the other; returns how many bytes that took. */
static size_t fill(int kind, int ends[2])
{
    static const char block[50000];
    CU_ASSERT_FATAL(socketpair(AF_UNIX, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    own(ends[0]);
    own(ends[1]);
    size_t bytes = 0;
    for (ssize_t n; (n = send(ends[0], block, sizeof block, 0)) > 0;)
        bytes += (size_t)n;
    return bytes;
}

static bool is_counted(int kind, bool sender_is_gone)
{
    int ends[2];
    int room = 1 << 10; /* for its sending: it reads */
    size_t before = buffers_memory();
    size_t bytes = fill(kind, ends);
    if (sender_is_gone) {
        setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
        close(ends[0]);
        opened[0] = -1;
    }
    size_t after = buffers_memory();
    close_all();
    return after > before && after - before >= bytes * 3 / 4;
}

/* Beside other programs of this machine, of which one may let go of much just then. */
static void assert_counted(int kind, bool sender_is_gone)
{
    enum { TRIES = 5 };
    for (int i = 0; i < TRIES; i++) {
        if (is_counted(kind, sender_is_gone))
            return;
    }
    fail_test("what is under way is not counted: kind %d, its sender %s", kind, sender_is_gone ? "gone" : "there");
}

static void what_is_under_way_is_counted(void)
{
    assert_counted(SOCK_STREAM, false);
    assert_counted(SOCK_DGRAM, false);
    assert_counted(SOCK_STREAM, true);
    assert_counted(SOCK_DGRAM, true);
}

static CU_TestInfo tests[] = {
    {"a listener is found by its file", a_listener_is_found_by_its_file},
    {"a file that was renamed is found", a_file_that_was_renamed_is_found},
    {"nobody listens at a dead socket", nobody_listens_at_a_dead_socket},
    {"a bound socket does not listen", a_bound_socket_does_not_listen},
    {"a socket that listens is known by its inode", a_socket_that_listens_is_known_by_its_inode},
    {"the other end is found when it is accepted", the_other_end_is_found_when_it_is_accepted},
    {"what is not read yet is seen", what_is_not_read_yet_is_seen},
    {"what is under way is counted", what_is_under_way_is_counted},
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo unix_suite = {"unix", NULL, NULL, NULL, close_all, tests};
