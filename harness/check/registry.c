#include "check/registry.h"

#include <stddef.h>
#include <string.h>

static struct check *first;

void check_register(struct check *check)
{
    struct check **place = &first; /* sorted by lesson, then by line */
    while (*place != NULL) {
        int order = strcmp((*place)->lesson, check->lesson);
        if (order > 0 || (order == 0 && (*place)->line > check->line))
            break;
        place = &(*place)->next;
    }
    check->next = *place;
    *place = check;
}

const struct check *checks_of(const char *lesson)
{
    const struct check *check = first;
    while (check != NULL && strcmp(check->lesson, lesson) != 0)
        check = check->next;
    return check;
}

const struct check *check_named(const char *lesson, const char *name)
{
    for (const struct check *c = checks_of(lesson); c != NULL && strcmp(c->lesson, lesson) == 0; c = c->next) {
        if (strcmp(c->name, name) == 0)
            return c;
    }
    return NULL;
}
