/* Makes folders so deep that no path reaches their end. Says: ended with status 3 */
#include <sys/stat.h>
#include <unistd.h>

int main(void)
{
    for (int i = 0; i < 300; i++)
        if (mkdir("a-folder-with-a-rather-long-name", 0700) == -1 || chdir("a-folder-with-a-rather-long-name") == -1)
            break;
    return 3;
}
