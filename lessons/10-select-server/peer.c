/** The other end of lesson 10: guests of the chat, as many as you like. */
#include "peer/peer.h"

PEER(tcp_client, "a client that sends the lines that you type here (Ctrl-D: no more comes), and shows what the others say",
     .commands = "run 10 PORT")
