/* Closes all that it has, and waits for ever. Says: is waiting in pause() */
#include <unistd.h>

int main(void)
{
    for (int fd = 0; fd < 1024; fd++)
        close(fd);
    pause();
    return 0;
}
