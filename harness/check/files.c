/* The verbs for files: what lies there before a program starts, and what it leaves. */
#define _GNU_SOURCE
#include "check/files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check/check.h"
#include "check/difference.h"
#include "check/program.h"
#include "check/record.h"
#include "check/stage.h"
#include "check/verdict.h"

enum { PIECE = 512 }; /* of a disk, and of a file that comes in datagrams */

const char *file_path(const char *name)
{
    return text("%s/%s", stage.scratch, name);
}

void files_trouble(const char *what)
{
    const char *reason = strerror(errno);
    bool alone = stage.private_network || access(stage.scratch, R_OK | W_OK | X_OK) == -1;
    if (program_newest() == NULL || !alone)
        fault("could not %s: %s", what, reason);
    verdict_because(
        "All that a program may write lies there, and the check's own files as well: it has filled it, closed it or "
        "moved it away.");
    fails("its working directory stays as it was", text("the check could not %s there: %s", what, reason));
}

bool file_read(const char *name, struct bytes *content)
{
    struct stat status;
    int fd = open(file_path(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd == -1)
        return false;
    bool regular = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    size_t size = status.st_size < OUTPUT_MAX ? (size_t)status.st_size : OUTPUT_MAX;
    char *data = regular ? keep(size + 1) : NULL;
    size_t length = 0;
    ssize_t n = 1;
    while (regular && length < size && n > 0) {
        n = read(fd, data + length, size - length);
        length += n > 0 ? (size_t)n : 0;
    }
    close(fd);
    *content = (struct bytes){data, length};
    return regular;
}

void file_is_put(const char *name, struct bytes content)
{
    int fd = open(file_path(name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    ssize_t n = fd == -1 ? -1 : write(fd, content.data, content.length);
    if (n != (ssize_t)content.length || fchmod(fd, 0666) == -1) /* the program may run as another user */
        files_trouble(text("put the file %s", name));
    close(fd);
    record("check", NULL, "puts a file there:", bytes(text("%s, %zu bytes", name, content.length)));
}

void folder_is_put(const char *name)
{
    if (mkdir(file_path(name), 0777) == -1 || chmod(file_path(name), 0777) == -1)
        files_trouble(text("make the folder %s", name));
    record("check", NULL, "makes a folder there:", bytes(name));
}

static void must(int done, const char *what, const char *name)
{
    if (done == -1)
        files_trouble(text("make the %s %s", what, name));
    record("check", NULL, text("puts a %s there:", what), bytes(name));
}

void there_is_a_secret_file(const char *name)
{
    int fd = open(file_path(name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);
    must(fd, "file that may not be read", name);
    close(fd);
}

void there_is_a_link(const char *name, const char *target)
{
    must(symlink(target, file_path(name)), text("link to %s", target), name);
}

void there_is_a_fifo(const char *name)
{
    must(mkfifo(file_path(name), 0666), "named pipe", name);
}

void file_is_deleted(const char *name)
{
    if (unlink(file_path(name)) == -1)
        files_trouble(text("delete %s", name));
    record("check", NULL, "deletes", bytes(name));
}

/* A piece that came twice, or did not come, is seen from where the pieces lie. */
static const char *explain(struct bytes expected, struct bytes got)
{
    size_t at = common_prefix(expected, got);
    struct bytes here = part(got, at, PIECE);
    if (at % PIECE != 0 || here.length == 0)
        return NULL;
    struct bytes before = at < PIECE ? part(got, 0, 0) : part(got, at - PIECE, PIECE);
    struct bytes next = part(expected, at + PIECE, here.length);
    if (before.length > 0 && common_prefix(before, here) == here.length)
        return text("From byte %zu on come the same bytes as just before: what came twice was written twice.", at);
    if (next.length > 0 && common_prefix(next, here) == here.length)
        return text("The %d bytes from byte %zu on are missing.", PIECE, at);
    return NULL;
}

void program_file_is(struct program *program, const char *name, struct bytes expected)
{
    finishes(program);
    struct bytes got;
    const char *wanted = text("the file %s is %s", name, shown(expected));
    if (!file_read(name, &got))
        fails(wanted, text("there is no such file; %s", program_fate(program)));
    if (got.length == expected.length && common_prefix(got, expected) == got.length) {
        record(YOU, NULL, "leaves the file", bytes(text("%s, %zu bytes, as it should be", name, got.length)));
        return;
    }
    const char *difference_words = difference(expected, got);
    const char *cause = explain(expected, got);
    if (cause != NULL)
        verdict_because("%s", cause);
    fails(wanted, text("it has %s; %s", difference_words, program_fate(program)));
}

void has_no_file(struct program *program, const char *name)
{
    finishes(program);
    struct stat status;
    if (lstat(file_path(name), &status) == 0)
        fails(text("there is no file %s", name),
              text("it is there, with %jd bytes; %s", (intmax_t)status.st_size, program_fate(program)));
    record(YOU, NULL, "leaves no file", bytes(name));
}
