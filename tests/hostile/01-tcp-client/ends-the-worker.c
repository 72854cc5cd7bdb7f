/* Sends the worker all signals that end. Says: ended with status 3. Private: else processes of a user may end another */
#include <signal.h>
#include <unistd.h>

int main(void)
{
    for (int sig = 1; sig < 32; sig++) {
        if (sig != SIGKILL && sig != SIGSTOP)
            kill(getppid(), sig);
    }
    kill(getppid(), SIGKILL);
    return 3;
}
