/**
 * @file
 * What `sockeye check` and `sockeye watch` have in common around grade().
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "report/screen.h"
#include "run/lesson.h"
#include "run/world.h"

/** The first check of a lesson brings its skeleton, and says so unless @p quietly: what is to be done is best seen from
 *  where it fails. */
void grading_start_lesson(const struct kit *kit, const struct lesson *lesson, bool quietly);
/** A seed that nobody can guess. */
uint64_t grading_seed(void);
/** Says why this machine gives plain mode only, if it does. */
void grading_tell_mode(const struct screen *screen, const struct world *world);
/** Says that a lesson of the result has full marks, and what one can do now. */
void grading_tell_full_marks(const struct screen *screen, const json_t *lesson);
