/* Includes a file that has no end. Says: out of memory */
#include "/dev/zero"
int main(void)
{
    return 0;
}
