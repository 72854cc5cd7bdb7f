/* Takes memory that counts as no process's, in files that have no name. Says: uses more than 256 MiB */
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char megabyte[1 << 20];

int main(void)
{
    memset(megabyte, 1, sizeof megabyte);
    for (;;) {
        int fd = memfd_create("hidden", 0);
        for (int i = 0; fd != -1 && i < 32; i++)
            if (write(fd, megabyte, sizeof megabyte) < 0)
                break;
        if (fd == -1)
            pause();
    }
}
