/* Takes memory that counts as no process's, between sockets; of half of them one end is closed. Says: uses more than 256 MiB. Private: else the sockets are of all programs of the machine */
#define _DEFAULT_SOURCE
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    static char block[60000];
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    long taken = 0;
    for (int i = 0; taken < 600L << 20; i++) {
        int much = 1 << 20;
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends) == -1)
            break;
        setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &much, sizeof much);
        for (ssize_t n; (n = write(ends[0], block, sizeof block)) > 0;)
            taken += n;
        if (i % 2 == 0)
            close(ends[0]);
    }
    for (;;)
        usleep(10000);
}
