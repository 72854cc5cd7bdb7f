/* Ignores and blocks all signals, and waits. Says: is waiting in */
#include <signal.h>
#include <unistd.h>

int main(void)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    for (int sig = 1; sig < 65; sig++)
        signal(sig, SIG_IGN);
    for (;;)
        pause();
}
