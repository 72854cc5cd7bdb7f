/**
 * @file
 * Reads a folder that strangers have filled: no link in it is followed, and nothing in it is waited for.
 */
#pragma once

#include "class/listing.h"

/** Adds all that lies in the folder @p fd and below it, but what is hidden; sets each entry's number, size and time. Returns
 *  -1 if there is no memory. */
int folder_list(int fd, struct listing *listing);

/** The folder @p path is not listed from now on, wherever it lies: what we write is nobody's submission. */
void folder_pass_over(const char *path);

/** Opens the file @p path below the folder @p fd for reading. Returns its descriptor, or -1 with errno: ELOOP for a link,
 *  EINVAL for what is no file. */
int folder_open(int fd, const char *path);
