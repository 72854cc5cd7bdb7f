/**
 * @file
 * The record of a check: each step that was taken and each thing that was seen, in order, with its time.
 *
 * The record is the wire diagram, the failure report and the JSON. Data is kept exactly up to RECORD_DATA_MAX bytes
 * an event; the event always has the true number of bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "check/bytes.h"

enum { RECORD_DATA_MAX = 2048, RECORD_EVENTS_MAX = 4096 };

#define YOU "you" /**< the program under test, in the record */

struct event {
    double t;          /**< seconds since the check began */
    const char *from;  /**< who acts: YOU or a peer's name */
    const char *to;    /**< towards whom, or NULL where nobody is addressed */
    const char *event; /**< "connect", "data", "end-of-file", "reset", "datagram", "start", "exit" … */
    struct bytes data; /**< the first bytes of it, or a text such as a command line */
    size_t bytes;      /**< how many bytes there were */
};

/** Adds an event. Data from and to the same as in the last event is added to that one. */
void record(const char *from, const char *to, const char *event, struct bytes data);

/** Adds an event of another time; record_sort() puts it in its place. */
void record_at(double t, const char *from, const char *to, const char *event, struct bytes data);
/** Sorts the events by time. */
void record_sort(void);

/** How many events there are; @p dropped gets how many more there were. */
size_t record_count(size_t *dropped);
const struct event *record_get(size_t index);

/** Seconds since the check began (CLOCK_MONOTONIC). */
double now(void);
/** Holds the clock of now(), or lets it go on. */
void record_hold(bool hold);
/** Begins the record: time 0 is now. */
void record_begin(void);
