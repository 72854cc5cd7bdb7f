/* Moodle: the grading worksheet of an assignment. Its titles are in the site's language, so columns are known by what is in
 * them: the first has "Participant 12" in some language, and behind the grade stands the most that it can be. */
#include <ctype.h>
#include <string.h>

#include "export/sheet.h"

/* "Participant 12" is the person with the id 12. */
static bool is_participant(const char *cell, const char *id)
{
    size_t length = strlen(cell);
    size_t digits = 0;
    while (digits < length && isdigit((unsigned char)cell[length - digits - 1]))
        digits++;
    return digits > 0 && digits < length && strcmp(cell + length - digits, id) == 0;
}

/* All that tells whose a row is stands before the grade. */
static bool has(const struct sheet *sheet, int row, enum student_key key, const char *text)
{
    bool maybe_id = key == STUDENT_ID || key == STUDENT_SUBMISSION;
    if (maybe_id && is_participant(csv_value(&sheet->csv, row, 0), text))
        return true;
    for (int i = 0; i < sheet->grade; i++) {
        if (sheet_same(csv_value(&sheet->csv, row, i), text))
            return true;
    }
    return false;
}

static bool is_student(const struct sheet *sheet, int row)
{
    return *csv_value(&sheet->csv, row, 0) != '\0';
}

/* A grade is empty or a number, and the column behind it has the same number in each row. */
static bool looks_like_grade(const struct sheet *sheet, int column)
{
    const char *max = csv_value(&sheet->csv, 1, column + 1);
    if (!sheet_is_number(max))
        return false;
    for (int row = 1; row < sheet->csv.rows; row++) {
        const char *grade = csv_value(&sheet->csv, row, column);
        if (strcmp(csv_value(&sheet->csv, row, column + 1), max) != 0)
            return false;
        if (*grade != '\0' && strcmp(grade, "-") != 0 && !sheet_is_number(grade))
            return false;
    }
    return true;
}

static int find_column(struct export *export, const struct sheet *sheet)
{
    int titled = sheet_column(sheet, export->column == NULL ? "Grade" : export->column);
    int found = -1;
    int count = 0;
    if (titled > 0)
        return titled;
    if (export->column != NULL)
        return export_fails(export, "the sheet has no column '%s' to fill in", export->column);
    for (int i = 1; i < sheet->csv.row[0].cells; i++) {
        bool fits = looks_like_grade(sheet, i);
        found = fits ? i : found;
        count += fits;
    }
    if (count == 1)
        return found;
    return export_fails(export, "which column has the grades? Name it with --column TITLE, as it is in the sheet");
}

static int fill(struct export *export, struct sheet *sheet)
{
    if (sheet->csv.rows < 2 || sheet->csv.row[0].cells < 3)
        return export_fails(export,
                            "this is no grading worksheet of Moodle: it has no rows, or fewer than three columns");
    sheet->first = 1;
    sheet->grade = find_column(export, sheet);
    if (sheet->grade == -1)
        return -1;
    sheet->name = sheet->grade > 1 ? 1 : 0;
    sheet->max_row = -1;
    sheet->max_column = sheet->grade + 1;
    return sheet_fill(export, sheet);
}

int export_moodle(struct export *export)
{
    struct sheet sheet = {.is_student = is_student, .has = has};
    return sheet_export(export, &sheet, fill);
}
