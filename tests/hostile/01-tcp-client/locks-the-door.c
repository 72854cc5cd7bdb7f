/* Leaves its working directory such that nobody may enter it any more. Says: could not enter its working directory. Private: in plain mode the folder is another user's */
#include <stdio.h>
#include <sys/stat.h>

int main(void)
{
    chmod("..", 0);
    chmod(".", 0);
    fputs("usage: tcp_client ADDRESS PORT LINE\n", stderr);
    return 2;
}
