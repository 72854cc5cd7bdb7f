/* Sleeps for a day, a second at a time. Says: after 5 */
#include <unistd.h>

int main(void)
{
    for (int i = 0; i < 86400; i++)
        sleep(1);
    return 0;
}
