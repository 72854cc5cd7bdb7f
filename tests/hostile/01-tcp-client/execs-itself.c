/* Becomes itself, again and again. Says: tcp_client */
#include <unistd.h>

int main(int argc, char *argv[])
{
    (void)argc;
    execv("/proc/self/exe", argv);
    return 3;
}
