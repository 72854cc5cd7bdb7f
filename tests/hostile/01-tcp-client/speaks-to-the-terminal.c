/* Would colour, title and answer for the terminal of who reads its report. Says: "\033]0;all passed\a */
#include <stdio.h>

int main(void)
{
    fputs("\033]0;all passed\007\033[2J\033[1;32m", stderr);
    return 3;
}
