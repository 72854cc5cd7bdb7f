/**
 * @file
 * A gradebook's sheet that is filled in: which row is whose, and what is put there. What platforms have of their own stands
 * in canvas.c and moodle.c.
 */
#pragma once

#include "export/csv.h"
#include "export/export.h"

/** What is known of a student: the members of a document's "student", and, where it has none, its submission's name. */
enum student_key {
    STUDENT_ID,         /**< the platform's number or name */
    STUDENT_LOGIN,      /**< what the student logs in with */
    STUDENT_EMAIL,      /**< an address, or a login */
    STUDENT_NAME,       /**< as people write it */
    STUDENT_SUBMISSION, /**< what was handed in is called so */
    STUDENT_KEYS        /**< how many there are */
};

struct sheet {
    struct csv csv;
    int first;       /**< the first row that is a student's; those after it are, too, if is_student() says so */
    int grade;       /**< the column that is filled in */
    int name;        /**< the column that people know a row by */
    int identity[4]; /**< columns that a platform knows students by; for has() */
    int max_row;     /**< the row with the most points that can be had; -1: each student's own */
    int max_column;  /**< and its column; -1: it is not told */
    bool (*is_student)(const struct sheet *sheet, int row);
    /** True if a row is of the student of whom that is known. */
    bool (*has)(const struct sheet *sheet, int row, enum student_key key, const char *text);
};

/**
 * Fills in the score of each document where just one row fits all that is known of its student, and writes the sheet. A
 * score is not filled in over words, such as "EX" for excused, nor where it is no mark: with a fault in the result, with lessons that are
 * not graded yet, or where nothing that was handed in could be taken. Notes say what was done and who was not found. Returns as an export_function.
 */
int sheet_fill(struct export *export, struct sheet *sheet);

/** Reads the export's sheet into @p sheet, lets @p fill do the rest, and frees it. Returns as an export_function. */
int sheet_export(struct export *export, struct sheet *sheet, int (*fill)(struct export *export, struct sheet *sheet));

/** The column with that title in the first row, whatever its case; -1 if there is none. */
int sheet_column(const struct sheet *sheet, const char *title);
/** True for digits with perhaps a point or a comma: a number in a sheet. */
bool sheet_is_number(const char *text);
/** True if the texts are the same, whatever their case, and not empty. */
bool sheet_same(const char *a, const char *b);
