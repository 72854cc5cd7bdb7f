/**
 * @file
 * Fingerprints of a program, by winnowing (Schleimer, Wilkerson, Aiken: "Winnowing: Local Algorithms for Document
 * Fingerprinting", SIGMOD 2003).
 *
 * Each GRAM_TOKENS tokens in a row are a gram, and grams are compared by their hashes. Of each WINDOW_GRAMS grams in a row the
 * one with the smallest hash becomes a fingerprint. What that guarantees:
 *
 * - two programs that share a run of GRAM_TOKENS + WINDOW_GRAMS - 1 tokens or more share a fingerprint in it;
 * - they never share one because of a run shorter than GRAM_TOKENS.
 *
 * Grams that everybody was given are no candidates: a window that holds others as well chooses among those, so the
 * guarantee stays for each run in which not every gram was given.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "class/tokens.h"

enum { GRAM_TOKENS = 16, WINDOW_GRAMS = 8 };

/** A set of grams that were given to everybody. */
struct given {
    uint64_t *gram; /**< sorted, once it is complete */
    size_t count;
    size_t room;
};

/** Adds all grams of a text. Memory that can't be had leaves the set as it was: more will look alike. */
void given_add(struct given *given, const char *text, size_t length);
/** To be called after the last given_add() and before the first question. */
void given_complete(struct given *given);
bool is_given(const struct given *given, uint64_t gram);
void given_free(struct given *given);

/** The hash of the gram that begins at each token. Returns how many there are: 0 if @p count is less than GRAM_TOKENS. */
int grams_of(const struct token *tokens, int count, uint64_t *gram);

/** Chooses the fingerprints among @p count grams. @p print has room for as many; it comes out sorted, each value once. Returns how
 *  many there are. */
int winnow(const uint64_t *gram, int count, const struct given *given, uint64_t *print);
