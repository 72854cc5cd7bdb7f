/** The other end of lesson 11: a server with one file, which is on no disk. */
#include "peer/peer.h"

PEER(unix_files, "a server that hands over a file, and shows what comes and goes",
     .commands = "run 11 fd_client /tmp/sockeye-PORT joke\nrun 11 fd_client /tmp/sockeye-PORT nothing")
