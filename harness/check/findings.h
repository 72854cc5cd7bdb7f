/**
 * @file
 * What a program's system calls (story.h) show for sure beside what its peers sent: bytes that it never read, data that
 * it never finished to write, a datagram that was cut.
 *
 * A finding is a fact, whatever the check was about. Where the trace leaves a doubt, nothing is said.
 */
#pragma once

/** The findings, as sentences; NULL if there are none. After story_record(). */
const char *findings(void);
