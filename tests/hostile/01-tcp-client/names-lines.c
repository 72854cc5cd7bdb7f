/* Names its file with a line's end and a terminal's commands. Says: is waiting in pause(). Line: 11 */
#include <unistd.h>

#line 9 "x\n::error file=a::owned\n\033]0;owned\007\033[2J.c"
int main(void)
{
    pause();
    return 0;
}
