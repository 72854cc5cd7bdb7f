/* Sends to everybody, without end. Says: clockdrift */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

int main(void)
{
    int yes = 1;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in all = {.sin_family = AF_INET, .sin_port = htons(37), .sin_addr = {INADDR_BROADCAST}};
    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes);
    for (;;)
        sendto(fd, "", 0, 0, (struct sockaddr *)&all, sizeof all);
}
