/**
 * @file
 * What is wrong in a rubric, and what may not be meant so: collected while it is read, and told in the order of its lines.
 */
#pragma once

#include <jansson.h>
#include <libconfig.h>
#include <stdbool.h>

#include "run/lesson.h"

/** A rubric that is being read. */
struct rubric_reader {
    const char *path;
    const struct kit *kit;
    json_t *found; /**< [file, line, words] each; an array to begin with */
    bool is_wrong; /**< something is: then there is no rubric */
};

/** At this setting something is wrong. */
void rubric_wrong(struct rubric_reader *reader, const config_setting_t *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** It may be meant so, or not: the rubric is taken. */
void rubric_doubtful(struct rubric_reader *reader, const config_setting_t *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** Appends all of it to @p problems, texts such as "rubric.cfg:7: there is no lesson 77". */
void rubric_tell(const struct rubric_reader *reader, json_t *problems);
