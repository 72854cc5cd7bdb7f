#define _GNU_SOURCE
#include "class/rubric.h"

#include <errno.h>
#include <libconfig.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "check/registry.h"
#include "class/rubric_problems.h"
#include "class/rubric_words.h"

enum { POINTS_MAX = 1000, DAYS_MAX = 366, WEIGHT_MAX = 1000000 };

/* ------------------------------------------------ values */

/* All settings of a group have names that are known; @p names ends with NULL. */
static void expect_names(struct rubric_reader *reader, const config_setting_t *group, const char *const *names)
{
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *setting = config_setting_get_elem(group, (unsigned int)i);
        const char *name = config_setting_name(setting);
        struct nearest nearest = nearest_begin(name);
        bool known = false;
        for (const char *const *other = names; *other != NULL; other++) {
            known = known || strcmp(name, *other) == 0;
            nearest_offer(&nearest, *other);
        }
        if (!known)
            rubric_wrong(reader, setting, "there is no setting '%s' here: %s", name, nearest_words(&nearest));
    }
}

static bool is_number(const config_setting_t *setting)
{
    int type = config_setting_type(setting);
    return type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64 || type == CONFIG_TYPE_FLOAT;
}

static double value_of(const config_setting_t *setting)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_INT: return config_setting_get_int(setting);
    case CONFIG_TYPE_INT64: return (double)config_setting_get_int64(setting);
    default: return config_setting_get_float(setting);
    }
}

enum kind { ANY_NUMBER, WHOLE_NUMBER };

/* A number from 0 to @p max. */
static double number(struct rubric_reader *reader, const config_setting_t *setting, enum kind kind, int max)
{
    double value = is_number(setting) ? value_of(setting) : -1;
    if (value >= 0 && value <= max && (kind == ANY_NUMBER || trunc(value) == value))
        return value;
    rubric_wrong(reader, setting, "'%s' takes a %snumber from 0 to %d", config_setting_name(setting),
                 kind == WHOLE_NUMBER ? "whole " : "", max);
    return 0;
}

static double number_in(struct rubric_reader *reader, const config_setting_t *group, const char *name, enum kind kind,
                        int max, double otherwise)
{
    const config_setting_t *setting = group == NULL ? NULL : config_setting_get_member(group, name);
    return setting == NULL ? otherwise : number(reader, setting, kind, max);
}

/* A moment, in seconds since 1970; 0: wrong, and told. */
static long long moment(struct rubric_reader *reader, const config_setting_t *setting)
{
    const char *text = config_setting_get_string(setting);
    long long value = 0;
    const char *problem = text == NULL ? DATE_EXPECTED : date_read(text, &value);
    if (problem != NULL)
        rubric_wrong(reader, setting, "'%s': %s", config_setting_name(setting), problem);
    return value;
}

/* ------------------------------------------------ checks */

static const struct check *next_check(const struct lesson *lesson, const struct check *check)
{
    const struct check *next = check == NULL ? checks_of(lesson->folder) : check->next;
    return next != NULL && strcmp(next->lesson, lesson->folder) == 0 ? next : NULL;
}

/* As results call it: "no-zombies". */
static const char *name_of(const struct check *check)
{
    static char name[128];
    snprintf(name, sizeof name, "%s", check->name);
    for (char *c = name; *c != '\0'; c++)
        *c = *c == '_' ? '-' : *c;
    return name;
}

/* The check that a word names, as results call it: "no-zombies"; NULL if there is none, which is told. */
static const char *check_called(struct rubric_reader *reader, const config_setting_t *at, const struct lesson *lesson,
                                const char *word)
{
    const char *dot = strchr(word, '.');
    struct nearest nearest = nearest_begin(dot == NULL ? word : dot + 1);
    for (const struct check *check = next_check(lesson, NULL); check != NULL; check = next_check(lesson, check)) {
        const char *name = name_of(check);
        if (strcmp(name, nearest.word) == 0)
            return name;
        nearest_offer(&nearest, name);
    }
    rubric_wrong(reader, at, "lesson %d has no check '%s': %s", lesson->number, word, nearest_words(&nearest));
    return NULL;
}

static bool has_text(const json_t *array, const char *text)
{
    size_t i;
    json_t *value;
    json_array_foreach (array, i, value) {
        if (strcmp(json_string_value(value), text) == 0)
            return true;
    }
    return false;
}

/* True if a check is skipped where the other fails: it waits for it, or for one that does. */
static bool waits_for(const struct lesson *lesson, const struct check *check, const char *other)
{
    char names[256];
    char *rest = names;
    snprintf(names, sizeof names, "%s", check->after == NULL ? "" : check->after);
    for (char *name; (name = strsep(&rest, ", ")) != NULL;) {
        const struct check *before = *name == '\0' ? NULL : check_named(lesson->folder, name);
        if (before != NULL && (strcmp(name_of(before), other) == 0 || waits_for(lesson, before, other)))
            return true;
    }
    return false;
}

/* A student who fails a hidden check sees that those were skipped which wait for it, and none for which they wait. */
static void doubt_hidden(struct rubric_reader *reader, const config_setting_t *list, const struct lesson *lesson,
                         const json_t *hidden)
{
    size_t i;
    json_t *value;
    json_array_foreach (hidden, i, value) {
        const char *name = json_string_value(value);
        int waiting = 0;
        for (const struct check *check = next_check(lesson, NULL); check != NULL; check = next_check(lesson, check))
            waiting += waits_for(lesson, check, name) && !has_text(hidden, name_of(check)) ? 1 : 0;
        if (waiting > 0)
            rubric_doubtful(
                reader, list,
                "'%s' is hidden, and %d check%s that %s not wait%s for it: where it fails, a student sees %s "
                "skipped, and not why",
                name, waiting, waiting == 1 ? "" : "s", waiting == 1 ? "is" : "are", waiting == 1 ? "s" : "",
                waiting == 1 ? "that one" : "those");
    }
}

static json_t *hidden_checks(struct rubric_reader *reader, const config_setting_t *group, const struct lesson *lesson)
{
    json_t *names = json_array();
    const config_setting_t *list = config_setting_get_member(group, "hidden");
    if (list != NULL && !config_setting_is_array(list) && !config_setting_is_list(list))
        rubric_wrong(reader, list, "'hidden' takes names of checks: hidden = [\"no-zombies\"]");
    else
        for (int i = 0; list != NULL && i < config_setting_length(list); i++) {
            const config_setting_t *setting = config_setting_get_elem(list, (unsigned int)i);
            const char *word = config_setting_get_string(setting);
            const char *name = word == NULL ? NULL : check_called(reader, setting, lesson, word);
            if (word == NULL)
                rubric_wrong(reader, setting, "'hidden' takes names of checks, each in quotation marks");
            else if (name != NULL && has_text(names, name))
                rubric_wrong(reader, setting, "'%s' is hidden twice", name);
            else if (name != NULL)
                json_array_append_new(names, json_string(name));
        }
    if (list != NULL)
        doubt_hidden(reader, list, lesson, names);
    return names;
}

static json_t *changed_points(struct rubric_reader *reader, const config_setting_t *group, const struct lesson *lesson)
{
    json_t *points = json_object();
    const config_setting_t *list = config_setting_get_member(group, "points");
    if (list != NULL && !config_setting_is_group(list))
        rubric_wrong(reader, list, "'points' takes checks and what each gives: points: { no-zombies = 5; };");
    else
        for (int i = 0; list != NULL && i < config_setting_length(list); i++) {
            const config_setting_t *setting = config_setting_get_elem(list, (unsigned int)i);
            const char *name = check_called(reader, setting, lesson, config_setting_name(setting));
            int value = (int)number(reader, setting, WHOLE_NUMBER, POINTS_MAX);
            if (name != NULL)
                json_object_set_new(points, name, json_integer(value));
        }
    return points;
}

/* What all checks of a lesson give together. */
static int points_of_lesson(const struct lesson *lesson, const json_t *changed)
{
    int points = 0;
    for (const struct check *check = next_check(lesson, NULL); check != NULL; check = next_check(lesson, check)) {
        const json_t *value = json_object_get(changed, name_of(check));
        points += value == NULL ? check->points : (int)json_integer_value(value);
    }
    return points;
}

/* ------------------------------------------------ lessons */

static const struct lesson *lesson_called(struct rubric_reader *reader, const config_setting_t *group)
{
    const config_setting_t *setting = config_setting_get_member(group, "lesson");
    char word[80] = "";
    if (setting == NULL) {
        rubric_wrong(reader, group, "which lesson is this? lesson = 7;");
        return NULL;
    }
    if (config_setting_type(setting) == CONFIG_TYPE_INT)
        snprintf(word, sizeof word, "%d", config_setting_get_int(setting));
    else if (config_setting_get_string(setting) != NULL)
        snprintf(word, sizeof word, "%s", config_setting_get_string(setting));
    struct nearest nearest = nearest_begin(word);
    for (int i = 0; i < reader->kit->lessons; i++)
        nearest_offer(&nearest, reader->kit->lesson[i].name);
    const struct lesson *lesson = *word == '\0' ? NULL : kit_lesson(reader->kit, word);
    if (*word == '\0')
        rubric_wrong(reader, setting, "'lesson' takes a number or a name: lesson = 7;");
    else if (lesson == NULL && config_setting_type(setting) == CONFIG_TYPE_INT)
        rubric_wrong(reader, setting, "there is no lesson %s: the board lists them", word);
    else if (lesson == NULL)
        rubric_wrong(reader, setting, "there is no lesson '%s': %s", word, nearest_words(&nearest));
    return lesson;
}

static void read_lesson(struct rubric_reader *reader, const config_setting_t *group, const json_t *common,
                        json_t *lessons, int lines[LESSONS_MAX])
{
    static const char *const names[] = {"lesson", "weight", "due", "hidden", "points", NULL};
    if (!config_setting_is_group(group)) {
        rubric_wrong(reader, group, "each lesson stands in braces: { lesson = 7; weight = 30; }");
        return;
    }
    expect_names(reader, group, names);
    const struct lesson *lesson = lesson_called(reader, group);
    if (lesson == NULL)
        return;
    int *line = &lines[lesson - reader->kit->lesson];
    if (*line != 0) {
        rubric_wrong(reader, group, "lesson %d stands here twice: it is in line %d already", lesson->number, *line);
        return;
    }
    *line = (int)config_setting_source_line(group);
    json_t *points = changed_points(reader, group, lesson);
    int sum = points_of_lesson(lesson, points);
    double weight = number_in(reader, group, "weight", ANY_NUMBER, WEIGHT_MAX, sum);
    const config_setting_t *due = config_setting_get_member(group, "due");
    if (sum == 0 && weight > 0)
        rubric_wrong(reader, group, "no check of lesson %d counts, so the lesson can't weigh %g", lesson->number,
                     weight);
    json_t *read = json_deep_copy(common);
    json_object_set_new(read, "lesson", json_string(lesson->folder));
    json_object_set_new(read, "weight", json_real(weight));
    json_object_set_new(read, "hidden", hidden_checks(reader, group, lesson));
    json_object_set_new(read, "points", points);
    if (due != NULL)
        json_object_set_new(read, "due", json_integer(moment(reader, due)));
    json_array_append_new(lessons, read);
}

/* What holds for every lesson that does not say otherwise. */
static json_t *read_common(struct rubric_reader *reader, const config_setting_t *root)
{
    static const char *const names[] = {"free-days", "percent-a-day", "floor", NULL};
    const config_setting_t *due = config_setting_get_member(root, "due");
    const config_setting_t *late = config_setting_get_member(root, "late");
    if (late != NULL && !config_setting_is_group(late)) {
        rubric_wrong(reader, late, "'late' takes late: { free-days = 2; percent-a-day = 10; floor = 50; };");
        late = NULL;
    }
    if (late != NULL)
        expect_names(reader, late, names);
    json_int_t when = due == NULL ? 0 : moment(reader, due);
    int free_days = (int)number_in(reader, late, "free-days", WHOLE_NUMBER, DAYS_MAX, 0);
    double percent = number_in(reader, late, "percent-a-day", ANY_NUMBER, 100, 0);
    double floor_percent = number_in(reader, late, "floor", ANY_NUMBER, 100, 0);
    return json_pack("{s:I, s:i, s:f, s:f}", "due", when, "free_days", free_days, "percent_a_day", percent, "floor",
                     floor_percent);
}

static bool any_due(const json_t *lessons)
{
    size_t i;
    json_t *lesson;
    json_array_foreach (lessons, i, lesson) {
        if (json_integer_value(json_object_get(lesson, "due")) != 0)
            return true;
    }
    return false;
}

static json_t *read_root(struct rubric_reader *reader, const config_setting_t *root)
{
    static const char *const names[] = {"due", "late", "lessons", NULL};
    expect_names(reader, root, names);
    json_t *common = read_common(reader, root);
    json_t *lessons = json_array();
    const config_setting_t *list = config_setting_get_member(root, "lessons");
    const config_setting_t *late = config_setting_get_member(root, "late");
    int lines[LESSONS_MAX] = {0};
    if (list == NULL)
        rubric_wrong(reader, root, "it names no lessons: lessons: ( { lesson = 1; } );");
    else if (!config_setting_is_list(list) || config_setting_length(list) == 0)
        rubric_wrong(reader, list, "'lessons' takes a list: lessons: ( { lesson = 1; }, { lesson = 7; } );");
    else
        for (int i = 0; i < config_setting_length(list); i++)
            read_lesson(reader, config_setting_get_elem(list, (unsigned int)i), common, lessons, lines);
    if (late != NULL && !reader->is_wrong && !any_due(lessons))
        rubric_wrong(reader, late, "'late' says what lateness costs, but nothing is due: due = \"2026-12-04 18:00\";");
    json_decref(common);
    return json_pack("{s:o}", "lessons", lessons);
}

/* Opens a rubric behind the mark EF BB BF that some editors put before UTF-8; NULL with errno. It may be a pipe. */
static FILE *open_rubric(const char *path)
{
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) { /* libconfig's scanner ends the process at a folder */
        errno = EISDIR;
        return NULL;
    }
    FILE *file = fopen(path, "re");
    int first = file == NULL ? EOF : fgetc(file);
    if (first == 0xef) {
        fgetc(file);
        fgetc(file);
    } else if (first != EOF) {
        ungetc(first, file);
    }
    return file;
}

json_t *rubric_read(const char *path, const struct kit *kit, json_t *problems)
{
    json_t *rubric = NULL;
    config_t config;
    FILE *file = open_rubric(path);
    if (file == NULL) {
        json_array_append_new(problems, json_sprintf("can't read the rubric %s: %s", path, strerror(errno)));
        return NULL;
    }
    struct rubric_reader reader = {.path = path, .kit = kit, .found = json_array()};
    config_init(&config);
    if (config_read(&config, file) == CONFIG_TRUE)
        rubric = read_root(&reader, config_root_setting(&config));
    else
        json_array_append_new(problems,
                              json_sprintf("%s:%d: %s, here or just before it",
                                           config_error_file(&config) == NULL ? path : config_error_file(&config),
                                           config_error_line(&config), config_error_text(&config)));
    rubric_tell(&reader, problems);
    config_destroy(&config);
    fclose(file);
    json_decref(reader.found);
    if (reader.is_wrong) {
        json_decref(rubric);
        rubric = NULL;
    }
    return rubric;
}
