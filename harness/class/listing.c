#define _GNU_SOURCE
#include "class/listing.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "class/submission.h"

enum { PATH_LONGEST = 900 };

void entry_problem(struct entry *entry, const char *problem)
{
    if (entry->problem == NULL)
        entry->problem = strdup(problem);
}

/* "a//./b/" becomes "a/b". Returns a reason if it leads outside. */
static const char *make_straight(char *path)
{
    char *to = path;
    if (path[0] == '/')
        return "its path is absolute";
    if (isalpha((unsigned char)path[0]) && path[1] == ':' && (path[2] == '/' || path[2] == '\0'))
        return "its path is absolute";
    for (const char *from = path; *from != '\0';) {
        size_t length = strcspn(from, "/");
        if (length == 2 && from[0] == '.' && from[1] == '.')
            return "its path leads outside (..)";
        if (length > 0 && !(length == 1 && from[0] == '.')) {
            if (to != path)
                *to++ = '/';
            memmove(to, from, length);
            to += length;
        }
        from += length + strspn(from + length, "/");
    }
    *to = '\0';
    return NULL;
}

static const char *path_problem(const char *path, size_t length)
{
    int slashes = 0;
    for (const char *at = path; (at = strchr(at, '/')) != NULL; at++)
        slashes++;
    if (slashes >= HANDED_IN_DEPTH_MAX)
        return "too many folders in each other";
    return length > PATH_LONGEST ? "its path is too long" : NULL;
}

static const char *kind_problem(enum entry_kind kind)
{
    switch (kind) {
    case ENTRY_FILE:
    case ENTRY_FOLDER: return NULL;
    case ENTRY_SYMLINK: return "a symbolic link: hand in the file itself";
    case ENTRY_HARDLINK: return "a hard link: hand in the file itself";
    case ENTRY_DEVICE: return "a device, no file";
    case ENTRY_FIFO: return "a FIFO, no file";
    case ENTRY_SOCKET: return "a socket, no file";
    case ENTRY_UNKNOWN: break;
    }
    return "neither a file nor a folder";
}

static const char *file_problem(const struct entry *entry)
{
    const char *slash = strrchr(entry->path, '/');
    const char *name = slash == NULL ? entry->path : slash + 1;
    if (entry->kind != ENTRY_FILE)
        return NULL;
    if (entry->name == NAME_SOURCE && entry->size > HANDED_IN_FILE_MAX)
        return "too large: a source may have 4 MiB";
    if (entry->name == NAME_ARCHIVE && entry->size > HANDED_IN_TOTAL_MAX)
        return "too large: an archive in an archive may have 64 MiB";
    if (entry->name == NAME_RAR)
        return "a RAR archive can't be read: hand in zip, tar or 7z";
    if (name_is_lesson(name, strlen(name)) && strchr(name, '.') == NULL)
        return "a file, where a lesson's folder is expected";
    return NULL;
}

struct entry *listing_add(struct listing *listing, const char *path, size_t length, bool raw, enum entry_kind kind,
                          long long size)
{
    if (listing->count == listing->room) {
        size_t room = listing->room == 0 ? 64 : listing->room * 2;
        struct entry *larger = reallocarray(listing->entry, room, sizeof *larger);
        if (larger == NULL)
            return NULL;
        listing->entry = larger;
        listing->room = room;
    }
    struct entry *entry = &listing->entry[listing->count];
    *entry = (struct entry){.kind = kind, .size = size, .owner = -1, .path = name_shown(path, length)};
    entry->raw = raw ? strndup(path, length) : NULL;
    if (entry->path == NULL || (raw && entry->raw == NULL)) {
        free(entry->path);
        return NULL;
    }
    listing->count++;
    const char *problem = make_straight(entry->path);
    entry->astray = problem != NULL;
    entry->name = name_of(entry->path);
    if (problem == NULL)
        problem = path_problem(entry->path, length);
    if (problem == NULL)
        problem = kind_problem(kind);
    if (problem == NULL)
        problem = file_problem(entry);
    if (problem != NULL)
        entry_problem(entry, problem);
    return entry;
}

static int compare_paths(const void *a, const void *b)
{
    const struct entry *one = *(struct entry *const *)a;
    const struct entry *other = *(struct entry *const *)b;
    int order = strcmp(one->path, other->path);
    return order != 0 ? order : (one->number > other->number) - (one->number < other->number);
}

int listing_sort(struct listing *listing)
{
    listing->sorted = calloc(listing->count + 1, sizeof(struct entry *));
    if (listing->sorted == NULL)
        return -1;
    for (size_t i = 0; i < listing->count; i++)
        listing->sorted[i] = &listing->entry[i];
    qsort(listing->sorted, listing->count, sizeof(struct entry *), compare_paths);
    return 0;
}

void listing_free(struct listing *listing)
{
    for (size_t i = 0; i < listing->count; i++) {
        free(listing->entry[i].path);
        free(listing->entry[i].raw);
        free(listing->entry[i].problem);
        free(listing->entry[i].own);
    }
    free(listing->entry);
    free(listing->sorted);
    *listing = (struct listing){0};
}

/* ------------------------------------------------ questions */

struct entry **listing_below(const struct listing *listing, const char *prefix, size_t *count)
{
    size_t length = strlen(prefix);
    size_t low = 0;
    size_t high = listing->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(listing->sorted[middle]->path, prefix) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (*count = 0; low + *count < listing->count; ++*count) {
        if (strncmp(listing->sorted[low + *count]->path, prefix, length) != 0)
            break;
    }
    return listing->sorted + low;
}

static void see_folder(struct top *top, const char *name, size_t length)
{
    struct platform_name parts;
    top->lessons |= name_is_lesson(name, length);
    top->moodle |= name_moodle(name, &parts);
    if (top->folder == NULL) {
        top->folder = name;
        top->folder_length = length;
    } else if (length != top->folder_length || strncmp(top->folder, name, length) != 0) {
        top->more_folders = true;
    }
}

static void see_file(struct top *top, const struct entry *entry, const char *name)
{
    struct platform_name parts;
    top->moodle |= name_moodle(name, &parts);
    top->sources |= entry->name == NAME_SOURCE;
    top->metadata |= entry->name == NAME_METADATA;
    if (entry->name == NAME_ARCHIVE) {
        top->more_archives |= top->archive != NULL;
        top->archive = top->archive == NULL ? entry->path : top->archive;
    }
}

/* More of what may hold programs has Canvas's names than not. */
static int canvas_vote(const struct entry *entry, const char *name, bool in_folder)
{
    struct platform_name parts;
    if (name_canvas(name, &parts))
        return 1;
    return in_folder || entry->name == NAME_SOURCE || entry->name == NAME_ARCHIVE ? -1 : 0;
}

struct top listing_top(const struct listing *listing, const char *prefix)
{
    struct top top = {0};
    size_t length = strlen(prefix);
    size_t count;
    struct entry **below = listing_below(listing, prefix, &count);
    int votes = 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = below[i]->path + length;
        if (below[i]->astray || below[i]->name == NAME_HIDDEN || *name == '\0')
            continue;
        size_t part = strcspn(name, "/");
        bool in_folder = name[part] == '/' || below[i]->kind == ENTRY_FOLDER;
        votes += canvas_vote(below[i], name, in_folder);
        if (in_folder)
            see_folder(&top, name, part);
        else
            see_file(&top, below[i], name);
    }
    top.canvas = votes > 0;
    return top;
}

char *listing_unwrap(const struct listing *listing, const char *prefix)
{
    char *at = strdup(prefix);
    for (int depth = 0; at != NULL && depth < HANDED_IN_DEPTH_MAX; depth++) {
        struct top top = listing_top(listing, at);
        if (top.folder == NULL || top.more_folders || top.archive != NULL || top.sources || top.lessons || top.moodle ||
            top.metadata)
            break;
        char *deeper;
        if (asprintf(&deeper, "%s%.*s/", at, (int)top.folder_length, top.folder) == -1)
            deeper = NULL;
        free(at);
        at = deeper;
    }
    return at;
}

/* A source, and which of the folders it lies in; 0: none. */
struct placed {
    const char *name;
    int folder;
};

static int compare_placed(const void *a, const void *b)
{
    const struct placed *one = a;
    const struct placed *other = b;
    int order = strcmp(one->name, other->name);
    return order != 0 ? order : one->folder - other->folder;
}

/* One name in two folders, and not beside them. */
static bool share_a_name(struct placed *sources, size_t count)
{
    qsort(sources, count, sizeof *sources, compare_placed);
    for (size_t i = 0; i + 1 < count; i++) {
        bool first = i == 0 || strcmp(sources[i - 1].name, sources[i].name) != 0;
        if (first && sources[i].folder > 0 && strcmp(sources[i].name, sources[i + 1].name) == 0 &&
            sources[i].folder != sources[i + 1].folder)
            return true;
    }
    return false;
}

/* A folder on the way to it is a lesson's. */
static bool lies_in_lesson(const char *path)
{
    for (const char *slash; (slash = strchr(path, '/')) != NULL; path = slash + 1) {
        if (name_is_lesson(path, (size_t)(slash - path)))
            return true;
    }
    return false;
}

bool listing_has_students(const struct listing *listing, const char *prefix)
{
    size_t length = strlen(prefix);
    size_t count;
    struct entry **below = listing_below(listing, prefix, &count);
    struct placed *sources = calloc(count + 1, sizeof *sources);
    size_t placed = 0;
    int folders = 0;
    int with_lessons = 0;
    int last_with = 0;
    const char *last = "";
    for (size_t i = 0; sources != NULL && i < count; i++) {
        const char *path = below[i]->path + length;
        size_t part = strcspn(path, "/");
        if (below[i]->astray || below[i]->name != NAME_SOURCE || below[i]->kind != ENTRY_FILE)
            continue;
        bool in_folder = path[part] == '/';
        if (in_folder && name_is_lesson(path, part))
            continue;
        if (in_folder && strncmp(last, path, part + 1) != 0) {
            last = path;
            folders++;
        }
        const char *slash = strrchr(path, '/');
        sources[placed++] = (struct placed){slash == NULL ? path : slash + 1, in_folder ? folders : 0};
        if (in_folder && last_with != folders && lies_in_lesson(path + part + 1)) {
            last_with = folders;
            with_lessons++;
        }
    }
    bool has = with_lessons > 1 || share_a_name(sources, placed);
    free(sources);
    return has;
}
