/**
 * @file
 * UDP peers of the program: stations, which hear what comes to a port and answer for any host. The verbs are in check.h.
 *
 * One socket plays all hosts of a station: IP_PKTINFO (ip(7)) tells where a datagram was sent to, and chooses where an
 * answer comes from. So a broadcast is heard once, and 127.0.0.2 and 127.0.0.3 answer from the port that was asked.
 *
 * Lessons give their peers half a second to answer. What a station sends too late for that is remembered, and makes a
 * failure a fault of ours: see datagrams_were_timely().
 */
#pragma once

#include <stdint.h>
#include <time.h>

#include "check/address.h"
#include "check/clock.h"

enum { TRAPS = 2 };

struct program;

struct station {
    int fd;
    int port;
    const char *address; /**< the only one that it listens on; NULL: all of them */
    int trap[TRAPS];     /**< sockets at ports where a datagram goes by mistake; -1: none */
    int trap_port[TRAPS];
    double last_request;
};

/** A datagram that the program sent. */
struct request {
    struct station *station;
    const char *to; /**< the address it was sent to */
    int port;       /**< the port it was sent to */
    struct address from;
    struct bytes data; /**< its beginning */
    size_t size;
    double arrived;           /**< when the kernel got it, on now()'s clock: before sendto() returned */
    const char *connected_to; /**< the address that the program's socket was connected to when we heard it, or NULL */
    const struct program *program; /**< whose it is */
    bool taken;                    /**< a verb has asked for it */
};

/** A datagram that a peer sends, or will. */
struct sent {
    const struct request *question;
    const char *from;
    bool other_port; /**< from a port of the kernel's choice, not the station's */
    struct answer what;
    double every;      /**< seconds until it is sent again; 0: once */
    double due;        /**< when it should go */
    double room;       /**< so much later is still in time for the program */
    double at;         /**< when it went, just before; 0: not yet */
    struct bytes data; /**< as it went */
    uint32_t clock;    /**< this machine's clock then */
    int times;         /**< how often it went */
};

/** A socket for datagrams that does not block, stamps what comes, and tells where it was sent to. */
int datagram_socket(int family);
/** sendmsg(2) of one datagram. All leave from one processor, and so in their order: loopback has a queue for each, of which a
 *  busy one is late. */
ssize_t datagram_send(int fd, const struct msghdr *message);
/** sendto(2), likewise. */
ssize_t datagram_send_to(int fd, struct bytes what, const struct address *to);
/** A time of the kernel's (SO_TIMESTAMPNS) on now()'s clock. */
double datagram_when(const struct timespec *stamp);
/** The next datagram that has come to the station and that no verb has asked for; NULL if there is none. */
struct request *datagram_next(struct station *station);
/** The address that the program's socket with this port is connected to; NULL if it is not. */
const char *datagram_connected_to(int port);
/** What the peer at an address is called in the record. */
const char *datagram_peer(const char *address);
/** Datagram number @p index that this check has sent or planned; NULL behind the last. */
const struct sent *datagram_sent(int index);
/** When the last question came to the station, or the last answer went from it, whichever was later. */
double datagram_last(const struct station *station);
/** Stops what is sent again and again; returns how many datagrams that were. */
int datagrams_stop(const struct station *station);
/** A fault if a peer was too late with what it sent, or so late that the program had ended before. */
void datagrams_were_timely(void);
/** Why @p program may not have heard what was sent, as far as the kernel knows; NULL if it does not. */
const char *datagrams_unheard(const struct program *program);
