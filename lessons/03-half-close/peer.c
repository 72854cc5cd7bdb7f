/** The other end of lesson 3: somebody who listens to the end before he answers. */
#include "peer/peer.h"

static struct bytes reply(struct bytes all)
{
    const char *newline = all.length == 0 ? NULL : memchr(all.data, '\n', all.length);
    size_t length = newline == NULL ? all.length : (size_t)(newline - all.data);
    return join(join("I have heard you to the end. You began with: ", part(all, 0, length < 60 ? length : 60)), "\n");
}

PEER(tcp_server, "a server that answers when it has heard everything, and shows what comes and goes",
     .commands = "run 3 127.0.0.1 PORT", .reply = reply, .at_end = true)
