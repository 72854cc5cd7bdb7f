#define _GNU_SOURCE
#include "class/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "run/path.h"

enum {
    ENTRIES_MAX = 1000000,
    BESIDE_OTHERS_MAX = 20000 /* entries of one folder that is not alone, such as a student's */
};

static int open_beneath(int folder, const char *path, int flags)
{
    struct open_how how = {.flags = (unsigned int)(O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags),
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    return (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
}

int folder_open(int fd, const char *path)
{
    struct stat status;
    int file = open_beneath(fd, path, 0);
    if (file == -1)
        return -1;
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode))
        return file;
    close(file);
    errno = EINVAL;
    return -1;
}

static enum entry_kind kind_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG: return ENTRY_FILE;
    case S_IFDIR: return ENTRY_FOLDER;
    case S_IFLNK: return ENTRY_SYMLINK;
    case S_IFBLK:
    case S_IFCHR: return ENTRY_DEVICE;
    case S_IFIFO: return ENTRY_FIFO;
    case S_IFSOCK: return ENTRY_SOCKET;
    default: return ENTRY_UNKNOWN;
    }
}

static struct stat passed_over; /* all zeros: none */

void folder_pass_over(const char *path)
{
    if (stat(path, &passed_over) == -1)
        passed_over = (struct stat){0};
}

static bool is_passed_over(const struct stat *status)
{
    return passed_over.st_ino != 0 && status->st_ino == passed_over.st_ino && status->st_dev == passed_over.st_dev;
}

/* Adds what lies directly in one folder. Returns 0, -1 without memory, or 1 if there was more than @p most. */
static int list_one(DIR *directory, const char *path, struct listing *listing, size_t most)
{
    struct dirent *found;
    while ((found = readdir(directory)) != NULL) {
        struct stat status;
        struct path full = path_of("%s%s%s", path, *path == '\0' ? "" : "/", found->d_name);
        bool itself = strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0;
        if (itself || name_of(found->d_name) == NAME_HIDDEN ||
            fstatat(dirfd(directory), found->d_name, &status, AT_SYMLINK_NOFOLLOW) == -1 || is_passed_over(&status))
            continue;
        if (listing->count >= most)
            return 1;
        struct entry *entry = listing_add(listing, full.text, strlen(full.text), true, kind_of(status.st_mode),
                                          (long long)status.st_size);
        if (entry == NULL)
            return -1;
        entry->number = listing->count - 1;
        entry->time = status.st_mtime;
    }
    return 0;
}

/* Lists the folder @p path below @p root, and those in it. @p own: its entry in the listing; -1: it is the root itself. */
static int list(int root, const char *path, long own, struct listing *listing, size_t most)
{
    int fd = open_beneath(root, *path == '\0' ? "." : path, O_DIRECTORY);
    DIR *directory = fd == -1 ? NULL : fdopendir(fd);
    if (directory == NULL) {
        if (fd != -1)
            close(fd);
        if (own >= 0)
            entry_problem(&listing->entry[own], strerror(errno));
        return 0;
    }
    size_t first = listing->count;
    int listed = list_one(directory, path, listing, most);
    closedir(directory);
    if (listed == 1 && own >= 0)
        entry_problem(&listing->entry[own], "too many files: the rest is passed over");
    size_t end = listing->count;
    int folders = 0;
    for (size_t i = first; i < end; i++)
        folders += listing->entry[i].kind == ENTRY_FOLDER;
    for (size_t i = first; i < end && listed != -1; i++) {
        struct entry *entry = &listing->entry[i];
        if (entry->kind != ENTRY_FOLDER || entry->problem != NULL)
            continue;
        size_t share = folders > 1 ? listing->count + BESIDE_OTHERS_MAX : most;
        struct path below = path_of("%s", entry->raw); /* entries move as more are added */
        listed = list(root, below.text, (long)i, listing, share < most ? share : most);
    }
    return listed == -1 ? -1 : 0;
}

int folder_list(int fd, struct listing *listing)
{
    return list(fd, "", -1, listing, ENTRIES_MAX);
}
