/* Fills the disk. Says: was ended by SIGXFSZ */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
    static char buffer[1 << 20];
    memset(buffer, 'x', sizeof buffer);
    int fd = open("full", O_CREAT | O_WRONLY, 0600);
    while (write(fd, buffer, sizeof buffer) > 0)
        ;
    return 1;
}
