/**
 * @file
 * SQLite in few words: a statement with its values, and rows.
 *
 * What goes wrong with a database (a full disk, a broken file, another that writes) ends sockeye with status 3 after saying so. Nothing
 * is lost by it: what was committed stays, and a run that was broken off is gone on with.
 *
 * Values follow the letters of @p types: t text (`const char *`; NULL is NULL), i `int`, l `long long`, d `double`,
 * b bytes (`const void *`, `size_t`).
 */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>

/** Does a statement that gives no rows. */
void sql_do(sqlite3 *db, const char *statement, const char *types, ...);

/** Asks for rows; sql_next() gives them. The values must live until the end of it. */
sqlite3_stmt *sql_ask(sqlite3 *db, const char *question, const char *types, ...);
/** The next row; false when there is none left, and the question is no longer there. */
bool sql_next(sqlite3_stmt *asked);
/** Ends a question before its last row. */
void sql_enough(sqlite3_stmt *asked);

/** The only value of the only row: a number; 0 if there is none. */
long long sql_number(sqlite3 *db, const char *question, const char *types, ...);

/** A column's text; "" for NULL. It lives until the next row. */
const char *sql_text(sqlite3_stmt *row, int column);

/** What an error of SQLite means for a gradebook, for people, and what to do. */
const char *sql_words(int error);
/** The same for what has gone wrong with the database last. */
const char *sql_problem(sqlite3 *db);
/** Ends sockeye, after saying what has gone wrong with the database. */
_Noreturn void sql_failed(sqlite3 *db);
