/* Canvas: the sheet that "Export Entire Gradebook" gives. Its first row has the titles; "Points Possible" ends what stands
 * above the students. It may have a semicolon for a comma, and a row on posting policies. */
#define _GNU_SOURCE
#include <string.h>

#include "export/sheet.h"

/* The columns that tell whose a row is, and what is looked for in them. */
static const struct {
    const char *title;
    unsigned int keys;
} identities[] = {
    {"ID", 1 << STUDENT_ID},
    {"SIS User ID", 1 << STUDENT_ID | 1 << STUDENT_LOGIN},
    {"SIS Login ID", 1 << STUDENT_LOGIN | 1 << STUDENT_EMAIL},
    {"Student", 1 << STUDENT_NAME},
};

enum { IDENTITIES = sizeof identities / sizeof *identities };

/* "Lovelace, Ada" in the sheet is "Ada Lovelace". */
static bool same_name(const char *sorted, const char *name)
{
    const char *comma = strchr(sorted, ',');
    if (sheet_same(sorted, name))
        return true;
    if (comma == NULL)
        return false;
    const char *first = comma + 1 + strspn(comma + 1, " ");
    size_t length = strlen(first);
    size_t last = (size_t)(comma - sorted);
    return length > 0 && strncasecmp(name, first, length) == 0 && name[length] == ' ' &&
           strlen(name + length + 1) == last && strncasecmp(name + length + 1, sorted, last) == 0;
}

static bool has(const struct sheet *sheet, int row, enum student_key key, const char *text)
{
    for (int i = 0; i < IDENTITIES; i++) {
        const char *value = csv_value(&sheet->csv, row, sheet->identity[i]);
        bool asked = key == STUDENT_SUBMISSION || (identities[i].keys & 1U << key) != 0;
        bool is_name = (identities[i].keys & 1 << STUDENT_NAME) != 0;
        if (asked && (is_name ? same_name(value, text) : sheet_same(value, text)))
            return true;
    }
    return false;
}

static bool is_student(const struct sheet *sheet, int row)
{
    return *csv_value(&sheet->csv, row, sheet->identity[0]) != '\0';
}

/* Canvas puts an assignment's number behind its title: "Sockeye (1234)". */
static bool is_titled(const char *header, const char *title)
{
    size_t length = strlen(title);
    if (sheet_same(header, title))
        return true;
    const char *rest = header + length;
    return strlen(header) > length && strncasecmp(header, title, length) == 0 && rest[0] == ' ' && rest[1] == '(' &&
           rest[strlen(rest) - 1] == ')' && strspn(rest + 2, "0123456789") == strlen(rest) - 3;
}

/* Columns that Canvas reckons have words in place of the points possible: "(read only)". */
static bool can_be_filled(const struct sheet *sheet, int column)
{
    return sheet_is_number(csv_value(&sheet->csv, sheet->max_row, column));
}

static int find_column(struct export *export, const struct sheet *sheet)
{
    int found = -1;
    int count = 0;
    int fixed = 0;
    for (int i = 0; i < sheet->csv.row[0].cells; i++) {
        const char *header = csv_value(&sheet->csv, 0, i);
        if (export->column == NULL ? strcasestr(header, "sockeye") == NULL : !is_titled(header, export->column))
            continue;
        fixed += !can_be_filled(sheet, i);
        count += can_be_filled(sheet, i);
        found = can_be_filled(sheet, i) ? i : found;
    }
    if (count == 1)
        return found;
    if (count > 1)
        return export_fails(export,
                            "%d columns of the sheet have that title: name one with --column TITLE, as it is there",
                            count);
    if (export->column != NULL && fixed > 0)
        return export_fails(export,
                            "the column '%s' has no points in the row Points Possible, so it can't be filled in",
                            export->column);
    if (export->column != NULL)
        return export_fails(export, "the sheet has no column '%s'", export->column);
    return export_fails(export,
                        "no column that can be filled in has Sockeye in its title: make the assignment in Canvas, "
                        "download the sheet again, and name it with --column TITLE");
}

static int find_points(const struct sheet *sheet)
{
    for (int row = 0; row < sheet->csv.rows; row++) {
        if (strcasecmp(csv_value(&sheet->csv, row, 0), "Points Possible") == 0)
            return row;
    }
    return -1;
}

static int fill(struct export *export, struct sheet *sheet)
{
    for (int i = 0; i < IDENTITIES; i++)
        sheet->identity[i] = sheet_column(sheet, identities[i].title);
    sheet->max_row = find_points(sheet);
    if (sheet->max_row <= 0 || sheet->identity[0] == -1)
        return export_fails(export, "this is no gradebook of Canvas: it has no column ID, or no row Points Possible");
    sheet->first = sheet->max_row + 1;
    sheet->grade = find_column(export, sheet);
    sheet->max_column = sheet->grade;
    return sheet->grade == -1 ? -1 : sheet_fill(export, sheet);
}

int export_canvas(struct export *export)
{
    struct sheet sheet = {.is_student = is_student, .has = has};
    return sheet_export(export, &sheet, fill);
}
