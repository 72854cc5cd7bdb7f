#define _GNU_SOURCE
#include "class/intake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "class/sql.h"
#include "class/submission.h"
#include "run/grade.h"
#include "run/path.h"

struct intake {
    sqlite3 *db;
};

/* ------------------------------------------------ reading */

struct intake *intake_begin(sqlite3 *db)
{
    static struct intake intake;
    intake.db = db;
    sql_do(db, "PRAGMA temp_store = FILE", "");
    sql_do(db,
           "CREATE TEMP TABLE found (student TEXT, path TEXT, source TEXT, time INTEGER, lesson TEXT, program TEXT,"
           " PRIMARY KEY (student, path))",
           "");
    sql_do(db,
           "CREATE TEMP TABLE passed_over (student TEXT, place TEXT, words TEXT, PRIMARY KEY (student, place, words))",
           "");
    sql_do(db, "BEGIN", "");
    return &intake;
}

static void take(void *context, const struct handed_in *found)
{
    sqlite3 *db = ((struct intake *)context)->db;
    const struct student *who = found->student;
    sql_do(db,
           "INSERT INTO student VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET name = excluded.name,"
           " id = excluded.id, login = excluded.login, email = excluded.email",
           "ttttt", who->key, who->name, who->id, who->login, who->email);
    if (found->data == NULL) {
        sql_do(db, "INSERT OR IGNORE INTO passed_over VALUES (?, ?, ?)", "ttt", who->key, found->place, found->problem);
        return;
    }
    struct hash hash = hash_of(found->data, found->length);
    sql_do(db, "INSERT OR IGNORE INTO source VALUES (?, ?)", "tb", hash.hex, found->data, found->length);
    sql_do(db, "INSERT OR REPLACE INTO found (student, path, source, time) VALUES (?, ?, ?, ?)", "tttl", who->key,
           found->path, hash.hex, (long long)found->time);
}

int intake_read(struct intake *intake, const struct world *world, const char *argument, const char **problem)
{
    return submissions_read(world, argument, take, intake, problem);
}

/* ------------------------------------------------ which file is which program? */

/* A program's file is NAME.c: first in a folder of the lesson's own name, then by itself at the top, then anywhere. */
static void find_program(sqlite3 *db, const struct lesson *lesson, const char *program)
{
    char name[64];
    char number[16];
    snprintf(name, sizeof name, "%s.c", program);
    snprintf(number, sizeof number, "%d", lesson->number);
    sql_do(
        db,
        "WITH candidate AS (SELECT student, path,"
        "  CASE WHEN '/' || path LIKE '%/' || ?1 || '/' || ?2 THEN 0 WHEN path = ?2 THEN 1"
        "   WHEN '/' || path LIKE '%/' || ?3 || '/' || ?2 OR '/' || path LIKE '%/' || ?4 || '/' || ?2 THEN 2 ELSE 3 END"
        "   AS rank FROM found WHERE path = ?2 OR substr(path, -length(?2) - 1) = '/' || ?2),"
        " best AS (SELECT student, path, row_number() OVER (PARTITION BY student ORDER BY rank,"
        "  length(path) - length(replace(path, '/', '')), path) AS place FROM candidate)"
        " UPDATE found SET lesson = ?1, program = ?5 WHERE (student, path) IN"
        "  (SELECT student, path FROM best WHERE place = 1)",
        "ttttt", lesson->folder, name, lesson->name, number, program);
}

/* ------------------------------------------------ names made of contents */

static void add_word(SHA2_CTX *context, const char *word)
{
    SHA256Update(context, (const uint8_t *)word, strlen(word) + 1);
}

static struct hash end_of(SHA2_CTX *context)
{
    struct hash hash;
    SHA256End(context, hash.hex);
    return hash;
}

static struct hash submission_hash(sqlite3 *db, const char *student, long long *newest)
{
    SHA2_CTX context;
    SHA256Init(&context);
    add_word(&context, "sockeye submission 1");
    add_word(&context, student);
    *newest = 0;
    sqlite3_stmt *row = sql_ask(db, "SELECT path, source, time FROM found WHERE student = ? ORDER BY path", "t",
                                student);
    while (sql_next(row)) {
        add_word(&context, sql_text(row, 0));
        add_word(&context, sql_text(row, 1));
        if (sqlite3_column_int64(row, 2) > *newest)
            *newest = sqlite3_column_int64(row, 2);
    }
    return end_of(&context);
}

/* A lesson is another when its checks are. */
static struct hash lesson_hash(const struct kit *kit, const struct lesson *lesson)
{
    struct hash hash;
    if (SHA256File(path_of("%s/check.c", lesson_path(kit, lesson).text).text, hash.hex) == NULL)
        hash = hash_of("", 0);
    return hash;
}

static struct hash unit_hash(sqlite3 *db, const struct terms *terms, const struct lesson *lesson, const char *student,
                             const char *submission)
{
    SHA2_CTX context;
    char numbers[80];
    snprintf(numbers, sizeof numbers, "%llx %d %d", (unsigned long long)terms->seed, terms->memcheck,
             terms->is_private);
    SHA256Init(&context);
    add_word(&context, "sockeye unit 1");
    add_word(&context, kit_version());
    add_word(&context, lesson->folder);
    add_word(&context, lesson_hash(terms->kit, lesson).hex);
    add_word(&context, numbers);
    add_word(&context, student);
    sqlite3_stmt *row = sql_ask(db,
                                "SELECT program, source FROM file WHERE submission = ? AND lesson = ? ORDER BY program",
                                "tt", submission, lesson->folder);
    while (sql_next(row)) {
        add_word(&context, sql_text(row, 0));
        add_word(&context, sql_text(row, 1));
    }
    return end_of(&context);
}

/* ------------------------------------------------ submissions and units */

static void make_submission(sqlite3 *db, const struct terms *terms, const char *student)
{
    long long newest;
    long long now = time(NULL);
    struct hash hash = submission_hash(db, student, &newest);
    sql_do(db, "INSERT INTO submission VALUES (?, ?, ?, ?) ON CONFLICT (hash) DO UPDATE SET read_at = excluded.read_at",
           "ttll", hash.hex, student, newest, now);
    /* The same sources may be read with another kit, which takes other files for its programs. */
    sql_do(db,
           "INSERT INTO file SELECT ?1, path, source, lesson, program FROM found WHERE student = ?2"
           " ON CONFLICT (submission, path) DO UPDATE SET lesson = excluded.lesson, program = excluded.program",
           "tt", hash.hex, student);
    sql_do(db,
           "INSERT INTO arrival SELECT ?1, source, min(time) FROM found WHERE student = ?1 AND time > 0 GROUP BY source"
           " ON CONFLICT (student, source) DO UPDATE SET time = min(time, excluded.time)",
           "t", student);
    sql_do(db, "DELETE FROM problem WHERE submission = ?", "t", hash.hex);
    sql_do(db, "INSERT INTO problem SELECT ?1, place, words FROM passed_over WHERE student = ?2", "tt", hash.hex,
           student);
    sql_do(db,
           "INSERT INTO problem SELECT ?1, path, 'no lesson has a program of that name' FROM found"
           " WHERE student = ?2 AND program IS NULL AND path NOT IN (SELECT place FROM passed_over WHERE student = ?2)",
           "tt", hash.hex, student);
    sql_do(db, "DELETE FROM unit WHERE submission = ?", "t", hash.hex);
    for (int i = 0; i < terms->lessons; i++) {
        struct hash unit = unit_hash(db, terms, terms->lesson[i], student, hash.hex);
        sql_do(db, "INSERT INTO unit VALUES (?, ?, ?, ?)", "tttl", hash.hex, terms->lesson[i]->folder, unit.hex, now);
    }
}

static void choose_lessons(sqlite3 *db, struct terms *terms)
{
    for (int i = 0; i < terms->kit->lessons; i++) {
        const struct lesson *lesson = &terms->kit->lesson[i];
        if (sql_number(db, "SELECT count(*) FROM found WHERE lesson = ?", "t", lesson->folder) > 0)
            terms->lesson[terms->lessons++] = lesson;
    }
}

int intake_finish(struct intake *intake, struct terms *terms)
{
    sqlite3 *db = intake->db;
    for (int i = 0; i < terms->kit->lessons; i++) {
        for (int k = 0; k < terms->kit->lesson[i].programs; k++)
            find_program(db, &terms->kit->lesson[i], terms->kit->lesson[i].program[k]);
    }
    if (terms->lessons == 0)
        choose_lessons(db, terms);
    int students = 0;
    sqlite3_stmt *row = sql_ask(db, "SELECT student FROM found UNION SELECT student FROM passed_over ORDER BY 1", "");
    for (; sql_next(row); students++)
        make_submission(db, terms, sql_text(row, 0));
    sql_do(db, "COMMIT", "");
    sql_do(db, "DROP TABLE found", "");
    sql_do(db, "DROP TABLE passed_over", "");
    return students;
}
