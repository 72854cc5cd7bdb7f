#include "class/documents.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "class/gradebook.h"
#include "record/result.h"
#include "run/path.h"

static bool is_document(const json_t *value)
{
    return strcmp(result_text(value, "schema"), "sockeye/result/v1") == 0 &&
           json_is_array(json_object_get(value, "lessons"));
}

static int append(json_t *value, json_t *documents)
{
    if (!is_document(value))
        return -1;
    return json_array_append(documents, value);
}

static int append_all(json_t *value, json_t *documents)
{
    if (!json_is_array(value))
        return append(value, documents);
    size_t i;
    json_t *document;
    json_array_foreach (value, i, document) {
        if (append(document, documents) == -1)
            return -1;
    }
    return 0;
}

static int read_json(FILE *file, const char *name, json_t *documents, char *problem, size_t size)
{
    json_error_t error;
    json_t *value = json_loadf(file, 0, &error);
    if (value == NULL) {
        snprintf(problem, size, "%s is not JSON: line %d: %s", name, error.line, error.text);
        return -1;
    }
    int result = append_all(value, documents);
    if (result == -1)
        snprintf(problem, size, "%s is JSON, but no result: sockeye check --json writes one", name);
    json_decref(value);
    return result;
}

static void append_one(void *documents, json_t *document)
{
    json_array_append(documents, document);
}

static int read_gradebook(const char *name, json_t *documents, char *problem, size_t size)
{
    const char *why;
    sqlite3 *db = gradebook_open(name, GRADEBOOK_READ, &why);
    if (db == NULL) {
        snprintf(problem, size, "%s", why);
        return -1;
    }
    gradebook_documents(db, append_one, documents);
    sqlite3_close(db);
    return 0;
}

/* By how a file of SQLite begins; or by its name, so that a text of that name is told what it is not. */
static bool is_gradebook(FILE *file, const char *name)
{
    static const char magic[] = "SQLite format 3";
    static const char ending[] = ".sqlite";
    char begin[sizeof magic];
    size_t length = strlen(name);
    if (length >= sizeof ending && strcmp(name + length - (sizeof ending - 1), ending) == 0)
        return true;
    bool is = fread(begin, 1, sizeof begin, file) == sizeof begin && memcmp(begin, magic, sizeof begin) == 0;
    rewind(file);
    return is;
}

static int read_file(const char *name, json_t *documents, char *problem, size_t size)
{
    FILE *file = fopen(name, "re");
    if (file == NULL) {
        snprintf(problem, size, "can't read %s: %s", name, strerror(errno));
        return -1;
    }
    int result = is_gradebook(file, name) ? read_gradebook(name, documents, problem, size)
                                          : read_json(file, name, documents, problem, size);
    fclose(file);
    return result;
}

int documents_read(const char *name, json_t *documents, char *problem, size_t size)
{
    struct stat status;
    if (strcmp(name, "-") == 0)
        return read_json(stdin, "what stdin holds", documents, problem, size);
    if (stat(name, &status) == 0 && S_ISDIR(status.st_mode))
        return read_file(path_of("%s/gradebook.sqlite", name).text, documents, problem, size);
    return read_file(name, documents, problem, size);
}
