/* Stops itself. Says: has stopped itself (state T) */
#include <signal.h>

int main(void)
{
    return raise(SIGSTOP);
}
