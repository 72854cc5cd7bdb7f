/**
 * @file
 * Marks: what verdicts are worth by a rubric (class/rubric.h). Nothing is graded for it: another rubric gives other marks of the
 * same verdicts.
 */
#pragma once

#include <jansson.h>

/**
 * Gives a student's result document the rubric's lessons and points, and its "mark". Each lesson tells by "handed_in" (seconds since
 * 1970; 0 or missing: unknown, and then it is not late) when its programs were handed in. Then
 *
 * - lessons that the rubric does not name are gone, and checks have the rubric's points, and "hidden" where they are;
 * - a lesson's "mark" is its weight times its share of the points that could be graded, less what lateness costs: "score", "max" and
 *   "late_days". A lesson of which nothing could be graded has 0 of 0. Where it is late, "due", "free_days" and the "percent" that
 *   lateness leaves say by which terms;
 * - the document's "mark" is the sum of these, its "late_days" the most of any lesson, its "percent" the least, and "open" says
 *   how many lessons have no verdict yet. Those count in "max" all the same. The document's "open" names them (result_set_open()).
 *
 * Scores are rounded to hundredths.
 */
void marking_apply(json_t *document, const json_t *rubric);
