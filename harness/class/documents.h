/**
 * @file
 * Result documents that were kept: the results of a class, or of one submission, read back.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

/**
 * Appends to the array @p documents what is in a file: one document as JSON, an array of them, or a gradebook; or in the
 * gradebook of a folder that `sockeye grade -o` has made. "-" is JSON on stdin. Returns -1 if it can't be read or holds
 * anything else; @p problem then gets the reason, for people.
 */
int documents_read(const char *name, json_t *documents, char *problem, size_t size);
