/* Makes files until there is no room for another. Says: ended with status 3 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    char name[32];
    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "file-%d", i);
        int fd = open(name, O_CREAT | O_WRONLY, 0600);
        if (fd == -1)
            break;
        close(fd);
    }
    return 3;
}
