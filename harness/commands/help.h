/**
 * @file
 * How commands print help of their own.
 */
#pragma once

/** Lines: a paragraph each, or a label, a tab, and what it means. */
void help_print(const char *text);
