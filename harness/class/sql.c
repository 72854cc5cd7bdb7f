#include "class/sql.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATUS_FAULT = 3 };

const char *sql_words(int error)
{
    switch (error) {
    case SQLITE_BUSY:
        return "another program has it open, and does not let go: end that one, and the same command goes on from "
               "here";
    case SQLITE_NOTADB: return "this is no gradebook of Sockeye";
    case SQLITE_CORRUPT:
        return "this gradebook is damaged, as one that was cut short: put a copy of it back, or move it away and all "
               "is "
               "graded anew";
    case SQLITE_FULL:
        return "the disk is full: make room, and the same command goes on from here; what was graded is kept";
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
        return "it can't be written: see whose it and its folder are, and whether the disk is read-only";
    default: return sqlite3_errstr(error);
    }
}

const char *sql_problem(sqlite3 *db)
{
    static char words[400];
    int error = sqlite3_errcode(db);
    if (error == SQLITE_IOERR) {
        snprintf(words, sizeof words, "%s: %s; what was graded before is kept", sqlite3_errmsg(db),
                 strerror(sqlite3_system_errno(db)));
        return words;
    }
    return error == SQLITE_ERROR ? sqlite3_errmsg(db) : sql_words(error);
}

void sql_failed(sqlite3 *db)
{
    const char *file = sqlite3_db_filename(db, "main");
    fflush(stdout);
    fprintf(stderr, "sockeye: %s: %s\n", file == NULL ? "the gradebook" : file, sql_problem(db));
    exit(STATUS_FAULT);
}

static void bind_values(sqlite3_stmt *statement, const char *types, va_list values)
{
    for (int i = 1; *types != '\0'; types++, i++) {
        switch (*types) {
        case 't': sqlite3_bind_text(statement, i, va_arg(values, const char *), -1, SQLITE_TRANSIENT); break;
        case 'i': sqlite3_bind_int(statement, i, va_arg(values, int)); break;
        case 'l': sqlite3_bind_int64(statement, i, va_arg(values, long long)); break;
        case 'd': sqlite3_bind_double(statement, i, va_arg(values, double)); break;
        default: {
            const void *data = va_arg(values, const void *);
            sqlite3_bind_blob64(statement, i, data, va_arg(values, size_t), SQLITE_STATIC);
        }
        }
    }
}

static sqlite3_stmt *prepared(sqlite3 *db, const char *text, const char *types, va_list values)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, text, -1, &statement, NULL) != SQLITE_OK)
        sql_failed(db);
    bind_values(statement, types, values);
    return statement;
}

void sql_do(sqlite3 *db, const char *statement, const char *types, ...)
{
    va_list values;
    va_start(values, types);
    sqlite3_stmt *doing = prepared(db, statement, types, values);
    va_end(values);
    while (sql_next(doing)) /* a PRAGMA may have something to say */
        ;
}

sqlite3_stmt *sql_ask(sqlite3 *db, const char *question, const char *types, ...)
{
    va_list values;
    va_start(values, types);
    sqlite3_stmt *asked = prepared(db, question, types, values);
    va_end(values);
    return asked;
}

bool sql_next(sqlite3_stmt *asked)
{
    int step = sqlite3_step(asked);
    if (step == SQLITE_ROW)
        return true;
    if (step != SQLITE_DONE)
        sql_failed(sqlite3_db_handle(asked));
    sqlite3_finalize(asked);
    return false;
}

void sql_enough(sqlite3_stmt *asked)
{
    sqlite3_finalize(asked);
}

long long sql_number(sqlite3 *db, const char *question, const char *types, ...)
{
    va_list values;
    va_start(values, types);
    sqlite3_stmt *asked = prepared(db, question, types, values);
    va_end(values);
    long long number = 0;
    while (sql_next(asked))
        number = sqlite3_column_int64(asked, 0);
    return number;
}

const char *sql_text(sqlite3_stmt *row, int column)
{
    const unsigned char *text = sqlite3_column_text(row, column);
    return text == NULL ? "" : (const char *)text;
}
