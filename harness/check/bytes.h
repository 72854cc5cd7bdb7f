/**
 * @file
 * Bytes, and the random inputs that a check sends: everything here lives until the check ends and is freed then.
 *
 * A verb that takes bytes takes a C string or a `struct bytes` alike: bytes() chooses. Random values come from the
 * run's seed and the check's id alone, so the same seed gives the same conversation.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
    const char *data;
    size_t length;
};

/** A C string or a struct bytes, as bytes; a string's final NUL is not part of them. */
#define bytes(what)                                                                                                    \
    _Generic((what), struct bytes : bytes_same, char * : bytes_of_text, const char * : bytes_of_text)(what)

struct bytes bytes_same(struct bytes bytes);
struct bytes bytes_of_text(const char *text);

/** Bytes of a string literal, NULs inside it included. */
#define literal(text) ((struct bytes){(text), sizeof(text) - 1})

/** Memory until the check ends; zeroed. Ends the check as a fault if there is none. */
void *keep(size_t size);
/** Frees all that keep() gave. */
void keep_release(void);

/** Formats like printf; the text lives until the check ends. */
const char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** One after the other. */
#define join(a, b) join_bytes(bytes(a), bytes(b))
struct bytes join_bytes(struct bytes a, struct bytes b);

/** A part: @p length bytes from @p start, both cut to what is there. */
struct bytes part(struct bytes whole, size_t start, size_t length);

/** The same byte @p count times. */
struct bytes repeated(char byte, size_t count);

/** Restarts the random values: same seed and name, same values. */
void random_seed(uint64_t seed, const char *name);
/** A number from @p low to @p high, both included. */
long random_between(long low, long high);
/** A few lower-case words, such as "knock kettle", without a newline. */
const char *random_words(void);
/** Printable ASCII, no newline, exactly @p length long. */
const char *random_text(size_t length);
/** Any bytes, NULs among them. */
struct bytes random_bytes(size_t length);

/** Bytes as a C string literal, quotes included, cut after @p max bytes with the number of those left out. */
const char *quoted(struct bytes bytes, size_t max);

/** How many bytes two byte strings have in common from the start. */
size_t common_prefix(struct bytes a, struct bytes b);
/** Where @p needle begins in @p hay, or -1. */
long position_of(struct bytes hay, struct bytes needle);
