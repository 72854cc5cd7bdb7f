/* Different: MCAST_JOIN_GROUP, with the interface's index from getifaddrs(); a thread waits for the signals. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static sigset_t both;

static void *wait_for_signal(void *unused)
{
    int sig;
    (void)unused;
    while (sigwait(&both, &sig) != 0)
        ;
    _exit(0);
}

static unsigned int index_of(struct in_addr address)
{
    struct ifaddrs *all;
    unsigned int index = 0;
    if (getifaddrs(&all) == -1)
        return 0;
    for (struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
        struct sockaddr_in own;
        if (i->ifa_addr == NULL || i->ifa_addr->sa_family != AF_INET)
            continue;
        memcpy(&own, i->ifa_addr, sizeof own);
        if (own.sin_addr.s_addr == address.s_addr)
            index = if_nametoindex(i->ifa_name);
    }
    freeifaddrs(all);
    errno = ENODEV;
    return index;
}

static int is_number(const char *text, unsigned long most)
{
    return text[0] != '\0' && strspn(text, "0123456789") == strlen(text) && strlen(text) < 19 &&
           strtoul(text, NULL, 10) >= 1 && strtoul(text, NULL, 10) <= most;
}

int main(int argc, char *argv[])
{
    unsigned long count = 0;
    struct sockaddr_in group = {.sin_family = AF_INET};
    struct in_addr interface;
    int c, bad = 0;
    do
        c = open("/dev/null", O_RDWR);
    while (c < 3);
    close(c);
    while ((c = getopt(argc, argv, "c:")) != -1) {
        bad |= c != 'c' || !is_number(optarg, ~0UL);
        count = bad ? 0 : strtoul(optarg, NULL, 10);
    }
    argv += optind;
    if (bad || argc - optind != 3 || inet_pton(AF_INET, argv[0], &group.sin_addr) != 1 ||
        !IN_MULTICAST(ntohl(group.sin_addr.s_addr)) || !is_number(argv[1], 65535) ||
        inet_pton(AF_INET, argv[2], &interface) != 1) {
        fprintf(stderr, "usage: mcast_listen [-c COUNT] GROUP PORT INTERFACE\n");
        return 2;
    }
    group.sin_port = htons((in_port_t)atoi(argv[1]));
    sigemptyset(&both);
    sigaddset(&both, SIGTERM);
    sigaddset(&both, SIGINT);
    pthread_sigmask(SIG_BLOCK, &both, NULL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);

    struct group_req request = {.gr_interface = index_of(interface)};
    memcpy(&request.gr_group, &group, sizeof group);
    int on = 1;
    int fd = request.gr_interface == 0 ? -1 : socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
        bind(fd, (struct sockaddr *)&group, sizeof group) == -1 ||
        setsockopt(fd, IPPROTO_IP, MCAST_JOIN_GROUP, &request, sizeof request) == -1) {
        fprintf(stderr, "mcast_listen: %s, port %s, interface %s: %s\n", argv[0], argv[1], argv[2], strerror(errno));
        return 1;
    }
    pthread_t thread;
    if (pthread_create(&thread, NULL, wait_for_signal, NULL) != 0)
        return 1;
    pthread_detach(thread);
    setvbuf(stdout, NULL, _IONBF, 0);
    char *data = malloc(65536);
    for (unsigned long printed = 0; data != NULL && (count == 0 || printed < count);) {
        struct sockaddr_in from;
        socklen_t size = sizeof from;
        ssize_t n = recvfrom(fd, data, 65536, 0, (struct sockaddr *)&from, &size);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            return 1;
        printf("%s: ", inet_ntoa(from.sin_addr));
        fwrite(data, 1, (size_t)n, stdout);
        putchar('\n');
        if (ferror(stdout)) {
            perror("mcast_listen: stdout");
            free(data);
            return 1;
        }
        printed++;
    }
    free(data);
    close(fd);
    return 0;
}
