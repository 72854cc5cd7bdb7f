#define _GNU_SOURCE
#include "class/rubric_problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void find(const struct rubric_reader *reader, const config_setting_t *at, const char *format, va_list list)
{
    char words[800];
    const char *file = config_setting_source_file(at);
    vsnprintf(words, sizeof words, format, list);
    json_array_append_new(reader->found, json_pack("[s, i, s]", file == NULL ? reader->path : file,
                                                   (int)config_setting_source_line(at), words));
}

void rubric_wrong(struct rubric_reader *reader, const config_setting_t *at, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    find(reader, at, format, list);
    va_end(list);
    reader->is_wrong = true;
}

void rubric_doubtful(struct rubric_reader *reader, const config_setting_t *at, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    find(reader, at, format, list);
    va_end(list);
}

struct place {
    const char *file;
    int line; /* 0: the file as a whole */
    const char *words;
    size_t number; /* in the order in which they were found */
};

static int compare(const void *a, const void *b)
{
    const struct place *one = a;
    const struct place *other = b;
    int files = strcmp(one->file, other->file);
    if (files != 0)
        return files;
    if (one->line != other->line)
        return one->line > other->line ? 1 : -1;
    return one->number > other->number ? 1 : -1;
}

void rubric_tell(const struct rubric_reader *reader, json_t *problems)
{
    size_t i;
    json_t *found;
    struct place *places = calloc(json_array_size(reader->found) + 1, sizeof *places);
    if (places == NULL)
        return;
    json_array_foreach (reader->found, i, found) {
        places[i] = (struct place){json_string_value(json_array_get(found, 0)),
                                   (int)json_integer_value(json_array_get(found, 1)),
                                   json_string_value(json_array_get(found, 2)), i};
    }
    qsort(places, i, sizeof *places, compare);
    for (size_t k = 0; k < i; k++)
        json_array_append_new(problems, places[k].line == 0 ? json_sprintf("%s: %s", places[k].file, places[k].words)
                                                            : json_sprintf("%s:%d: %s", places[k].file, places[k].line,
                                                                           places[k].words));
    free(places);
}
