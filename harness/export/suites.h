/**
 * @file
 * What was tested, as the formats that list tests show it: a suite a lesson, and in it a test a check, after a first one
 * that says whether the lesson's programs compile.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

/**
 * The suites of an array of result documents, a new JSON array. A suite:
 *
 * - "name": "07-fork-server"; of several documents "Ada: 07-fork-server", never twice the same
 * - "lesson": "07-fork-server"
 * - "seconds": the sum of its tests'
 * - "mark": the lesson's, where there is a rubric
 * - "tests": the checks of the document with the members "number" ("7.3"; "7.0" is the build) and "seed", and "path"
 *   ("work/07-fork-server/fork_server.c") where the place is known. The build's id is "07.build", its max_points 0. Of a
 *   lesson that was not handed in, each test's "observed" says that.
 */
json_t *suites_of(const json_t *documents);

/**
 * What a person is told of a test that did not pass, in lines with a newline each; of one that did, "". Of a hidden
 * check only that it is one, unless @p show_hidden. Control characters are escaped. The caller frees it.
 */
char *test_report(const json_t *test, bool show_hidden);
/** The same in a sentence: what was observed, or the reason. Of a hidden check only that it is one. */
const char *test_message(const json_t *test);

/** What became of all tests of a suite, or of all suites. */
struct tally {
    int tests;
    int failed;
    int faults;
    int skipped; /**< and not graded */
};

void tally_suite(struct tally *tally, const json_t *suite);

/** How a student is called: name, else login, else submission. Belongs to the document. */
const char *student_called(const json_t *document);
