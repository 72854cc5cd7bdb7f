/* Becomes a shell that has nothing to read. Says: ended with status 0 */
#include <unistd.h>

int main(void)
{
    execl("/bin/sh", "sh", (char *)NULL);
    return 3;
}
