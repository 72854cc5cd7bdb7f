/**
 * @file
 * The TCP connections of a peer, and the loop that serves them until Ctrl-C.
 *
 * A play fills in a `struct tcp`, adds connections, and calls tcp_serve(). What it says is queued, and goes out as the
 * other side takes it, or a byte at a time. A connection is closed when both directions are, or at once by a reset.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "check/bytes.h"
#include "peer/peer.h"

enum { CONNECTIONS_MAX = 1000, FIRST_LINE_MAX = 1 << 20, FLOOD_BYTES = 64 << 20 };

/** What is done differently from a well-behaved peer. */
struct tricks {
    bool dribble;    /**< a byte at a time, ten a second */
    bool stall;      /**< reads nothing until Enter is typed */
    bool reset;      /**< ends by a reset */
    bool half_close; /**< closes its sending direction early */
    bool flood;      /**< sends FLOOD_BYTES */
};

struct side {
    int fd;          /**< -1: closed */
    char client[24]; /**< "client 1": the client's end, whichever we are */
    bool connecting;
    bool stalled;
    char *out; /**< queued, and not shown yet */
    size_t out_length;
    size_t out_sent;
    size_t flood;   /**< bytes still to be sent after `out` */
    bool finishing; /**< close our sending direction when all is sent */
    bool finished;
    bool resetting; /**< reset when all is sent */
    bool heard_end;
    double next_byte;   /**< dribbling: when it may go */
    size_t sent, heard; /**< bytes, in all */
    size_t told_sent, told_heard;
    char *line; /**< a server's: what came before the first newline */
    size_t line_length;
    bool answered;
};

struct tcp {
    const struct peer *peer;
    struct tricks tricks;
    bool is_server;
    int listener;    /**< -1 for a client */
    bool typing;     /**< stdin is still read */
    bool ends_alone; /**< return when the last connection is closed */
    void (*accepted)(struct tcp *tcp, struct side *side);
    void (*connected)(struct tcp *tcp, struct side *side);
    void (*heard)(struct tcp *tcp, struct side *side, struct bytes bytes);
    void (*heard_end)(struct tcp *tcp, struct side *side);
    void (*typed)(struct tcp *tcp, struct bytes line); /**< with its newline */
    void (*typed_end)(struct tcp *tcp);
    struct side side[CONNECTIONS_MAX];
    int sides; /**< places in use so far, some of them closed */
    int added;
    bool refused; /**< nobody listened */
};

/** The options of tricks, for a play's list; the server and the client do them alike. */
struct tricks tricks_of(const struct peer *peer);

/** Listens; a port of 0 becomes one that is free. Returns -1 with errno. */
int tcp_listen(struct tcp *tcp, struct sockaddr_in *address);
/** Begins to connect: what comes of it is told when it is served. Returns -1 with errno if it can't even begin. */
int tcp_connect(struct tcp *tcp, const struct sockaddr_in *address);
/** Queues bytes, which are copied. */
void side_says(struct side *side, struct bytes bytes);
/** Closes, and says so if it has not been closed in both directions. */
void side_closes(struct tcp *tcp, struct side *side);
/** Aborts the connection: the other side gets a reset. */
void side_resets(struct tcp *tcp, struct side *side);
/** Serves until it is over or Ctrl-C is typed; returns the exit status. */
int tcp_serve(struct tcp *tcp);
