/**
 * @file
 * Paths and folders. A path is made like a text with printf. One longer than the kernel takes comes out empty: opening it then fails.
 */
#pragma once

#include <limits.h>

struct path {
    char text[PATH_MAX];
};

struct path path_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Removes a folder and all that it holds, following no link; what can not be removed is passed over. */
void remove_tree(const char *path);
