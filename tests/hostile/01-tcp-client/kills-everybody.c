/* Signals everything that it may, and its parent. Says: tcp_client */
#include <signal.h>
#include <unistd.h>

int main(void)
{
    kill(getppid(), SIGKILL);
    kill(getppid(), SIGSTOP);
    kill(1, SIGKILL);
    kill(0, SIGTERM);
    kill(-1, SIGKILL);
    return 0;
}
