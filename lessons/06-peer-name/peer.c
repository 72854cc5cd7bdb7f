/** The other end of lesson 6: clients who would like to know who they are. */
#include "peer/peer.h"

PEER(tcp_client, "a client that shows what the server says of it", .commands = "run 6 PORT")
