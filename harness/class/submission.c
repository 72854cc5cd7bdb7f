#define _GNU_SOURCE
#include "class/submission.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "class/folder.h"
#include "class/names.h"
#include "class/reading.h"

/* ------------------------------------------------ folders */

static void read_source(struct container *container, struct entry *entry, int fd)
{
    char *data = malloc(HANDED_IN_FILE_MAX + 1);
    size_t length = 0;
    ssize_t n = data == NULL ? -1 : 0;
    while (data != NULL && length <= HANDED_IN_FILE_MAX &&
           (n = read(fd, data + length, HANDED_IN_FILE_MAX + 1 - length)) > 0)
        length += (size_t)n;
    reading_tell_entry(container, entry, data, length, n == -1 ? strerror(errno) : NULL);
    free(data);
}

static void read_file(struct container *container, struct entry *entry)
{
    int fd = folder_open(container->folder, entry->raw);
    if (fd == -1) {
        reading_tell_entry(container, entry, NULL, 0, strerror(errno));
        return;
    }
    if (entry->name == NAME_SOURCE)
        read_source(container, entry, fd);
    else
        reading_nested(container, entry, fd);
    close(fd);
}

static void read_folder(struct container *container)
{
    struct reading *reading = container->reading;
    struct listing *listing = &container->listing;
    if (folder_list(container->folder, listing) == -1 || listing_sort(listing) == -1) {
        reading->fault = "no memory";
        return;
    }
    const struct entry *metadata = NULL;
    for (size_t i = 0; i < listing->count; i++) {
        const struct entry *entry = &listing->entry[i];
        if (entry->name == NAME_METADATA && entry->problem == NULL &&
            (metadata == NULL || reading_depth(entry->path) < reading_depth(metadata->path)))
            metadata = entry;
    }
    int fd = metadata == NULL ? -1 : folder_open(container->folder, metadata->raw);
    if (fd != -1) {
        reading_metadata(reading, fd, reading_depth(metadata->path));
        close(fd);
    }
    if (roster_make(&reading->roster, listing, reading->argument, reading->one, reading->metadata) == -1 ||
        reading_open_accounts(reading) == -1) {
        reading->fault = "no memory";
        return;
    }
    for (size_t i = 0; i < listing->count; i++) {
        if (reading_about(container, listing->sorted[i]))
            read_file(container, listing->sorted[i]);
    }
}

/* ------------------------------------------------ the argument */

/* What there is to say at the end: of students with no source, and of those with too many problems. */
static int close_accounts(struct reading *reading, const char *place)
{
    int students = 0;
    int nobody = reading->metadata_problem == NULL ? -1 : roster_nobody(&reading->roster, reading->argument);
    if (nobody >= 0)
        reading_tell(reading, nobody,
                     (struct handed_in){.place = place, .path = "", .problem = reading->metadata_problem});
    for (size_t i = 0; i < reading->roster.count; i++) {
        struct account *account = &reading->account[i];
        const struct member *member = &reading->roster.member[i];
        char words[500];
        struct handed_in found = {.place = place,
                                  .path = "",
                                  .problem = words,
                                  .student = &member->student,
                                  .time = member->time,
                                  .nobodys = member->is_the_class};
        students += !member->is_the_class;
        if (account->problems > ACCOUNT_PROBLEMS_MAX) {
            snprintf(words, sizeof words, "%d more were passed over", account->problems - ACCOUNT_PROBLEMS_MAX);
            reading->tell(reading->context, &found);
        }
        if (account->sources == 0 && !member->is_the_class && (account->others > 0 || account->problems == 0)) {
            account_say_empty(account, words, sizeof words);
            reading->tell(reading->context, &found);
        }
        account_free(account);
    }
    return students;
}

/* A single source: its folder's name is the student's. */
static void read_single(struct reading *reading, int fd)
{
    char *path = strdup(reading->argument);
    char *name = path == NULL ? NULL : strrchr(path, '/');
    char *folder = NULL;
    char *raw = name == NULL ? path : name + 1;
    struct listing listing = {0};
    if (name != NULL) {
        *name = '\0';
        folder = strrchr(path, '/') == NULL ? path : strrchr(path, '/') + 1;
        if (name_is_lesson(folder, strlen(folder)) && folder > path) { /* ada/07-fork-server/fork_server.c */
            *name = '/';
            raw = folder;
            folder[-1] = '\0';
            folder = strrchr(path, '/') == NULL ? path : strrchr(path, '/') + 1;
        }
    }
    bool named = folder != NULL && *folder != '\0' && strspn(folder, ".") != strlen(folder) &&
                 !name_is_lesson(folder, strlen(folder));
    struct stat status = {0};
    fstat(fd, &status);
    struct entry *entry = raw == NULL
                              ? NULL
                              : listing_add(&listing, raw, strlen(raw), false, ENTRY_FILE, (long long)status.st_size);
    if (entry == NULL || listing_sort(&listing) == -1 ||
        roster_make(&reading->roster, &listing, named ? folder : reading->argument, true, NULL) == -1 ||
        reading_open_accounts(reading) == -1) {
        reading->fault = "no memory";
    } else {
        char *place = name_shown(reading->argument, (size_t)(raw - path));
        struct container container = {.reading = reading, .folder = -1, .place = place == NULL ? "" : place, .own = ""};
        entry->time = status.st_mtime;
        if (reading_about(&container, entry))
            read_source(&container, entry, fd);
        free(place);
    }
    listing_free(&listing);
    free(path);
}

static void read_argument(struct reading *reading, int fd, mode_t mode)
{
    char *shown = name_shown(reading->argument, strlen(reading->argument));
    char *before;
    if (shown == NULL || asprintf(&before, "%s%s", shown, S_ISDIR(mode) ? "/" : ": ") == -1) {
        free(shown);
        reading->fault = "no memory";
        return;
    }
    struct container container = {
        .reading = reading, .folder = -1, .metadata = -1, .place = before, .own = "", .nested = 1};
    if (S_ISDIR(mode)) {
        container.folder = fd;
        container.nested = 0;
        read_folder(&container);
        listing_free(&container.listing);
    } else if (name_of(reading->argument) == NAME_SOURCE) {
        read_single(reading, fd);
    } else {
        reading_archive(&container, fd, -1);
        if (container.problem != NULL && reading->fault == NULL) {
            bool one = reading->roster.count == 1 && reading->roster.is_one;
            int owner = one ? 0 : roster_nobody(&reading->roster, reading->argument);
            if (owner >= 0)
                reading_tell(reading, owner,
                             (struct handed_in){.place = shown, .path = "", .problem = container.problem});
            reading->cut = one ? NULL : container.problem;
        }
    }
    free(before);
    free(shown);
}

/* The argument without "/" at its end; "." has a name too. The caller frees it. */
static char *straight(const char *argument)
{
    size_t length = strlen(argument);
    while (length > 1 && argument[length - 1] == '/')
        length--;
    char *path = strndup(argument, length);
    const char *slash = path == NULL ? NULL : strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    if (name == NULL || (strcmp(name, ".") != 0 && strcmp(name, "..") != 0))
        return path;
    free(path);
    return realpath(argument, NULL);
}

static const char *refuse(mode_t mode, const char *path)
{
    const char *slash = strrchr(path, '/');
    enum name name = name_of(slash == NULL ? path : slash + 1);
    if (S_ISDIR(mode) || (S_ISREG(mode) && (name == NAME_SOURCE || name == NAME_ARCHIVE)))
        return NULL;
    return name == NAME_RAR ? "a RAR archive can't be read: unpack it, or ask for zip, tar or 7z"
                            : "a submission is a folder, an archive (zip, tar, 7z) or a source (.c)";
}

int submissions_read(const struct world *world, const char *argument, bool one, handed_in_function *tell_one,
                     void *context, const char **problem)
{
    struct reading reading = {.world = world, .one = one, .tell = tell_one, .context = context};
    struct stat status = {0};
    int fd = open(argument, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    char *path = straight(argument);
    int students = -1;
    *problem = NULL;
    if (fd == -1 || path == NULL || fstat(fd, &status) == -1)
        *problem = strerror(errno);
    else
        *problem = refuse(status.st_mode, path);
    if (*problem == NULL) {
        reading.argument = path;
        read_argument(&reading, fd, status.st_mode);
        if (reading.fault == NULL)
            students = close_accounts(&reading, path);
        *problem = reading.fault != NULL ? reading.fault : reading.cut;
    }
    roster_free(&reading.roster);
    json_decref(reading.metadata);
    free(reading.metadata_problem);
    free(reading.account);
    free(path);
    if (fd != -1)
        close(fd);
    return students;
}
