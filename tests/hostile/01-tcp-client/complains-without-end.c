/* Writes to stderr without end. Says: wrote more than 48 MiB to stderr */
#include <stdio.h>

int main(void)
{
    for (;;)
        fprintf(stderr, "error: something is wrong, and I say so again and again and again and again\n");
}
