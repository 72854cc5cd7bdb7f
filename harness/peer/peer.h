/**
 * @file
 * What a lesson's peer.c is written with: the other end of the conversation, for `sockeye peer N`.
 *
 *     static struct bytes reply(struct bytes line) { … }
 *
 *     PEER(tcp_server, "a server that …", .commands = "run 1 127.0.0.1 PORT 'knock knock'", .reply = reply)
 *
 * A peer.c is compiled with LESSON_FOLDER, the name of its lesson's folder. tcp_server is one of the plays below, each
 * of which brings its options; a lesson that needs another brings a `struct play` of its own. A peer talks on loopback
 * alone, in the foreground, until Ctrl-C, and tells each thing that happens in a line.
 */
#pragma once

#include <stdbool.h>

#include "check/bytes.h"

enum { PLAY_OPTIONS_MAX = 16 };

/** An option of a play, typed as --name. */
struct play_option {
    const char *name;
    const char *argument; /**< such as "PORT"; NULL if it takes none */
    long most;            /**< the argument is a number from 1 to this; 0: any text */
    const char *what;
};

struct peer;

/** A way to be the other end. */
struct play {
    int (*run)(const struct peer *peer);          /**< until it is over; returns the exit status */
    struct play_option options[PLAY_OPTIONS_MAX]; /**< the last has no name */
};

/** What a server answers to a line, which comes without its newline. */
typedef struct bytes reply_function(struct bytes line);

/** A clock that peers ask, as RFC 868 has it. */
struct peer_clock {
    const char *address;
    long ahead; /**< seconds; negative: behind */
};

struct peer {
    const char *lesson; /**< the lesson's folder */
    const struct play *play;
    const char *what;     /**< "a server that …", without a full stop */
    const char *commands; /**< what to type in the other terminal behind "sockeye", PORT for the port; lines */

    reply_function *reply; /**< NULL: the line itself */
    bool at_end;           /**< a server replies at end-of-file, to all that came (to its start, if it is long) */
    const struct peer_clock *clocks; /**< the last has no address */
    const char *group;               /**< a multicast group, in numbers */

    const char *given[PLAY_OPTIONS_MAX]; /**< the play's options as they were typed; "" without an argument */
    const char *sockeye;                 /**< what is typed to run sockeye */
    struct peer *next;
};

/** Accepts clients and answers the first line of each, or all that each has sent. */
extern const struct play tcp_server;
/** Connects to the student's server, once or often, and sends what is typed. */
extern const struct play tcp_client;
/** Answers every datagram with a clock's time, from several addresses; the broadcast address of loopback reaches all. */
extern const struct play udp_clocks;
/** A member of a multicast group on loopback: tells what is sent to it, and sends what is typed, from 127.0.0.2. */
extern const struct play multicast;
/** Listens at a Unix-domain socket, /tmp/sockeye-PORT, and passes on the descriptor of a file that has no other name than
 *  joke. */
extern const struct play unix_files;

/** Gives and takes files by TFTP (RFC 1350), each transfer from a port of its own. */
extern const struct play tftp_server;

/** Announces a peer: called before main() by what PEER makes. */
void peer_register(struct peer *peer);
/** The peer of a lesson, or NULL. */
struct peer *peer_of(const char *lesson);

/** An option as it was typed, or NULL. */
const char *peer_option(const struct peer *peer, const char *name);
/** An option's number, or 0. */
int peer_number(const struct peer *peer, const char *name);

/** PEER(play, "a server that …", .commands = …, …) */
#define PEER(play_, words, ...)                                                                                        \
    static struct peer the_peer = {.lesson = LESSON_FOLDER, .play = &(play_), .what = (words), __VA_ARGS__};           \
    __attribute__((constructor)) static void register_peer(void)                                                       \
    {                                                                                                                  \
        peer_register(&the_peer);                                                                                      \
    }
