/* Aborts with all memory that it may have: a core file would fill the disk. Says: ended by SIGABRT */
#include <stdlib.h>
#include <string.h>

int main(void)
{
    char *much = malloc(64 << 20);
    if (much != NULL)
        memset(much, 1, 64 << 20);
    abort();
}
