#define _GNU_SOURCE
#include "run/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct path path_of(const char *format, ...)
{
    struct path path;
    va_list list;
    va_start(list, format);
    int length = vsnprintf(path.text, sizeof path.text, format, list);
    va_end(list);
    if (length < 0 || length >= (int)sizeof path.text)
        path.text[0] = '\0';
    return path;
}

/* Removes what is in a folder. Folders in it that hold something are moved up to @p top, to be emptied there: so no path
   is too long, and no tree too deep. What can not be removed is passed over. Returns how many were moved. */
static int empty_folder(int folder, int top)
{
    static unsigned int number;
    int moved = 0;
    fchmod(folder, 0700);
    DIR *directory = fdopendir(dup(folder));
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || unlinkat(folder, name, 0) == 0 ||
            unlinkat(folder, name, AT_REMOVEDIR) == 0 || folder == top)
            continue;
        char own[32];
        snprintf(own, sizeof own, "removing-%d-%u", getpid(), ++number);
        moved += fchmodat(folder, name, 0700, AT_SYMLINK_NOFOLLOW) == 0 && renameat(folder, name, top, own) == 0;
    }
    if (directory != NULL)
        closedir(directory);
    return moved;
}

/* Empties each folder in @p top; true if that has brought others up. */
static bool empty_folders_in(int top)
{
    int moved = 0;
    DIR *directory = fdopendir(openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        fchmodat(top, entry->d_name, 0700, AT_SYMLINK_NOFOLLOW);
        int folder = openat(top, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (folder == -1)
            continue;
        moved += empty_folder(folder, top);
        close(folder);
        unlinkat(top, entry->d_name, AT_REMOVEDIR);
    }
    if (directory != NULL)
        closedir(directory);
    return moved > 0;
}

void remove_tree(const char *name)
{
    int top = open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (top == -1) {
        unlink(name);
        return;
    }
    empty_folder(top, top);
    while (empty_folders_in(top))
        ;
    close(top);
    rmdir(name);
}

int folder_make(const char *path, mode_t mode)
{
    struct path folder = path_of("%s", path);
    for (char *slash = folder.text; *slash != '\0' && (slash = strchr(slash + 1, '/')) != NULL; *slash = '/') {
        *slash = '\0';
        mkdir(folder.text, 0777);
    }
    struct stat status;
    if (mkdir(path, mode) == 0 || (errno == EEXIST && stat(path, &status) == 0 && S_ISDIR(status.st_mode)))
        return 0;
    return -1;
}

static int copy_all(int in, int out)
{
    char buffer[65536];
    ssize_t n;
    while ((n = read(in, buffer, sizeof buffer)) > 0) {
        for (ssize_t done = 0, part; done < n; done += part) {
            if ((part = write(out, buffer + done, (size_t)(n - done))) == -1)
                return -1;
        }
    }
    return n == 0 ? 0 : -1;
}

int file_copy(const char *from, const char *to, mode_t mode)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = in == -1 ? -1 : open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    int done = out == -1 ? -1 : copy_all(in, out);
    int saved = errno;
    if (in != -1)
        close(in);
    if (out != -1 && close(out) == -1 && done == 0) { /* a quota may show only here */
        saved = errno;
        done = -1;
    }
    errno = saved;
    return done;
}

struct path path_shown(const char *path)
{
    char here[PATH_MAX];
    size_t length = getcwd(here, sizeof here) == NULL ? 0 : strlen(here);
    if (length > 1 && strncmp(path, here, length) == 0 && path[length] == '/')
        path += length + 1;
    return path_of("%s", path);
}

bool path_is_same(const char *one, const char *other)
{
    struct stat first;
    struct stat second;
    return stat(one, &first) == 0 && stat(other, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}
