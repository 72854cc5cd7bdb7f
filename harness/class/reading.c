#define _GNU_SOURCE
#include "class/reading.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "class/unpack.h"
#include "run/jobs.h"

/* ------------------------------------------------ telling */

void reading_tell(struct reading *reading, int owner, struct handed_in found)
{
    const struct member *member = &reading->roster.member[owner];
    struct account *account = &reading->account[owner];
    found.student = &member->student;
    found.nobodys = member->is_the_class;
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

/* The times in an archive are whoever made it's word. One before there was a Sockeye, or one to come, says nothing: then the archive's
   own counts. */
static time_t believed_time(const struct container *container, const struct entry *entry)
{
    static const time_t year_2020 = 1577836800;
    if (entry->time < year_2020)
        return container->time;
    return entry->time > time(NULL) && container->time > 0 ? container->time : entry->time;
}

void reading_tell_entry(const struct container *container, const struct entry *entry, const char *data, size_t length,
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
    reading_tell(reading, entry->owner,
                 (struct handed_in){.place = place,
                                    .path = own,
                                    .time = believed_time(container, entry),
                                    .data = problem == NULL ? data : NULL,
                                    .length = problem == NULL ? length : 0,
                                    .problem = problem});
    free(place);
    free(own);
}

void reading_nested(struct container *container, const struct entry *entry, int fd)
{
    char *place;
    char *own;
    struct account *account = &container->reading->account[entry->owner];
    if (account->full)
        return;
    const char *closed = account_open(account);
    double began = jobs_now();
    double before_it = account->seconds;
    if (closed != NULL) {
        reading_tell_entry(container, entry, NULL, 0, closed);
        account->full = true;
    } else if (container->nested >= HANDED_IN_NESTED_MAX) {
        reading_tell_entry(container, entry, NULL, 0, "an archive in an archive in an archive: hand in one");
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
                                      .time = believed_time(container, entry),
                                      .nested = container->nested + 1};
            reading_archive(&inner, fd, entry->owner);
            if (inner.problem != NULL)
                reading_tell_entry(container, entry, NULL, 0, inner.problem);
            free(before);
        }
        free(place);
        free(own);
        account->seconds = before_it + jobs_now() - began;
    }
}

static bool is_wanted(const struct entry *entry)
{
    return entry->owner >= 0 && entry->problem == NULL && entry->kind == ENTRY_FILE &&
           (entry->name == NAME_SOURCE || entry->name == NAME_ARCHIVE);
}

bool reading_about(const struct container *container, struct entry *entry)
{
    if (entry->done || entry->owner < 0)
        return false;
    entry->done = true;
    if (entry->problem != NULL) {
        reading_tell_entry(container, entry, NULL, 0, entry->problem);
        return false;
    }
    if (entry->kind == ENTRY_FILE && !is_wanted(entry))
        account_note(&container->reading->account[entry->owner], entry->own);
    return is_wanted(entry);
}

/* ------------------------------------------------ archives */

int reading_depth(const char *path)
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
    int depth = reading_depth(entry->path);
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

void reading_metadata(struct reading *reading, int fd, int depth)
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
        reading_about(container, container->entry);
    struct entry *entry = container->entry;
    if (entry == end || entry->number != found->number || !reading_about(container, entry))
        return found->number + 1 < container->last;
    if (found->problem != NULL) {
        reading_tell_entry(container, entry, NULL, 0, found->problem);
    } else if (entry->name == NAME_SOURCE) {
        reading_tell_entry(container, entry, found->data, found->length, NULL);
    } else if (found->length > HANDED_IN_TOTAL_MAX) {
        reading_tell_entry(container, entry, NULL, 0, "too large: an archive in an archive may have 64 MiB");
    } else {
        int fd = file_of(found->data, found->length);
        if (fd == -1)
            reading_tell_entry(container, entry, NULL, 0, strerror(errno));
        else
            reading_nested(container, entry, fd);
        if (fd != -1)
            close(fd);
    }
    /* A student's archive whose limits are reached is not read to its end. */
    return found->number + 1 < container->last &&
           (container->nested < 2 || !container->reading->account[entry->owner].full);
}

int reading_open_accounts(struct reading *reading)
{
    reading->account = calloc(reading->roster.count + 1, sizeof *reading->account); /* and one that is nobody's */
    return reading->account == NULL ? -1 : 0;
}

void reading_archive(struct container *container, int fd, int owner)
{
    struct reading *reading = container->reading;
    static char listed[400];
    int seconds = owner < 0 ? UNPACK_SECONDS_ALL : UNPACK_SECONDS_ONE;
    const char *problem = unpack(reading->world, fd, UNPACK_LIST, seconds, list_entry, container);
    char *list_problem = problem == NULL ? NULL : strdup(problem);
    if (container->metadata != -1 && owner < 0)
        reading_metadata(reading, container->metadata, container->metadata_depth);
    int made = listing_sort(&container->listing);
    if (made == 0 && owner >= 0)
        made = roster_give_all(&container->listing, owner);
    else if (made == 0)
        made = roster_make(&reading->roster, &container->listing, reading->argument, true, reading->metadata);
    if (made == 0 && owner < 0 && list_problem != NULL && !reading->roster.is_one)
        made = roster_nobody(&reading->roster, reading->argument) < 0 ? -1 : 0;
    if (made == 0 && owner < 0)
        made = reading_open_accounts(reading);
    struct stat status;
    if (owner < 0 && reading->roster.count == 1 && fstat(fd, &status) == 0)
        container->time = status.st_mtime;
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
            if (reading_about(container, &container->listing.entry[i]))
                reading_tell_entry(container, &container->listing.entry[i], NULL, 0,
                                   problem == NULL ? "it is gone" : problem);
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
