/* Names a function so that its name is cut within a character. Says: is waiting in pause(). Line: 7 */
#include <unistd.h>

/* 70 bytes: 35 characters of two */
__attribute__((noinline)) static int ääääääääääääääääääääääääääääääääääää(void)
{
    pause();
    return 3;
}

int main(void)
{
    return ääääääääääääääääääääääääääääääääääää() + 1;
}
