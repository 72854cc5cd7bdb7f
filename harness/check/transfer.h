/**
 * @file
 * A file on its way by TFTP: what a peer of ours sends, and what becomes of each datagram that the program sends. The
 * verbs are in check.h.
 *
 * Every datagram of the program's is judged by transfer_next(): it is new, or the last one again because its time-out
 * has passed, or the last one again because ours has come again. One that is sent again for no such reason ends the
 * check. Times are the kernel's stamps, so a harness that is late blames nobody.
 */
#pragma once

#include <stdbool.h>

#include "check/address.h"
#include "check/bytes.h"
#include "check/record.h"
#include "check/wait.h"

struct station;
struct request;

/* A program's time-out is 0.2 to 2 seconds; some clocks tick a hundred times a second only. */
#define TFTP_SOONEST 0.19
#define TFTP_LATEST 2.0
#define TFTP_ROOM 1.0 /**< for a busy machine */

struct transfer {
    struct station *station; /**< where the request came */
    const struct request *request;
    const char *name; /**< of our port, for the record */
    int fd;           /**< our port: the station's own, or one that the kernel chose */
    int port;
    bool at_station;       /**< it is the station's own */
    bool is_stranger;      /**< no transfer, but a third party */
    bool quiet;            /**< its datagrams are too many for the record */
    struct address client; /**< the program's port */
    struct bytes content;  /**< of the file */
    long reached;          /**< the last block that the program has got, or given */

    struct bytes last;               /**< the program's last new datagram: in last_data */
    char last_data[RECORD_DATA_MAX]; /**< what is longer is cut */
    double last_at;                  /**< when it was sent last, by itself or by its time-out */
    double heard_at;                 /**< when the datagram was sent that was heard last, whatever it was */
    int times;                       /**< how often, in that way */
    int excused;                     /**< how often it may come again because ours did */
    long older;                      /**< a block that came again, older than the last; 0: none */
    double answered_at;              /**< when we sent what answers it; 0: not yet */
    int passed_over;                 /**< how often it was sent again long after that */
};

/** What a datagram of the program's is. */
enum came {
    NEW,    /**< another than its last: it is the last now */
    AGAIN,  /**< its last one, sent again because its time-out has passed */
    EXCUSED /**< its last one, or an older ACK, sent again because what it answers has come again */
};

struct transfer_wait {
    const char *expected; /**< for the report */
    double seconds;       /**< 0: as usual; else at most so long */
    const char *excuse;   /**< a fault of ours if the program has ended; or NULL */
    const char *patient;  /**< what is to be thought if the time is up; or NULL */
};

/** Notes a datagram as the program's last new one. */
void transfer_note(struct transfer *transfer, struct bytes datagram, double at);
/** Sends from our port. */
void transfer_send(struct transfer *transfer, struct bytes datagram);
/** Takes a datagram if one has come: true, and *came. Ends the check if it was sent for no reason. */
bool transfer_hear(struct transfer *transfer, enum came *came);
/** Waits for one; ends the check if none comes. */
enum came transfer_next(struct transfer *transfer, const struct transfer_wait *wait);
/** The next new one must be this; ends the check if it is another, or what we sent was passed over. */
void transfer_expect(struct transfer *transfer, struct bytes expected);
/** The last new one is this. */
bool transfer_was(const struct transfer *transfer, struct bytes expected);
/** Ends the check: the new datagram is not what it should be. */
_Noreturn void transfer_differs(const struct transfer *transfer, struct bytes expected);
/** Says why the program may not have heard us: it has connected its socket too early. */
void transfer_explain_silence(const struct transfer *transfer);
/** What we have sent answers the program's last datagram. */
void transfer_answered(struct transfer *transfer);
/** Ends the check if the program has passed over our answer: twice its time-out has passed since. */
void transfer_is_heeded(struct transfer *transfer);
