/**
 * @file
 * Gradescope's submission_metadata.yml: who handed in which folder. Runs in the unpacker alone.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

/** Calls @p tell, which takes what it is given, for each submission with an object as class/unpack.h has it. Returns NULL,
 *  or what is wrong with the file (for people; static). */
const char *metadata_tell(const char *data, size_t length, void tell(json_t *line));
