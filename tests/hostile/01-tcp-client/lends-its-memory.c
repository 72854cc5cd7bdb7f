/* Waits in vfork() for a child that never ends: to the kernel it is held up. Says: is waiting in pause(). Line: 9 */
#define _DEFAULT_SOURCE
#include <unistd.h>

int main(void)
{
    pid_t pid = vfork();
    if (pid == 0)
        pause();
    return 0;
}
