#define _GNU_SOURCE
#include "class/metadata.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <yaml.h>

enum { SUBMITTERS_MAX = 50 };

/* Ruby writes its symbols with a colon: ":name". */
static bool is_key(const yaml_node_t *node, const char *key)
{
    if (node == NULL || node->type != YAML_SCALAR_NODE)
        return false;
    const char *text = (const char *)node->data.scalar.value;
    return strcmp(text + (text[0] == ':'), key) == 0;
}

static yaml_node_t *member(yaml_document_t *document, const yaml_node_t *mapping, const char *key)
{
    if (mapping == NULL || mapping->type != YAML_MAPPING_NODE)
        return NULL;
    for (yaml_node_pair_t *pair = mapping->data.mapping.pairs.start; pair < mapping->data.mapping.pairs.top; pair++) {
        if (is_key(yaml_document_get_node(document, pair->key), key))
            return yaml_document_get_node(document, pair->value);
    }
    return NULL;
}

static const char *scalar(const yaml_node_t *node)
{
    return node == NULL || node->type != YAML_SCALAR_NODE ? "" : (const char *)node->data.scalar.value;
}

/* "2026-03-01 09:30:00.123456789 Z" or with "-08:00". */
static time_t time_of(const char *text)
{
    struct tm tm = {0};
    const char *rest = strptime(text, "%Y-%m-%d", &tm);
    if (rest == NULL)
        return 0;
    rest = strptime(rest + (*rest == 'T'), "%H:%M:%S", &tm);
    if (rest == NULL)
        return 0;
    if (*rest == '.')
        rest += 1 + strspn(rest + 1, "0123456789");
    struct tm zone = {0};
    long offset = strptime(rest, "%z", &zone) == NULL ? 0 : zone.tm_gmtoff;
    return timegm(&tm) - offset;
}

static void append(json_t *list, const char *text)
{
    if (*text != '\0')
        json_array_append_new(list, json_string(text));
}

static json_t *submission(yaml_document_t *document, const char *folder, const yaml_node_t *node)
{
    json_t *names = json_array();
    json_t *emails = json_array();
    json_t *sids = json_array();
    const yaml_node_t *list = member(document, node, "submitters");
    if (list != NULL && list->type == YAML_SEQUENCE_NODE) {
        yaml_node_item_t *item = list->data.sequence.items.start;
        for (int i = 0; item < list->data.sequence.items.top && i < SUBMITTERS_MAX; item++, i++) {
            const yaml_node_t *who = yaml_document_get_node(document, *item);
            append(names, scalar(member(document, who, "name")));
            append(emails, scalar(member(document, who, "email")));
            append(sids, scalar(member(document, who, "sid")));
        }
    }
    return json_pack("{ss so so so sI}", "submission", folder, "names", names, "emails", emails, "sids", sids, "time",
                     (json_int_t)time_of(scalar(member(document, node, "created_at"))));
}

const char *metadata_tell(const char *data, size_t length, void tell(json_t *line))
{
    static char words[200];
    yaml_parser_t parser;
    yaml_document_t document;
    if (yaml_parser_initialize(&parser) == 0)
        return "no memory";
    yaml_parser_set_input_string(&parser, (const unsigned char *)data, length);
    const char *problem = NULL;
    if (yaml_parser_load(&parser, &document) == 0) {
        snprintf(words, sizeof words, "line %zu: %s", parser.problem_mark.line + 1,
                 parser.problem == NULL ? "this is no YAML" : parser.problem);
        problem = words;
    } else {
        const yaml_node_t *root = yaml_document_get_root_node(&document);
        if (root == NULL || root->type != YAML_MAPPING_NODE) {
            problem = "it names no submissions";
        } else {
            yaml_node_pair_t *pair = root->data.mapping.pairs.start;
            for (; pair < root->data.mapping.pairs.top; pair++)
                tell(submission(&document, scalar(yaml_document_get_node(&document, pair->key)),
                                yaml_document_get_node(&document, pair->value)));
        }
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    return problem;
}
