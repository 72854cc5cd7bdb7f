#define _GNU_SOURCE
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check/bytes.h"
#include "run/path.h"

enum { CHILDREN_MAX = 64, WORDS_MAX = 4000 };

static pid_t children[CHILDREN_MAX];
static int child_count;
static char folder[64];
static const char *skipped;

void unit_fail(const char *file, unsigned int line, const char *format, ...)
{
    char words[WORDS_MAX];
    va_list list;
    va_start(list, format);
    vsnprintf(words, sizeof words, format, list);
    va_end(list);
    CU_assertImplementation(CU_FALSE, line, words, file, "", CU_FALSE);
}

static const char *or_null(const char *text)
{
    return text == NULL ? "(NULL)" : text;
}

void unit_assert_text(const char *got, const char *expected, const char *file, unsigned int line)
{
    bool same = got == expected || (got != NULL && expected != NULL && strcmp(got, expected) == 0);
    if (same)
        CU_assertImplementation(CU_TRUE, line, "", file, "", CU_FALSE);
    else
        unit_fail(file, line, "got      %s\nexpected %s", or_null(got), or_null(expected));
}

void unit_assert_contains(const char *whole, const char *part, const char *file, unsigned int line)
{
    if (whole != NULL && strstr(whole, part) != NULL)
        CU_assertImplementation(CU_TRUE, line, "", file, "", CU_FALSE);
    else
        unit_fail(file, line, "in       %s\nexpected %s", or_null(whole), part);
}

void unit_assert_number(long got, long expected, const char *file, unsigned int line)
{
    if (got == expected)
        CU_assertImplementation(CU_TRUE, line, "", file, "", CU_FALSE);
    else
        unit_fail(file, line, "got %ld, expected %ld", got, expected);
}

void unit_skip(const char *reason)
{
    skipped = reason;
}

bool unit_may_look(void)
{
    static int known = -1;
    if (known == -1) {
        pid_t pid = fork();
        if (pid == 0)
            _exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ? 0 : 1);
        int status = 1;
        known = pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
    }
    if (known == 0)
        unit_skip("no process may look into another here");
    return known == 1;
}

const char *unit_skipped(void)
{
    const char *reason = skipped;
    skipped = NULL;
    return reason;
}

void unit_tear_down(void)
{
    for (int i = 0; i < child_count; i++) {
        kill(-children[i],
             SIGKILL); /* its group: the process itself is not reaped yet, so the number is still its own */
        kill(children[i], SIGKILL);
        waitpid(children[i], NULL, 0);
    }
    child_count = 0;
    if (folder[0] != '\0')
        remove_tree(folder);
    folder[0] = '\0';
    keep_release();
}

const char *unit_folder(void)
{
    if (folder[0] == '\0') {
        snprintf(folder, sizeof folder, "/tmp/sockeye-unit-XXXXXX");
        if (mkdtemp(folder) == NULL || chmod(folder, 0755) == -1)
            CU_FAIL_FATAL("a temporary folder can be made");
    }
    return folder;
}

void unit_write(const char *path, const char *content)
{
    struct path parent = path_of("%s", path);
    for (char *slash = parent.text; (slash = strchr(slash + 1, '/')) != NULL; *slash = '/') {
        *slash = '\0';
        mkdir(parent.text, 0755);
    }
    FILE *file = fopen(path, "we");
    if (file == NULL || fputs(content, file) == EOF || fclose(file) != 0)
        CU_FAIL_FATAL("a file can be written");
}

const char *unit_read(const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return NULL;
    enum { MAX = 1 << 20 };
    char *content = keep(MAX + 1);
    size_t n = fread(content, 1, MAX, file);
    content[n] = '\0';
    fclose(file);
    return content;
}

/* Whoever runs the tests stands in the project's folder; else it is somewhere above the executable. */
static void find_sources(char sources[PATH_MAX])
{
    char own[PATH_MAX];
    if (realpath("tests/unit", sources) != NULL)
        return;
    ssize_t n = readlink("/proc/self/exe", own, sizeof own - 1);
    for (own[n > 0 ? n : 0] = '\0'; strrchr(own, '/') != NULL;) {
        *strrchr(own, '/') = '\0';
        if (realpath(path_of("%s/tests/unit", own).text, sources) != NULL)
            return;
    }
    *sources = '\0';
}

const char *unit_source(const char *name)
{
    static char sources[PATH_MAX];
    if (*sources == '\0')
        find_sources(sources);
    return text("%s/%s", sources, name);
}

void unit_compile(const char *source, const char *target, const char *flags)
{
    const char *command = text("cc -std=gnu17 -Wall -Wextra -Werror %s -o '%s' '%s' -pthread", flags, target, source);
    if (system(command) != 0) {
        fail_test("%s", command);
        CU_FAIL_FATAL("it compiles");
    }
}

int unit_line_of(const char *path, const char *words)
{
    const char *content = unit_read(path);
    const char *found = content == NULL ? NULL : strstr(content, words);
    if (found == NULL) {
        fail_test("%s has no line with \"%s\"", path, words);
        CU_FAIL_FATAL("the line is found");
        return 0;
    }
    int line = 1;
    for (const char *c = content; c < found; c++)
        line += *c == '\n';
    return line;
}

pid_t unit_child(void (*body)(void *context), void *context)
{
    if (child_count == CHILDREN_MAX)
        CU_FAIL_FATAL("a test may have so many children");
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        if (getppid() != parent)
            _exit(0);
        body(context);
        _exit(0);
    }
    if (pid == -1)
        CU_FAIL_FATAL("a child can be made");
    setpgid(pid, pid);
    children[child_count++] = pid;
    return pid;
}

bool eventually(bool (*come)(void *context), void *context)
{
    static const struct timespec millisecond = {0, 1000000};
    struct timespec start;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        if (come(context))
            return true;
        nanosleep(&millisecond, NULL);
        clock_gettime(CLOCK_MONOTONIC, &t);
    } while (t.tv_sec - start.tv_sec < 5);
    return come(context);
}
