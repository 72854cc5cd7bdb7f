#define _GNU_SOURCE
#include "run/saves.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "run/grade.h"

/* A file that is being written is left alone, but it tells that the kernel sees changes here. */
enum { SAVED = IN_CLOSE_WRITE | IN_MOVED_TO, OTHER = IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM };

static void watch_folder(struct saves *saves)
{
    struct path folder = path_of("%s/%s", saves->work.text, saves->lesson->folder);
    saves->watched = saves->fd == -1 ? -1 : inotify_add_watch(saves->fd, folder.text, SAVED | OTHER | IN_ONLYDIR);
}

static bool same(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Remembers the files as they are; true if one is another than before. One that is missing looks like none. */
static bool look(struct saves *saves)
{
    bool changed = false;
    for (int i = 0; i < saves->lesson->programs; i++) {
        struct stat now;
        if (stat(source_path(saves->work.text, saves->lesson, i).text, &now) == -1)
            memset(&now, 0, sizeof now);
        changed = changed || !same(&now, &saves->seen[i]);
        saves->seen[i] = now;
    }
    return changed;
}

void saves_begin(struct saves *saves, const char *work, const struct lesson *lesson)
{
    *saves = (struct saves){.lesson = lesson, .work = path_of("%s", work)};
    saves->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    watch_folder(saves);
    look(saves);
}

static bool is_program(const struct saves *saves, const char *name)
{
    for (int i = 0; i < saves->lesson->programs; i++) {
        size_t length = strlen(saves->lesson->program[i]);
        if (strncmp(name, saves->lesson->program[i], length) == 0 && strcmp(name + length, ".c") == 0)
            return true;
    }
    return false;
}

bool saves_read(struct saves *saves)
{
    _Alignas(struct inotify_event) char buffer[4096];
    bool saved = false;
    ssize_t n;
    while ((n = read(saves->fd, buffer, sizeof buffer)) > 0) {
        const struct inotify_event *event;
        for (char *at = buffer; at < buffer + n; at += sizeof *event + event->len) {
            event = (const void *)at;
            if (event->mask & IN_IGNORED)
                saves->watched = -1; /* the folder is gone; saves_look() looks for a new one */
            if (event->len == 0 || !is_program(saves, event->name))
                continue;
            saves->told = true;
            saved = saved || (event->mask & SAVED) != 0;
        }
    }
    if (saved)
        look(saves);
    return saved;
}

bool saves_look(struct saves *saves)
{
    if (saves->watched == -1)
        watch_folder(saves);
    if (!look(saves))
        return false;
    saves->missed = saves->missed || !saves->told;
    return true;
}

void saves_end(struct saves *saves)
{
    if (saves->fd != -1)
        close(saves->fd);
    saves->fd = -1;
}
