#include "check/registry.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static struct check *first; /* sorted by lesson, then by line */
static struct check *last;

static bool is_before(const struct check *a, const struct check *b)
{
    int order = strcmp(a->lesson, b->lesson);
    return order < 0 || (order == 0 && a->line < b->line);
}

/* They come in their order, nearly always: a worker, which starts for each check, must not search for the place of all. */
void check_register(struct check *check)
{
    struct check **place = last == NULL || is_before(check, last) ? &first : &last->next;
    while (*place != NULL && !is_before(check, *place))
        place = &(*place)->next;
    check->next = *place;
    *place = check;
    if (check->next == NULL)
        last = check;
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
