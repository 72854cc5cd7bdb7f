/* Makes folders so deep that no path reaches their end, for two seconds. Says: ended with status 3 */
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
    time_t end = time(NULL) + 2;
    for (int i = 0; i < 3000 && time(NULL) < end; i++)
        if (mkdir("a-folder-with-a-rather-long-name", 0700) == -1 || chdir("a-folder-with-a-rather-long-name") == -1)
            break;
    return 3;
}
