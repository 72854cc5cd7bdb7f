#define _GNU_SOURCE
#include "export/sheet.h"

#include <stdlib.h>
#include <string.h>

#include "export/suites.h"
#include "record/result.h"

enum { NAMES_SHOWN = 10, NOBODY = -1, SEVERAL = -2, CONTRADICTION = -3, PARTLY = -4 };

/* Whose each row is: the index of a document, or NOBODY, or SEVERAL; once it is filled in, PARTLY, where something could not be taken. */
struct filling {
    struct export *export;
    struct sheet *sheet;
    int *owner;
    int filled;
    int left_out; /* results that are not in the sheet now */
    double max;   /* points that a result can give, if the sheet has another number; else 0 */
    char sheet_max[32];
};

bool sheet_same(const char *a, const char *b)
{
    return *a != '\0' && strcasecmp(a, b) == 0;
}

bool sheet_is_number(const char *text)
{
    return *text != '\0' && strspn(text, "0123456789.,") == strlen(text) && strpbrk(text, "0123456789") != NULL;
}

int sheet_column(const struct sheet *sheet, const char *title)
{
    for (int i = 0; sheet->csv.rows > 0 && i < sheet->csv.row[0].cells; i++) {
        if (sheet_same(csv_value(&sheet->csv, 0, i), title))
            return i;
    }
    return -1;
}

/* A submission is a folder or an archive; its last part is what a student may be known by. */
static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static const char *known(const json_t *document, enum student_key key)
{
    static const char *const members[] = {
        [STUDENT_ID] = "id", [STUDENT_LOGIN] = "login", [STUDENT_EMAIL] = "email", [STUDENT_NAME] = "name"};
    const json_t *student = json_object_get(document, "student");
    if (key != STUDENT_SUBMISSION)
        return result_text(student, members[key]);
    for (int i = 0; i < STUDENT_SUBMISSION; i++) {
        if (*result_text(student, members[i]) != '\0')
            return "";
    }
    return last_part(result_text(document, "submission"));
}

static bool key_fits(const struct sheet *sheet, int row, enum student_key key, const char *text)
{
    return *text != '\0' && sheet->is_student(sheet, row) && sheet->has(sheet, row, key, text);
}

static bool key_finds_any(const struct sheet *sheet, enum student_key key, const char *text)
{
    for (int row = sheet->first; row < sheet->csv.rows; row++) {
        if (key_fits(sheet, row, key, text))
            return true;
    }
    return false;
}

/* The row that fits everything which finds a row at all; or NOBODY, SEVERAL, CONTRADICTION. */
static int find_row(const struct sheet *sheet, const json_t *document)
{
    const char *text[STUDENT_KEYS];
    bool counts[STUDENT_KEYS];
    bool any = false;
    int found = CONTRADICTION;
    for (enum student_key key = 0; key < STUDENT_KEYS; key++) {
        text[key] = known(document, key);
        counts[key] = key_finds_any(sheet, key, text[key]);
        any = any || counts[key];
    }
    if (!any)
        return NOBODY;
    for (int row = sheet->first; row < sheet->csv.rows; row++) {
        bool fits = true;
        for (enum student_key key = 0; key < STUDENT_KEYS; key++)
            fits = fits && (!counts[key] || key_fits(sheet, row, key, text[key]));
        if (fits)
            found = found == CONTRADICTION ? row : SEVERAL;
    }
    return found;
}

static const char *title(const struct sheet *sheet)
{
    return csv_value(&sheet->csv, 0, sheet->grade);
}

static void leave_out(struct filling *filling, const json_t *document, const char *why)
{
    filling->left_out++;
    export_note(filling->export, "not filled in: %s: %s", student_called(document), why);
}

static void compare_max(struct filling *filling, int row, const json_t *document)
{
    const struct sheet *sheet = filling->sheet;
    char text[32];
    snprintf(text, sizeof text, "%s",
             csv_value(&sheet->csv, sheet->max_row == -1 ? row : sheet->max_row, sheet->max_column));
    char *comma = strchr(text, ',');
    double max = result_mark(document).max;
    if (!sheet_is_number(text) || filling->max != 0)
        return;
    if (comma != NULL)
        *comma = '.';
    if (strtod(text, NULL) != max) {
        filling->max = max;
        memcpy(filling->sheet_max, text, sizeof text);
    }
}

/* A lesson that counts as not handed in may be what could not be taken. */
static bool is_partly_taken(const json_t *document)
{
    size_t i;
    json_t *lesson;
    json_array_foreach (json_object_get(document, "lessons"), i, lesson) {
        if (result_has_status(lesson, "missing"))
            return json_array_size(json_object_get(document, "problems")) > 0;
    }
    return false;
}

static void fill_row(struct filling *filling, int row, const json_t *document)
{
    struct csv *csv = &filling->sheet->csv;
    const char *old = csv_value(csv, row, filling->sheet->grade);
    char why[400];
    char score[32];
    struct result_mark mark = result_mark(document);
    snprintf(score, sizeof score, "%.10g", mark.score);
    if (*old != '\0' && strcmp(old, "-") != 0 && !sheet_is_number(old))
        snprintf(why, sizeof why, "its cell says '%.80s', line %d", old, csv->row[row].line);
    else if (result_has_fault(document))
        snprintf(why, sizeof why, "the machine or the kit failed, so its points are no mark: grade it again");
    else if (mark.open > 0)
        snprintf(why, sizeof why, "%d of its lessons %s not graded yet", mark.open, mark.open == 1 ? "is" : "are");
    else if (result_is_untaken(document)) {
        const json_t *first = json_array_get(json_object_get(document, "problems"), 0);
        snprintf(why, sizeof why, "it could not be taken, which is no mark: %.160s: %.160s",
                 result_text(first, "place"), result_text(first, "words"));
    } else if (csv_set(csv, row, filling->sheet->grade, score) == -1)
        snprintf(why, sizeof why, "line %d of the sheet is too short to have that column", csv->row[row].line);
    else {
        filling->filled++;
        compare_max(filling, row, document);
        if (is_partly_taken(document))
            filling->owner[row] = PARTLY;
        return;
    }
    leave_out(filling, document, why);
}

static void find_owners(struct filling *filling)
{
    static const char *const reasons[] = {[-NOBODY] = "is not in the sheet",
                                          [-SEVERAL] = "several rows of the sheet fit",
                                          [-CONTRADICTION] = "what is known of the student fits different rows"};
    size_t i;
    json_t *document;
    json_array_foreach (filling->export->documents, i, document) {
        int row = find_row(filling->sheet, document);
        if (row < 0)
            leave_out(filling, document, reasons[-row]);
        else
            filling->owner[row] = filling->owner[row] == NOBODY ? (int)i : SEVERAL;
        if (row >= 0 && filling->owner[row] == SEVERAL)
            filling->left_out++;
    }
}

static void say_names(struct filling *filling, const char *what, int whose)
{
    const struct sheet *sheet = filling->sheet;
    char *names = NULL;
    size_t size;
    FILE *out = open_memstream(&names, &size);
    int count = 0;
    for (int row = sheet->first; out != NULL && row < sheet->csv.rows; row++) {
        if (filling->owner[row] != whose || !sheet->is_student(sheet, row))
            continue;
        if (count++ < NAMES_SHOWN)
            fprintf(out, "%s%.80s", count == 1 ? "" : "; ", csv_value(&sheet->csv, row, sheet->name));
    }
    if (out == NULL || fclose(out) == EOF)
        return;
    if (count > NAMES_SHOWN)
        export_note(filling->export, "%s %s; and %d more", what, names, count - NAMES_SHOWN);
    else if (count > 0)
        export_note(filling->export, "%s %s", what, names);
    free(names);
}

static void say_result(struct filling *filling)
{
    say_names(filling, "not filled in: several results fit the row of", SEVERAL);
    say_names(filling, "filled in, but a part could not be taken, and a lesson counts as not handed in:", PARTLY);
    say_names(filling, "no result for", NOBODY);
    if (filling->max != 0)
        export_note(
            filling->export,
            "the sheet's column '%s' has %s points at most, and these results have %.10g: what was filled in are "
            "theirs",
            title(filling->sheet), filling->sheet_max, filling->max);
    export_note(filling->export, "filled in %d of %zu results, in the column '%s'", filling->filled,
                json_array_size(filling->export->documents), title(filling->sheet));
}

int sheet_fill(struct export *export, struct sheet *sheet)
{
    struct filling filling = {.export = export, .sheet = sheet};
    filling.owner = calloc((size_t)sheet->csv.rows + 1, sizeof *filling.owner);
    if (filling.owner == NULL)
        return export_fails(export, "no memory");
    for (int row = 0; row < sheet->csv.rows; row++)
        filling.owner[row] = NOBODY;
    find_owners(&filling);
    for (int row = sheet->first; row < sheet->csv.rows; row++) {
        if (filling.owner[row] >= 0)
            fill_row(&filling, row, json_array_get(export->documents, (size_t)filling.owner[row]));
    }
    say_result(&filling);
    csv_write(&sheet->csv, export->out);
    free(filling.owner);
    return filling.left_out > 0;
}

int sheet_export(struct export *export, struct sheet *sheet, int (*fill)(struct export *export, struct sheet *sheet))
{
    int status = csv_read(&sheet->csv, export->sheet, export->sheet_length, export->problem, sizeof export->problem);
    if (status == 0)
        status = fill(export, sheet);
    csv_free(&sheet->csv);
    return status;
}
