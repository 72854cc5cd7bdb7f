/* Includes noise that has no end. Says: out of memory | The compiler was stopped */
#include "/dev/urandom"
int main(void)
{
    return 0;
}
