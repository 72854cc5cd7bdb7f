#define _GNU_SOURCE
#include "class/rubric.h"

#include <errno.h>
#include <libconfig.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "check/registry.h"
#include "class/rubric_words.h"

enum { POINTS_MAX = 1000, DAYS_MAX = 366, WEIGHT_MAX = 1000000 };

struct reader {
    const char *path;
    const struct kit *kit;
    json_t *problems;
};

static void wrong(const struct reader *reader, const config_setting_t *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "rubric.cfg:7: …": the line is that of the setting. */
static void wrong(const struct reader *reader, const config_setting_t *at, const char *format, ...)
{
    char words[800];
    const char *file = config_setting_source_file(at);
    va_list list;
    va_start(list, format);
    vsnprintf(words, sizeof words, format, list);
    va_end(list);
    json_array_append_new(reader->problems, json_sprintf("%s:%d: %s", file == NULL ? reader->path : file,
                                                         (int)config_setting_source_line(at), words));
}

/* ------------------------------------------------ values */

/* All settings of a group have names that are known; @p names ends with NULL. */
static void expect_names(const struct reader *reader, const config_setting_t *group, const char *const *names)
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
            wrong(reader, setting, "there is no setting '%s' here: %s", name, nearest_words(&nearest));
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
static double number(const struct reader *reader, const config_setting_t *setting, enum kind kind, int max)
{
    double value = is_number(setting) ? value_of(setting) : -1;
    if (value >= 0 && value <= max && (kind == ANY_NUMBER || trunc(value) == value))
        return value;
    wrong(reader, setting, "'%s' takes a %snumber from 0 to %d", config_setting_name(setting),
          kind == WHOLE_NUMBER ? "whole " : "", max);
    return 0;
}

static double number_in(const struct reader *reader, const config_setting_t *group, const char *name, enum kind kind,
                        int max, double otherwise)
{
    const config_setting_t *setting = group == NULL ? NULL : config_setting_get_member(group, name);
    return setting == NULL ? otherwise : number(reader, setting, kind, max);
}

/* A moment, in seconds since 1970; 0: wrong, and told. */
static long long moment(const struct reader *reader, const config_setting_t *setting)
{
    const char *text = config_setting_get_string(setting);
    long long value = 0;
    const char *problem = text == NULL ? DATE_EXPECTED : date_read(text, &value);
    if (problem != NULL)
        wrong(reader, setting, "'%s': %s", config_setting_name(setting), problem);
    return value;
}

/* ------------------------------------------------ checks */

static const struct check *next_check(const struct lesson *lesson, const struct check *check)
{
    const struct check *next = check == NULL ? checks_of(lesson->folder) : check->next;
    return next != NULL && strcmp(next->lesson, lesson->folder) == 0 ? next : NULL;
}

/* The check that a word names, as results call it: "no-zombies"; NULL if there is none, which is told. */
static const char *check_called(const struct reader *reader, const config_setting_t *at, const struct lesson *lesson,
                                const char *word)
{
    static char name[128];
    const char *dot = strchr(word, '.');
    struct nearest nearest = nearest_begin(dot == NULL ? word : dot + 1);
    for (const struct check *check = next_check(lesson, NULL); check != NULL; check = next_check(lesson, check)) {
        snprintf(name, sizeof name, "%s", check->name);
        for (char *c = name; *c != '\0'; c++)
            *c = *c == '_' ? '-' : *c;
        if (strcmp(name, nearest.word) == 0)
            return name;
        nearest_offer(&nearest, name);
    }
    wrong(reader, at, "lesson %d has no check '%s': %s", lesson->number, word, nearest_words(&nearest));
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

static json_t *hidden_checks(const struct reader *reader, const config_setting_t *group, const struct lesson *lesson)
{
    json_t *names = json_array();
    const config_setting_t *list = config_setting_get_member(group, "hidden");
    if (list != NULL && !config_setting_is_array(list) && !config_setting_is_list(list))
        wrong(reader, list, "'hidden' takes names of checks: hidden = [\"no-zombies\"]");
    else
        for (int i = 0; list != NULL && i < config_setting_length(list); i++) {
            const config_setting_t *setting = config_setting_get_elem(list, (unsigned int)i);
            const char *word = config_setting_get_string(setting);
            const char *name = word == NULL ? NULL : check_called(reader, setting, lesson, word);
            if (word == NULL)
                wrong(reader, setting, "'hidden' takes names of checks, each in quotation marks");
            else if (name != NULL && has_text(names, name))
                wrong(reader, setting, "'%s' is hidden twice", name);
            else if (name != NULL)
                json_array_append_new(names, json_string(name));
        }
    return names;
}

static json_t *changed_points(const struct reader *reader, const config_setting_t *group, const struct lesson *lesson)
{
    json_t *points = json_object();
    const config_setting_t *list = config_setting_get_member(group, "points");
    if (list != NULL && !config_setting_is_group(list))
        wrong(reader, list, "'points' takes checks and what each gives: points: { no-zombies = 5; };");
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
        char name[128];
        snprintf(name, sizeof name, "%s", check->name);
        for (char *c = name; *c != '\0'; c++)
            *c = *c == '_' ? '-' : *c;
        const json_t *value = json_object_get(changed, name);
        points += value == NULL ? check->points : (int)json_integer_value(value);
    }
    return points;
}

/* ------------------------------------------------ lessons */

static const struct lesson *lesson_called(const struct reader *reader, const config_setting_t *group)
{
    const config_setting_t *setting = config_setting_get_member(group, "lesson");
    char word[80] = "";
    if (setting == NULL) {
        wrong(reader, group, "which lesson is this? lesson = 7;");
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
        wrong(reader, setting, "'lesson' takes a number or a name: lesson = 7;");
    else if (lesson == NULL && config_setting_type(setting) == CONFIG_TYPE_INT)
        wrong(reader, setting, "there is no lesson %s: the board lists them", word);
    else if (lesson == NULL)
        wrong(reader, setting, "there is no lesson '%s': %s", word, nearest_words(&nearest));
    return lesson;
}

static void read_lesson(const struct reader *reader, const config_setting_t *group, const json_t *common,
                        json_t *lessons, int lines[LESSONS_MAX])
{
    static const char *const names[] = {"lesson", "weight", "due", "hidden", "points", NULL};
    if (!config_setting_is_group(group)) {
        wrong(reader, group, "each lesson stands in braces: { lesson = 7; weight = 30; }");
        return;
    }
    expect_names(reader, group, names);
    const struct lesson *lesson = lesson_called(reader, group);
    if (lesson == NULL)
        return;
    int *line = &lines[lesson - reader->kit->lesson];
    if (*line != 0) {
        wrong(reader, group, "lesson %d stands here twice: it is in line %d already", lesson->number, *line);
        return;
    }
    *line = (int)config_setting_source_line(group);
    json_t *points = changed_points(reader, group, lesson);
    int sum = points_of_lesson(lesson, points);
    double weight = number_in(reader, group, "weight", ANY_NUMBER, WEIGHT_MAX, sum);
    const config_setting_t *due = config_setting_get_member(group, "due");
    if (sum == 0 && weight > 0)
        wrong(reader, group, "no check of lesson %d counts, so the lesson can't weigh %g", lesson->number, weight);
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
static json_t *read_common(const struct reader *reader, const config_setting_t *root)
{
    static const char *const names[] = {"free-days", "percent-a-day", "floor", NULL};
    const config_setting_t *due = config_setting_get_member(root, "due");
    const config_setting_t *late = config_setting_get_member(root, "late");
    if (late != NULL && !config_setting_is_group(late)) {
        wrong(reader, late, "'late' takes late: { free-days = 2; percent-a-day = 10; floor = 50; };");
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

static json_t *read_root(const struct reader *reader, const config_setting_t *root)
{
    static const char *const names[] = {"due", "late", "lessons", NULL};
    expect_names(reader, root, names);
    json_t *common = read_common(reader, root);
    json_t *lessons = json_array();
    const config_setting_t *list = config_setting_get_member(root, "lessons");
    const config_setting_t *late = config_setting_get_member(root, "late");
    int lines[LESSONS_MAX] = {0};
    if (list == NULL)
        json_array_append_new(reader->problems,
                              json_sprintf("%s: it names no lessons: lessons: ( { lesson = 1; } );", reader->path));
    else if (!config_setting_is_list(list) || config_setting_length(list) == 0)
        wrong(reader, list, "'lessons' takes a list: lessons: ( { lesson = 1; }, { lesson = 7; } );");
    else
        for (int i = 0; i < config_setting_length(list); i++)
            read_lesson(reader, config_setting_get_elem(list, (unsigned int)i), common, lessons, lines);
    if (late != NULL && json_array_size(reader->problems) == 0 && !any_due(lessons))
        wrong(reader, late, "'late' says what lateness costs, but nothing is due: due = \"2026-12-04 18:00\";");
    json_decref(common);
    return json_pack("{s:o}", "lessons", lessons);
}

json_t *rubric_read(const char *path, const struct kit *kit, json_t *problems)
{
    struct reader reader = {.path = path, .kit = kit, .problems = problems};
    struct stat status;
    json_t *rubric = NULL;
    config_t config;
    if (stat(path, &status) == -1 || S_ISDIR(status.st_mode)) { /* libconfig's scanner ends the process at a folder */
        json_array_append_new(problems, json_sprintf("can't read the rubric %s: %s", path,
                                                     strerror(S_ISDIR(status.st_mode) ? EISDIR : errno)));
        return NULL;
    }
    config_init(&config);
    if (config_read_file(&config, path) == CONFIG_TRUE)
        rubric = read_root(&reader, config_root_setting(&config));
    else if (config_error_type(&config) == CONFIG_ERR_FILE_IO)
        json_array_append_new(problems, json_sprintf("can't read the rubric %s: %s", path, strerror(errno)));
    else
        json_array_append_new(problems,
                              json_sprintf("%s:%d: %s, here or just before it",
                                           config_error_file(&config) == NULL ? path : config_error_file(&config),
                                           config_error_line(&config), config_error_text(&config)));
    config_destroy(&config);
    if (rubric != NULL && json_array_size(problems) > 0) {
        json_decref(rubric);
        rubric = NULL;
    }
    return rubric;
}
