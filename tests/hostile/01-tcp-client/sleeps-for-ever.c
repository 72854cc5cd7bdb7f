/* Waits for a signal that nobody sends. Says: is waiting in pause() at tcp_client.c:6. Looking: else no line is named */
#include <unistd.h>

int main(void)
{
    return pause();
}
