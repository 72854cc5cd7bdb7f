/* A fork bomb. Says: has started more than 400 processes | your program has */
#include <unistd.h>

int main(void)
{
    for (;;)
        fork();
}
