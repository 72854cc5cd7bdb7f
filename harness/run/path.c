#define _GNU_SOURCE
#include "run/path.h"

#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>

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
