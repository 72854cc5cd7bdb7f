#define _GNU_SOURCE
#include "run/lesson.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check/registry.h"

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static bool is_program_source(const char *name)
{
    size_t length = strlen(name);
    return length > 2 && strcmp(name + length - 2, ".c") == 0 && strcmp(name, "check.c") != 0 &&
           strcmp(name, "peer.c") != 0;
}

static void read_programs(const char *path, struct lesson *lesson)
{
    DIR *directory = opendir(path);
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        size_t length = strlen(entry->d_name);
        if (!is_program_source(entry->d_name) || lesson->programs == LESSON_PROGRAMS_MAX ||
            length - 2 >= sizeof lesson->program[0])
            continue;
        snprintf(lesson->program[lesson->programs++], sizeof lesson->program[0], "%.*s", (int)(length - 2),
                 entry->d_name);
    }
    if (directory != NULL)
        closedir(directory);
    qsort(lesson->program, (size_t)lesson->programs, sizeof lesson->program[0], compare_names);
}

/* "# Lesson 7: A forking server {#lesson-07}", an empty line, and a first paragraph. */
static void read_chapter(const char *path, struct lesson *lesson)
{
    snprintf(lesson->title, sizeof lesson->title, "%s", lesson->name);
    FILE *file = fopen(path_of("%s/README.md", path).text, "re");
    char line[512];
    if (file == NULL)
        return;
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        const char *colon = strchr(line, ':');
        if (line[0] == '#' && colon != NULL) {
            snprintf(lesson->title, sizeof lesson->title, "%.*s", (int)strcspn(colon + 2, "{"), colon + 2);
            size_t length = strlen(lesson->title);
            while (length > 0 && lesson->title[length - 1] == ' ')
                lesson->title[--length] = '\0';
        } else if (line[0] == '\0') {
            if (lesson->summary[0] != '\0')
                break;
        } else {
            size_t used = strlen(lesson->summary);
            snprintf(lesson->summary + used, sizeof lesson->summary - used, "%s%s", used > 0 ? " " : "", line);
        }
    }
    fclose(file);
    char *stop = strstr(lesson->summary, ". ");
    if (stop != NULL)
        stop[1] = '\0';
}

/* Reads the lesson in LESSONS/FOLDER; NULL if it is none. */
static struct lesson *read_lesson(struct kit *kit, const char *lessons, const char *folder)
{
    char *end;
    long value = strtol(folder, &end, 10);
    struct path path = path_of("%s/%s", lessons, folder);
    if (value < 1 || *end != '-' || !is_folder(path.text) || kit->lessons == LESSONS_MAX ||
        strlen(folder) >= sizeof kit->lesson[0].folder)
        return NULL;
    struct lesson *lesson = &kit->lesson[kit->lessons];
    *lesson = (struct lesson){.number = (int)value};
    memcpy(lesson->folder, folder, strlen(folder) + 1);
    lesson->name = lesson->folder + (end + 1 - folder);
    read_programs(path.text, lesson);
    if (lesson->programs == 0)
        return NULL;
    read_chapter(path.text, lesson);
    kit->lessons++;
    return lesson;
}

static int compare_lessons(const void *a, const void *b)
{
    const struct lesson *one = a;
    const struct lesson *other = b;
    int order = (one->number > other->number) - (one->number < other->number);
    return order != 0 ? order : strcmp(one->folder, other->folder);
}

static void sort_lessons(struct kit *kit)
{
    qsort(kit->lesson, (size_t)kit->lessons, sizeof kit->lesson[0], compare_lessons);
    for (int i = 0; i < kit->lessons; i++) /* sorting has moved the folders that the names point into */
        kit->lesson[i].name = strchr(kit->lesson[i].folder, '-') + 1;
}

int kit_find(struct kit *kit, const char **problem)
{
    memset(kit, 0, sizeof *kit);
    char own[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", own, sizeof own - 1);
    if (n <= 0) {
        *problem = "can't find the kit: /proc/self/exe can't be read";
        return -1;
    }
    own[n] = '\0';
    *strrchr(own, '/') = '\0';
    /* In a checkout ./sockeye lies at the root; installed it is PREFIX/bin/sockeye. */
    kit->root = path_of("%s", own);
    kit->worker = path_of("%s/build/worker", own);
    if (!is_folder(path_of("%s/lessons", own).text)) {
        char *end = strrchr(own, '/');
        if (end != NULL)
            *end = '\0';
        kit->is_installed = true;
        kit->root = path_of("%s/share/sockeye", own);
        kit->worker = path_of("%s/libexec/sockeye/worker", own);
    }
    struct path lessons = path_of("%s/lessons", kit->root.text);
    DIR *directory = opendir(lessons.text);
    if (directory == NULL) {
        *problem =
            "can't find the lessons: they belong beside ./sockeye, or in ../share/sockeye of where it is installed";
        return -1;
    }
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        read_lesson(kit, lessons.text, entry->d_name);
    closedir(directory);
    sort_lessons(kit);
    return 0;
}

/* ------------------------------------------------ lessons that are not the kit's */

static bool is_lesson_name(const char *name)
{
    size_t digits = strspn(name, "0123456789");
    return (digits == 1 || digits == 2) && atoi(name) > 0 && name[digits] == '-' && name[digits + 1] != '\0' &&
           name[strlen(name) - 1] != '-' &&
           name[digits + 1 + strspn(name + digits + 1, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0' &&
           strlen(name) < sizeof((struct lesson *)0)->folder;
}

/* Why a folder can't be added as a lesson, or NULL: then it was. */
static const char *add_lesson(struct kit *kit, const char *folder)
{
    static char words[200];
    struct path path = path_of("%s/%s", kit->own.text, folder);
    if (!is_lesson_name(folder))
        return "this is no lesson: its folder is called by a number from 1 to 99 and a name in lower case, such as "
               "99-daytime-client";
    for (int i = 0; i < kit->lessons; i++) {
        if (kit->lesson[i].number != atoi(folder))
            continue;
        snprintf(words, sizeof words, "there is a lesson %d already, %s: give yours another number", atoi(folder),
                 kit->lesson[i].folder);
        return words;
    }
    if (access(path_of("%s/check.c", path.text).text, R_OK) == -1)
        return "this is no lesson: it has no check.c that can be read";
    struct lesson *lesson = read_lesson(kit, kit->own.text, folder);
    if (lesson == NULL)
        return kit->lessons == LESSONS_MAX ? "there are too many lessons: 64 with the kit's"
                                           : "this is no lesson: it has no skeleton, a .c file beside check.c";
    lesson->is_own = true;
    lesson->checks = -1;
    return NULL;
}

int kit_add_lessons(struct kit *kit, const char *folder, const char **problem)
{
    static char words[PATH_MAX + 300];
    const char *why = NULL;
    int before = kit->lessons;
    *problem = words;
    DIR *directory = realpath(folder, kit->own.text) == NULL ? NULL : opendir(kit->own.text);
    if (directory == NULL) {
        snprintf(words, sizeof words, "the lessons in %s can't be read: %s", folder, strerror(errno));
        return -1;
    }
    for (struct dirent *entry; why == NULL && (entry = readdir(directory)) != NULL;) {
        const char *name = entry->d_name;
        if (name[0] == '.' || strcmp(name, "solutions") == 0 || !is_folder(path_of("%s/%s", kit->own.text, name).text))
            continue;
        why = add_lesson(kit, name);
        if (why != NULL)
            snprintf(words, sizeof words, "%s/%s: %s", folder, name, why);
    }
    closedir(directory);
    if (why == NULL && kit->lessons == before) {
        why = "there are no lessons in it";
        snprintf(words, sizeof words, "%s: %s", folder, why);
    }
    sort_lessons(kit);
    return why == NULL ? 0 : -1;
}

struct path lesson_path(const struct kit *kit, const struct lesson *lesson)
{
    return lesson->is_own ? path_of("%s/%s", kit->own.text, lesson->folder)
                          : path_of("%s/lessons/%s", kit->root.text, lesson->folder);
}

struct path lesson_solutions(const struct kit *kit, const struct lesson *lesson)
{
    return path_of("%s/solutions", lesson->is_own ? kit->own.text : kit->root.text);
}

const struct lesson *kit_lesson(const struct kit *kit, const char *word)
{
    char *end;
    long value = strtol(word, &end, 10);
    bool is_number = end != word && *end == '\0';
    for (int i = 0; i < kit->lessons; i++) {
        const struct lesson *lesson = &kit->lesson[i];
        if (is_number ? lesson->number == value : strcmp(lesson->folder, word) == 0 || strcmp(lesson->name, word) == 0)
            return lesson;
    }
    return NULL;
}

int lesson_points(const struct lesson *lesson)
{
    int points = 0;
    for (const struct check *c = checks_of(lesson->folder); c != NULL && strcmp(c->lesson, lesson->folder) == 0;
         c = c->next)
        points += c->points;
    return points;
}
