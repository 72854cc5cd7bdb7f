/* Waits for a signal that nobody sends. Says: is waiting in pause(). Line: 6 */
#include <unistd.h>

int main(void)
{
    return pause();
}
