/** The other end of lesson 4: clients, one after the other or many at once. */
#include "peer/peer.h"

PEER(tcp_client, "a client that sends what you type here (Ctrl-D: no more comes), and shows what comes back",
     .commands = "run 4 PORT")
