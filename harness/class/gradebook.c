#define _GNU_SOURCE
#include "class/gradebook.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "class/marking.h"
#include "class/sql.h"
#include "record/result.h"
#include "run/grade.h"

enum { VERSION = 1, APPLICATION = 0x536f636b /* "Sock": file(1) tells it from other databases */ };

/* How long one waits for the other: a reader lasts as long as it likes, a verdict is written in a moment. */
enum { WRITER_WAITS_MS = 60000, READER_WAITS_MS = 20000 };

static const char schema[] =
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);"
    "CREATE TABLE student (key TEXT PRIMARY KEY, name TEXT NOT NULL, id TEXT NOT NULL, login TEXT NOT NULL,"
    " email TEXT NOT NULL);"
    "CREATE TABLE submission (hash TEXT PRIMARY KEY, student TEXT NOT NULL REFERENCES student (key),"
    " handed_in INTEGER NOT NULL, read_at INTEGER NOT NULL);"
    "CREATE INDEX submission_student ON submission (student, read_at);"
    "CREATE TABLE source (hash TEXT PRIMARY KEY, content BLOB NOT NULL);"
    "CREATE TABLE file (submission TEXT NOT NULL REFERENCES submission (hash), path TEXT NOT NULL,"
    " source TEXT NOT NULL REFERENCES source (hash), lesson TEXT, program TEXT, PRIMARY KEY (submission, path));"
    "CREATE TABLE problem (submission TEXT NOT NULL REFERENCES submission (hash), place TEXT NOT NULL,"
    " words TEXT NOT NULL, PRIMARY KEY (submission, place, words));"
    "CREATE TABLE unit (submission TEXT NOT NULL REFERENCES submission (hash), lesson TEXT NOT NULL,"
    " hash TEXT NOT NULL, made_at INTEGER NOT NULL, PRIMARY KEY (submission, lesson));"
    "CREATE INDEX unit_hash ON unit (hash);"
    "CREATE TABLE verdict (student TEXT NOT NULL REFERENCES student (key), unit TEXT NOT NULL, attempt INTEGER NOT "
    "NULL,"
    " lesson TEXT NOT NULL, status TEXT NOT NULL, score INTEGER NOT NULL, max_score INTEGER NOT NULL,"
    " seed TEXT NOT NULL, kit TEXT NOT NULL, mode TEXT NOT NULL, fault INTEGER NOT NULL, graded_at INTEGER NOT NULL,"
    " seconds REAL NOT NULL, cpu_seconds REAL NOT NULL, result TEXT NOT NULL, PRIMARY KEY (student, unit, attempt));"
    /* What counts now: each student's newest submission, and of each of its units the last verdict. */
    "CREATE VIEW newest AS SELECT student, hash FROM submission AS s WHERE hash ="
    " (SELECT hash FROM submission WHERE student = s.student ORDER BY read_at DESC, handed_in DESC, hash LIMIT 1);"
    "CREATE VIEW mark AS SELECT n.student, u.lesson, n.hash AS submission, v.unit, v.attempt, v.status, v.score,"
    " v.max_score, v.seed, v.kit, v.mode, v.fault, v.graded_at, v.seconds, v.cpu_seconds, v.result"
    " FROM newest AS n JOIN unit AS u ON u.submission = n.hash"
    " JOIN verdict AS v ON v.student = n.student AND v.unit = u.hash AND v.attempt ="
    " (SELECT max(attempt) FROM verdict WHERE student = n.student AND unit = u.hash);";

/* When a student was first known to have handed in a content. A gradebook of an earlier kit gets it when it is next written to. */
static const char arrivals[] =
    "CREATE TABLE IF NOT EXISTS arrival (student TEXT NOT NULL, source TEXT NOT NULL, time INTEGER NOT NULL,"
    " PRIMARY KEY (student, source))";

struct hash hash_of(const void *data, size_t length)
{
    struct hash hash;
    SHA256Data(data, length, hash.hex);
    return hash;
}

/* ------------------------------------------------ opening */

static const char *saying(const char *path, const char *words)
{
    static char text[600];
    snprintf(text, sizeof text, "%.400s: %s", path, words);
    return text;
}

/* The number that is asked for, or -1: then sql_problem() says why there is none. */
static long long pragma(sqlite3 *db, const char *question)
{
    sqlite3_stmt *asked = NULL;
    long long value = -1;
    if (sqlite3_prepare_v2(db, question, -1, &asked, NULL) == SQLITE_OK && sqlite3_step(asked) == SQLITE_ROW)
        value = sqlite3_column_int64(asked, 0);
    sqlite3_finalize(asked); /* the error, if there was one, stays the database's last */
    return value;
}

/* Who writes keeps this byte locked, which SQLite does not use: it lies behind its own (PENDING_BYTE), in a page that has no
   data. So there is one writer, and between its transactions others may read. It is a lock of the open file, since SQLite
   takes back all those of the process; and the descriptor stays open, since a process that closes one loses them (fcntl(2)). */
static int writing = -1;

/* False: another has it. A run that was killed a moment ago may have left a process that is about to end. */
static bool lock_for_writing(const char *path)
{
    enum { TRIES = 100 };
    static const struct timespec moment = {.tv_nsec = 10000000};
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0x40000000 + 1000, .l_len = 1};
    writing = open(path, O_RDWR | O_CLOEXEC);
    for (int i = 0; writing != -1 && i < TRIES; i++) {
        if (fcntl(writing, F_OFD_SETLK, &lock) == 0 || (errno != EAGAIN && errno != EACCES))
            return true;
        nanosleep(&moment, NULL);
    }
    return writing == -1; /* where it can't be written, SQLite says why */
}

void gradebook_leave(void)
{
    if (writing != -1)
        close(writing);
    writing = -1;
}

static void begin_for_good(sqlite3 *db)
{
    sqlite3_busy_timeout(db, WRITER_WAITS_MS);
    /* What is committed survives a loss of power (sqlite.org, PRAGMA synchronous). */
    sql_do(db, "PRAGMA synchronous = EXTRA", "");
    sql_do(db, "PRAGMA foreign_keys = ON", "");
    sql_do(db, "BEGIN IMMEDIATE", "");
}

static void make_tables(sqlite3 *db)
{
    char *words = NULL;
    if (sqlite3_exec(db, schema, NULL, NULL, &words) != SQLITE_OK)
        sql_failed(db);
    char numbers[120];
    snprintf(numbers, sizeof numbers, "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION, VERSION);
    if (sqlite3_exec(db, numbers, NULL, NULL, NULL) != SQLITE_OK)
        sql_failed(db);
}

/* SQLite takes what lacks of the last page for zeros. */
static bool lacks_bytes(sqlite3 *db, const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 &&
           status.st_size < pragma(db, "PRAGMA page_count") * pragma(db, "PRAGMA page_size");
}

/* NULL, or why it can't be used. An empty file is one that is to be made. */
static const char *examined(sqlite3 *db, const char *path, bool create)
{
    long long application = pragma(db, "PRAGMA application_id");
    long long version = pragma(db, "PRAGMA user_version");
    long long tables = pragma(db, "SELECT count(*) FROM sqlite_master");
    if (tables == -1)
        return saying(path, sql_problem(db));
    if (tables == 0 && create)
        return NULL;
    if (tables == 0 || application != APPLICATION)
        return saying(path, "this is no gradebook of Sockeye");
    if (lacks_bytes(db, path))
        return saying(path, sql_words(SQLITE_CORRUPT));
    if (version > VERSION)
        return saying(path, "this gradebook was made by a later Sockeye: use that one");
    return NULL;
}

sqlite3 *gradebook_open(const char *path, enum gradebook_use use, const char **problem)
{
    static const int flags[] = {
        [GRADEBOOK_READ] = SQLITE_OPEN_READONLY, [GRADEBOOK_WRITE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE};
    sqlite3 *db = NULL;
    mode_t before = umask(077); /* it holds other people's work and marks */
    int opened = sqlite3_open_v2(path, &db, flags[use], NULL);
    umask(before);
    if (opened != SQLITE_OK) {
        *problem = saying(path, access(path, F_OK) == -1 && use == GRADEBOOK_READ ? "there is no such file"
                                                                                  : sql_problem(db));
        sqlite3_close(db);
        return NULL;
    }
    if (use == GRADEBOOK_READ)
        sqlite3_busy_timeout(db, READER_WAITS_MS);
    *problem = use == GRADEBOOK_WRITE && !lock_for_writing(path)
                   ? saying(path, "another sockeye is at work on this gradebook")
                   : examined(db, path, use == GRADEBOOK_WRITE);
    if (*problem != NULL) {
        sqlite3_close(db);
        return NULL;
    }
    if (use == GRADEBOOK_READ)
        return db;
    begin_for_good(db);
    if (pragma(db, "SELECT count(*) FROM sqlite_master") == 0)
        make_tables(db);
    sql_do(db, arrivals, "");
    sql_do(db, "COMMIT", "");
    return db;
}

/* ------------------------------------------------ verdicts */

static json_t *without_dull_wires(const json_t *result)
{
    json_t *copy = json_deep_copy(result);
    size_t i;
    json_t *check;
    json_array_foreach (json_object_get(copy, "checks"), i, check) {
        if (!result_has_status(check, "failed"))
            json_object_set_new(check, "wire", json_array());
    }
    return copy;
}

void gradebook_settle(sqlite3 *db)
{
    if (sqlite3_get_autocommit(db) == 0)
        sql_do(db, "COMMIT", "");
}

/* To write to the disk takes longer than to see that a program is missing: that alone waits for the next verdict. */
void gradebook_keep(sqlite3 *db, const struct verdict_row *row)
{
    bool can_wait = result_has_status(row->result, "missing");
    if (can_wait && sqlite3_get_autocommit(db) != 0)
        sql_do(db, "BEGIN", "");
    json_t *kept = without_dull_wires(row->result);
    char *text = json_dumps(kept, JSON_COMPACT);
    sql_do(db,
           "INSERT INTO verdict SELECT ?1, ?2, 1 + coalesce(max(attempt), 0), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
           "?12, ?13,"
           " ?14 FROM verdict WHERE student = ?1 AND unit = ?2",
           "ttttiitttilddt", row->student, row->unit, row->lesson, result_text(row->result, "status"),
           result_number(row->result, "score"), result_number(row->result, "max_score"), row->seed, row->kit, row->mode,
           result_lesson_has_fault(row->result), (long long)time(NULL), row->seconds, row->cpu_seconds, text);
    if (!can_wait)
        gradebook_settle(db);
    free(text);
    json_decref(kept);
}

void gradebook_set(sqlite3 *db, const char *name, const char *value)
{
    sql_do(db, "INSERT INTO setting VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2", "tt", name, value);
}

char *gradebook_get(sqlite3 *db, const char *name)
{
    char *value = NULL;
    sqlite3_stmt *asked = sql_ask(db, "SELECT value FROM setting WHERE name = ?", "t", name);
    if (sql_next(asked)) {
        value = strdup(sql_text(asked, 0));
        sql_enough(asked);
    }
    return value;
}

void gradebook_forget(sqlite3 *db, const char *name)
{
    sql_do(db, "DELETE FROM setting WHERE name = ?", "t", name);
}

/* ------------------------------------------------ documents */

static json_t *student_of(sqlite3_stmt *row)
{
    static const char *const members[] = {"name", "id", "login", "email"};
    json_t *student = json_object();
    for (int i = 0; i < 4; i++) {
        if (*sql_text(row, i + 1) != '\0')
            json_object_set_new(student, members[i], json_string(sql_text(row, i + 1)));
    }
    return student;
}

static json_t *problems_of(sqlite3 *db, const char *submission)
{
    json_t *problems = json_array();
    sqlite3_stmt *row = sql_ask(db, "SELECT place, words FROM problem WHERE submission = ? ORDER BY 1, 2", "t",
                                submission);
    while (sql_next(row))
        json_array_append_new(problems, json_pack("{s:s, s:s}", "place", sql_text(row, 0), "words", sql_text(row, 1)));
    return problems;
}

/* When what counts of a lesson was handed in: its newest program. 0: unknown. */
static long long handed_in(sqlite3 *db, const char *student, const char *submission, const char *lesson)
{
    return sql_number(db,
                      "SELECT coalesce(max(time), 0) FROM file JOIN arrival ON arrival.source = file.source"
                      " AND arrival.student = ? WHERE submission = ? AND lesson = ?",
                      "ttt", student, submission, lesson);
}

static void add_lessons(sqlite3 *db, json_t *document, const char *student)
{
    sqlite3_stmt *row = sql_ask(
        db, "SELECT result, graded_at, seed, kit, mode, submission, lesson FROM mark WHERE student = ? ORDER BY lesson",
        "t", student);
    while (sql_next(row)) {
        json_t *lesson = json_loads(sql_text(row, 0), 0, NULL);
        if (lesson == NULL)
            continue;
        json_object_set_new(lesson, "graded_at", json_integer(sqlite3_column_int64(row, 1)));
        json_object_set_new(lesson, "handed_in",
                            json_integer(handed_in(db, student, sql_text(row, 5), sql_text(row, 6))));
        json_object_set_new(document, "seed", json_string(sql_text(row, 2)));
        json_object_set_new(document, "kit", json_string(sql_text(row, 3)));
        json_object_set_new(document, "mode", json_string(sql_text(row, 4)));
        json_array_append_new(json_object_get(document, "lessons"), lesson);
    }
}

/* The folders of lessons that have no verdict yet, not even a fault. */
static void add_open(sqlite3 *db, json_t *document, const char *student, const char *submission)
{
    json_t *open = json_array();
    sqlite3_stmt *row = sql_ask(db,
                                "SELECT lesson FROM unit AS u WHERE submission = ?1 AND NOT EXISTS"
                                " (SELECT 1 FROM verdict WHERE student = ?2 AND unit = u.hash) ORDER BY lesson",
                                "tt", submission, student);
    while (sql_next(row))
        json_array_append_new(open, json_string(sql_text(row, 0)));
    result_set_open(document, open);
}

json_t *gradebook_rubric(sqlite3 *db)
{
    char *text = gradebook_get(db, "rubric");
    json_t *rubric = text == NULL ? NULL : json_loads(text, 0, NULL);
    free(text);
    return rubric;
}

void gradebook_documents(sqlite3 *db, document_function *tell, void *context)
{
    json_t *rubric = gradebook_rubric(db);
    sqlite3_stmt *row =
        sql_ask(db,
                "SELECT key, name, id, login, email, s.hash, s.handed_in FROM student"
                " JOIN newest AS n ON n.student = key JOIN submission AS s ON s.hash = n.hash ORDER BY key",
                "");
    while (sql_next(row)) {
        json_t *document = result_new(kit_version(), "0", true, sql_text(row, 0));
        json_object_set_new(document, "student", student_of(row));
        json_object_set_new(document, "content", json_string(sql_text(row, 5)));
        json_object_set_new(document, "handed_in", json_integer(sqlite3_column_int64(row, 6)));
        json_object_set_new(document, "problems", problems_of(db, sql_text(row, 5)));
        add_lessons(db, document, sql_text(row, 0));
        add_open(db, document, sql_text(row, 0), sql_text(row, 5));
        if (rubric != NULL)
            marking_apply(document, rubric);
        result_sum(document);
        tell(context, document);
        json_decref(document);
    }
    json_decref(rubric);
}

/* ------------------------------------------------ joining */

int gradebook_examine(sqlite3 *db, const char *path, const char **problem)
{
    sqlite3_stmt *asked = NULL;
    bool right = false;
    if (sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &asked, NULL) == SQLITE_OK &&
        sqlite3_step(asked) == SQLITE_ROW)
        right = strcmp(sql_text(asked, 0), "ok") == 0;
    int error = sqlite3_errcode(db);
    if (!right)
        *problem = saying(path,
                          error == SQLITE_OK || error == SQLITE_ROW ? sql_words(SQLITE_CORRUPT) : sql_problem(db));
    sqlite3_finalize(asked);
    return right ? 0 : -1;
}

int gradebook_merge(sqlite3 *db, const char *path, const char **problem)
{
    static const char *const tables[] = {"setting", "student", "submission", "source", "file", "problem", "verdict"};
    sqlite3 *other = gradebook_open(path, GRADEBOOK_READ, problem);
    if (other == NULL)
        return -1;
    sqlite3_close(other);
    sql_do(db, "ATTACH ? AS other", "t", path);
    sql_do(db, "BEGIN", "");
    /* The seed is that of what was read later, which counts. */
    sql_do(
        db,
        "UPDATE setting SET value = o.value FROM other.setting AS o WHERE setting.name = 'seed' AND o.name = 'seed' AND"
        " (SELECT max(read_at) FROM other.submission) > (SELECT coalesce(max(read_at), 0) FROM main.submission)",
        "");
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        char statement[120];
        snprintf(statement, sizeof statement, "INSERT OR IGNORE INTO %s SELECT * FROM other.%s", tables[i], tables[i]);
        sql_do(db, statement, "");
    }
    if (sql_number(db, "SELECT count(*) FROM other.sqlite_master WHERE name = 'arrival'", "") > 0)
        sql_do(db,
               "INSERT INTO arrival SELECT * FROM other.arrival WHERE true ON CONFLICT (student, source) DO UPDATE SET"
               " time = min(time, excluded.time)",
               "");
    /* What was read later counts. */
    sql_do(db,
           "UPDATE submission SET read_at = max(read_at, (SELECT o.read_at FROM other.submission AS o WHERE o.hash ="
           " submission.hash)) WHERE hash IN (SELECT hash FROM other.submission)",
           "");
    sql_do(db,
           "INSERT INTO unit SELECT * FROM other.unit WHERE true ON CONFLICT (submission, lesson) DO UPDATE SET"
           " hash = excluded.hash, made_at = excluded.made_at WHERE excluded.made_at > made_at",
           "");
    sql_do(db, "COMMIT", "");
    sql_do(db, "DETACH other", "");
    return 0;
}
