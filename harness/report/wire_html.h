/**
 * @file
 * The wire diagram as HTML: a list that a screen reader reads step by step, and that style makes a drawing.
 */
#pragma once

#include <jansson.h>
#include <stdio.h>

/** Writes the last @p max steps of @p wire, and says how many are left out; nothing if there are none. */
void wire_html(FILE *out, const json_t *wire, int max);
