/**
 * @file
 * The class page's part on programs that are alike: a table of pairs, and for each pair the lines that are the same, side by side.
 */
#pragma once

#include <stdio.h>

#include "report/class_page.h"
#include "report/tally.h"

/** Writes the section's content. Each pair's page lies behind its row, as text that the page's script shows when asked.
 *  Of a name that several have, @p tally knows it, the key is shown, too. */
void alike_section(FILE *out, const struct class_source *source, const struct tally *tally);
