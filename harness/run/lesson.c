#define _GNU_SOURCE
#include "run/lesson.h"

#include <dirent.h>
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

static void read_lesson(struct kit *kit, const char *folder)
{
    char *end;
    long value = strtol(folder, &end, 10);
    struct path path = path_of("%s/lessons/%s", kit->root.text, folder);
    if (value < 1 || *end != '-' || !is_folder(path.text) || kit->lessons == LESSONS_MAX ||
        strlen(folder) >= sizeof kit->lesson[0].folder)
        return;
    struct lesson *lesson = &kit->lesson[kit->lessons];
    *lesson = (struct lesson){.number = (int)value};
    memcpy(lesson->folder, folder, strlen(folder) + 1);
    lesson->name = lesson->folder + (end + 1 - folder);
    read_programs(path.text, lesson);
    if (lesson->programs == 0)
        return;
    read_chapter(path.text, lesson);
    kit->lessons++;
}

static int compare_lessons(const void *a, const void *b)
{
    return strcmp(((const struct lesson *)a)->folder, ((const struct lesson *)b)->folder);
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
    DIR *directory = opendir(path_of("%s/lessons", kit->root.text).text);
    if (directory == NULL) {
        *problem =
            "can't find the lessons: they belong beside ./sockeye, or in ../share/sockeye of where it is installed";
        return -1;
    }
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        read_lesson(kit, entry->d_name);
    closedir(directory);
    qsort(kit->lesson, (size_t)kit->lessons, sizeof kit->lesson[0], compare_lessons);
    for (int i = 0; i < kit->lessons; i++) /* sorting has moved the folders that the names point into */
        kit->lesson[i].name = strchr(kit->lesson[i].folder, '-') + 1;
    return 0;
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
