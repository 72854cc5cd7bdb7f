/** The other end of lesson 1: somebody who answers a knock at the door. */
#include "peer/peer.h"

static struct bytes reply(struct bytes line)
{
    if (line.length == 0)
        return bytes("you said nothing\n");
    if (line.length == strlen("knock knock") && memcmp(line.data, "knock knock", line.length) == 0)
        return bytes("who's there?\n");
    return join(line, " who?\n");
}

PEER(tcp_server, "a server that answers the line of each client, and shows what comes and goes",
     .commands = "run 1 127.0.0.1 PORT 'knock knock'", .reply = reply)
