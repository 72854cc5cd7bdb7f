#include "class/fingerprint.h"

#include <stdlib.h>
#include <string.h>

static const uint64_t NONE = UINT64_MAX; /* stands for a gram that was given */

/* ------------------------------------------------ grams */

/* Spreads the bits, so that "the smallest" is any of them (the finalizer of splitmix64). */
static uint64_t mixed(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
}

int grams_of(const struct token *tokens, int count, uint64_t *gram)
{
    static const uint64_t base = 0x9e3779b97f4a7c15U;
    uint64_t leaving = 1; /* base to the power of GRAM_TOKENS */
    uint64_t hash = 0;
    for (int i = 0; i < GRAM_TOKENS; i++)
        leaving *= base;
    for (int i = 0; i < count; i++) {
        hash = hash * base + tokens[i].code;
        if (i >= GRAM_TOKENS)
            hash -= leaving * tokens[i - GRAM_TOKENS].code;
        if (i >= GRAM_TOKENS - 1)
            gram[i - GRAM_TOKENS + 1] = mixed(hash);
    }
    return count < GRAM_TOKENS ? 0 : count - GRAM_TOKENS + 1;
}

/* ------------------------------------------------ sets of them */

static int compare(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a;
    uint64_t other = *(const uint64_t *)b;
    return (one > other) - (one < other);
}

static size_t sorted_once(uint64_t *value, size_t count)
{
    size_t kept = 0;
    if (count > 0)
        qsort(value, count, sizeof *value, compare);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || value[i] != value[kept - 1])
            value[kept++] = value[i];
    }
    return kept;
}

void given_add(struct given *given, const char *text, size_t length)
{
    static struct token tokens[TOKENS_MAX];
    static uint64_t gram[TOKENS_MAX];
    size_t count = (size_t)grams_of(tokens, tokens_read(text, length, tokens), gram);
    if (given->count + count > given->room) {
        size_t room = (given->count + count) * 2;
        uint64_t *larger = reallocarray(given->gram, room, sizeof *larger);
        if (larger == NULL)
            return;
        given->gram = larger;
        given->room = room;
    }
    memcpy(given->gram + given->count, gram, count * sizeof *gram);
    given->count += count;
}

void given_complete(struct given *given)
{
    given->count = sorted_once(given->gram, given->count);
}

bool is_given(const struct given *given, uint64_t gram)
{
    return given->count > 0 && bsearch(&gram, given->gram, given->count, sizeof gram, compare) != NULL;
}

void given_free(struct given *given)
{
    free(given->gram);
    *given = (struct given){NULL, 0, 0};
}

/* ------------------------------------------------ winnowing */

/* Where the smallest of the window from @p from is; of equal ones the last, as in the paper. */
static int smallest(const uint64_t *gram, int from, int length)
{
    int best = from;
    for (int i = from; i < from + length; i++) {
        if (gram[i] <= gram[best])
            best = i;
    }
    return best;
}

int winnow(const uint64_t *gram, int count, const struct given *given, uint64_t *print)
{
    static uint64_t own[TOKENS_MAX];
    int length = count < WINDOW_GRAMS ? count : WINDOW_GRAMS;
    size_t prints = 0;
    int before = -1;
    for (int i = 0; i < count; i++)
        own[i] = is_given(given, gram[i]) ? NONE : gram[i];
    for (int i = 0; count > 0 && i + length <= count; i++) {
        int at = smallest(own, i, length);
        if (at != before && own[at] != NONE)
            print[prints++] = own[at];
        before = at;
    }
    return (int)sorted_once(print, prints);
}
