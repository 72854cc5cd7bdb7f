/** The other end of lesson 8: clients who talk to the command. */
#include "peer/peer.h"

PEER(tcp_client, "a client that sends what you type here (Ctrl-D: no more comes), and shows what the command says",
     .commands = "run 8 PORT cat")
