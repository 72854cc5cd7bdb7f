/**
 * @file
 * A capture of the packets of a private network, in the file format of libpcap (pcap-savefile(5)), for Wireshark.
 *
 * A packet(7) socket hears all interfaces. It is read in every wait, so a capture needs no process of its own, and the
 * kernel queues a packet for it before any program can hear it: nothing that was heard is missing at the end. A packet's
 * time is the check's: the seconds since it began, as in the wire diagram.
 *
 * libpcap itself is not used: on many systems it would bring libdbus and libsystemd into each worker.
 */
#pragma once

#include <stddef.h>

enum { CAPTURE_MAX = 32 << 20 /**< bytes of a file */ };

/** What a capture has come to. */
struct capture {
    size_t packets; /**< in the file */
    size_t cut;     /**< left out because the file was full */
    size_t lost;    /**< by the kernel, for want of room */
};

/** Begins to capture into @p fd, which then belongs to this module. Needs CAP_NET_RAW. Returns NULL, or what could not
 *  be done, with errno. Called before record_begin(): packets from before that are left out. */
const char *capture_begin(int fd);
/** Takes what has come by now, and ends the file. */
struct capture capture_end(void);
