/* Frees what it has freed. Says: ended by SIGABRT. Line: 9 */
#include <stdlib.h>

int main(void)
{
    char *volatile memory = malloc(10);
    free(memory);
    char *volatile again = memory;
    free(again);
    return 0;
}
