#include "record/documents.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "record/result.h"

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

/* One kind of file so far. */
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

int documents_read(const char *name, json_t *documents, char *problem, size_t size)
{
    bool from_stdin = strcmp(name, "-") == 0;
    FILE *file = from_stdin ? stdin : fopen(name, "re");
    if (file == NULL) {
        snprintf(problem, size, "can't read %s: %s", name, strerror(errno));
        return -1;
    }
    int result = read_json(file, from_stdin ? "what stdin holds" : name, documents, problem, size);
    if (!from_stdin)
        fclose(file);
    return result;
}
