/* Ends at once and leaves a daemon that ignores every signal it can. Says: it left 1 process */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    if (fork() == 0) {
        setsid();
        if (fork() == 0) {
            for (int sig = 1; sig < 64; sig++)
                signal(sig, SIG_IGN);
            close(0);
            close(1);
            close(2);
            for (;;)
                pause();
        }
        _exit(0);
    }
    fprintf(stderr, "usage: tcp_client ADDRESS PORT LINE\n");
    return 2;
}
