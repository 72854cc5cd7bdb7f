/* Writes to stderr without end. Says: wrote more than 48 MiB to stderr */
#include <stdio.h>
#include <string.h>

int main(void)
{
    static char complaint[16384];
    memset(complaint, '!', sizeof complaint - 1);
    for (;;)
        fprintf(stderr, "error: something is wrong, and I say so again and again%s\n", complaint);
}
