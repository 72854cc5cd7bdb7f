/**
 * @file
 * Units of work: one student's programs of one lesson, as far as the gradebook has no verdict on them.
 */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>

#include "class/gradebook.h"

struct unit {
    char student[256];
    char lesson[64];
    struct hash hash;
    struct hash submission;
};

/**
 * Makes the list of what is open: units without a verdict, or with nothing but faults; of them the @p shard -th of @p shards
 * parts (from 1; shards 0: all). Returns how many there are.
 *
 * They come in the order of their hashes, which mixes lessons and students: what waits long runs beside what computes.
 */
int units_collect(sqlite3 *db, int shard, int shards);
/** How many units there are at all, with a verdict or without. */
int units_total(sqlite3 *db);
/** Takes the next from the list; false if it is at its end. */
bool units_next(sqlite3 *db, struct unit *unit);
/** Writes a unit's sources to FOLDER/NN-name/NAME.c. Returns -1 with errno. */
int unit_write(sqlite3 *db, const struct unit *unit, const char *folder);
