/**
 * @file
 * Results as other systems read them: a file a format, and one table of them.
 *
 * An export is made from result documents (class/documents.h) alone, never from a run. What can't be said in a format is
 * left out; what a person has to know (a student who is not in a sheet, a column that was chosen) becomes a note.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** One export: what it is made from, where it goes, and what came of it. */
struct export
{
    const json_t *documents; /**< an array of result documents */
    FILE *out;               /**< gets the export; a file in memory, so that a failure leaves nothing half written */
    const char *sheet;       /**< the downloaded sheet, for a format that fills one in; any bytes */
    size_t sheet_length;
    const char *column; /**< the title of the column to fill in, or NULL */
    json_t *notes;      /**< an array of texts for people, a line each; export_note() adds to it */
    char problem[600];  /**< why there is no export */
};

/** Writes to out. Returns 0, 1 if not all results could go in (a note says which), or -1 with a problem. */
typedef int export_function(struct export *export);

struct export_format {
    const char *name;
    export_function *write;
    bool one;   /**< it holds one submission, not a class */
    bool marks; /**< it carries a mark into a gradebook, so a result with a fault or with lessons that are not
                    graded yet, which is no mark, can't go in */
    bool sheet; /**< it fills in a sheet */
};

/** The formats in the order of the help; NULL behind the last. */
const struct export_format *export_format_at(int index);
/** NULL if there is none of that name. */
const struct export_format *export_format_named(const char *name);

/** Writes the export in that format, after seeing whether the documents can go into it. Lessons that are not graded yet are
 *  noted. Returns as an export_function. */
int export_write(const struct export_format *format, struct export *export);

/** Adds a note, in the manner of printf. */
void export_note(struct export *export, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Says why there is no export, in the manner of printf; returns -1. */
int export_fails(struct export *export, const char *format, ...) __attribute__((format(printf, 2, 3)));

export_function export_json, export_gradescope, export_classroom50, export_junit, export_github, export_tap,
    export_check50, export_canvas, export_moodle;
