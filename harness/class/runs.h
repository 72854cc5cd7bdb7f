/**
 * @file
 * Where two programs are the same, line by line, for two columns side by side.
 */
#pragma once

#include <jansson.h>

#include "class/fingerprint.h"

/**
 * The runs of tokens that both texts have, of GRAM_TOKENS or more, as lines: [[[first, last], [first, last]], …], in the order of
 * the first text's lines. A run is as long as it can be, but ends where only what was given would follow; runs that go on from
 * each other in both texts are told as one. A place of the second text is in one run at most. The caller owns the value.
 */
json_t *runs_of(const char *one, size_t one_length, const char *other, size_t other_length, const struct given *given);
