/**
 * @file
 * C as a copyist leaves it: source text becomes tokens that stay the same when names, layout and comments change.
 *
 * - Comments, white space and \#include lines are dropped; so are words that can be put in or left out at will (`const`,
 *   `static` …) and braces.
 * - Every name is one and the same token, and so is every number, every literal, every built-in type (`unsigned long`).
 * - Keywords and operators are tokens of their own.
 *
 * Any bytes are read without harm; what is no C becomes tokens of some kind.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** So many tokens of a program are looked at: ten times as many as the longest of the kit's own solutions has. */
enum { TOKENS_MAX = 30000 };

struct token {
    uint32_t code; /**< equal codes: equal tokens */
    int line;      /**< from 1 */
};

/** Reads @p length bytes into @p tokens, which has room for TOKENS_MAX. Returns how many there are; what is beyond the room is
 *  not read. */
int tokens_read(const char *text, size_t length, struct token *tokens);
