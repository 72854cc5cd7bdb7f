/** The other end of lesson 14: a TFTP server that keeps one file, and takes what it is brought. */
#include "peer/peer.h"

PEER(tftp_server, "a TFTP server: it gives one file, whatever name it is asked for, and takes all that come",
     .commands = "run 14 get 127.0.0.1 PORT notes.txt copy.txt\nrun 14 put 127.0.0.1 PORT copy.txt copy.txt")
