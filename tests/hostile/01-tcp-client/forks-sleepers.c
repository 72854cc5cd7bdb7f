/* Forks until it can't, then waits. Says: has started more than 400 processes */
#include <unistd.h>

int main(void)
{
    for (;;) {
        pid_t pid = fork();
        if (pid == 0)
            pause();
        if (pid == -1)
            pause();
    }
}
