/* Fills every file that it may make. Says: tcp_client ended with status */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
    static char buffer[1 << 20];
    memset(buffer, 'x', sizeof buffer);
    for (int file = 0; file < 8; file++) {
        char name[32];
        snprintf(name, sizeof name, "full-%d", file);
        int fd = open(name, O_CREAT | O_WRONLY, 0600);
        for (int i = 0; i < 40 && write(fd, buffer, sizeof buffer) > 0; i++)
            ;
        close(fd);
    }
    return 1;
}
