/**
 * @file
 * The rubric: a file in which an instructor says what counts. docs/grading.md tells how it is written.
 *
 * It is read once, by libconfig, into a JSON value that has no defaults left to be filled in and no names left to be looked up.
 * That value is what the gradebook keeps and what class/marking.h computes marks with:
 *
 *     {"lessons": [{"lesson": "07-fork-server", "weight": 30.0, "due": 1796749200, "free_days": 2,
 *                   "percent_a_day": 10.0, "floor": 50.0, "hidden": ["no-zombies"], "points": {"usage": 0}}]}
 *
 * "due" is in seconds since 1970, 0 if there is no such time.
 */
#pragma once

#include <jansson.h>

#include "run/lesson.h"

/**
 * Reads a rubric for the lessons of @p kit. Returns a new JSON value, or NULL if anything is wrong. @p problems, an array, gets a
 * text for each thing that is, and for what may not be meant so, with file and line and in their order: "rubric.cfg:7: there is no
 * lesson 77".
 */
json_t *rubric_read(const char *path, const struct kit *kit, json_t *problems);
