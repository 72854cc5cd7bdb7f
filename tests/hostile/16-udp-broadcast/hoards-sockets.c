/* Makes sockets without end, in several processes. Says: the program has made more than 10000 sockets. Private: else they are the machine's, and not counted */
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    for (int i = 0; i < 5; i++)
        if (fork() == 0)
            break;
    for (int i = 0; i < 3900; i++)
        if (socket(AF_INET, SOCK_DGRAM, 0) == -1)
            break;
    for (;;)
        pause();
}
