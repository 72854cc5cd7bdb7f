/**
 * @file
 * How commands print help of their own.
 */
#pragma once

/** Lines: a paragraph each, or a label, a tab, and what it means. */
void help_print(const char *text);

/** What stands on no command's page, as such lines: what Sockeye is, how commands are typed, what all of them take. */
extern const char help_intro[], help_arguments[], help_common[], help_environment[];

/** One such line; the label is empty for a paragraph. */
struct help_line {
    char label[100];
    char text[1000];
};

/** Reads the next line of @p help. Returns what is behind it, or NULL when there is none left. */
const char *help_read(const char *help, struct help_line *line);

/** Prints all commands as a man page, in mdoc(7). */
void manual_print(void);
