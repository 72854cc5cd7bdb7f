#include "class/runs.h"

#include <stdlib.h>
#include <string.h>

/* A gram may be in many places of a program: so many of them are tried. */
enum { TRIED_MAX = 16 };

struct place {
    uint64_t gram;
    int at;
};

struct side {
    struct token token[TOKENS_MAX];
    uint64_t gram[TOKENS_MAX];
    int grams;
};

struct both {
    struct side one;
    struct side other;
    struct place place[TOKENS_MAX]; /* of the other's grams, sorted */
    bool taken[TOKENS_MAX];         /* the other's grams that are in a run */
};

static int compare(const void *a, const void *b)
{
    const struct place *one = a;
    const struct place *other = b;
    if (one->gram != other->gram)
        return one->gram > other->gram ? 1 : -1;
    return (one->at > other->at) - (one->at < other->at);
}

static void read_side(struct side *side, const char *text, size_t length)
{
    side->grams = grams_of(side->token, tokens_read(text, length, side->token), side->gram);
}

static void sort_places(struct both *both)
{
    for (int i = 0; i < both->other.grams; i++)
        both->place[i] = (struct place){both->other.gram[i], i};
    qsort(both->place, (size_t)both->other.grams, sizeof *both->place, compare);
    memset(both->taken, 0, sizeof both->taken);
}

/* The first place that is not before this gram. */
static int first_place(const struct both *both, uint64_t gram)
{
    int low = 0;
    int high = both->other.grams;
    while (low < high) {
        int middle = (low + high) / 2;
        if (both->place[middle].gram < gram)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* How many grams in a row are the same from here on, and nobody was given. */
static int length_from(const struct both *both, int a, int b, const struct given *given)
{
    int length = 0;
    while (a + length < both->one.grams && b + length < both->other.grams && !both->taken[b + length] &&
           both->one.gram[a + length] == both->other.gram[b + length] && !is_given(given, both->one.gram[a + length]))
        length++;
    return length;
}

/* The longest run from the one's gram @p a on; 0, or where it begins in the other. */
static int longest_run(const struct both *both, int a, const struct given *given, int *begin)
{
    int longest = 0;
    uint64_t gram = both->one.gram[a];
    int first = is_given(given, gram) ? both->other.grams : first_place(both, gram);
    for (int i = first; i < both->other.grams && i < first + TRIED_MAX && both->place[i].gram == gram; i++) {
        int length = length_from(both, a, both->place[i].at, given);
        if (length > longest) {
            longest = length;
            *begin = both->place[i].at;
        }
    }
    return longest;
}

/* ------------------------------------------------ in lines */

struct lines {
    int first;
    int last;
};

struct run {
    struct lines one;
    struct lines other;
};

static struct lines lines_of(const struct side *side, int first, int grams)
{
    return (struct lines){side->token[first].line, side->token[first + grams + GRAM_TOKENS - 2].line};
}

static bool goes_on(struct lines before, struct lines lines)
{
    return lines.first >= before.first && lines.first <= before.last + 1;
}

static void extend(struct lines *lines, struct lines by)
{
    lines->last = by.last > lines->last ? by.last : lines->last;
}

/* What goes on in both where the last run ended is one with it: a few given lines lay between. */
static int add_run(struct run *runs, int count, struct run run)
{
    struct run *before = count > 0 ? &runs[count - 1] : NULL;
    if (before == NULL || !goes_on(before->one, run.one) || !goes_on(before->other, run.other)) {
        runs[count] = run;
        return count + 1;
    }
    extend(&before->one, run.one);
    extend(&before->other, run.other);
    return count;
}

static json_t *told(const struct run *runs, int count)
{
    json_t *value = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(value, json_pack("[[i, i], [i, i]]", runs[i].one.first, runs[i].one.last,
                                               runs[i].other.first, runs[i].other.last));
    return value;
}

json_t *runs_of(const char *one, size_t one_length, const char *other, size_t other_length, const struct given *given)
{
    static struct both both;
    static struct run runs[TOKENS_MAX];
    int count = 0;
    read_side(&both.one, one, one_length);
    read_side(&both.other, other, other_length);
    sort_places(&both);
    for (int a = 0; a < both.one.grams;) {
        int b = 0;
        int length = longest_run(&both, a, given, &b);
        if (length > 0) {
            memset(both.taken + b, true, (size_t)length);
            count = add_run(runs, count,
                            (struct run){lines_of(&both.one, a, length), lines_of(&both.other, b, length)});
        }
        a += length > 0 ? length : 1;
    }
    return told(runs, count);
}
