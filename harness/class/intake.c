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
    int argument; /* that is being read: the first is 1 */
};

/* ------------------------------------------------ reading */

struct intake *intake_begin(sqlite3 *db)
{
    static struct intake intake;
    intake = (struct intake){.db = db};
    sql_do(db, "PRAGMA temp_store = FILE", "");
    sql_do(db,
           "CREATE TEMP TABLE found (student TEXT, path TEXT, source TEXT, time INTEGER, place TEXT, lesson TEXT,"
           " program TEXT, PRIMARY KEY (student, path))",
           "");
    sql_do(db, "CREATE TEMP TABLE came (student TEXT, argument INTEGER, PRIMARY KEY (student, argument))", "");
    sql_do(db,
           "CREATE TEMP TABLE passed_over (student TEXT, place TEXT, words TEXT, PRIMARY KEY (student, place, words))",
           "");
    sql_do(db, "BEGIN", "");
    return &intake;
}

static void pass_over(sqlite3 *db, const char *student, const char *place, const char *words)
{
    sql_do(db, "INSERT OR IGNORE INTO passed_over VALUES (?, ?, ?)", "ttt", student, place, words);
}

/* Of two files of one name, which came in two arguments, the newer counts; if that can't be told, the one that was read last. */
static bool gives_way(sqlite3 *db, const struct handed_in *found)
{
    const char *student = found->student->key;
    char *other = NULL;
    sqlite3_stmt *row = sql_ask(db, "SELECT time, place FROM found WHERE student = ? AND path = ?", "tt", student,
                                found->path);
    bool older = false;
    if (sql_next(row)) {
        long long time = sqlite3_column_int64(row, 0);
        older = found->time > 0 && time > 0 && found->time < time;
        other = strdup(sql_text(row, 1));
        sql_enough(row);
    }
    if (other != NULL && older)
        pass_over(db, student, found->place, path_of("the newer one counts: %s", other).text);
    else if (other != NULL)
        pass_over(db, student, other, path_of("the newer one counts: %s", found->place).text);
    free(other);
    return older;
}

static void take(void *context, const struct handed_in *found)
{
    const struct intake *intake = context;
    sqlite3 *db = intake->db;
    const struct student *who = found->student;
    /* A folder does not tell what a platform did. */
    sql_do(db,
           "INSERT INTO student VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET name = excluded.name,"
           " id = iif(excluded.id = '', id, excluded.id), login = iif(excluded.login = '', login, excluded.login),"
           " email = iif(excluded.email = '', email, excluded.email)",
           "ttttt", who->key, who->name, who->id, who->login, who->email);
    if (!found->nobodys)
        sql_do(db, "INSERT OR IGNORE INTO came VALUES (?, ?)", "tl", who->key, (long long)intake->argument);
    if (found->data == NULL) {
        pass_over(db, who->key, found->place, found->problem);
        return;
    }
    struct hash hash = hash_of(found->data, found->length);
    sql_do(db, "INSERT OR IGNORE INTO source VALUES (?, ?)", "tb", hash.hex, found->data, found->length);
    if (!gives_way(db, found))
        sql_do(db, "INSERT OR REPLACE INTO found (student, path, source, time, place) VALUES (?, ?, ?, ?, ?)", "tttlt",
               who->key, found->path, hash.hex, (long long)found->time, found->place);
}

/* Somebody of that name is known: then a folder of that name is theirs. */
static bool is_known(sqlite3 *db, const char *argument)
{
    char name[300];
    size_t length = strlen(argument);
    while (length > 1 && argument[length - 1] == '/')
        length--;
    size_t begin = length;
    while (begin > 0 && argument[begin - 1] != '/')
        begin--;
    snprintf(name, sizeof name, "%.*s", (int)(length - begin), argument + begin);
    return sql_number(db, "SELECT count(*) FROM student WHERE key = ?", "t", name) > 0;
}

int intake_read(struct intake *intake, const struct world *world, const char *argument, bool one, const char **problem)
{
    intake->argument++;
    return submissions_read(world, argument, one || is_known(intake->db, argument), take, intake, problem);
}

/* ------------------------------------------------ which file is which program? */

/* A program's file is NAME.c: first in a folder of the lesson's own name, then by itself at the top, then anywhere; of several the
   one in fewest folders, then the newest. */
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
        "   AS rank, time FROM found WHERE path = ?2 OR substr(path, -length(?2) - 1) = '/' || ?2),"
        " best AS (SELECT student, path, row_number() OVER (PARTITION BY student ORDER BY rank,"
        "  length(path) - length(replace(path, '/', '')), time DESC, path) AS place FROM candidate)"
        " UPDATE found SET lesson = ?1, program = ?5 WHERE (student, path) IN"
        "  (SELECT student, path FROM best WHERE place = 1)",
        "ttttt", lesson->folder, name, lesson->name, number, program);
}

/* Why those that are no program are none. */
static void say_what_is_no_program(sqlite3 *db, const struct lesson *lesson, const char *program)
{
    char name[64];
    snprintf(name, sizeof name, "%s.c", program);
    sql_do(db,
           "INSERT OR IGNORE INTO passed_over SELECT f.student, f.path, t.path || ' was taken in its place' FROM found "
           "AS f"
           " JOIN found AS t ON t.student = f.student AND t.lesson = ?1 AND t.program = ?2"
           " WHERE f.program IS NULL AND (f.path = ?3 OR substr(f.path, -length(?3) - 1) = '/' || ?3)",
           "ttt", lesson->folder, program, name);
}

static void say_names(sqlite3 *db, const struct lesson *lesson)
{
    char names[200] = "";
    for (int i = 0; i < lesson->programs; i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s.c", i == 0 ? "" : " and ",
                 lesson->program[i]);
    sql_do(
        db,
        "INSERT OR IGNORE INTO passed_over SELECT student, path, 'lesson ' || ?1 || ' takes ' || ?2 || ' alone' FROM "
        "found"
        " WHERE program IS NULL AND '/' || path LIKE '%/' || ?3 || '/%' AND path NOT IN (SELECT place FROM passed_over"
        " WHERE passed_over.student = found.student)",
        "ltt", (long long)lesson->number, names, lesson->folder);
}

/* What is handed in week by week: of a program that is not there this time, the one before counts. */
static void keep_earlier_programs(sqlite3 *db)
{
    sql_do(
        db,
        "INSERT OR IGNORE INTO found SELECT n.student, f.path, f.source,"
        "  coalesce((SELECT time FROM arrival AS a WHERE a.student = n.student AND a.source = f.source), 0), f.path,"
        "  f.lesson, f.program"
        " FROM newest AS n JOIN file AS f ON f.submission = n.hash AND f.program IS NOT NULL"
        " WHERE n.student IN (SELECT student FROM came) AND NOT EXISTS (SELECT 1 FROM found WHERE student = n.student"
        "  AND lesson = f.lesson AND program = f.program)",
        "");
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

/* One for each lesson that has none yet. */
static void make_units(sqlite3 *db, const struct terms *terms, const char *student, const char *submission,
                       long long now)
{
    for (int i = 0; i < terms->lessons; i++) {
        const char *lesson = terms->lesson[i]->folder;
        if (sql_number(db, "SELECT count(*) FROM unit WHERE submission = ? AND lesson = ?", "tt", submission, lesson) >
            0)
            continue;
        struct hash unit = unit_hash(db, terms, terms->lesson[i], student, submission);
        sql_do(db, "INSERT INTO unit VALUES (?, ?, ?, ?)", "tttl", submission, lesson, unit.hex, now);
    }
}

static void make_submission(sqlite3 *db, const struct terms *terms, const char *student)
{
    long long newest;
    long long now = time(NULL);
    struct hash hash = submission_hash(db, student, &newest);
    /* What is read last counts, also if that is in the same second. */
    long long last = sql_number(db, "SELECT coalesce(max(read_at), 0) FROM submission WHERE student = ? AND hash <> ?",
                                "tt", student, hash.hex);
    if (now <= last)
        now = last + 1;
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
    if (sql_number(db, "SELECT count(*) FROM came WHERE student = ?", "t", student) == 0)
        return; /* nobody's: there is nothing to grade */
    make_units(db, terms, student, hash.hex, now);
}

/* Who is not among those that were read is to have a unit of each lesson as well. */
static void complete_others(sqlite3 *db, const struct terms *terms)
{
    sqlite3_stmt *row = sql_ask(db,
                                "SELECT student, hash FROM newest AS n WHERE student NOT IN (SELECT student FROM came)"
                                " AND EXISTS (SELECT 1 FROM unit WHERE submission = n.hash)",
                                "");
    while (sql_next(row))
        make_units(db, terms, sql_text(row, 0), sql_text(row, 1), time(NULL));
}

static void choose_lessons(sqlite3 *db, struct terms *terms)
{
    for (int i = 0; i < terms->kit->lessons; i++) {
        const struct lesson *lesson = &terms->kit->lesson[i];
        if (sql_number(db,
                       "SELECT EXISTS (SELECT 1 FROM found WHERE lesson = ?1) OR EXISTS (SELECT 1 FROM newest AS n"
                       " JOIN file ON submission = n.hash WHERE lesson = ?1 AND program IS NOT NULL)",
                       "t", lesson->folder) > 0)
            terms->lesson[terms->lessons++] = lesson;
    }
}

/* Who came in several arguments, the first of them by name. */
static void see_who_came(sqlite3 *db, struct taken *told)
{
    told->students = (int)sql_number(db, "SELECT count(DISTINCT student) FROM came", "");
    sqlite3_stmt *row = sql_ask(db, "SELECT student FROM came GROUP BY student HAVING count(*) > 1 ORDER BY 1", "");
    while (sql_next(row)) {
        if (told->together++ == 0)
            snprintf(told->one_together, sizeof told->one_together, "%s", sql_text(row, 0));
    }
}

void intake_finish(struct intake *intake, struct terms *terms, struct taken *told)
{
    sqlite3 *db = intake->db;
    *told = (struct taken){0};
    for (int i = 0; i < terms->kit->lessons; i++) {
        for (int k = 0; k < terms->kit->lesson[i].programs; k++)
            find_program(db, &terms->kit->lesson[i], terms->kit->lesson[i].program[k]);
    }
    for (int i = 0; i < terms->kit->lessons; i++) {
        for (int k = 0; k < terms->kit->lesson[i].programs; k++)
            say_what_is_no_program(db, &terms->kit->lesson[i], terms->kit->lesson[i].program[k]);
        say_names(db, &terms->kit->lesson[i]);
    }
    told->programs = (int)sql_number(db, "SELECT count(*) FROM found WHERE program IS NOT NULL", "");
    keep_earlier_programs(db);
    if (terms->lessons == 0)
        choose_lessons(db, terms);
    see_who_came(db, told);
    sqlite3_stmt *row = sql_ask(db, "SELECT student FROM found UNION SELECT student FROM passed_over ORDER BY 1", "");
    while (sql_next(row))
        make_submission(db, terms, sql_text(row, 0));
    complete_others(db, terms);
    sql_do(db, "COMMIT", "");
    sql_do(db, "DROP TABLE found", "");
    sql_do(db, "DROP TABLE passed_over", "");
    sql_do(db, "DROP TABLE came", "");
}
