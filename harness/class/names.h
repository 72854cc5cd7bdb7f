/**
 * @file
 * Names of files that were handed in: what they tell of a file, and what a learning platform has put into them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/** What a path tells of a file. */
enum name {
    NAME_OTHER,    /**< none of these */
    NAME_SOURCE,   /**< "*.c" */
    NAME_ARCHIVE,  /**< of a kind that the unpacker reads */
    NAME_RAR,      /**< an archive that it does not read */
    NAME_METADATA, /**< Gradescope's table of who handed in what */
    NAME_HIDDEN,   /**< not a student's own: in or below ".git", "__MACOSX" and the like */
};

enum name name_of(const char *path);

/** "07-fork-server": one or two digits, a hyphen, a letter. @p length: of the name alone. */
bool name_is_lesson(const char *name, size_t length);

/** A copy of a name or of another's words that can be shown and kept: UTF-8 with no control character in it. What is
 *  not comes out as "\xNN", and what is beyond 1,000 bytes as "…". The caller frees it; NULL if there is no memory. */
char *name_shown(const char *bytes, size_t length);

/** A name as a platform makes it: "Ada Lovelace_12_assignsubmission_file_a.c", "lovelaceada_LATE_12_345_a-1.c". */
struct platform_name {
    const char *who; /**< in the name itself, like all here */
    size_t who_length;
    const char *id;
    size_t id_length;
    const char *file; /**< the student's own name of it; "" for a folder */
};

/** True if @p name (up to a '/' or its end) is one of Moodle's; fills @p parts. */
bool name_moodle(const char *name, struct platform_name *parts);
/** True if @p name is one of Canvas's; fills @p parts. */
bool name_canvas(const char *name, struct platform_name *parts);

/** Canvas counts what is handed in again: for "fork_server-2.c" gives 2, and takes "-2" out of @p file. 0: the first. */
int name_take_version(char *file);
/** Takes ".zip", ".tar.gz" or ".c" and the like off the end. */
void name_take_ending(char *file);
