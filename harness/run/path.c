#define _GNU_SOURCE
#include "run/path.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
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

static int remove_entry(const char *name, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    remove(name); /* what can not be removed is passed over */
    return 0;
}

void remove_tree(const char *name)
{
    nftw(name, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
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
