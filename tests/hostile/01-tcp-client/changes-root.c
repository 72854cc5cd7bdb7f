/* Leaves things behind in folders that the next check would see, too. Says: ended with status 3 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void)
{
    static const char *const places[] = {"/was-here", "/dev/was-here", "/sockeye/was-here", "/lesson/was-here",
                                         "/etc/was-here"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (open(places[i], O_CREAT | O_WRONLY, 0600) != -1) {
            unlink(places[i]);
            return 9;
        }
    }
    return 3;
}
