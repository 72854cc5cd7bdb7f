/**
 * @file
 * Paths and folders. A path is made like a text with printf. One longer than the kernel takes comes out empty: opening it then fails.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

struct path {
    char text[PATH_MAX];
};

struct path path_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Removes a folder and all that it holds, following no link; what can not be removed is passed over. */
void remove_tree(const char *path);

/** Makes a folder and those above it that are not there. Returns 0 if it is there afterwards, else -1 with errno. */
int folder_make(const char *path, mode_t mode);

/** Copies a file's content to @p to, which is made or emptied. Returns -1 with errno if not all of it got there. */
int file_copy(const char *from, const char *to, mode_t mode);

/** As people read it: without the working directory if it lies below it. */
struct path path_shown(const char *path);

/** True if both are there, and are one file or folder, whatever they are called. */
bool path_is_same(const char *one, const char *other);
