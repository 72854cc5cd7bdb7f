#include "export/export.h"

#include <stdarg.h>
#include <string.h>

#include "record/result.h"

static const struct export_format formats[] = {
    {.name = "gradescope", .write = export_gradescope, .one = true, .marks = true},
    {.name = "classroom50", .write = export_classroom50, .one = true, .marks = true},
    {.name = "junit", .write = export_junit},
    {.name = "github", .write = export_github},
    {.name = "tap", .write = export_tap},
    {.name = "check50", .write = export_check50, .one = true},
    {.name = "json", .write = export_json},
    {.name = "canvas", .write = export_canvas, .sheet = true},
    {.name = "moodle", .write = export_moodle, .sheet = true},
};

enum { FORMATS = sizeof formats / sizeof *formats };

const struct export_format *export_format_at(int index)
{
    return index < FORMATS ? &formats[index] : NULL;
}

const struct export_format *export_format_named(const char *name)
{
    for (int i = 0; i < FORMATS; i++) {
        if (strcmp(name, formats[i].name) == 0)
            return &formats[i];
    }
    return NULL;
}

void export_note(struct export *export, const char *format, ...)
{
    char note[1600];
    va_list list;
    va_start(list, format);
    vsnprintf(note, sizeof note, format, list);
    va_end(list);
    json_array_append_new(export->notes, json_stringn_nocheck(note, strlen(note)));
}

int export_fails(struct export *export, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(export->problem, sizeof export->problem, format, list);
    va_end(list);
    return -1;
}

int export_write(const struct export_format *format, struct export *export)
{
    size_t count = json_array_size(export->documents);
    const json_t *first = json_array_get(export->documents, 0);
    if (format->one && count != 1)
        return export_fails(export, "%s takes the result of one submission, and here are %zu", format->name, count);
    if (format->marks && result_has_fault(first))
        return export_fails(
            export, "the machine or the kit failed in a check of '%s', so its points are no mark: grade it again",
            result_text(first, "submission"));
    return format->write(export);
}
