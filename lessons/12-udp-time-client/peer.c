/** The other end of lesson 12: three clocks, of which two are wrong. */
#include "peer/peer.h"

static const struct peer_clock clocks[] = {{"127.0.0.1", 0}, {"127.0.0.2", 61}, {"127.0.0.3", -2}, {NULL, 0}};

PEER(udp_clocks, "three clocks at 127.0.0.1, .2 and .3", .commands = "run 12 127.0.0.2 PORT\nrun 12 127.0.0.3 PORT",
     .clocks = clocks)
