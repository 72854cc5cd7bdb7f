/* Different: everything in main(), a socket of both families, a self-pipe in the handler, select(). */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

static int alarm_bell[2];

static void ring(int sig)
{
    int saved = errno;
    if (write(alarm_bell[1], "", 1) == -1)
        sig = 0;
    errno = saved;
    (void)sig;
}

int main(int argc, char **argv)
{
    while (open("/dev/null", O_RDWR) < 3)
        continue;
    long count = 0, printed = 0;
    char *end;
    if (argc == 6 && strcmp(argv[1], "-c") == 0) {
        errno = 0;
        count = strtol(argv[2], &end, 10);
        if (argv[2][0] < '0' || argv[2][0] > '9' || *end != '\0' || errno != 0 || count < 1) {
            fprintf(stderr, "COUNT is a number from 1\n");
            return 2;
        }
        argv += 2;
        argc -= 2;
    }
    if (argc != 4) {
        fprintf(stderr, "usage: mcast_listen [-c COUNT] GROUP PORT INTERFACE\n");
        return 2;
    }
    struct ip_mreq mreq;
    long port = strtol(argv[2], &end, 10);
    if (argv[2][0] < '0' || argv[2][0] > '9' || *end != '\0' || port < 1 || port > 65535 ||
        inet_pton(AF_INET, argv[1], &mreq.imr_multiaddr) != 1 || inet_pton(AF_INET, argv[3], &mreq.imr_interface) != 1 ||
        ntohl(mreq.imr_multiaddr.s_addr) >> 28 != 14) {
        fprintf(stderr, "a group is 224.0.0.0 to 239.255.255.255, a port 1 to 65535, an interface an address\n");
        return 2;
    }
    if (pipe(alarm_bell) == -1)
        return 1;
    fcntl(alarm_bell[1], F_SETFL, O_NONBLOCK);
    struct sigaction action = {.sa_handler = ring, .sa_flags = SA_RESTART};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);

    /* An IPv6 socket bound to the group as an IPv4-mapped address is one for IPv4. */
    int one = 1, zero = 0;
    struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = htons((in_port_t)port)};
    name.sin6_addr.s6_addr[10] = name.sin6_addr.s6_addr[11] = 0xff;
    memcpy(&name.sin6_addr.s6_addr[12], &mreq.imr_multiaddr, 4);
    struct sockaddr *address = (struct sockaddr *)&name;
    socklen_t length = sizeof name;
    struct sockaddr_in plain = {.sin_family = AF_INET, .sin_port = name.sin6_port, .sin_addr = mreq.imr_multiaddr};
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);
    if (fd == -1) { /* no IPv6 here */
        fd = socket(AF_INET, SOCK_DGRAM, 0);
        address = (struct sockaddr *)&plain;
        length = sizeof plain;
    } else {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, address, length) == -1 || setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &mreq, sizeof mreq) == -1) {
        fprintf(stderr, "mcast_listen: %s port %s, interface %s: %s\n", argv[1], argv[2], argv[3], strerror(errno));
        return 1;
    }
    while (count == 0 || printed < count) {
        fd_set set;
        FD_ZERO(&set);
        FD_SET(fd, &set);
        FD_SET(alarm_bell[0], &set);
        if (select((fd > alarm_bell[0] ? fd : alarm_bell[0]) + 1, &set, NULL, NULL, NULL) == -1)
            continue;
        if (FD_ISSET(alarm_bell[0], &set))
            break;
        static char line[70000];
        struct sockaddr_storage from;
        socklen_t size = sizeof from;
        ssize_t n = recvfrom(fd, line + 100, 65536, MSG_DONTWAIT, (struct sockaddr *)&from, &size);
        if (n == -1)
            continue;
        struct in_addr sender;
        if (from.ss_family == AF_INET)
            sender = ((struct sockaddr_in *)&from)->sin_addr;
        else
            memcpy(&sender, &((struct sockaddr_in6 *)&from)->sin6_addr.s6_addr[12], 4);
        char head[64];
        int before = snprintf(head, sizeof head, "%s: ", inet_ntoa(sender));
        char *start = memcpy(line + 100 - before, head, (size_t)before);
        line[100 + n] = '\n';
        for (char *stop = line + 100 + n + 1; start < stop;) {
            ssize_t k = write(1, start, (size_t)(stop - start));
            if (k == -1 && errno != EINTR) {
                perror("stdout");
                return 1;
            }
            start += k > 0 ? k : 0;
        }
        printed++;
    }
    close(fd);
    return 0;
}
