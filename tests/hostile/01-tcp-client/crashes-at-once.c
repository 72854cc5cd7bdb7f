/* Crashes at once. Says: ended by SIGSEGV. Line: 6 */
#include <stddef.h>

int main(int argc, char *argv[])
{
    return *(volatile char *)(argv[argc] + 16);
}
