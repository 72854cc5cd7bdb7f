/**
 * @file
 * The student's own folder: work/NN-name/ for the programs, and what the last checks found.
 *
 * It lies in the kit's folder, or, where the kit is installed (one for a whole lab) or can't be written, in ./work of
 * where sockeye is run; $SOCKEYE_WORK names another. An update of the kit never touches it.
 */
#pragma once

#include <jansson.h>

#include "run/lesson.h"

/** The folder; it need not be there yet. */
struct path work_folder(const struct kit *kit);
/** The lesson that the student is at: the first without full marks that was started, else the first without full marks. */
const struct lesson *work_current(const struct kit *kit);
/** True if the lesson's programs are all in the work folder. */
bool work_is_started(const struct kit *kit, const struct lesson *lesson);
/** Keeps the lessons of a result document, for the board and the hints. Not an error if it can't. */
void work_remember(const struct kit *kit, const json_t *document);
/** What the last check of a lesson found, or NULL; the caller owns it. */
json_t *work_recall(const struct kit *kit, const struct lesson *lesson);
/** True if that was not checked by this version of Sockeye, whose checks and points may be others. */
bool work_is_outdated(const struct kit *kit, const struct lesson *lesson);
/** Keeps how many hints were given for a check; work_hints() is 0 at first and after the check has passed. */
void work_set_hints(const struct kit *kit, const struct lesson *lesson, const char *key, int count);
int work_hints(const struct kit *kit, const struct lesson *lesson, const char *key);
