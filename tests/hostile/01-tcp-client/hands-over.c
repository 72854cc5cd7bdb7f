/* Each process hands over to a child, and ends: who is to be killed is gone already. Says: it left */
#include <signal.h>
#include <unistd.h>

int main(void)
{
    setsid();
    for (long i = 0; i < 20000; i++) {
        pid_t pid = fork();
        if (pid > 0)
            _exit(0);
        if (pid == -1)
            i--;
    }
    pause();
}
