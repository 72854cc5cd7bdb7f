/** The other end of lesson 5: a client, with a keyboard. */
#include "peer/peer.h"

PEER(tcp_client, "a client that sends the lines that you type here (Ctrl-D: no more comes), and shows what comes back",
     .commands = "run 5 PORT")
