/** The other end of lesson 15: a member of a group, which hears and sends. */
#include "peer/peer.h"

PEER(multicast, "a member of the group 239.255.15.15 on lo. What you type here is sent to the group, from 127.0.0.2",
     .commands = "run 15 mcast_send 239.255.15.15 PORT 127.0.0.1 1 hello\nrun 15 mcast_listen 239.255.15.15 PORT 127.0.0.1",
     .group = "239.255.15.15")
