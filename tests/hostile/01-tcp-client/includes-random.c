/* Includes noise that has no end. Says: out of memory */
#include "/dev/urandom"
int main(void)
{
    return 0;
}
