/**
 * @file
 * The wire diagram: the record of a check as a conversation between you and the peers.
 */
#pragma once

#include <jansson.h>

#include "report/screen.h"

/** Draws the events of @p wire; at most @p max lines, the last ones, and says how many are left out. 0: all. */
void wire_draw(const struct screen *screen, const json_t *wire, int indent, int max);
