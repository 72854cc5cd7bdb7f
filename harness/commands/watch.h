/**
 * @file
 * The inside of `sockeye watch`: watch.c waits for what happens, watch_show.c shows what there is.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <time.h>

#include "run/grade.h"
#include "run/saves.h"

enum watch_view { VIEW_REPORT, VIEW_HINT, VIEW_WIRE, VIEW_REPLAY };
enum watch_state { WATCH_IDLE, WATCH_BUILDING, WATCH_CHECKING, WATCH_REPLAYING };

enum { WATCH_CHECKS_MAX = 256 };

struct watch {
    const struct kit *kit;
    const struct lesson *lesson;
    struct world world;
    struct saves saves;
    bool on_screen; /**< at a terminal; else a line for each result */

    int events; /**< epoll(7): what may happen */
    int signals;
    int ticks;

    bool check_now, replay_now, suspend, quit; /**< what is to be done next */
    bool input_ended;                          /**< without a terminal: the check under way is the last one */

    enum watch_state state;
    json_t *document;      /**< the last result, or the one under way; NULL before the first */
    json_t *replayed;      /**< that of the last replay */
    char failed[100];      /**< the check that failed last, by name; "" if none did */
    struct timespec ended; /**< when the last check ended */
    int status;            /**< its exit status */

    enum watch_view view;
    int top;                     /**< lines that are scrolled away */
    char *hint;                  /**< what `sockeye hint` has said last */
    bool told[WATCH_CHECKS_MAX]; /**< the checks whose lines are printed, without a terminal */
};

/** The lesson in a result of watch's. */
json_t *watch_lesson(const json_t *document);
/** Draws the screen anew. */
void watch_draw(struct watch *watch);
/** Without a terminal: prints a line for each check that has a result now. */
void watch_print_new(struct watch *watch);
/** Without a terminal: prints what stands at the end of a check. */
void watch_print_end(struct watch *watch);
