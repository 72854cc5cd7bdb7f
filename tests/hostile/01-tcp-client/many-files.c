/* Makes as many files as there is room or time for: 20,000, or as many as the disk takes in two seconds. Says: ended with status 3 */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
    char name[32];
    time_t end = time(NULL) + 2;
    for (int i = 0; i < 20000 && time(NULL) < end; i++) {
        snprintf(name, sizeof name, "file-%d", i);
        int fd = open(name, O_CREAT | O_WRONLY, 0600);
        if (fd == -1)
            break;
        close(fd);
    }
    return 3;
}
