/**
 * @file
 * Reads an archive: starts the unpacker (class/unpacker.c) in a world of its own, and listens to it.
 *
 * The unpacker sees the archive as its descriptor 0, and nothing else of this machine but its libraries. On its
 * descriptor 3 it tells what it finds, a JSON object a line:
 *
 *     {"entry": 0, "kind": "file", "path": "07-fork-server/fork_server.c", "size": 2310, "time": 1700000000}
 *     {"data": "I2lu…"}                    of the entry before it: base64, in pieces
 *     {"problem": "Truncated file body"}   of the entry before it: its data ends here, and is not whole
 *     {"submission": "submission_1", "names": […], "emails": […], "sids": […], "time": 0}    of metadata
 *     {"end": null}                        or a reason why it is not the end of the archive
 *
 * It is no more trusted than the archive: who knows what is in control of it. Each line is checked here.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "class/listing.h"
#include "run/world.h"

enum unpack_way {
    UNPACK_LIST,     /**< tells entries, and the data of Gradescope's metadata */
    UNPACK_TAKE,     /**< tells entries, and the data of sources and archives */
    UNPACK_METADATA, /**< tells what Gradescope's metadata say; the "archive" is that file */
};

enum {
    UNPACK_ENTRIES_MAX = 250000,
    UNPACK_METADATA_MAX = 16 << 20, /**< bytes */
    UNPACK_PIECE = 3 << 16,         /**< bytes of data in a line */
    UNPACK_SECONDS_ALL = 20,        /**< CPU seconds for what holds a class */
    UNPACK_SECONDS_ONE = 8,         /**< and for what is one student's */
    UNPACK_PATIENCE = 5,            /**< so many times that long we wait for it */
};

/** One thing that it told. All of it is there only during the call. */
struct unpacked {
    size_t number; /**< of the entry: they are told in order */
    const char *path;
    enum entry_kind kind;
    long long size;      /**< bytes; -1: not told */
    time_t time;         /**< of its last change; 0: not told */
    const char *problem; /**< NULL: none */
    const char *data;    /**< never NULL */
    size_t length;
    const json_t *metadata; /**< a line of metadata; then all before it is unset */
};

/** Returns false to hear no more. */
typedef bool unpacked_function(void *context, const struct unpacked *found);

/** Reads the archive @p fd from its beginning, in at most @p seconds of CPU. Returns NULL if it came to the archive's end or @p tell did not want more,
 *  or why it did not (for people; until the next call). */
const char *unpack(const struct world *world, int fd, enum unpack_way way, int seconds, unpacked_function *tell,
                   void *context);
