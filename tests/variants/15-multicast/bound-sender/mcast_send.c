/* Different: bind() to the interface's address chooses the interface; nothing is looped back to this machine's own members. */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int ok(const char *text, long least, long most, int *value)
{
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    *value = (int)number;
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && number >= least && number <= most;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in group = {.sin_family = AF_INET}, own = {.sin_family = AF_INET};
    int port, ttl, off = 0;
    if (argc != 6 || !ok(argv[2], 1, 65535, &port) || !ok(argv[4], 0, 255, &ttl) ||
        inet_aton(argv[1], &group.sin_addr) == 0 || inet_pton(AF_INET, argv[3], &own.sin_addr) != 1 ||
        strspn(argv[1], "0123456789.") != strlen(argv[1]) || !IN_MULTICAST(ntohl(group.sin_addr.s_addr))) {
        fprintf(stderr, "usage: %s GROUP PORT INTERFACE TTL MESSAGE\n", argv[0]);
        return 2;
    }
    group.sin_port = htons((in_port_t)port);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd == -1)
        err(1, "%s port %d", argv[1], port);
    if (bind(fd, (struct sockaddr *)&own, sizeof own) == -1)
        err(1, "cannot send to %s port %d from %s", argv[1], port, argv[3]);
    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &off, sizeof off);
    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof ttl);
    if (sendto(fd, argv[5], strlen(argv[5]), 0, (struct sockaddr *)&group, sizeof group) == -1)
        err(1, "cannot send to %s port %d", argv[1], port);
    return 0;
}
