#define _GNU_SOURCE
#include "class/roster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/path.h"

/* ------------------------------------------------ members */

static const char *kept(const char *text, size_t length)
{
    return name_shown(text, length);
}

/* The student of this index; made if there is none yet. -1: no memory. */
static int member_of(struct roster *roster, const char *index, const char *who, size_t who_length)
{
    const json_t *known = json_object_get(roster->index, index);
    if (known != NULL)
        return (int)json_integer_value(known);
    struct member *larger = reallocarray(roster->member, roster->count + 1, sizeof *larger);
    if (larger == NULL)
        return -1;
    roster->member = larger;
    struct student student = {kept(who, who_length), kept(who, who_length), kept("", 0), kept("", 0), kept("", 0)};
    larger[roster->count] = (struct member){.student = student};
    json_object_set_new(roster->index, index, json_integer((json_int_t)roster->count));
    return (int)roster->count++;
}

static void replace(const char **text, const char *with, size_t length)
{
    free((void *)(size_t)*text);
    *text = kept(with, length);
}

/* By a platform's name of a folder or file. */
static int member_of_platform(struct roster *roster, const struct platform_name *parts)
{
    char index[2100];
    snprintf(index, sizeof index, "%.*s/%.*s", (int)parts->who_length, parts->who, (int)parts->id_length, parts->id);
    int owner = member_of(roster, index, parts->who, parts->who_length);
    if (owner >= 0)
        replace(&roster->member[owner].student.id, parts->id, parts->id_length);
    return owner;
}

/* By the name of a folder, archive or source of one student alone. */
static int member_of_name(struct roster *roster, const char *name, size_t length)
{
    struct platform_name parts;
    char stem[1100];
    snprintf(stem, sizeof stem, "%.*s", (int)length, name);
    if (name_moodle(stem, &parts) || name_canvas(stem, &parts))
        return member_of_platform(roster, &parts);
    char index[1100];
    snprintf(index, sizeof index, "%s", stem);
    name_take_ending(stem);
    return member_of(roster, index, stem, strlen(stem));
}

static char *joined(const json_t *list)
{
    size_t i;
    json_t *item;
    char *all = strdup("");
    json_array_foreach (list, i, item) {
        char *longer;
        if (all == NULL || asprintf(&longer, "%s%s%s", all, i > 0 ? ", " : "", json_string_value(item)) == -1)
            break;
        free(all);
        all = longer;
    }
    return all;
}

/* By Gradescope's folder; what is known of it is in the metadata. */
static int member_of_gradescope(struct roster *roster, const json_t *metadata, const char *folder, size_t length)
{
    char name[1100];
    snprintf(name, sizeof name, "%.*s", (int)length, folder);
    int owner = member_of(roster, name, folder, length);
    const json_t *about = json_object_get(metadata, name);
    if (owner < 0 || about == NULL)
        return owner;
    struct student *student = &roster->member[owner].student;
    char *names = joined(json_object_get(about, "names"));
    char *emails = joined(json_object_get(about, "emails"));
    char *sids = joined(json_object_get(about, "sids"));
    if (names != NULL && emails != NULL && sids != NULL) {
        const char *called = *names != '\0' ? names : *emails != '\0' ? emails : student->name;
        size_t called_length = strlen(called);
        replace(&student->key, called, called_length);
        if (called != student->name)
            replace(&student->name, called, called_length);
        replace(&student->id, sids, strlen(sids));
        replace(&student->email, emails, strlen(emails));
    }
    free(names);
    free(emails);
    free(sids);
    roster->member[owner].time = json_integer_value(json_object_get(about, "time"));
    return owner;
}

int roster_nobody(struct roster *roster, const char *argument)
{
    const char *slash = strrchr(argument, '/');
    const char *name = slash == NULL || slash[1] == '\0' ? argument : slash + 1;
    int owner = member_of(roster, "/", name, strlen(name));
    if (owner >= 0)
        roster->member[owner].is_the_class = true;
    return owner;
}

/* ------------------------------------------------ one student */

static int give(struct entry *entry, int owner, const char *own)
{
    if (owner < 0)
        return -1;
    entry->owner = owner;
    free(entry->own);
    entry->own = strdup(own);
    return entry->own == NULL ? -1 : 0;
}

/* All below the prefix is one student's; folders that hold nothing but one folder are taken off. */
static int give_below(struct listing *listing, const char *prefix, int owner)
{
    char *root = listing_unwrap(listing, prefix);
    if (root == NULL || owner < 0) {
        free(root);
        return -1;
    }
    size_t count;
    struct entry **below = listing_below(listing, prefix, &count);
    int given = 0;
    for (size_t i = 0; i < count && given == 0; i++) {
        if (below[i]->astray)
            continue;
        size_t length = strncmp(below[i]->path, root, strlen(root)) == 0 ? strlen(root) : strlen(prefix);
        given = give(below[i], owner, below[i]->path + length);
    }
    free(root);
    return given;
}

static int compare_own(const void *a, const void *b)
{
    const struct entry *one = *(struct entry *const *)a;
    const struct entry *other = *(struct entry *const *)b;
    int order = (one->owner > other->owner) - (one->owner < other->owner);
    if (order == 0)
        order = strcmp(one->own, other->own);
    if (order == 0)
        order = (one->version > other->version) - (one->version < other->version);
    return order != 0 ? order : (one->number > other->number) - (one->number < other->number);
}

/* Of files of one name the last counts, as when they are unpacked. */
static int mark_earlier(struct listing *listing)
{
    struct entry **files = calloc(listing->count + 1, sizeof(struct entry *));
    size_t count = 0;
    if (files == NULL)
        return -1;
    for (size_t i = 0; i < listing->count; i++) {
        struct entry *entry = &listing->entry[i];
        if (entry->owner >= 0 && entry->problem == NULL && entry->kind == ENTRY_FILE)
            files[count++] = entry;
    }
    qsort(files, count, sizeof(struct entry *), compare_own);
    for (size_t i = 0; i + 1 < count; i++) {
        if (files[i]->owner == files[i + 1]->owner && strcmp(files[i]->own, files[i + 1]->own) == 0)
            entry_problem(files[i], "there is a later one of this name, which counts");
    }
    free(files);
    return 0;
}

/* What leads outside is told, but as nobody's, unless all is one student's. */
static int give_astray(struct listing *listing, int owner)
{
    int given = 0;
    for (size_t i = 0; i < listing->count && given == 0; i++) {
        if (listing->entry[i].astray)
            given = give(&listing->entry[i], owner, listing->entry[i].path);
    }
    return given;
}

int roster_give_all(struct listing *listing, int owner)
{
    if (give_below(listing, "", owner) == -1 || give_astray(listing, owner) == -1)
        return -1;
    return mark_earlier(listing);
}

/* ------------------------------------------------ a class */

/* Whose an entry is that lies at @p name in the folder of a class; -1: nobody's. */
static int owner_of(struct roster *roster, const struct top *top, const struct entry *entry, const char *name,
                    const json_t *metadata)
{
    struct platform_name parts;
    size_t length = strcspn(name, "/");
    bool in_folder = name[length] == '/' || entry->kind == ENTRY_FOLDER;
    if (top->metadata)
        return in_folder ? member_of_gradescope(roster, metadata, name, length) : -1;
    if (top->moodle)
        return name_moodle(name, &parts) ? member_of_platform(roster, &parts) : -1;
    if (top->canvas)
        return name_canvas(name, &parts) ? member_of_platform(roster, &parts) : -1;
    if (in_folder || entry->name == NAME_ARCHIVE || entry->name == NAME_RAR || entry->problem != NULL)
        return member_of_name(roster, name, length);
    return -1; /* a list of participants, and the like */
}

/* A file that lies in the class's own folder has its owner's name in its own. */
static int give_file(struct entry *entry, int owner, const struct top *top, const char *name)
{
    struct platform_name parts;
    if (!(top->moodle && name_moodle(name, &parts)) && !(top->canvas && name_canvas(name, &parts)))
        return give(entry, owner, name);
    if (give(entry, owner, *parts.file == '\0' ? name : parts.file) == -1)
        return -1;
    if (top->canvas)
        entry->version = name_take_version(entry->own);
    return 0;
}

static int give_class(struct roster *roster, struct listing *listing, const char *prefix, const char *argument,
                      const json_t *metadata)
{
    struct top top = listing_top(listing, prefix);
    size_t length = strlen(prefix);
    size_t count;
    struct entry **below = listing_below(listing, prefix, &count);
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = below[i];
        const char *name = entry->path + length;
        size_t part = strcspn(name, "/");
        if (entry->astray || *name == '\0' || entry->owner >= 0)
            continue;
        int owner = owner_of(roster, &top, entry, name, metadata);
        if (owner < 0 && (entry->name == NAME_SOURCE || entry->name == NAME_ARCHIVE)) {
            entry_problem(entry, "nobody's: no student's name stands in its own, or in its folder's");
            owner = roster_nobody(roster, argument);
            if (give(entry, owner, name) == -1)
                return -1;
            continue;
        }
        if (owner < 0)
            continue;
        char *folder;
        if (asprintf(&folder, "%s%.*s/", prefix, (int)part, name) == -1)
            return -1;
        bool in_folder = name[part] == '/' || entry->kind == ENTRY_FOLDER;
        int given = in_folder ? give_below(listing, folder, owner) : 0;
        free(folder);
        if (given == 0 && entry->owner < 0)
            given = give_file(entry, owner, &top, name);
        if (given == -1)
            return -1;
    }
    return 0;
}

/* Where the class's or the one student's own begins. */
static char *root_of(const struct listing *listing, bool one)
{
    char *root = listing_unwrap(listing, "");
    struct top top = listing_top(listing, "");
    if (root == NULL || one || *root == '\0')
        return root;
    /* A folder with one folder: a class of one, unless that one is a class. */
    struct top inner = listing_top(listing, root);
    bool is_class = inner.moodle || inner.metadata || inner.canvas ||
                    (!inner.sources && !inner.lessons && (inner.more_folders || inner.more_archives)) ||
                    (!inner.lessons && listing_has_students(listing, root));
    if (top.folder != NULL && !is_class)
        *root = '\0';
    return root;
}

static bool is_one_student(const struct listing *listing, const char *root)
{
    struct top top = listing_top(listing, root);
    if (top.moodle || top.metadata || top.canvas)
        return false;
    if (top.sources && !top.lessons && top.more_folders && listing_has_students(listing, root))
        return false; /* notes of a teacher's lie beside the students' folders */
    return top.sources || top.lessons || (top.folder == NULL && !top.more_archives);
}

/* ------------------------------------------------ keys */

static const struct roster *sorting;

static int compare_members(const void *a, const void *b)
{
    const struct student *one = &sorting->member[*(const size_t *)a].student;
    const struct student *other = &sorting->member[*(const size_t *)b].student;
    int order = strcmp(one->key, other->key);
    if (order == 0)
        order = strverscmp(one->id, other->id);
    return order != 0 ? order : (*(const size_t *)a > *(const size_t *)b) - (*(const size_t *)a < *(const size_t *)b);
}

/* A key that another has gets the student's number, or one of ours. Whose number is least keeps it as it is. */
static int make_keys_distinct(struct roster *roster)
{
    size_t *order = calloc(roster->count + 1, sizeof *order);
    json_t *used = json_object();
    for (size_t i = 0; order != NULL && i < roster->count; i++)
        order[i] = i;
    sorting = roster;
    if (order != NULL)
        qsort(order, roster->count, sizeof *order, compare_members);
    for (size_t i = 0; order != NULL && i < roster->count; i++) {
        struct student *student = &roster->member[order[i]].student;
        char key[2100];
        snprintf(key, sizeof key, "%s", student->key);
        for (int n = 1; json_object_get(used, key) != NULL; n++) {
            if (n == 1 && *student->id != '\0')
                snprintf(key, sizeof key, "%s (%s)", student->key, student->id);
            else
                snprintf(key, sizeof key, "%s (%d)", student->key, n + 1);
        }
        if (strcmp(key, student->key) != 0)
            replace(&student->key, key, strlen(key));
        json_object_set_new(used, key, json_true());
    }
    int done = order == NULL || used == NULL ? -1 : 0;
    free(order);
    json_decref(used);
    return done;
}

int roster_make(struct roster *roster, struct listing *listing, const char *argument, bool one, const json_t *metadata)
{
    struct platform_name parts;
    const char *slash = strrchr(argument, '/');
    const char *name = slash == NULL ? argument : slash + 1;
    *roster = (struct roster){.index = json_object()};
    char *root = root_of(listing, one || name_moodle(name, &parts));
    if (root == NULL || roster->index == NULL) {
        free(root);
        return -1;
    }
    int made;
    int only = -1;
    if (is_one_student(listing, root)) {
        only = member_of_name(roster, name, strlen(name));
        roster->is_one = true;
        made = only < 0 ? -1 : give_below(listing, "", only);
    } else {
        made = give_class(roster, listing, root, argument, metadata);
    }
    free(root);
    bool any_astray = false;
    for (size_t i = 0; i < listing->count; i++)
        any_astray |= listing->entry[i].astray;
    if (made == 0 && any_astray)
        made = give_astray(listing, only >= 0 ? only : roster_nobody(roster, argument));
    return made == -1 || mark_earlier(listing) == -1 ? -1 : make_keys_distinct(roster);
}

void roster_free(struct roster *roster)
{
    for (size_t i = 0; i < roster->count; i++) {
        const struct student *student = &roster->member[i].student;
        free((void *)(size_t)student->key);
        free((void *)(size_t)student->name);
        free((void *)(size_t)student->id);
        free((void *)(size_t)student->login);
        free((void *)(size_t)student->email);
    }
    free(roster->member);
    json_decref(roster->index);
    *roster = (struct roster){0};
}
