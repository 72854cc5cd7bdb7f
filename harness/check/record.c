#include "check/record.h"

#include <stdlib.h>
#include <time.h>

static struct event events[RECORD_EVENTS_MAX];
static size_t count;
static size_t left_out;
static double beginning;
static double held_at; /* since then the clock stands still; 0: it goes */

static double monotonic(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void record_begin(void)
{
    beginning = monotonic();
    count = 0;
    left_out = 0;
    held_at = 0;
}

double now(void)
{
    return (held_at > 0 ? held_at : monotonic()) - beginning;
}

void record_hold(bool hold)
{
    if (hold && held_at == 0) {
        held_at = monotonic();
    } else if (!hold && held_at > 0) {
        beginning += monotonic() - held_at;
        held_at = 0;
    }
}

static bool same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* A program's end may be seen before what it did last, which waits in a socket of ours: so that goes in front of it. */
static bool is_overtaken(const struct event *last, const char *from, const char *to)
{
    return same(last->from, YOU) && strcmp(last->event, "exit") == 0 && same(from, YOU) && to != NULL &&
           now() - last->t < 0.05;
}

void record(const char *from, const char *to, const char *event, struct bytes data)
{
    struct event *last = count > 0 ? &events[count - 1] : NULL;
    if (last != NULL && is_overtaken(last, from, to)) {
        struct event end = *last;
        count--;
        record(from, to, event, data);
        if (events[count - 1].t > end.t)
            events[count - 1].t = end.t;
        if (count < RECORD_EVENTS_MAX)
            events[count++] = end;
        else
            left_out++;
        return;
    }
    if (last != NULL && strcmp(event, "data") == 0 && same(last->event, event) && same(last->from, from) &&
        same(last->to, to) && now() - last->t < 0.02) {
        if (last->data.length < RECORD_DATA_MAX)
            last->data = part(join(last->data, data), 0, RECORD_DATA_MAX);
        last->bytes += data.length;
        return;
    }
    record_at(now(), from, to, event, data);
}

void record_at(double t, const char *from, const char *to, const char *event, struct bytes data)
{
    if (count == RECORD_EVENTS_MAX) {
        left_out++;
        return;
    }
    events[count++] = (struct event){
        .t = t,
        .from = from,
        .to = to,
        .event = event,
        .data = join(part(data, 0, RECORD_DATA_MAX), ""),
        .bytes = data.length,
    };
}

static int compare_times(const void *a, const void *b)
{
    double first = ((const struct event *)a)->t;
    double second = ((const struct event *)b)->t;
    return (first > second) - (first < second);
}

void record_sort(void)
{
    qsort(events, count, sizeof *events, compare_times);
}

size_t record_count(size_t *dropped)
{
    *dropped = left_out;
    return count;
}

const struct event *record_get(size_t index)
{
    return &events[index];
}
