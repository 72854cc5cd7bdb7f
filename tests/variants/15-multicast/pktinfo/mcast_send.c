/* Different: struct ip_mreqn names the interface; the socket is connected to the group, and write() sends. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int number(const char *text, long most)
{
    char *end;
    if (text[0] == '\0' || strspn(text, "0123456789") != strlen(text))
        return -1;
    errno = 0;
    long value = strtol(text, &end, 10);
    return errno != 0 || value > most ? -1 : (int)value;
}

int main(int argc, char **argv)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    struct ip_mreqn out = {0};
    int port, ttl;
    if (argc != 6 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1 || !IN_MULTICAST(ntohl(to.sin_addr.s_addr)) ||
        (port = number(argv[2], 65535)) < 1 || inet_pton(AF_INET, argv[3], &out.imr_address) != 1 ||
        (ttl = number(argv[4], 255)) < 0) {
        fputs("usage: mcast_send GROUP PORT INTERFACE TTL MESSAGE\n", stderr);
        return 2;
    }
    to.sin_port = htons((in_port_t)port);
    unsigned char hops = (unsigned char)ttl;
    int low = socket(AF_INET, SOCK_DGRAM, 0);
    int fd = low >= 0 && low < 3 ? dup2(low, 9) : low; /* out of the way of stdin, stdout, stderr */
    if (fd != low)
        close(low);
    if (fd == -1 || setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &out, sizeof out) == -1 ||
        setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &hops, sizeof hops) == -1 ||
        connect(fd, (struct sockaddr *)&to, sizeof to) == -1 || write(fd, argv[5], strlen(argv[5])) == -1) {
        fprintf(stderr, "mcast_send: %s:%d by %s: %s\n", argv[1], port, argv[3], strerror(errno));
        return 1;
    }
    close(fd);
    return 0;
}
