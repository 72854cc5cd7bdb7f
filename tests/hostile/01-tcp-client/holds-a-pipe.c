/* Holds the lock of its stdout, and waits for what does not come: who reads its stdout would wait, too. Says: tcp_client */
#define _GNU_SOURCE
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    int ends[2];
    write(1, "x", 1);
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    for (;;)
        syscall(275L, ends[0], NULL, 1, NULL, 65536L, 0); /* splice(), on x86-64 */
}
