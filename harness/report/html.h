/**
 * @file
 * HTML from templates and from texts that may be hostile.
 *
 * The templates, the style and the script lie in report/page/ as files of their own, and are part of the executable.
 */
#pragma once

#include <stdio.h>

extern const char page_class_html[];
extern const char page_feedback_html[];
extern const char page_css[];
extern const char page_js[];

/** Writes any UTF-8 text so that it is that text, in an element or in a quoted attribute; control characters as octal escapes. */
void html_text(FILE *out, const char *text);
/** Prints like printf, into a text, and writes that as html_text() does. Longer than 2,000 bytes it is cut. */
void html_format(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** What stands in a template as {{name}}. */
struct hole {
    const char *name; /**< NULL ends a table of them */
    void (*fill)(FILE *out, void *context);
};

/** Writes a template; each hole in it must be in the table. */
void html_template(FILE *out, const char *text, const struct hole *holes, void *context);

/** A part of a page that is shown when it is asked for: packed, it costs a browser hardly anything before. */
struct later {
    FILE *html; /**< write it here */
    char *text;
    size_t length;
};

/** Begins one. */
void later_begin(struct later *later);
/** Ends it and writes it to out: an element of that id, whose content is base64 of zlib's format (RFC 1950). class.js
 *  unpacks it. */
void later_end(struct later *later, FILE *out, const char *id);

/** Fills {{policy}}: the page asks nobody for anything, and of all scripts runs page_js alone. */
void html_policy(FILE *out, void *context);
/** Fills {{css}}. */
void html_css(FILE *out, void *context);
/** Fills {{js}}. */
void html_js(FILE *out, void *context);
