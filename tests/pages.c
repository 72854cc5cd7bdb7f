/**
 * pages DIR: reads result documents from stdin, one a line, keeps them in DIR/gradebook.sqlite as `sockeye grade` does,
 * and writes DIR/index.html and DIR/feedback/ from that.
 */
#include <stdio.h>
#include <stdlib.h>

#include "class/gradebook.h"
#include "class/pages.h"
#include "class/sql.h"
#include "record/result.h"
#include "run/path.h"

static void keep_lesson(sqlite3 *db, const json_t *document, const json_t *lesson)
{
    char name[100];
    char unit[400];
    const char *content = result_text(document, "content");
    snprintf(name, sizeof name, "%02d-%s", result_number(lesson, "number"), result_text(lesson, "name"));
    snprintf(unit, sizeof unit, "%s of %s", name, content);
    sql_do(db, "INSERT INTO unit VALUES (?, ?, ?, 1)", "ttt", content, name, unit);
    gradebook_keep(db, &(struct verdict_row){.student = result_text(document, "submission"),
                                             .lesson = name,
                                             .unit = unit,
                                             .seed = result_text(document, "seed"),
                                             .kit = result_text(document, "kit"),
                                             .mode = result_text(document, "mode"),
                                             .result = lesson});
}

/* What is in "open" is to be graded, and has no verdict. */
static void keep_open(sqlite3 *db, const char *content, const char *lesson)
{
    sql_do(db, "INSERT INTO unit VALUES (?1, ?2, ?2 || ' of ' || ?1, 1)", "tt", content, lesson);
}

static void keep(sqlite3 *db, const json_t *document)
{
    const json_t *student = json_object_get(document, "student");
    const char *key = result_text(document, "submission");
    const char *content = result_text(document, "content");
    sql_do(db, "INSERT INTO student VALUES (?, ?, ?, ?, ?)", "ttttt", key, result_text(student, "name"),
           result_text(student, "id"), result_text(student, "login"), result_text(student, "email"));
    sql_do(db, "INSERT INTO submission VALUES (?, ?, ?, 1)", "ttl", content, key,
           (long long)json_integer_value(json_object_get(document, "handed_in")));
    size_t i;
    json_t *value;
    json_array_foreach (json_object_get(document, "problems"), i, value) {
        sql_do(db, "INSERT INTO problem VALUES (?, ?, ?)", "ttt", content, result_text(value, "place"),
               result_text(value, "words"));
    }
    json_array_foreach (json_object_get(document, "lessons"), i, value) {
        keep_lesson(db, document, value);
    }
    json_array_foreach (json_object_get(document, "open"), i, value) {
        keep_open(db, content, json_string_value(value));
    }
}

static int keep_all(sqlite3 *db)
{
    char *line = NULL;
    size_t size = 0;
    int count = 0;
    sql_do(db, "PRAGMA synchronous = OFF", ""); /* a test can lose it */
    sql_do(db, "PRAGMA journal_mode = MEMORY", "");
    while (getline(&line, &size, stdin) != -1) {
        json_t *document = json_loads(line, 0, NULL);
        if (document == NULL)
            return -1;
        keep(db, document);
        json_decref(document);
        count++;
    }
    gradebook_settle(db);
    free(line);
    return count;
}

int main(int argc, char *argv[])
{
    static struct kit kit; /* has no lessons: nothing was given to the class */
    const char *problem = "usage: pages DIR < DOCUMENTS";
    sqlite3 *db = argc == 2 ? gradebook_open(path_of("%s/gradebook.sqlite", argv[1]).text, GRADEBOOK_WRITE, &problem)
                            : NULL;
    if (db != NULL && keep_all(db) == -1)
        problem = "stdin: this is no JSON";
    else if (db != NULL && pages_write(db, &kit, argv[1], &problem) == 0)
        problem = NULL;
    if (problem != NULL)
        fprintf(stderr, "pages: %s\n", problem);
    sqlite3_close(db);
    return problem != NULL;
}
