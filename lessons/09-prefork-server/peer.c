/** The other end of lesson 9: clients, as many as you like. */
#include "peer/peer.h"

PEER(tcp_client, "a client that sends what you type here (Ctrl-D: no more comes), and shows what comes back",
     .commands = "run 9 PORT")
