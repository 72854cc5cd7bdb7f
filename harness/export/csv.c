#define _GNU_SOURCE
#include "export/csv.h"

#include <stdlib.h>
#include <string.h>

/* The reader: where it is, and the line that it is in. */
struct reader {
    struct csv *csv;
    size_t at;
    int line;
};

static bool ended(const struct reader *reader)
{
    return reader->at >= reader->csv->length;
}

static char here(const struct reader *reader)
{
    return ended(reader) ? '\0' : reader->csv->text[reader->at];
}

static bool at_line_end(const struct reader *reader)
{
    return ended(reader) || here(reader) == '\n' || here(reader) == '\r';
}

static void step(struct reader *reader)
{
    bool ends = here(reader) == '\n' || (here(reader) == '\r' && !(reader->at + 1 < reader->csv->length &&
                                                                   reader->csv->text[reader->at + 1] == '\n'));
    reader->line += ends;
    reader->at++;
}

/* What stands most often in the header, outside of quotes. */
static char find_separator(const char *text, size_t length)
{
    static const char candidates[] = ",;\t";
    int count[3] = {0};
    bool quoted = false;
    for (size_t i = 0; i < length && (quoted || (text[i] != '\n' && text[i] != '\r')); i++) {
        const char *candidate = text[i] == '\0' ? NULL : strchr(candidates, text[i]);
        quoted ^= text[i] == '"';
        if (!quoted && candidate != NULL)
            count[candidate - candidates]++;
    }
    int best = 0;
    for (int i = 1; i < 3; i++)
        best = count[i] > count[best] ? i : best;
    return candidates[best];
}

static char *value_of(const char *text, size_t length, bool quoted)
{
    char *value = malloc(length + 1);
    size_t used = 0;
    if (value == NULL)
        return NULL;
    for (size_t i = 0; i < length; i++) {
        if (used == 0 && text[i] == ' ')
            continue;
        value[used++] = text[i];
        i += quoted && text[i] == '"'; /* the second of two */
    }
    while (used > 0 && value[used - 1] == ' ')
        used--;
    value[used] = '\0';
    return value;
}

/* Room for one more; it doubles. */
static void *grown(void *array, int count, size_t size)
{
    if (count > 0 && (count & (count - 1)) != 0)
        return array;
    return reallocarray(array, count == 0 ? 1 : (size_t)count * 2, size);
}

static int add_cell(struct csv *csv, size_t begin, size_t end, bool quoted)
{
    struct csv_cell *cells = grown(csv->cell, csv->cells, sizeof *cells);
    if (cells == NULL)
        return -1;
    csv->cell = cells;
    csv->cell[csv->cells] = (struct csv_cell){.begin = begin, .end = end};
    csv->cell[csv->cells].value = value_of(csv->text + begin, end - begin, quoted);
    return csv->cell[csv->cells++].value == NULL ? -1 : 0;
}

/* A cell in quotes; returns -1 if they are not closed, or something stands behind them. */
static int quoted_cell(struct reader *reader, char *problem, size_t size)
{
    const char *text = reader->csv->text;
    int line = reader->line;
    size_t begin = ++reader->at;
    while (!ended(reader)) {
        bool doubled = here(reader) == '"' && reader->at + 1 < reader->csv->length && text[reader->at + 1] == '"';
        if (here(reader) == '"' && !doubled)
            break;
        if (doubled)
            reader->at++;
        step(reader);
    }
    if (ended(reader)) {
        snprintf(problem, size, "line %d of the sheet has a quote that is not closed", line);
        return -1;
    }
    size_t end = reader->at++;
    if (!at_line_end(reader) && here(reader) != reader->csv->separator) {
        snprintf(problem, size, "line %d of the sheet goes on behind a closing quote", reader->line);
        return -1;
    }
    snprintf(problem, size, "no memory");
    return add_cell(reader->csv, begin, end, true);
}

static int read_cell(struct reader *reader, char *problem, size_t size)
{
    if (here(reader) == '"')
        return quoted_cell(reader, problem, size);
    size_t begin = reader->at;
    while (!at_line_end(reader) && here(reader) != reader->csv->separator)
        reader->at++;
    snprintf(problem, size, "no memory");
    return add_cell(reader->csv, begin, reader->at, false);
}

static int add_row(struct csv *csv, struct csv_row row)
{
    row.cells = csv->cells - row.first;
    if (row.cells == 1 && *csv->cell[row.first].value == '\0')
        return 0;
    struct csv_row *rows = grown(csv->row, csv->rows, sizeof *rows);
    if (rows == NULL)
        return -1;
    csv->row = rows;
    csv->row[csv->rows++] = row;
    return 0;
}

static int read_row(struct reader *reader, char *problem, size_t size)
{
    struct csv_row row = {.line = reader->line, .first = reader->csv->cells};
    for (;;) {
        if (read_cell(reader, problem, size) == -1)
            return -1;
        if (at_line_end(reader))
            break;
        reader->at++;
    }
    if (here(reader) == '\r' && reader->at + 1 < reader->csv->length && reader->csv->text[reader->at + 1] == '\n')
        reader->at++;
    if (!ended(reader))
        step(reader);
    return add_row(reader->csv, row);
}

int csv_read(struct csv *csv, const char *text, size_t length, char *problem, size_t size)
{
    size_t mark = length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    *csv = (struct csv){.text = text, .length = length};
    if (length >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0)) {
        snprintf(problem, size, "the sheet is UTF-16: save it as CSV in UTF-8, or download it again");
        return -1;
    }
    csv->separator = find_separator(text + mark, length - mark);
    struct reader reader = {.csv = csv, .at = mark, .line = 1};
    while (!ended(&reader)) {
        if (read_row(&reader, problem, size) == -1)
            return -1;
    }
    return 0;
}

void csv_free(struct csv *csv)
{
    for (int i = 0; i < csv->cells; i++) {
        free(csv->cell[i].value);
        free(csv->cell[i].fresh);
    }
    free(csv->cell);
    free(csv->row);
}

static struct csv_cell *cell_at(const struct csv *csv, int row, int column)
{
    bool is_there = row >= 0 && row < csv->rows && column >= 0 && column < csv->row[row].cells;
    return is_there ? &csv->cell[csv->row[row].first + column] : NULL;
}

const char *csv_value(const struct csv *csv, int row, int column)
{
    const struct csv_cell *cell = cell_at(csv, row, column);
    return cell == NULL ? "" : cell->value;
}

int csv_set(struct csv *csv, int row, int column, const char *content)
{
    struct csv_cell *cell = cell_at(csv, row, column);
    if (cell == NULL)
        return -1;
    free(cell->fresh);
    cell->fresh = strdup(content);
    return cell->fresh == NULL ? -1 : 0;
}

void csv_write(const struct csv *csv, FILE *out)
{
    size_t written = 0;
    for (int i = 0; i < csv->cells; i++) {
        const struct csv_cell *cell = &csv->cell[i];
        if (cell->fresh == NULL)
            continue;
        fwrite(csv->text + written, 1, cell->begin - written, out);
        fputs(cell->fresh, out);
        written = cell->end;
    }
    fwrite(csv->text + written, 1, csv->length - written, out);
}
