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

/* How many lessons of all results have no verdict yet; of @p students. */
static int count_open(const struct export *export, int *students)
{
    int open = 0;
    *students = 0;
    size_t i;
    json_t *document;
    json_array_foreach (export->documents, i, document) {
        struct result_mark mark = result_mark(document);
        open += mark.open;
        *students += mark.open > 0;
    }
    return open;
}

int export_write(const struct export_format *format, struct export *export)
{
    int students;
    int open = count_open(export, &students);
    size_t count = json_array_size(export->documents);
    const json_t *first = json_array_get(export->documents, 0);
    if (format->one && count != 1)
        return export_fails(export, "%s takes the result of one submission, and here are %zu", format->name, count);
    if (format->marks && result_has_fault(first))
        return export_fails(
            export, "the machine or the kit failed in a check of '%s', so its points are no mark: grade it again",
            result_text(first, "submission"));
    if (format->marks && open > 0)
        return export_fails(export, "%d lesson%s of '%s' %s not graded yet, so its points are no mark", open,
                            open == 1 ? "" : "s", result_text(first, "submission"), open == 1 ? "is" : "are");
    if (format->marks && result_is_untaken(first))
        return export_fails(export, "what '%s' handed in could not be taken, so its points are no mark",
                            result_text(first, "submission"));
    int status = format->write(export);
    if (status == -1 || open == 0)
        return status;
    export_note(export, "%d lesson%s of %d result%s %s not graded yet", open, open == 1 ? "" : "s", students,
                students == 1 ? "" : "s", open == 1 ? "is" : "are");
    return 1;
}
