/* Tries to reach the world. Says: its stderr: "reached: 0 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    static const char *const addresses[] = {"192.0.2.1", "198.51.100.7", "203.0.113.9"}; /* RFC 5737: nobody's */
    int reached = 0;
    for (int i = 0; i < 3; i++) {
        struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(80)};
        inet_pton(AF_INET, addresses[i], &there.sin_addr);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        reached += connect(fd, (struct sockaddr *)&there, sizeof there) == 0;
        reached += socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) != -1;
        reached += socket(AF_PACKET, SOCK_RAW, 0) != -1;
        close(fd);
    }
    fprintf(stderr, "reached: %d\n", reached);
    return 3;
}
