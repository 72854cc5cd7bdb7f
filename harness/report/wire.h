/**
 * @file
 * The wire diagram: the record of a check as a conversation between you and the peers.
 */
#pragma once

#include <jansson.h>

#include "report/screen.h"

/** A step as words: an event, or several that look the same. */
struct wire_step {
    const json_t *event;
    bool is_message; /**< from one to another; else something that one did by itself, or the check did */
    const char *words;
};

/** Tells the steps of @p wire that wire_draw() would draw. Returns how many earlier ones are left out. */
int wire_tell(const json_t *wire, int max, void (*tell)(void *context, const struct wire_step *step), void *context);

/** Draws the events of @p wire; at most @p max lines, the last ones, and says how many are left out. 0: all. */
void wire_draw(const struct screen *screen, const json_t *wire, int indent, int max);
