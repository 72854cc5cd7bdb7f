/**
 * @file
 * The sockets of peers that speak UDP.
 */
#pragma once

/** A socket that does not block, bound to @p host (IPv4, in numbers) and @p port, 0 for any; -1 with errno. */
int udp_bound(const char *host, int port);
/** The port that it is bound to. */
int udp_port(int fd);
