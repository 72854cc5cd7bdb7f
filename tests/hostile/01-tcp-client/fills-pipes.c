/* Fills as many pipes as it may have. Says: is waiting in pause() */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

static char block[1 << 16];

int main(void)
{
    int ends[2];
    while (pipe2(ends, O_NONBLOCK) == 0)
        while (write(ends[1], block, sizeof block) > 0)
            continue;
    pause();
}
