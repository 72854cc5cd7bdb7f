/**
 * @file
 * Makes a fresh network namespace, of which the caller is the owner, into a small world: everything is lo.
 */
#pragma once

/**
 * Adds a default route to lo with the source 127.0.0.1, so that 255.255.255.255 and any other address is reached
 * (by lo alone), brings that up, and opens all ports, 37 too, to programs without privileges. Besides, lo gets an
 * address of each family that is not a loopback address, as most machines have one: without, getaddrinfo() finds
 * nothing for AI_ADDRCONFIG. A network that is not fresh, such as the machine's own, is
 * left alone. Returns NULL, or what could not be done.
 */
const char *network_prepare(void);
