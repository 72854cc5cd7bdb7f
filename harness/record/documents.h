/**
 * @file
 * Result documents that were kept: the results of a class, or of one submission, read back from a file.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

/**
 * Appends the result documents in a file to the array @p documents: one document as JSON, or an array of them. "-" is
 * stdin. Returns -1 if it can't be read or holds anything else; @p problem then gets the reason, for people.
 */
int documents_read(const char *name, json_t *documents, char *problem, size_t size);
