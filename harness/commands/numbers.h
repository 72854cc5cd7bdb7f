/**
 * @file
 * Numbers that are typed as arguments.
 */
#pragma once

/** Reads a whole number from 0 to @p max, all of @p text, in @p base. Returns -1 if it is none. */
int number_read(const char *text, int base, unsigned long long max, unsigned long long *value);
