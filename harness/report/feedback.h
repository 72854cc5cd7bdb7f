/**
 * @file
 * Feedback for one student, to be sent out: what the class page knows of it, without what is hidden.
 */
#pragma once

#include <jansson.h>
#include <stdio.h>

/** Writes a page of its own. */
void feedback_html(FILE *out, const json_t *document);
/** Writes Markdown (CommonMark), in which no text that others wrote is taken for markup. */
void feedback_markdown(FILE *out, const json_t *document);
