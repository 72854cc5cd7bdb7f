/**
 * @file
 * Text in the notations of others: whatever bytes it holds, what is written is valid.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/** Writes @p text into an XML element, or between an attribute's double quotes. What XML 1.0 can't hold at all becomes an
 *  escape as in C: \001. */
void xml_text(FILE *out, const char *text, bool attribute);

/** Writes @p text as a YAML scalar in double quotes, on one line. */
void yaml_text(FILE *out, const char *text);
/** Writes @p text, lines with a newline each, as the content of a YAML block scalar ("key: |"); what YAML can't hold there
 *  becomes a question mark, and the first line has no blanks before it. */
void yaml_block(FILE *out, const char *text, int indent);
