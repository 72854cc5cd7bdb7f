#define _GNU_SOURCE
#include "run/own.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/registry.h"
#include "run/build.h"

enum { WORDS_MAX = 8000 };

static char said[WORDS_MAX + 1];             /* by the compiler */
static char words[WORDS_MAX + 2 * PATH_MAX]; /* for people: why it could not be done */

/* ------------------------------------------------ compiling */

static void add_file(SHA2_CTX *context, const char *path)
{
    struct stat status = {0};
    stat(path, &status);
    SHA256Update(context, (const uint8_t *)&status.st_mtim, sizeof status.st_mtim);
    SHA256Update(context, (const uint8_t *)&status.st_size, sizeof status.st_size);
}

/* Where the object is kept: its name is made of all that it depends on. */
static int object_path(const char *source, const char *folder, struct path *path)
{
    struct path kept;
    char hex[SHA256_DIGEST_STRING_LENGTH];
    SHA2_CTX context;
    if (!build_cache(&kept)) {
        snprintf(words, sizeof words,
                 "the lessons' checks can't be kept: set SOCKEYE_CACHE to a folder that can be written");
        return -1;
    }
    if (SHA256File(source, hex) == NULL) {
        snprintf(words, sizeof words, "%s: %s", source, strerror(errno));
        return -1;
    }
    SHA256Init(&context);
    SHA256Update(&context, (const uint8_t *)hex, strlen(hex));
    SHA256Update(&context, (const uint8_t *)folder, strlen(folder) + 1);
    add_file(&context, "/usr/bin/cc");
    add_file(&context, "/proc/self/exe"); /* the headers are this kit's */
    SHA256End(&context, hex);
    *path = path_of("%s/%s.so", kept.text, hex);
    return 0;
}

/* In a new process: the compiler, whose words go to @p out. */
static _Noreturn void become_compiler(const struct kit *kit, const char *source, const char *folder, const char *target,
                                      int out)
{
    struct path headers = path_of("-I%s/%s", kit->root.text, kit->is_installed ? "include" : "harness");
    struct path lesson = path_of("-DLESSON_FOLDER=\"%s\"", folder);
    dup2(out, 1);
    dup2(out, 2);
    execlp("cc", "cc", "-std=gnu17", "-Wall", "-Wextra", "-Werror=implicit-function-declaration", "-g", "-O1", "-fPIC",
           "-shared", headers.text, lesson.text, "-o", target, source, (char *)NULL);
    fprintf(stderr, "cc: %s\n", strerror(errno));
    _exit(127);
}

/* Returns the compiler's status. */
static int run_compiler(const struct kit *kit, const char *source, const char *folder, const char *target)
{
    int ends[2];
    int status = -1;
    size_t length = 0;
    ssize_t n;
    if (pipe2(ends, O_CLOEXEC) == -1)
        return -1;
    pid_t pid = fork();
    if (pid == 0)
        become_compiler(kit, source, folder, target, ends[1]);
    close(ends[1]);
    char waste[1024] = "";
    while ((n = read(ends[0], length < WORDS_MAX ? said + length : waste,
                     length < WORDS_MAX ? WORDS_MAX - length : sizeof waste)) > 0)
        length += length < WORDS_MAX ? (size_t)n : 0;
    close(ends[0]);
    said[length] = '\0';
    return pid == -1 || waitpid(pid, &status, 0) == -1 || !WIFEXITED(status) ? -1 : WEXITSTATUS(status);
}

static int compile(const struct kit *kit, const char *source, const char *folder, const char *target)
{
    struct path new = path_of("%s.%d", target, getpid());
    if (run_compiler(kit, source, folder, new.text) == 0 && chmod(new.text, 0644) == 0 &&
        rename(new.text, target) == 0) {
        fputs(said, stderr); /* warnings are for the lesson's author */
        return 0;
    }
    snprintf(words, sizeof words, "%s does not compile:\n%s", path_shown(source).text,
             said[0] == '\0' ? strerror(errno) : said);
    unlink(new.text);
    return -1;
}

/* It runs as sockeye does: it must be nobody else's. */
static int open_object(const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd != -1 && fstat(fd, &status) == 0 && status.st_uid == geteuid() && (status.st_mode & 022) == 0)
        return fd;
    if (fd != -1)
        close(fd);
    return -1;
}

/* ------------------------------------------------ loading */

/* Compiles a source of a lesson and loads it: what is in it registers itself. Returns its descriptor, or -1. */
static int load(const struct kit *kit, const struct lesson *lesson, const char *name)
{
    struct path source = path_of("%s/%s", lesson_path(kit, lesson).text, name);
    struct path object;
    if (object_path(source.text, lesson->folder, &object) == -1)
        return -1;
    int fd = open_object(object.text);
    if (fd == -1 && compile(kit, source.text, lesson->folder, object.text) == 0)
        fd = open_object(object.text);
    else if (fd == -1)
        return -1;
    if (fd != -1 && dlopen(path_of("/proc/self/fd/%d", fd).text, RTLD_NOW | RTLD_LOCAL) != NULL)
        return fd;
    const char *why = fd == -1 ? "what was compiled belongs to somebody else" : dlerror();
    snprintf(words, sizeof words, "%s can't be loaded: %s", path_shown(source.text).text, why);
    if (fd != -1)
        close(fd);
    return -1;
}

int own_lessons(struct kit *kit, const char *folder, const char **problem)
{
    if (kit_add_lessons(kit, folder, problem) == -1)
        return -1;
    *problem = words;
    for (int i = 0; i < kit->lessons; i++) {
        struct lesson *lesson = &kit->lesson[i];
        if (!lesson->is_own)
            continue;
        lesson->checks = load(kit, lesson, "check.c");
        if (lesson->checks == -1)
            return -1;
        if (checks_of(lesson->folder) == NULL) {
            snprintf(words, sizeof words, "%s/check.c has no check: CHECK(...)",
                     path_shown(lesson_path(kit, lesson).text).text);
            return -1;
        }
        if (access(path_of("%s/peer.c", lesson_path(kit, lesson).text).text, F_OK) == 0 &&
            load(kit, lesson, "peer.c") == -1)
            return -1;
    }
    return 0;
}
