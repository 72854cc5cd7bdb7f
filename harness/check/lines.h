/**
 * @file
 * What a program prints, judged line by line: in any order, with a name or a number in it that may be anything.
 *
 * The form of a line is the line itself, as a contract gives it: "Clock on NAME [127.0.0.2] is N seconds ahead". The word
 * NAME stands for one or more characters that are no blanks, the word N for a decimal number with or without a sign; an IPv6
 * address may be written in any way that inet_pton(3) takes.
 */
#pragma once

#include <stdbool.h>

struct line {
    const char *form; /**< NULL ends a list */
    bool optional;    /**< may be missing, but then all optional lines are */
    bool possible;    /**< may be missing, whatever else is there */
    bool unwanted;    /**< must be missing */
    bool numbered;    /**< N is `number`, to within one */
    long number;
    void (*explains)(long long got, long number); /**< sets verdict_because() for a wrong number; may be NULL */
};

/** A line that must be there, once. */
struct line line(const char *form);
/** The same; N must be @p number to within one. */
struct line numbered_line(const char *form, long number);
/** The same; N says how far a clock is ahead, in seconds (clock.h knows the usual mistakes). */
struct line clock_line(const char *form, long ahead);
/** A line for an answer that was none: must not be there (clock.h knows which datagram N was read from). */
struct line no_clock_line(const char *form);
/** A line that may be there, once; of the optional lines all are there or none is. */
struct line optional_line(const char *form);
/** A line that may be there, once, whatever of the optional ones is. */
struct line possible_line(const char *form);

/** True if a printed line, without its newline, has the form of @p line; @p number gets its N, 0 if the form has none. */
bool line_fits(const struct line *line, const char *printed, long long *number);
/** The form with the number that is wanted in place of N, for people. */
const char *line_wording(const struct line *line);
