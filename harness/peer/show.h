/**
 * @file
 * What a peer tells: a line for each thing that happens, with the time, who, and an arrow.
 *
 *       0.004  client 1 ──▶ "knock knock\n"
 *       0.004  client 1 ◀── "who's there?\n"
 */
#pragma once

#include <stdbool.h>

#include "check/bytes.h"
#include "peer/peer.h"

/** Says what the peer is and, unless @p port is 0, what to type in another terminal; times count from here.
 *  @p who_columns: for names. */
void show_peer(const struct peer *peer, int port, int who_columns);
/** The next of a peer's commands, with "sockeye" and the port in it; moves *commands behind it. */
const char *show_command(const struct peer *peer, const char **commands, int port);
/** Bytes that @p who sends or gets; more than a few lines of them are counted instead. */
void show_bytes(const char *who, bool sends, struct bytes bytes);
/** Something else that @p who sends or gets. */
void show_event(const char *who, bool sends, const char *format, ...) __attribute__((format(printf, 3, 4)));
/** Something that is neither sent nor got. */
void show_note(const char *who, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Monotonic seconds since show_peer(). */
double show_time(void);
