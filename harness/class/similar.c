#define _GNU_SOURCE
#include "class/similar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "class/fingerprint.h"
#include "class/runs.h"
#include "class/sql.h"

enum { STATUS_FAULT = 3 };

/* A fingerprint, and one who has it. */
struct posting {
    uint64_t print;
    int student;
};

struct pair {
    int student[2];
    int share[2];
    int prints;
};

/* All who have handed in one program. */
struct namesakes {
    sqlite3 *db;
    const struct given *given;
    const char *lesson;
    const char *program;
    char **key; /* of the students, in order */
    int *own;   /* fingerprints of each that are not common */
    int students;
    struct posting *posting;
    size_t postings;
    size_t room;
    struct pair best[SIMILAR_PAIRS_MAX];
    int kept;
    int found;
};

static void *sized(void *old, size_t count, size_t size)
{
    void *new = reallocarray(old, count + 1, size);
    if (new == NULL) {
        fputs("sockeye: no memory left to look for programs that are alike\n", stderr);
        exit(STATUS_FAULT);
    }
    return new;
}

/* ------------------------------------------------ what everybody was given */

/* All of a file of the kit, as text, or NULL; the caller frees it. */
static char *text_of(const char *path)
{
    char *text = NULL;
    size_t room = 0;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return NULL;
    bool read = getdelim(&text, &room, EOF, file) > 0;
    fclose(file);
    if (read)
        return text;
    free(text);
    return NULL;
}

static void give_file(struct given *given, const char *path)
{
    char *text = text_of(path);
    if (text != NULL)
        given_add(given, text, strlen(text));
    free(text);
}

/* The blocks of a chapter between "```c" and "```", each by itself. */
static void give_chapter(struct given *given, const char *path)
{
    char *text = text_of(path);
    for (const char *block = text; block != NULL && (block = strstr(block, "\n```c\n")) != NULL;) {
        block += strlen("\n```c\n");
        const char *end = strstr(block, "```");
        given_add(given, block, end == NULL ? strlen(block) : (size_t)(end - block));
    }
    free(text);
}

static struct given given_by(const struct kit *kit)
{
    struct given given = {NULL, 0, 0};
    for (int i = 0; i < kit->lessons; i++) {
        const struct lesson *lesson = &kit->lesson[i];
        give_chapter(&given, path_of("%s/README.md", lesson_path(kit, lesson).text).text);
        for (int k = 0; k < lesson->programs; k++) {
            const char *program = lesson->program[k];
            give_file(&given, path_of("%s/%s.c", lesson_path(kit, lesson).text, program).text);
            give_file(&given, path_of("%s/%s/%s.c", lesson_solutions(kit, lesson).text, lesson->folder, program).text);
        }
    }
    given_complete(&given);
    return given;
}

/* ------------------------------------------------ the index: fingerprints, and who has them */

static void index_text(struct namesakes *all, const char *student, const void *text, size_t length)
{
    static struct token tokens[TOKENS_MAX];
    static uint64_t gram[TOKENS_MAX];
    static uint64_t print[TOKENS_MAX];
    int count = winnow(gram, grams_of(tokens, tokens_read(text, length, tokens), gram), all->given, print);
    if (all->postings + (size_t)count > all->room) {
        all->room = (all->postings + (size_t)count) * 2;
        all->posting = sized(all->posting, all->room, sizeof *all->posting);
    }
    for (int i = 0; i < count; i++)
        all->posting[all->postings++] = (struct posting){print[i], all->students};
    all->key = sized(all->key, (size_t)all->students + 1, sizeof *all->key);
    all->key[all->students++] = memcpy(sized(NULL, strlen(student), 1), student, strlen(student) + 1);
}

static int compare_postings(const void *a, const void *b)
{
    const struct posting *one = a;
    const struct posting *other = b;
    if (one->print != other->print)
        return one->print > other->print ? 1 : -1;
    return one->student - other->student;
}

/* How many have the fingerprint of the posting at @p first, the first of them. */
static size_t sharers(const struct namesakes *all, size_t first)
{
    size_t end = first;
    while (end < all->postings && all->posting[end].print == all->posting[first].print)
        end++;
    return end - first;
}

static void drop_common(struct namesakes *all)
{
    size_t limit = (size_t)all->students * SIMILAR_COMMON_SHARE / 100;
    size_t kept = 0;
    limit = limit < SIMILAR_COMMON_MIN ? SIMILAR_COMMON_MIN : limit;
    all->own = sized(all->own, (size_t)all->students, sizeof *all->own);
    memset(all->own, 0, (size_t)all->students * sizeof *all->own);
    for (size_t first = 0, count; first < all->postings; first += count) {
        count = sharers(all, first);
        for (size_t i = first; count <= limit && i < first + count; i++) {
            all->own[all->posting[i].student]++;
            all->posting[kept++] = all->posting[i];
        }
    }
    all->postings = kept;
}

static void index_source(struct namesakes *all, const char *student, const char *hash)
{
    sqlite3_stmt *row = sql_ask(all->db, "SELECT content FROM source WHERE hash = ?", "t", hash);
    while (sql_next(row))
        index_text(all, student, sqlite3_column_blob(row, 0), (size_t)sqlite3_column_bytes(row, 0));
}

static void build_index(struct namesakes *all)
{
    /* Contents are asked for one by one: they would all be in memory to be sorted. */
    sqlite3_stmt *row = sql_ask(all->db,
                                "SELECT n.student, f.source FROM newest AS n JOIN file AS f ON f.submission = n.hash"
                                " WHERE f.lesson = ? AND f.program = ? ORDER BY 1",
                                "tt", all->lesson, all->program);
    while (sql_next(row))
        index_source(all, sql_text(row, 0), sql_text(row, 1));
    if (all->postings > 0)
        qsort(all->posting, all->postings, sizeof *all->posting, compare_postings);
    drop_common(all);
}

/* ------------------------------------------------ pairs */

static int larger_share(const struct pair *pair)
{
    return pair->share[0] > pair->share[1] ? pair->share[0] : pair->share[1];
}

static bool is_better(const struct pair *a, const struct pair *b)
{
    if (larger_share(a) != larger_share(b))
        return larger_share(a) > larger_share(b);
    return a->prints > b->prints;
}

static void consider(struct namesakes *all, int one, int other, int prints)
{
    struct pair pair = {{one, other}, {0, 0}, prints};
    if (prints < SIMILAR_PRINTS)
        return;
    for (int i = 0; i < 2; i++)
        pair.share[i] = (int)(100LL * prints / all->own[pair.student[i]]);
    if (larger_share(&pair) < SIMILAR_SHARE)
        return;
    all->found++;
    int at = all->kept;
    while (at > 0 && is_better(&pair, &all->best[at - 1]))
        at--;
    if (at == SIMILAR_PAIRS_MAX)
        return;
    int moved = (all->kept < SIMILAR_PAIRS_MAX ? all->kept : SIMILAR_PAIRS_MAX - 1) - at;
    memmove(&all->best[at + 1], &all->best[at], (size_t)moved * sizeof pair);
    all->best[at] = pair;
    all->kept = at + moved + 1;
}

/* One student after the other is compared with all behind: memory grows with the class, not with its square. */
static void find_pairs(struct namesakes *all)
{
    size_t students = (size_t)all->students;
    size_t *begin = sized(NULL, students + 1, sizeof *begin);
    size_t *posting = sized(NULL, all->postings, sizeof *posting); /* of all students, one after the other */
    int *shared = sized(NULL, students, sizeof *shared);
    begin[0] = 0;
    for (size_t i = 0; i < students; i++)
        begin[i + 1] = begin[i] + (size_t)all->own[i];
    for (size_t i = all->postings; i-- > 0;) {
        int student = all->posting[i].student;
        posting[begin[student] + (size_t)--all->own[student]] = i;
    }
    for (size_t i = 0; i < students; i++)
        all->own[i] = (int)(begin[i + 1] - begin[i]);
    for (size_t one = 0; one < students; one++) {
        memset(shared, 0, students * sizeof *shared);
        for (size_t k = begin[one]; k < begin[one + 1]; k++) {
            for (size_t i = posting[k] + 1;
                 i < all->postings && all->posting[i].print == all->posting[posting[k]].print; i++)
                shared[all->posting[i].student]++;
        }
        for (size_t other = one + 1; other < students; other++)
            consider(all, (int)one, (int)other, shared[other]);
    }
    free(begin);
    free(posting);
    free(shared);
}

/* ------------------------------------------------ telling */

struct source {
    char *text;
    size_t length;
};

static struct source source_of(const struct namesakes *all, int student)
{
    struct source source = {NULL, 0};
    sqlite3_stmt *row =
        sql_ask(all->db,
                "SELECT s.content FROM newest AS n JOIN file AS f ON f.submission = n.hash JOIN source AS s"
                " ON s.hash = f.source WHERE f.lesson = ? AND f.program = ? AND n.student = ?",
                "ttt", all->lesson, all->program, all->key[student]);
    while (sql_next(row)) {
        source.length = (size_t)sqlite3_column_bytes(row, 0);
        source.text = sized(source.text, source.length, 1);
        if (source.length > 0)
            memcpy(source.text, sqlite3_column_blob(row, 0), source.length);
    }
    return source;
}

/* What is no UTF-8 keeps its ASCII. */
static json_t *shown(const struct source *source)
{
    size_t length = source->length < SIMILAR_TEXT_MAX ? source->length : SIMILAR_TEXT_MAX;
    while (length < source->length && length > 0 && (source->text[length] & 0xc0) == 0x80) /* not within a character */
        length--;
    char *text = sized(NULL, length, 1);
    memcpy(text, source->text, length);
    json_t *value = memchr(text, '\0', length) == NULL ? json_stringn(text, length) : NULL;
    for (size_t i = 0; value == NULL && i < length; i++) {
        if (text[i] == '\0' || (text[i] & 0x80) != 0)
            text[i] = '?';
    }
    value = value == NULL ? json_stringn(text, length) : value;
    free(text);
    return value;
}

static json_t *name_of(const struct namesakes *all, int student)
{
    json_t *name = NULL;
    sqlite3_stmt *row = sql_ask(all->db, "SELECT name FROM student WHERE key = ? AND name <> ''", "t",
                                all->key[student]);
    while (sql_next(row))
        name = json_string(sql_text(row, 0));
    return name == NULL ? json_string(all->key[student]) : name;
}

static json_t *told_pair(const struct namesakes *all, const struct pair *pair, json_t *sources)
{
    struct source side[2];
    for (int i = 0; i < 2; i++) {
        const char *key = all->key[pair->student[i]];
        side[i] = source_of(all, pair->student[i]);
        if (json_object_get(sources, key) == NULL)
            json_object_set_new(sources, key, shown(&side[i]));
    }
    json_t *runs = runs_of(side[0].text, side[0].length, side[1].text, side[1].length, all->given);
    free(side[0].text);
    free(side[1].text);
    return json_pack("{s:[s, s], s:[o, o], s:[i, i], s:i, s:o}", "students", all->key[pair->student[0]],
                     all->key[pair->student[1]], "names", name_of(all, pair->student[0]),
                     name_of(all, pair->student[1]), "share", pair->share[0], pair->share[1], "prints", pair->prints,
                     "runs", runs);
}

static void tell_pairs(const struct namesakes *all, similar_function *tell, void *context)
{
    json_t *sources = json_object();
    json_t *pairs = json_array();
    for (int i = 0; i < all->kept; i++)
        json_array_append_new(pairs, told_pair(all, &all->best[i], sources));
    json_t *program = json_pack("{s:s, s:s, s:i, s:i, s:o, s:o}", "lesson", all->lesson, "program", all->program,
                                "students", all->students, "found", all->found, "pairs", pairs, "sources", sources);
    tell(context, program);
    json_decref(program);
}

static void free_namesakes(struct namesakes *all)
{
    for (int i = 0; i < all->students; i++)
        free(all->key[i]);
    free(all->key);
    free(all->own);
    free(all->posting);
}

void similar_programs(sqlite3 *db, const struct kit *kit, similar_function *tell, void *context)
{
    struct given given = given_by(kit);
    sqlite3_stmt *row = sql_ask(db,
                                "SELECT DISTINCT f.lesson, f.program FROM newest AS n JOIN file AS f ON f.submission ="
                                " n.hash WHERE f.lesson IS NOT NULL AND f.program IS NOT NULL ORDER BY 1, 2",
                                "");
    while (sql_next(row)) {
        struct namesakes all = {.db = db, .given = &given, .lesson = sql_text(row, 0), .program = sql_text(row, 1)};
        build_index(&all);
        find_pairs(&all);
        if (all.kept > 0)
            tell_pairs(&all, tell, context);
        free_namesakes(&all);
    }
    given_free(&given);
}
