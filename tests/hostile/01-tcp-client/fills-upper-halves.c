/* Fills the upper halves of registers, of which the kernel takes the lower ones. Says: sockets: 0, undumpable: 0 */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ABOVE (1L << 32)

int main(void)
{
    static const int families[] = {AF_VSOCK, AF_ALG, AF_RDS, AF_TIPC, AF_QIPCRTR, AF_KCM};
    int sockets = 0;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        for (int type = SOCK_STREAM; type <= SOCK_SEQPACKET; type++)
            sockets += syscall(SYS_socket, ABOVE | families[i], type, 0) != -1;
    }
    syscall(SYS_prctl, ABOVE | PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
    fprintf(stderr, "sockets: %d, undumpable: %d\n", sockets, prctl(PR_GET_DUMPABLE) == 0);
    return 3;
}
