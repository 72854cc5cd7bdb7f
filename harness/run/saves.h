/**
 * @file
 * Notices when a lesson's programs are saved.
 *
 * The kernel tells of it at once (inotify(7)). Where it does not, as on a Windows drive in WSL2 or a network drive, looking
 * at the files' times once a second finds it. Order of use: saves_begin(); saves_read() when the descriptor is readable,
 * saves_look() once a second; saves_end().
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "run/lesson.h"

struct saves {
    const struct lesson *lesson;
    struct path work;
    int fd;      /**< readable when something has happened; -1: the kernel can't tell */
    int watched; /**< the folder's watch; -1: the folder can't be watched now */
    bool told;   /**< the kernel has told of a change: it does that here */
    bool missed; /**< there was a change that it did not tell of */
    struct stat seen[LESSON_PROGRAMS_MAX];
};

/** Begins to watch the lesson's programs in a folder of work. */
void saves_begin(struct saves *saves, const char *work, const struct lesson *lesson);
/** Takes what the kernel tells; true if a program was saved. Editors save in two ways, and both count when they are
 *  complete: the file is written and closed, or another takes its name. */
bool saves_read(struct saves *saves);
/** Looks at the files; true if one has changed since it was last looked at or told of. */
bool saves_look(struct saves *saves);
void saves_end(struct saves *saves);
