#include "check/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "check/bytes.h"
#include "check/verdict.h"

struct address address_of(const char *host, int port)
{
    struct address address = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&address.storage;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address.storage;
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((in_port_t)port);
        address.length = sizeof *v4;
    } else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((in_port_t)port);
        address.length = sizeof *v6;
    } else {
        fault("a check names an address that is none: %s", host);
    }
    return address;
}

const char *address_host(const struct sockaddr_storage *storage)
{
    char host[INET6_ADDRSTRLEN] = "?";
    const void *bytes = storage->ss_family == AF_INET
                            ? (const void *)&((const struct sockaddr_in *)storage)->sin_addr
                            : (const void *)&((const struct sockaddr_in6 *)storage)->sin6_addr;
    inet_ntop(storage->ss_family, bytes, host, sizeof host);
    return text("%s", host);
}

int address_port(const struct sockaddr_storage *storage)
{
    return storage->ss_family == AF_INET ? ntohs(((const struct sockaddr_in *)storage)->sin_port)
                                         : ntohs(((const struct sockaddr_in6 *)storage)->sin6_port);
}

bool port_has_an_order(int port)
{
    return port >> 8 != (port & 0xff);
}
