/**
 * @file
 * The class page: one HTML file that holds all of a class, and asks nobody for anything.
 *
 * The matrix of students by lessons and what to teach again are plain HTML. Each student's report lies in it as text, which
 * the page's script shows when it is asked for, so that a large class opens at once.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/** Where the documents of a class come from: one by one, each time in the same order, so that memory stays flat. */
struct class_source {
    void (*each)(void *of, void (*tell)(void *context, json_t *document), void *context);
    /** Programs that are alike, as similar_programs() tells them (class/similar.h); called once. */
    void (*alike)(void *of, void (*tell)(void *context, json_t *program), void *context);
    void *of;
};

/** Writes the page; goes through the class twice, and keeps the text of its reports in a
 *  temporary file meanwhile. False with errno if that can't be had. */
bool class_page(FILE *out, const struct class_source *source);
