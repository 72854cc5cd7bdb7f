/**
 * @file
 * UTF-8, which all texts of a result are: JSON knows no other. What programs, compilers and files say may be any bytes.
 */
#pragma once

#include <stddef.h>

/** Bytes of the UTF-8 character at the start of @p text, 0 if there is none: at the end, or where the bytes are no UTF-8. */
int utf8_bytes(const char *text);

/** Puts a question mark for each byte that is no UTF-8. */
void utf8_mend(char *text);

/** Copies @p from as a part of a line that is shown: control characters and bytes that are no UTF-8 become escapes as in C
 *  (\033). It is cut between two characters where @p size bytes, with a NUL, have no room. A copy's copy is the same. */
void utf8_line(char *to, size_t size, const char *from);
