/**
 * @file
 * Clocks as RFC 868 tells them: seconds since 1900-01-01 00:00 UTC modulo 2^32, in four bytes, the highest first.
 *
 * A peer's clock is this machine's plus an offset, read at the moment of sending.
 */
#pragma once

#include <stdint.h>

#include "check/bytes.h"

/** What a peer sends: bytes, or its clock. */
struct answer {
    struct bytes bytes;
    bool is_clock;
    long ahead; /**< of this machine's clock, in seconds; negative: behind */
};

/** Bytes, a C string or a struct answer, as an answer. */
#define answer_of(what)                                                                                                \
    _Generic((what), struct answer: answer_same, struct bytes: answer_of_bytes, char *: answer_of_text,               \
             const char *: answer_of_text)(what)

struct answer answer_same(struct answer answer);
struct answer answer_of_bytes(struct bytes bytes);
struct answer answer_of_text(const char *text);

/** A clock so many seconds ahead of this machine's; behind it if negative. */
struct answer clock_ahead(long seconds);
/** How far ahead a clock is that stands, seen from this machine's, on the other side of the wrap of 2036: random, less
 *  than 2^31 seconds either way. */
long across_the_wrap(void);

/** This machine's clock by RFC 868. */
uint32_t clock_now(void);
/** The four bytes of a clock. */
struct bytes clock_bytes(uint32_t clock);
/** The number in the first four bytes; what is missing counts as 0. */
uint32_t clock_of_bytes(struct bytes bytes);

/** Says by verdict_because() which bytes that were sent @p got may have been read from, if any. */
void clock_misread(long long got);
/** Says by verdict_because() why a program may have printed @p got for a clock that is @p ahead, if that has a name. */
void clock_explains(long long got, long ahead);
