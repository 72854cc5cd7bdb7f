/* Opens all that it may, and waits. Says: is waiting in pause() */
#include <fcntl.h>
#include <unistd.h>

int main(void)
{
    while (open("/dev/null", O_RDONLY) != -1)
        continue;
    pause();
}
