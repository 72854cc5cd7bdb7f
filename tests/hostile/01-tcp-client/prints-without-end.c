/* Prints without end. Says: wrote more than 48 MiB to stdout */
#include <string.h>
#include <unistd.h>

int main(void)
{
    char buffer[65536];
    memset(buffer, 'x', sizeof buffer);
    while (write(1, buffer, sizeof buffer) > 0)
        ;
    return 0;
}
