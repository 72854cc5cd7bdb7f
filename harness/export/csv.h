/**
 * @file
 * CSV whose bytes are kept: a cell is a range of the text, and only those that are given new content change.
 *
 * RFC 4180, and what spreadsheets make of it: a byte order mark, any line ends, a semicolon or a tab in place of the comma.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct csv_cell {
    size_t begin; /**< of the content, within the quotes if it has some */
    size_t end;
    char *value; /**< the content, "" made one quote, without blanks around it */
    char *fresh; /**< new content, or NULL; no quote, separator or newline may be in it */
};

struct csv_row {
    int line; /**< in the file, from 1 */
    int first;
    int cells;
};

struct csv {
    const char *text;
    size_t length;
    char separator;
    struct csv_cell *cell;
    int cells;
    struct csv_row *row; /**< rows with nothing in them are left out */
    int rows;
};

/** Reads @p text, which must stay there. Returns -1 with a problem for people. csv_free() in any case. */
int csv_read(struct csv *csv, const char *text, size_t length, char *problem, size_t size);
void csv_free(struct csv *csv);

/** The value of a cell, "" if the row is too short for it. Belongs to @p csv. */
const char *csv_value(const struct csv *csv, int row, int column);
/** Gives a cell new content; -1 if the row is too short for it. */
int csv_set(struct csv *csv, int row, int column, const char *content);
/** Writes the text with the new content in it. */
void csv_write(const struct csv *csv, FILE *out);
