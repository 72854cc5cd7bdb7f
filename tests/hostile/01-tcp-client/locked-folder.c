/* Leaves a folder that not even its owner may enter. Says: ended with status 3 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void)
{
    mkdir("locked", 0700);
    close(open("locked/file", O_CREAT | O_WRONLY, 0600));
    chmod("locked", 0);
    chmod(".", 0);
    return 3;
}
