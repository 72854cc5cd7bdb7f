/**
 * @file
 * Socket addresses of either family, from numbers and to numbers.
 */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

struct address {
    struct sockaddr_storage storage;
    socklen_t length;
};

/** The address that getaddrinfo(3) would make of a numeric IPv4 or IPv6 @p host; a fault if it is none. */
struct address address_of(const char *host, int port);
/** Its host as a number; lives until the check ends. */
const char *address_host(const struct sockaddr_storage *storage);
/** Its port. */
int address_port(const struct sockaddr_storage *storage);
/** True if it is another one in the wrong byte order, so that a forgotten htons(3) shows. */
bool port_has_an_order(int port);
/** True if this machine has IPv6 on its loopback. */
bool has_ipv6(void);
