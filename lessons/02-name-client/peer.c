/** The other end of lesson 2: somebody at the door again, whom you now call by name. */
#include "peer/peer.h"

static struct bytes reply(struct bytes line)
{
    return line.length == 0 ? bytes("you said nothing\n") : join(line, " who?\n");
}

PEER(tcp_server, "a server that answers the line of each client, and shows what comes and goes",
     .commands = "run 2 localhost:PORT 'knock knock'", .reply = reply)
