/**
 * @file
 * The DNS server of the private network: a peer that answers by itself while a check waits. The verbs are in check.h.
 *
 * It listens on 127.0.0.1, UDP port 53, where the world's /etc/resolv.conf sends every question that /etc/hosts can't
 * answer (run/world.c). It knows what the check has told it, and of everything else it says that there is no such name
 * (NXDOMAIN). Every question and every answer is an event of the record. Source: RFC 1035, RFC 3596 (AAAA).
 *
 * The resolver of the C library gives it one second. What it answered later than that is a fault of ours.
 */
#pragma once

#include <stdbool.h>

/** True while a program still waits for the answer to a question that was left unanswered. */
bool dns_keeps_waiting(void);
