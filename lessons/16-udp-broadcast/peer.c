/** The other end of lesson 16: three clocks, of which two are wrong. */
#include "peer/peer.h"

static const struct peer_clock clocks[] = {{"127.0.0.2", 61}, {"127.0.0.3", -2}, {"127.0.0.4", 0}, {NULL, 0}};

PEER(udp_clocks, "three clocks at 127.0.0.2, .3 and .4, and 127.255.255.255 reaches them all",
     .commands = "run 16 -p PORT 127.0.0.2 127.0.0.3\nrun 16 -p PORT 127.255.255.255", .clocks = clocks)
