/**
 * @file
 * Words in a rubric: dates, and what somebody who has mistyped a name may have meant.
 */
#pragma once

/** What a date looks like, for people. */
#define DATE_EXPECTED "a date is written \"2026-12-04 18:00\", or with an offset \"2026-12-04 18:00 +01:00\""

/**
 * Reads "2026-12-04 18:00", with seconds or without, with an offset ("+01:00", "Z") or in local time. A day alone lasts
 * until its end. Returns NULL with *seconds since 1970, or why it is no date, for people (static).
 */
const char *date_read(const char *text, long long *seconds);

/** The names that are most like a word. */
struct nearest {
    const char *word;
    char best[128];   /**< the first of those that are as like as any */
    int distance;     /**< letters to be typed otherwise to get it */
    char all[1200];   /**< all that were offered, with ", " between */
    char words[1400]; /**< what nearest_words() says */
};

struct nearest nearest_begin(const char *word);
void nearest_offer(struct nearest *nearest, const char *name);
/** "did you mean 'no-zombies'?", or, where nothing is like it, "there are: usage, no-zombies". */
const char *nearest_words(struct nearest *nearest);
