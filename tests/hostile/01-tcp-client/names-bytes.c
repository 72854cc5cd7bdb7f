/* Names its file with bytes that are no UTF-8. Says: is waiting in pause(). Line: 11 */
#include <unistd.h>

#line 9 "\377\376.c"
int main(void)
{
    pause();
    return 0;
}
