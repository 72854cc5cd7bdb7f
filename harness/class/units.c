#include "class/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "class/sql.h"
#include "run/path.h"

static bool is_mine(const char *hash, int shard, int shards)
{
    char digits[9] = "";
    memcpy(digits, hash, 8);
    return shards == 0 || strtoul(digits, NULL, 16) % (unsigned)shards == (unsigned)shard - 1;
}

int units_collect(sqlite3 *db, int shard, int shards)
{
    int count = 0;
    sql_do(db, "DROP TABLE IF EXISTS temp.open", "");
    sql_do(db, "CREATE TEMP TABLE open (hash TEXT PRIMARY KEY, student TEXT, lesson TEXT, submission TEXT)", "");
    sqlite3_stmt *row = sql_ask(db,
                                "SELECT u.hash, n.student, u.lesson, n.hash FROM newest AS n"
                                " JOIN unit AS u ON u.submission = n.hash WHERE NOT EXISTS"
                                " (SELECT 1 FROM verdict WHERE student = n.student AND unit = u.hash AND fault = 0)",
                                "");
    while (sql_next(row)) {
        if (!is_mine(sql_text(row, 0), shard, shards))
            continue;
        sql_do(db, "INSERT INTO temp.open VALUES (?, ?, ?, ?)", "tttt", sql_text(row, 0), sql_text(row, 1),
               sql_text(row, 2), sql_text(row, 3));
        count++;
    }
    return count;
}

int units_total(sqlite3 *db)
{
    return (int)sql_number(db, "SELECT count(*) FROM newest AS n JOIN unit AS u ON u.submission = n.hash", "");
}

static void copy_hash(struct hash *hash, const char *hex)
{
    snprintf(hash->hex, sizeof hash->hex, "%s", hex);
}

bool units_next(sqlite3 *db, struct unit *unit)
{
    sqlite3_stmt *row = sql_ask(db, "SELECT hash, student, lesson, submission FROM temp.open ORDER BY hash LIMIT 1",
                                "");
    if (!sql_next(row))
        return false;
    copy_hash(&unit->hash, sql_text(row, 0));
    snprintf(unit->student, sizeof unit->student, "%s", sql_text(row, 1));
    snprintf(unit->lesson, sizeof unit->lesson, "%s", sql_text(row, 2));
    copy_hash(&unit->submission, sql_text(row, 3));
    sql_enough(row);
    sql_do(db, "DELETE FROM temp.open WHERE hash = ?", "t", unit->hash.hex);
    return true;
}

static int write_source(const char *path, const void *data, size_t length)
{
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return -1;
    bool whole = length == 0 || fwrite(data, length, 1, file) == 1;
    return fclose(file) == 0 && whole ? 0 : -1;
}

int unit_write(sqlite3 *db, const struct unit *unit, const char *folder)
{
    struct path lesson = path_of("%s/%s", folder, unit->lesson);
    if (folder_make(lesson.text, 0755) == -1)
        return -1;
    int failed = 0;
    sqlite3_stmt *row = sql_ask(db,
                                "SELECT program, content FROM file JOIN source ON source.hash = file.source"
                                " WHERE submission = ? AND lesson = ?",
                                "tt", unit->submission.hex, unit->lesson);
    while (sql_next(row)) {
        struct path path = path_of("%s/%s.c", lesson.text, sql_text(row, 0));
        failed |= write_source(path.text, sqlite3_column_blob(row, 1), (size_t)sqlite3_column_bytes(row, 1));
    }
    return failed;
}
