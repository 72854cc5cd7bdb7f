/**
 * @file
 * The datagrams of TFTP (RFC 1350, section 5 and appendix I): made, and told apart. The verbs are in check.h.
 *
 * A block is counted from 1 without an end; its number on the wire is that modulo 2^16.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "check/bytes.h"

enum { TFTP_READ = 1, TFTP_WRITE = 2, TFTP_DATA = 3, TFTP_ACK = 4, TFTP_ERROR = 5 };
enum { TFTP_HEADER = 4, TFTP_BLOCK = 512, TFTP_LARGEST = TFTP_HEADER + TFTP_BLOCK, TFTP_UNKNOWN_PORT = 5 };

/** A request for a file (TFTP_READ), or to take one (TFTP_WRITE), in octet mode. */
struct bytes tftp_request(int opcode, const char *file);
/** Block @p block of @p content: 512 bytes, or fewer for the last one. */
struct bytes tftp_data(long block, struct bytes content);
struct bytes tftp_ack(long block);
/** The same two in memory of the caller's, TFTP_LARGEST bytes: where they are too many to be kept. */
struct bytes tftp_data_in(char *memory, long block, struct bytes content);
struct bytes tftp_ack_in(char *memory, long block);
struct bytes tftp_error(int code, const char *message);

/** How many blocks that content takes: the last one has fewer than 512 bytes, perhaps none. */
long tftp_blocks(struct bytes content);
/** The first two bytes; 0 if there are fewer. */
int tftp_opcode(struct bytes datagram);
/** The two bytes behind them: a block's number, or an error's code; -1 if there are fewer. */
int tftp_number(struct bytes datagram);
/** The same request, whatever the case of the mode's letters. */
bool tftp_same_request(struct bytes a, struct bytes b);
/** "ACK 3", "DATA 4 with 512 bytes", "a request to read \"name\"": for people. */
const char *tftp_words(struct bytes datagram);
