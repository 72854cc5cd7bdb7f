/* Takes all memory that it can get. Says: uses more than 256 MiB */
#include <stdlib.h>
#include <string.h>

int main(void)
{
    for (;;) {
        char *memory = malloc(16 << 20);
        if (memory == NULL)
            return 1;
        memset(memory, 1, 16 << 20);
    }
}
