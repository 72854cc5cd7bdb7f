/**
 * @file
 * Files in the folder that programs start in. The verbs are in check.h.
 *
 * What lies there is the program's: it may have put a link or a pipe in a file's place, so only regular files are read.
 */
#pragma once

#include <stdbool.h>

#include "check/bytes.h"

/** Where programs find what they know by @p name. */
const char *file_path(const char *name);
/** Reads a file of that folder, or at most OUTPUT_MAX bytes of it; false if there is none, or no regular one. */
bool file_read(const char *name, struct bytes *content);
/** Ends the check, where it could not do something with files (@p what: "put the file in.txt there"; errno says why). It is the
 *  program's doing if one has run there and nobody else can have done it; else a fault. */
_Noreturn void files_trouble(const char *what);
