/* check/record.h: what is kept of a conversation. */
#define _GNU_SOURCE
#include "check/record.h"

#include <time.h>

#include "unit.h"

static size_t events(void)
{
    size_t dropped;
    return record_count(&dropped);
}

static void keeps_events_in_order(void)
{
    record_begin();
    record("server", NULL, "listen", bytes("port 7"));
    record(YOU, "server", "connect", bytes(""));
    record("server", YOU, "end-of-file", bytes(""));
    assert_number(events(), 3);
    assert_text(record_get(0)->from, "server");
    assert_text(record_get(0)->to, NULL);
    assert_text(record_get(0)->event, "listen");
    assert_text(quoted(record_get(0)->data, 100), "\"port 7\"");
    assert_number(record_get(0)->bytes, 6);
    assert_text(record_get(1)->to, "server");
    assert_text(record_get(2)->from, "server");
    CU_ASSERT(record_get(0)->t >= 0 && record_get(0)->t <= record_get(1)->t && record_get(2)->t <= now());
}

static void begins_anew(void)
{
    record("server", NULL, "listen", bytes(""));
    record_begin();
    size_t dropped = 9;
    assert_number(record_count(&dropped), 0);
    assert_number(dropped, 0);
    CU_ASSERT(now() >= 0 && now() < 1);
}

static double monotonic(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void holds_the_clock(void)
{
    const double while_held = 0.05;
    record_begin();
    record_hold(true);
    double held = now();
    double began = monotonic();
    while (monotonic() - began < while_held)
        CU_ASSERT_EQUAL(now(), held);
    record_hold(true); /* once more: that changes nothing */
    CU_ASSERT_EQUAL(now(), held);
    double before = monotonic();
    record_hold(false);
    record_hold(false);
    double since = now() - held;
    CU_ASSERT(since >= 0 && since <= monotonic() - before);
}

/* Coalescing asks the clock, so a stall of this machine may come between: then once more. */
static void puts_pieces_of_the_same_stream_together(void)
{
    for (int tries = 0; tries < 50; tries++) {
        record_begin();
        record(YOU, "server", "data", bytes("knock "));
        record(YOU, "server", "data", bytes("knock"));
        record(YOU, "server", "data", literal("\0"));
        if (now() < 0.02)
            break;
    }
    assert_number(events(), 1);
    assert_text(quoted(record_get(0)->data, 100), "\"knock knock\\000\"");
    assert_number(record_get(0)->bytes, 12);
}

static void keeps_apart_what_is_not_the_same_stream(void)
{
    record_begin();
    record(YOU, "client 1", "data", bytes("a"));
    record(YOU, "client 2", "data", bytes("b"));
    record("client 2", YOU, "data", bytes("c"));
    record("client 1", YOU, "data", bytes("d"));
    record("client 1", NULL, "data", bytes("e"));
    record("client 1", YOU, "connect", bytes(""));
    record("client 1", YOU, "connect", bytes("")); /* only data is put together */
    assert_number(events(), 7);
}

static void keeps_apart_what_comes_later(void)
{
    record_begin();
    record_at(now() - 1, YOU, "server", "data", bytes("a"));
    record(YOU, "server", "data", bytes("b"));
    assert_number(events(), 2);
}

static void cuts_data_and_keeps_its_true_number(void)
{
    record_begin();
    record(YOU, "server", "data", repeated('a', RECORD_DATA_MAX));
    record("server", YOU, "data", repeated('b', 5 * RECORD_DATA_MAX));
    assert_number(record_get(0)->data.length, RECORD_DATA_MAX);
    assert_number(record_get(0)->bytes, RECORD_DATA_MAX);
    assert_number(record_get(1)->data.length, RECORD_DATA_MAX);
    assert_number(record_get(1)->bytes, 5 * RECORD_DATA_MAX);

    for (int tries = 0; tries < 50; tries++) { /* pieces put together are cut just so */
        record_begin();
        record(YOU, "server", "data", repeated('a', RECORD_DATA_MAX - 1));
        record(YOU, "server", "data", bytes("bc"));
        record(YOU, "server", "data", bytes("d"));
        if (now() < 0.02)
            break;
    }
    assert_number(events(), 1);
    assert_number(record_get(0)->data.length, RECORD_DATA_MAX);
    CU_ASSERT(record_get(0)->data.data[RECORD_DATA_MAX - 1] == 'b');
    assert_number(record_get(0)->bytes, RECORD_DATA_MAX + 2);
}

static void owns_its_data(void)
{
    char buffer[] = "first";
    record_begin();
    record(YOU, "server", "data", bytes(buffer));
    memset(buffer, 'x', 5);
    assert_text(quoted(record_get(0)->data, 100), "\"first\"");
}

static void counts_what_does_not_fit(void)
{
    record_begin();
    for (int i = 0; i < RECORD_EVENTS_MAX + 10; i++)
        record("check", NULL, "step", bytes(""));
    size_t dropped;
    assert_number(record_count(&dropped), RECORD_EVENTS_MAX);
    assert_number(dropped, 10);
}

static void sorts_by_time(void)
{
    record_begin();
    record_at(0.3, YOU, NULL, "third", bytes(""));
    record_at(0.1, YOU, NULL, "first", bytes("1"));
    record_at(0.2, YOU, NULL, "second", bytes(""));
    record_at(-0.1, YOU, NULL, "before", bytes(""));
    record_sort();
    assert_text(record_get(0)->event, "before");
    assert_text(record_get(1)->event, "first");
    assert_text(quoted(record_get(1)->data, 10), "\"1\"");
    assert_text(record_get(2)->event, "second");
    assert_text(record_get(3)->event, "third");
}

static void tells_the_end_last(void)
{
    size_t dropped;
    record_begin();
    record(YOU, NULL, "exit", bytes("ends with status 0"));
    record(YOU, "server", "connect", bytes(""));
    record(YOU, "server", "data", bytes("a"));
    record(YOU, "server", "data", bytes("b"));
    record("server", YOU, "data", bytes("c"));
    record(YOU, "server", "end-of-file", bytes(""));
    CU_ASSERT_EQUAL(record_count(&dropped), 5);
    assert_text(record_get(0)->event, "connect");
    assert_text(quoted(record_get(1)->data, 10), "\"ab\"");
    assert_text(record_get(2)->event, "exit");
    CU_ASSERT(record_get(1)->t <= record_get(2)->t);
    assert_text(record_get(4)->event, "end-of-file"); /* something came between: it stays where it was seen */
}

static CU_TestInfo tests[] = {
    {"keeps events in order", keeps_events_in_order},
    {"begins anew", begins_anew},
    {"holds the clock", holds_the_clock},
    {"puts pieces of the same stream together", puts_pieces_of_the_same_stream_together},
    {"keeps apart what is not the same stream", keeps_apart_what_is_not_the_same_stream},
    {"keeps apart what comes later", keeps_apart_what_comes_later},
    {"cuts data and keeps its true number", cuts_data_and_keeps_its_true_number},
    {"owns its data", owns_its_data},
    {"counts what does not fit", counts_what_does_not_fit},
    {"sorts by time", sorts_by_time},
    {"tells a program's end after what it did before", tells_the_end_last},
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo record_suite = {"record", NULL, NULL, NULL, unit_tear_down, tests};
