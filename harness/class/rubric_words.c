#define _GNU_SOURCE
#include "class/rubric_words.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* ------------------------------------------------ dates */

static const char *read_time(const char *rest, struct tm *when)
{
    const char *end = strptime(rest, "%H:%M", when);
    if (end != NULL && *end == ':')
        end = strptime(end, ":%S", when);
    return end;
}

const char *date_read(const char *text, long long *seconds)
{
    struct tm when = {.tm_isdst = -1};
    const char *rest = strptime(text, "%Y-%m-%d", &when);
    if (rest == NULL)
        return DATE_EXPECTED;
    int day = when.tm_mday;
    if (*rest == '\0')
        when.tm_mday++; /* its end is the beginning of the next */
    else if ((*rest != ' ' && *rest != 'T') || (rest = read_time(rest + 1, &when)) == NULL)
        return DATE_EXPECTED;
    struct tm plain = when;
    plain.tm_mday = day;
    plain.tm_hour = 12;
    if (timegm(&plain) == -1 || plain.tm_mday != day)
        return "there is no such day";
    rest += strspn(rest, " ");
    if (*rest == '\0') {
        *seconds = mktime(&when);
        return NULL;
    }
    rest = strptime(rest, "%z", &when);
    if (rest == NULL || *rest != '\0')
        return DATE_EXPECTED;
    long offset = when.tm_gmtoff;
    *seconds = timegm(&when) - offset;
    return NULL;
}

/* ------------------------------------------------ names */

/* How many letters must be put in, left out or changed to make one of the other (Levenshtein 1965). */
static int distance(const char *a, const char *b)
{
    enum { LENGTH_MAX = 127 };
    int row[LENGTH_MAX + 1];
    size_t length = strnlen(b, LENGTH_MAX);
    for (size_t k = 0; k <= length; k++)
        row[k] = (int)k;
    for (size_t i = 0; a[i] != '\0'; i++) {
        int diagonal = row[0];
        row[0] = (int)i + 1;
        for (size_t k = 0; k < length; k++) {
            int same = diagonal + (a[i] == b[k] ? 0 : 1);
            diagonal = row[k + 1];
            int other = (row[k] < diagonal ? row[k] : diagonal) + 1;
            row[k + 1] = same < other ? same : other;
        }
    }
    return row[length];
}

struct nearest nearest_begin(const char *word)
{
    return (struct nearest){.word = word, .distance = INT_MAX};
}

void nearest_offer(struct nearest *nearest, const char *name)
{
    size_t used = strlen(nearest->all);
    snprintf(nearest->all + used, sizeof nearest->all - used, "%s%s", used > 0 ? ", " : "", name);
    int letters = distance(nearest->word, name);
    if (letters >= nearest->distance)
        return;
    nearest->distance = letters;
    snprintf(nearest->best, sizeof nearest->best, "%s", name);
}

const char *nearest_words(struct nearest *nearest)
{
    bool is_like = nearest->distance <= 2 + (int)strlen(nearest->word) / 8;
    snprintf(nearest->words, sizeof nearest->words, is_like ? "did you mean '%s'?" : "there are: %s",
             is_like ? nearest->best : nearest->all);
    return nearest->words;
}
