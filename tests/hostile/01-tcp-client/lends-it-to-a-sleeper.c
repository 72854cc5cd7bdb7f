/* Waits in vfork() for a child that sleeps without end. Says: after 5.0 s your program is still at work. Line: 10 */
#define _DEFAULT_SOURCE
#include <unistd.h>

int main(void)
{
    pid_t pid = vfork();
    if (pid == 0) {
        for (;;)
            usleep(1000);
    }
    return 0;
}
