#define _GNU_SOURCE
#include "class/submission.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "class/account.h"
#include "class/folder.h"
#include "class/listing.h"
#include "class/names.h"
#include "class/roster.h"
#include "class/unpack.h"
#include "run/jobs.h"

/* One call of submissions_read(). */
struct reading {
    const struct world *world;
    handed_in_function *tell;
    void *context;
    const char *argument;
    struct roster roster;
    struct account *account; /* of each member of the roster */
    json_t *metadata;
    char *metadata_problem; /* NULL: none */
    const char *fault;      /* why it can't go on, and nothing more is told; NULL */
};

/* A folder or an archive that is being read. */
struct container {
    struct reading *reading;
    struct listing listing;
    int folder;          /* its descriptor; -1: it is an archive */
    const char *place;   /* what its paths are shown behind: "class.zip: " */
    const char *own;     /* what a student's own paths begin with: the folder that an archive lies in */
    int nested;          /* archives that it lies in, itself counted */
    struct entry *entry; /* an archive: the entry that is due */
    size_t last;         /* an archive: behind the number of the last entry whose data are wanted */
    const char *problem; /* an archive: why its end was not reached */
    int metadata;        /* an archive: a file with Gradescope's; -1: none */
    int metadata_depth;  /* folders that it lies in */
};

static void read_archive(struct container *container, int fd, int owner);

/* ------------------------------------------------ telling */

static void tell(struct reading *reading, int owner, struct handed_in found)
{
    const struct member *member = &reading->roster.member[owner];
    struct account *account = &reading->account[owner];
    found.student = &member->student;
    if (member->time != 0)
        found.time = member->time;
    if (jobs_interrupted())
        reading->fault = "interrupted";
    if (reading->fault != NULL || (found.problem != NULL && ++account->problems > ACCOUNT_PROBLEMS_MAX))
        return;
    reading->tell(reading->context, &found);
}

/* The place and the student's own path of an entry. The caller frees both. */
static int name_entry(const struct container *container, const struct entry *entry, char **place, char **own)
{
    *place = NULL;
    *own = NULL;
    if (asprintf(place, "%s%s", container->place, entry->path) != -1 &&
        asprintf(own, "%s%s", container->own, entry->own) != -1)
        return 0;
    container->reading->fault = "no memory";
    return -1;
}

static void tell_entry(const struct container *container, const struct entry *entry, const char *data, size_t length,
                       const char *problem)
{
    struct reading *reading = container->reading;
    struct account *account = &reading->account[entry->owner];
    char *place;
    char *own;
    if (account->full || name_entry(container, entry, &place, &own) == -1)
        return;
    if (problem == NULL && length > HANDED_IN_FILE_MAX)
        problem = "too large: a source may have 4 MiB";
    if (problem == NULL)
        problem = account_take(account, own, length);
    tell(reading, entry->owner,
         (struct handed_in){.place = place,
                            .path = own,
                            .time = entry->time,
                            .data = problem == NULL ? data : NULL,
                            .length = problem == NULL ? length : 0,
                            .problem = problem});
    free(place);
    free(own);
}

/* An archive of a student's among what else there is. @p fd: of its data. */
static void read_nested(struct container *container, const struct entry *entry, int fd)
{
    char *place;
    char *own;
    if (container->nested >= HANDED_IN_NESTED_MAX) {
        tell_entry(container, entry, NULL, 0, "an archive in an archive in an archive: hand in one");
    } else if (name_entry(container, entry, &place, &own) == 0) {
        char *before;
        char *slash = strrchr(own, '/');
        own[slash == NULL ? 0 : slash + 1 - own] = '\0';
        if (asprintf(&before, "%s: ", place) != -1) {
            struct container inner = {.reading = container->reading,
                                      .folder = -1,
                                      .metadata = -1,
                                      .place = before,
                                      .own = own,
                                      .nested = container->nested + 1};
            read_archive(&inner, fd, entry->owner);
            if (inner.problem != NULL)
                tell_entry(container, entry, NULL, 0, inner.problem);
            free(before);
        }
        free(place);
        free(own);
    }
}

static bool is_wanted(const struct entry *entry)
{
    return entry->owner >= 0 && entry->problem == NULL && entry->kind == ENTRY_FILE &&
           (entry->name == NAME_SOURCE || entry->name == NAME_ARCHIVE);
}

/* Tells all of an entry that can be told without its data. True if the data are wanted too. */
static bool tell_about(const struct container *container, struct entry *entry)
{
    if (entry->done || entry->owner < 0)
        return false;
    entry->done = true;
    if (entry->problem != NULL) {
        tell_entry(container, entry, NULL, 0, entry->problem);
        return false;
    }
    if (entry->kind == ENTRY_FILE && !is_wanted(entry))
        account_note(&container->reading->account[entry->owner], entry->own);
    return is_wanted(entry);
}

/* ------------------------------------------------ archives */

static int depth_of(const char *path)
{
    int depth = 0;
    while ((path = strchr(path, '/')) != NULL) {
        path++;
        depth++;
    }
    return depth;
}

/* A file that lies nowhere. */
static int file_of(const char *data, size_t length)
{
    int fd = memfd_create("archive", MFD_CLOEXEC);
    for (size_t done = 0; fd != -1 && done < length;) {
        ssize_t n = write(fd, data + done, length - done);
        if (n == -1) {
            close(fd);
            return -1;
        }
        done += (size_t)n;
    }
    return fd;
}

/* The platform's own lies above all students'. */
static void keep_metadata(struct container *container, const struct entry *entry, const struct unpacked *found)
{
    int depth = depth_of(entry->path);
    if (container->metadata != -1 && depth >= container->metadata_depth)
        return;
    if (container->metadata != -1)
        close(container->metadata);
    container->metadata = file_of(found->data, found->length);
    container->metadata_depth = depth;
}

static bool list_entry(void *context, const struct unpacked *found)
{
    struct container *container = context;
    struct entry *entry = listing_add(&container->listing, found->path, strlen(found->path), false, found->kind,
                                      found->size);
    if (entry == NULL) {
        container->reading->fault = "no memory";
        return false;
    }
    entry->number = found->number;
    entry->time = found->time;
    if (found->problem != NULL)
        entry_problem(entry, found->problem);
    if (found->length > 0 && entry->name == NAME_METADATA)
        keep_metadata(container, entry, found);
    return true;
}

static bool take_metadata(void *context, const struct unpacked *found)
{
    struct reading *reading = context;
    const char *folder = json_string_value(json_object_get(found->metadata, "submission"));
    if (folder != NULL)
        json_object_set(reading->metadata, folder, (json_t *)(size_t)found->metadata);
    return true;
}

static void read_metadata(struct reading *reading, int fd, int depth)
{
    reading->metadata = json_object();
    const char *problem = unpack(reading->world, fd, UNPACK_METADATA, UNPACK_SECONDS_ONE, take_metadata, reading);
    if (problem != NULL && depth <= 1 &&
        asprintf(&reading->metadata_problem, "the names are not known: submission_metadata.yml can't be read: %s",
                 problem) == -1)
        reading->metadata_problem = NULL;
}

static bool take_entry(void *context, const struct unpacked *found)
{
    struct container *container = context;
    const struct entry *end = container->listing.entry + container->listing.count;
    for (; container->entry < end && container->entry->number < found->number; container->entry++)
        tell_about(container, container->entry);
    struct entry *entry = container->entry;
    if (entry == end || entry->number != found->number || !tell_about(container, entry))
        return found->number + 1 < container->last;
    if (found->problem != NULL) {
        tell_entry(container, entry, NULL, 0, found->problem);
    } else if (entry->name == NAME_SOURCE) {
        tell_entry(container, entry, found->data, found->length, NULL);
    } else if (found->length > HANDED_IN_TOTAL_MAX) {
        tell_entry(container, entry, NULL, 0, "too large: an archive in an archive may have 64 MiB");
    } else {
        int fd = file_of(found->data, found->length);
        if (fd == -1)
            tell_entry(container, entry, NULL, 0, strerror(errno));
        else
            read_nested(container, entry, fd);
        if (fd != -1)
            close(fd);
    }
    /* A student's archive whose limits are reached is not read to its end. */
    return found->number + 1 < container->last &&
           (container->nested < 2 || !container->reading->account[entry->owner].full);
}

static int open_accounts(struct reading *reading)
{
    reading->account = calloc(reading->roster.count + 1, sizeof *reading->account); /* and one that is nobody's */
    return reading->account == NULL ? -1 : 0;
}

/* @p owner: whose it is; -1: that is to be found out, it is the argument. */
static void read_archive(struct container *container, int fd, int owner)
{
    struct reading *reading = container->reading;
    static char listed[400];
    int seconds = owner < 0 ? UNPACK_SECONDS_ALL : UNPACK_SECONDS_ONE;
    const char *problem = unpack(reading->world, fd, UNPACK_LIST, seconds, list_entry, container);
    char *list_problem = problem == NULL ? NULL : strdup(problem);
    if (container->metadata != -1 && owner < 0)
        read_metadata(reading, container->metadata, container->metadata_depth);
    int made = listing_sort(&container->listing);
    if (made == 0 && owner >= 0)
        made = roster_give_all(&container->listing, owner);
    else if (made == 0)
        made = roster_make(&reading->roster, &container->listing, reading->argument, false, reading->metadata);
    if (made == 0 && owner < 0 && list_problem != NULL && reading->roster.count != 1)
        made = roster_nobody(&reading->roster, reading->argument) < 0 ? -1 : 0;
    if (made == 0 && owner < 0)
        made = open_accounts(reading);
    container->entry = container->listing.entry;
    if (made == -1) {
        reading->fault = "no memory";
    } else {
        for (size_t i = 0; i < container->listing.count; i++) {
            if (is_wanted(&container->listing.entry[i]))
                container->last = container->listing.entry[i].number + 1;
        }
        problem = container->last == 0 ? NULL : unpack(reading->world, fd, UNPACK_TAKE, seconds, take_entry, container);
        if (problem == NULL)
            problem = list_problem;
        for (size_t i = 0; i < container->listing.count; i++) {
            if (tell_about(container, &container->listing.entry[i]))
                tell_entry(container, &container->listing.entry[i], NULL, 0, problem == NULL ? "it is gone" : problem);
        }
        if (problem != NULL) {
            snprintf(listed, sizeof listed, "the archive can't be read to its end: %s", problem);
            container->problem = listed;
        }
    }
    free(list_problem);
    if (container->metadata != -1)
        close(container->metadata);
    listing_free(&container->listing);
}

/* ------------------------------------------------ folders */

static void read_source(struct container *container, struct entry *entry, int fd)
{
    char *data = malloc(HANDED_IN_FILE_MAX + 1);
    size_t length = 0;
    ssize_t n = data == NULL ? -1 : 0;
    while (data != NULL && length <= HANDED_IN_FILE_MAX &&
           (n = read(fd, data + length, HANDED_IN_FILE_MAX + 1 - length)) > 0)
        length += (size_t)n;
    tell_entry(container, entry, data, length, n == -1 ? strerror(errno) : NULL);
    free(data);
}

static void read_file(struct container *container, struct entry *entry)
{
    int fd = folder_open(container->folder, entry->raw);
    if (fd == -1) {
        tell_entry(container, entry, NULL, 0, strerror(errno));
        return;
    }
    if (entry->name == NAME_SOURCE)
        read_source(container, entry, fd);
    else
        read_nested(container, entry, fd);
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
            (metadata == NULL || depth_of(entry->path) < depth_of(metadata->path)))
            metadata = entry;
    }
    int fd = metadata == NULL ? -1 : folder_open(container->folder, metadata->raw);
    if (fd != -1) {
        read_metadata(reading, fd, depth_of(metadata->path));
        close(fd);
    }
    if (roster_make(&reading->roster, listing, reading->argument, true, reading->metadata) == -1 ||
        open_accounts(reading) == -1) {
        reading->fault = "no memory";
        return;
    }
    for (size_t i = 0; i < listing->count; i++) {
        if (tell_about(container, listing->sorted[i]))
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
        tell(reading, nobody, (struct handed_in){.place = place, .path = "", .problem = reading->metadata_problem});
    for (size_t i = 0; i < reading->roster.count; i++) {
        struct account *account = &reading->account[i];
        const struct member *member = &reading->roster.member[i];
        char words[500];
        struct handed_in found = {
            .place = place, .path = "", .problem = words, .student = &member->student, .time = member->time};
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
        roster_make(&reading->roster, &listing, named ? folder : reading->argument, false, NULL) == -1 ||
        open_accounts(reading) == -1) {
        reading->fault = "no memory";
    } else {
        char *place = name_shown(reading->argument, (size_t)(raw - path));
        struct container container = {.reading = reading, .folder = -1, .place = place == NULL ? "" : place, .own = ""};
        entry->time = status.st_mtime;
        if (tell_about(&container, entry))
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
        read_archive(&container, fd, -1);
        if (container.problem != NULL && reading->fault == NULL) {
            int owner = reading->roster.count == 1 ? 0 : roster_nobody(&reading->roster, reading->argument);
            if (owner >= 0)
                tell(reading, owner, (struct handed_in){.place = shown, .path = "", .problem = container.problem});
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

int submissions_read(const struct world *world, const char *argument, handed_in_function *tell_one, void *context,
                     const char **problem)
{
    struct reading reading = {.world = world, .tell = tell_one, .context = context};
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
        *problem = reading.fault;
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
