#define _GNU_SOURCE
#include "run/hints.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "## one, other" names both. */
static bool heading_names(char *line, const char *key)
{
    char *rest = line + 3;
    for (char *word; (word = strsep(&rest, ", \n")) != NULL;) {
        if (strcmp(word, key) == 0)
            return true;
    }
    return false;
}

static void append_line(char *text, size_t size, const char *line)
{
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%.*s", used > 0 ? " " : "", (int)strcspn(line, "\n"), line);
}

static void add_line(struct hints *hints, const char *line)
{
    const char *text = line + strspn(line, " ");
    if (isdigit((unsigned char)line[0]) && strncmp(line + strspn(line, "0123456789"), ". ", 2) == 0) {
        if (hints->count == HINT_STEPS_MAX)
            return;
        hints->count++;
        text = strchr(line, '.') + 2;
    }
    if (hints->count == 0 || *text == '\n' || *text == '\0')
        return;
    append_line(hints->step[hints->count - 1], sizeof hints->step[0], text);
}

int hints_paragraph(const char *path, const char *key, char *text, size_t size)
{
    *text = '\0';
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return -1;
    char *line = NULL;
    size_t room = 0;
    bool ours = false;
    while (getline(&line, &room, file) > 0) {
        if (strncmp(line, "## ", 3) == 0)
            ours = heading_names(line, key);
        else if (ours && line[0] != '\n')
            append_line(text, size, line);
    }
    free(line);
    fclose(file);
    return 0;
}

int hints_read(const char *path, const char *key, struct hints *hints)
{
    memset(hints, 0, sizeof *hints);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return -1;
    char *line = NULL;
    size_t size = 0;
    bool ours = false;
    while (getline(&line, &size, file) > 0) {
        if (strncmp(line, "## ", 3) == 0)
            ours = heading_names(line, key);
        else if (ours)
            add_line(hints, line);
    }
    free(line);
    fclose(file);
    return 0;
}
