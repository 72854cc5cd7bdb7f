#define _GNU_SOURCE
#include "run/build.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sha2.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "record/utf8.h"
#include "run/path.h"
#include "run/rundir.h"

enum { SOURCE_MAX = 4 << 20, PROGRAM_MAX = 64 << 20, WORDS_MAX = 64 << 10, TALK_MAX = 4 << 20, BUILD_SECONDS = 30 };

static struct build build_says(enum build_status status, const char *format, ...)
{
    struct build build = {.status = status};
    va_list list;
    va_start(list, format);
    if (vasprintf(&build.output, format, list) == -1)
        build.output = NULL;
    va_end(list);
    return build;
}

/* ------------------------------------------------ files */

static char *read_whole(int fd, size_t max, size_t *length)
{
    char *data = malloc(max + 1);
    *length = 0;
    ssize_t n;
    while (data != NULL && *length < max && (n = read(fd, data + *length, max - *length)) > 0)
        *length += (size_t)n;
    if (data != NULL)
        data[*length] = '\0';
    return data;
}

static int write_whole(const char *path, const char *data, size_t length, mode_t mode)
{
    struct path temporary = path_of("%s.%d", path, getpid());
    int fd = open(temporary.text, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd == -1)
        return -1;
    size_t done = 0;
    ssize_t n = 0;
    while (done < length && (n = write(fd, data + done, length - done)) > 0)
        done += (size_t)n;
    int saved = errno;
    if (close(fd) == 0 && done == length && rename(temporary.text, path) == 0)
        return 0;
    unlink(temporary.text);
    errno = saved;
    return -1;
}

/* ------------------------------------------------ the cache */

bool build_cache(struct path *folder)
{
    const char *own = getenv("SOCKEYE_CACHE");
    const char *xdg = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    if (own != NULL && *own != '\0')
        *folder = path_of("%s", own);
    else if (xdg != NULL && *xdg == '/')
        *folder = path_of("%s/sockeye", xdg);
    else if (home != NULL && *home == '/')
        *folder = path_of("%s/.cache/sockeye", home);
    else
        return false;
    return folder_make(folder->text, 0700) == 0 && access(folder->text, W_OK) == 0;
}

/* What the executable depends on besides the source: the compiler (by its file's date and size) and the flags. */
static void content_hash(const char *source, size_t length, const char *name, char hex[SHA256_DIGEST_STRING_LENGTH])
{
    struct stat compiler = {0};
    char words[200];
    stat("/usr/bin/cc", &compiler);
    snprintf(words, sizeof words, BUILD_COMMAND " %s %lld %lld", name, (long long)compiler.st_mtime,
             (long long)compiler.st_size);
    SHA2_CTX context;
    SHA256Init(&context);
    SHA256Update(&context, (const uint8_t *)words, strlen(words) + 1);
    SHA256Update(&context, (const uint8_t *)source, length);
    SHA256End(&context, hex);
}

/* A kept build is two files: the executable, and the compiler's words. */
static bool take_from_cache(const char *kept, const char *target, struct build *build)
{
    struct path words_path = path_of("%s.txt", kept);
    int words = open(words_path.text, O_RDONLY | O_CLOEXEC);
    int program = open(kept, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    size_t words_length = 0;
    char *data = program == -1 || words == -1 ? NULL : read_whole(program, PROGRAM_MAX, &length);
    if (data != NULL && write_whole(target, data, length, 0755) == 0) {
        build->status = BUILT;
        build->output = read_whole(words, WORDS_MAX, &words_length);
    }
    free(data);
    if (words != -1)
        close(words);
    if (program != -1)
        close(program);
    return build->status == BUILT && build->output != NULL;
}

static void put_into_cache(const char *kept, const char *program, size_t length, const char *words)
{
    struct path words_path = path_of("%s.txt", kept);
    if (write_whole(words_path.text, words, strlen(words), 0644) == 0)
        write_whole(kept, program, length, 0755);
}

/* ------------------------------------------------ compiling */

struct collected {
    int fd;
    char *data;
    size_t length;
    size_t max;
    size_t passed_over;
};

/* What is more than there is room for is passed over: who writes must not wait for us. False at the end. */
static bool collect(struct collected *pipe)
{
    char waste[4096];
    bool full = pipe->length == pipe->max;
    ssize_t n = read(pipe->fd, full ? waste : pipe->data + pipe->length,
                     full ? sizeof waste : pipe->max - pipe->length);
    if (n > 0)
        *(full ? &pipe->passed_over : &pipe->length) += (size_t)n;
    return n > 0 || (n == -1 && errno == EINTR);
}

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Reads the executable and the words until both pipes end; false if it takes too long or is too much. */
static bool collect_both(struct collected pipes[2])
{
    double deadline = seconds_now() + BUILD_SECONDS;
    bool open[2] = {true, true};
    while (open[0] || open[1]) {
        struct pollfd fds[2];
        for (int i = 0; i < 2; i++)
            fds[i] = (struct pollfd){.fd = open[i] ? pipes[i].fd : -1, .events = POLLIN};
        double left = deadline - seconds_now();
        if (left <= 0 || poll(fds, 2, (int)(left * 1000) + 1) < 0)
            return false;
        for (int i = 0; i < 2; i++) {
            if (fds[i].revents != 0)
                open[i] = collect(&pipes[i]);
        }
        if (pipes[0].length == pipes[0].max || pipes[1].passed_over > TALK_MAX)
            return false; /* an executable that was named .c has millions of errors, which take a minute to tell */
    }
    return true;
}

static int count_warnings(const char *words)
{
    int count = 0;
    for (const char *at = words; (at = strstr(at, "warning: ")) != NULL; at++)
        count++;
    return count;
}

static struct build compile(const struct world *world, const char *folder, const char *name, struct collected pipes[2])
{
    /* The executable comes back through a pipe: what compiles can write nowhere that outlives its world. */
    char script[600];
    snprintf(script, sizeof script, BUILD_COMMAND " -o \"$TMPDIR\"/%s %s.c && cat \"$TMPDIR\"/%s >&3", name, name,
             name);
    const char *const command[] = {"/bin/sh", "-c", script, NULL};
    struct path scratch = path_of("%s/compile-XXXXXX", rundir());
    if (!world->is_private && (mkdtemp(scratch.text) == NULL || chmod(scratch.text, 0777) == -1))
        return build_says(BUILD_FAULT, "no temporary folder: %s", strerror(errno));
    int program[2];
    int words[2];
    if (pipe2(program, O_CLOEXEC) == -1 || pipe2(words, O_CLOEXEC) == -1)
        return build_says(BUILD_FAULT, "no pipe: %s", strerror(errno));
    struct world_start start = {.command = command,
                                .folder = folder,
                                .scratch = scratch.text,
                                .out = words[1],
                                .err = words[1],
                                .result = program[1],
                                .limits = true};
    pid_t pid = world_start(world, &start);
    close(program[1]);
    close(words[1]);
    pipes[0].fd = program[0];
    pipes[1].fd = words[0];
    bool whole = collect_both(pipes);
    close(program[0]);
    close(words[0]);
    if (!whole) {
        kill(-pid, SIGKILL);
        kill(pid, SIGKILL);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    if (!world->is_private)
        remove_tree(scratch.text);
    pipes[1].data[pipes[1].length] = '\0';
    for (size_t i = 0; i < pipes[1].length; i++)
        pipes[1].data[i] = pipes[1].data[i] == '\0' ? '?' : pipes[1].data[i];
    utf8_mend(pipes[1].data); /* a compiler quotes what it reads, which may be anything */
    char *last_line = strrchr(pipes[1].data, '\n');
    if (pipes[1].length == pipes[1].max && last_line != NULL)
        last_line[1] = '\0'; /* cut between lines, never within a character */
    if (pipes[1].passed_over > TALK_MAX)
        return build_says(BUILD_FAILED, "%sThe compiler was stopped: it had more than %d MiB to say.", pipes[1].data,
                          TALK_MAX >> 20);
    if (!whole)
        return build_says(BUILD_FAILED,
                          "%sThe compiler was stopped: it took more than %d seconds or made more than %d MiB.",
                          pipes[1].data, BUILD_SECONDS, PROGRAM_MAX >> 20);
    if (!WIFEXITED(status) || WEXITSTATUS(status) == 127)
        return build_says(BUILD_FAULT, "the compiler could not be run: %s", pipes[1].data);
    bool built = WEXITSTATUS(status) == 0 && pipes[0].length > 0;
    struct build build = build_says(built ? BUILT : BUILD_FAILED, "%s", pipes[1].data);
    build.warnings = count_warnings(pipes[1].data);
    return build;
}

static struct build build_source(const struct world *world, const char *source, size_t length, const char *name,
                                 const char *target)
{
    char hex[SHA256_DIGEST_STRING_LENGTH];
    struct path kept;
    struct build build = {.status = BUILD_FAULT};
    content_hash(source, length, name, hex);
    bool keeps = build_cache(&kept);
    if (keeps) {
        kept = path_of("%s/%s", kept.text, hex);
        if (take_from_cache(kept.text, target, &build)) {
            build.warnings = count_warnings(build.output);
            return build;
        }
    }
    struct path folder = path_of("%s/source-XXXXXX", rundir());
    if (mkdtemp(folder.text) == NULL || chmod(folder.text, 0755) == -1)
        return build_says(BUILD_FAULT, "no temporary folder: %s", strerror(errno));
    struct path copy = path_of("%s/%s.c", folder.text, name);
    struct collected pipes[2] = {{.data = malloc(PROGRAM_MAX + 1), .max = PROGRAM_MAX},
                                 {.data = malloc(WORDS_MAX + 1), .max = WORDS_MAX}};
    if (pipes[0].data == NULL || pipes[1].data == NULL || write_whole(copy.text, source, length, 0644) == -1)
        build = build_says(BUILD_FAULT, "can't copy the source: %s", strerror(errno));
    else
        build = compile(world, folder.text, name, pipes);
    if (build.status == BUILD_FAILED && memchr(source, '\0', length) != NULL) {
        char *words = build.output;
        build = build_says(BUILD_FAILED,
                           "%s.c has bytes in it that no text has (NUL): is it an executable, or saved as "
                           "UTF-16?\n%s",
                           name, words == NULL ? "" : words);
        free(words);
    }
    if (build.status == BUILT && write_whole(target, pipes[0].data, pipes[0].length, 0755) == -1) {
        free(build.output);
        build = build_says(BUILD_FAULT, "can't write the program: %s", strerror(errno));
    }
    if (build.status == BUILT && keeps)
        put_into_cache(kept.text, pipes[0].data, pipes[0].length, build.output == NULL ? "" : build.output);
    free(pipes[0].data);
    free(pipes[1].data);
    remove_tree(folder.text);
    return build;
}

struct build build_program(const struct world *world, const char *source, const char *name, const char *target)
{
    struct stat status;
    int fd = open(source, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd == -1 && (errno == ENOENT || errno == ENOTDIR))
        return build_says(BUILD_MISSING, "%s is missing", source);
    if (fd == -1)
        return build_says(BUILD_FAILED, "%s can't be read: %s", source, strerror(errno));
    if (fstat(fd, &status) == -1 || !S_ISREG(status.st_mode)) {
        close(fd);
        return build_says(BUILD_FAILED, "%s is not a file", source);
    }
    size_t length;
    char *text = read_whole(fd, SOURCE_MAX, &length);
    close(fd);
    struct build build;
    if (text == NULL)
        build = build_says(BUILD_FAULT, "no memory to read %s", source);
    else if (length == 0)
        build = build_says(BUILD_FAILED, "%s is empty", source);
    else if (length == SOURCE_MAX)
        build = build_says(BUILD_FAILED, "%s has more than %d MiB", source, SOURCE_MAX >> 20);
    else
        build = build_source(world, text, length, name, target);
    free(text);
    return build;
}
