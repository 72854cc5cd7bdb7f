#define _GNU_SOURCE
#include "class/account.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "class/submission.h"

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

const char *account_take(struct account *account, const char *own, size_t length)
{
    if (account->sources == HANDED_IN_FILES_MAX || account->bytes + length > HANDED_IN_TOTAL_MAX) {
        account->full = true;
        return account->sources == HANDED_IN_FILES_MAX ? "more than 2,000 sources: the rest is passed over"
                                                       : "more than 64 MiB of sources: the rest is passed over";
    }
    char *name = strdup(own);
    char **place = name == NULL ? NULL : tsearch(name, &account->names, compare);
    if (place == NULL || *place != name) {
        free(name);
        return place == NULL ? "no memory" : "there is one of this name already, which counts";
    }
    account->sources++;
    account->bytes += length;
    return NULL;
}

const char *account_open(struct account *account)
{
    if (account->seconds >= HANDED_IN_SECONDS_MAX)
        return "the archives before it took too long: the rest is passed over";
    return ++account->archives > HANDED_IN_ARCHIVES_MAX ? "more than 20 archives: the rest is passed over" : NULL;
}

void account_note(struct account *account, const char *own)
{
    enum { NAMED = 5 };
    size_t used = strlen(account->there);
    account->others++;
    if (account->others <= NAMED && used + strlen(own) + 3 < sizeof account->there)
        snprintf(account->there + used, sizeof account->there - used, "%s%s", used > 0 ? ", " : "", own);
}

void account_say_empty(const struct account *account, char *words, size_t size)
{
    int named = account->there[0] == '\0' ? 0 : 1;
    for (const char *at = account->there; (at = strstr(at, ", ")) != NULL; at++)
        named++;
    if (account->others == 0)
        snprintf(words, size, "there is no C source%s",
                 account->problems > 0 ? " that can be taken" : ", and nothing else");
    else if (account->others > named)
        snprintf(words, size, "there is no C source: only %s%s%d more", account->there, named > 0 ? ", and " : "",
                 account->others - named);
    else
        snprintf(words, size, "there is no C source: only %s", account->there);
}

void account_free(struct account *account)
{
    tdestroy(account->names, free);
    account->names = NULL;
}
