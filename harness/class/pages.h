/**
 * @file
 * The files for people that are made of a gradebook: the class page, and feedback for each student.
 */
#pragma once

#include <sqlite3.h>

#include "run/lesson.h"

/** Writes FOLDER/index.html, and FOLDER/feedback/ with two files a student (slug_of()), each in place of an older one.
 *  Returns -1 if a file can't be written; *problem (static) then says which, and why. */
int pages_write(sqlite3 *db, const struct kit *kit, const char *folder, const char **problem);
