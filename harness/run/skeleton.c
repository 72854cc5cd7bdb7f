#define _GNU_SOURCE
#include "run/skeleton.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "run/work.h"

enum { KEPT_MAX = 10000 };

static const char *reason(const char *what, const char *path)
{
    static char words[PATH_MAX + 300];
    const char *more = errno == ENOSPC || errno == EDQUOT  ? "the disk is full, and nothing was changed"
                       : errno == EACCES || errno == EROFS ? "set SOCKEYE_WORK to a folder of your own"
                                                           : "nothing was changed";
    snprintf(words, sizeof words, "can't %s %s: %s (%s)", what, path_shown(path).text, strerror(errno), more);
    return words;
}

static struct path lesson_work(const struct kit *kit, const struct lesson *lesson)
{
    return path_of("%s/%s", work_folder(kit).text, lesson->folder);
}

struct path skeleton_work(const struct kit *kit, const struct lesson *lesson, int program)
{
    return path_of("%s/%s.c", lesson_work(kit, lesson).text, lesson->program[program]);
}

static struct path skeleton(const struct kit *kit, const struct lesson *lesson, int program)
{
    return path_of("%s/%s.c", lesson_path(kit, lesson).text, lesson->program[program]);
}

static bool same_content(const char *one, const char *other)
{
    FILE *a = fopen(one, "re");
    FILE *b = fopen(other, "re");
    int c = 0;
    int d = a == NULL || b == NULL ? 1 : 0;
    while (c == d && c != EOF) {
        c = getc(a);
        d = getc(b);
    }
    if (a != NULL)
        fclose(a);
    if (b != NULL)
        fclose(b);
    return c == d;
}

bool skeleton_untouched(const struct kit *kit, const struct lesson *lesson)
{
    for (int i = 0; i < lesson->programs; i++) {
        if (!same_content(skeleton(kit, lesson, i).text, skeleton_work(kit, lesson, i).text))
            return false;
    }
    return true;
}

/* A whole copy of the skeleton under a name that nobody uses, in the folder where it is to be. */
static int make_copy(const struct kit *kit, const struct lesson *lesson, int program, struct path *copy,
                     const char **problem)
{
    struct path folder = lesson_work(kit, lesson);
    *copy = path_of("%s/.%s.c.%d", folder.text, lesson->program[program], getpid());
    if (folder_make(folder.text, 0777) == -1) {
        *problem = reason("make the folder", folder.text);
        return -1;
    }
    if (file_copy(skeleton(kit, lesson, program).text, copy->text, 0666) == 0)
        return 0;
    *problem = reason("write", skeleton_work(kit, lesson, program).text);
    unlink(copy->text);
    rmdir(folder.text); /* does nothing to a folder with something in it */
    return -1;
}

/* Gives a file its name unless something has it: -1 with EEXIST then. */
static int name_new(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    if (access(to, F_OK) == 0) { /* a file system that can't do better */
        errno = EEXIST;
        return -1;
    }
    return rename(from, to);
}

static int put(const struct kit *kit, const struct lesson *lesson, int program, const char **problem)
{
    struct path target = skeleton_work(kit, lesson, program);
    struct path copy;
    if (make_copy(kit, lesson, program, &copy, problem) == -1)
        return -1;
    if (name_new(copy.text, target.text) == 0)
        return 1;
    int saved = errno;
    unlink(copy.text);
    errno = saved;
    if (errno == EEXIST)
        return 0;
    *problem = reason("write", target.text);
    return -1;
}

int skeleton_start(const struct kit *kit, const struct lesson *lesson, const char **problem)
{
    int count = 0;
    for (int i = 0; i < lesson->programs; i++) {
        if (access(skeleton_work(kit, lesson, i).text, F_OK) == 0)
            continue;
        int one = put(kit, lesson, i, problem);
        if (one == -1)
            return -1;
        count += one;
    }
    return count;
}

/* Moves a file aside to the first free NAME.c.N. */
static int keep_old(const char *old, struct path *kept)
{
    for (int i = 1; i < KEPT_MAX; i++) {
        *kept = path_of("%s.%d", old, i);
        if (name_new(old, kept->text) == 0)
            return 0;
        if (errno != EEXIST)
            return -1;
    }
    return -1;
}

int skeleton_reset(const struct kit *kit, const struct lesson *lesson, int program, struct path *kept,
                   const char **problem)
{
    struct path target = skeleton_work(kit, lesson, program);
    struct path copy;
    kept->text[0] = '\0';
    if (access(target.text, F_OK) == -1 && errno == ENOENT)
        return put(kit, lesson, program, problem);
    if (same_content(skeleton(kit, lesson, program).text, target.text))
        return 0;
    if (make_copy(kit, lesson, program, &copy, problem) == -1)
        return -1;
    if (keep_old(target.text, kept) == -1) {
        *problem = reason("keep", target.text);
        unlink(copy.text);
        return -1;
    }
    if (name_new(copy.text, target.text) == 0)
        return 1;
    *problem = reason("write", target.text);
    rename(kept->text, target.text);
    unlink(copy.text);
    return -1;
}
