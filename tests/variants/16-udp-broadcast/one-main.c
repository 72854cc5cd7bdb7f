/* Everything in main, recvfrom with SO_RCVTIMEO and a deadline, gethostbyname and gethostbyaddr, time(). */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    long port = 37;
    int opt, i, fd, one = 1, status = 0, sent = 0, late = 0;
    unsigned int n = 0, j;
    struct sockaddr_in *to;
    struct { struct in_addr who; int seconds; } *seen = NULL;
    long long end;
    struct timespec t;

    while ((fd = open("/dev/null", O_RDWR)) < 3)
        if (fd < 0)
            return 1;
    close(fd);

    while ((opt = getopt(argc, argv, "p:")) != -1) {
        if (opt == 'p') {
            size_t digits = strspn(optarg, "0123456789");
            port = digits > 0 && digits < 6 && optarg[digits] == '\0' ? atol(optarg) : 0;
        }
        if (opt != 'p' || port < 1 || port > 65535) {
            fputs("usage: clockdrift [-p PORT] [HOST...]\n", stderr);
            return 2;
        }
    }
    static char everyone[] = "255.255.255.255";
    char *all[] = { everyone, NULL };
    char **host = optind < argc ? &argv[optind] : all;
    int hosts = optind < argc ? argc - optind : 1;

    to = calloc((size_t)hosts, sizeof *to);
    if (to == NULL) {
        perror("calloc");
        return 1;
    }
    for (i = 0; i < hosts; i++) {
        struct hostent *entry = gethostbyname(host[i]);
        if (entry == NULL || entry->h_addrtype != AF_INET) {
            /* the words that getaddrinfo has for it */
            fprintf(stderr, "%s:%ld: %s\n", host[i], port,
                    gai_strerror(h_errno == TRY_AGAIN ? EAI_AGAIN : EAI_NONAME));
            status = 1;
            continue;
        }
        to[i].sin_family = AF_INET;
        to[i].sin_port = htons((unsigned short)port);
        memcpy(&to[i].sin_addr, entry->h_addr_list[0], 4);
    }

    fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof one) < 0) {
        perror("socket");
        free(to);
        return 1;
    }
    for (i = 0; i < hosts; i++) {
        if (to[i].sin_family != AF_INET)
            continue;
        printf("Sending to %s:%ld\n", inet_ntoa(to[i].sin_addr), port);
        if (sendto(fd, "what time is it?", 16, 0, (struct sockaddr *)&to[i], sizeof to[i]) < 0) {
            fprintf(stderr, "%s:%ld: %s\n", host[i], port, strerror(errno));
            status = 1;
        } else {
            sent++;
        }
    }

    clock_gettime(CLOCK_MONOTONIC, &t);
    end = t.tv_sec * 1000000LL + t.tv_nsec / 1000 + 500001;
    while (sent > 0 && late < 5000) {
        unsigned char b[64];
        struct sockaddr_in from;
        socklen_t len = sizeof from;
        ssize_t got;
        long long left;

        clock_gettime(CLOCK_MONOTONIC, &t);
        left = end - (t.tv_sec * 1000000LL + t.tv_nsec / 1000);
        if (left > 0) {
            struct timeval tv = { 0, left < 999999 ? left : 999999 };
            setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
        }
        got = recvfrom(fd, b, sizeof b, left > 0 ? 0 : MSG_DONTWAIT, (struct sockaddr *)&from, &len);
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) && left <= 0)
            break;
        if (left <= 0)
            late++;
        if (got != 4)
            continue;
        for (j = 0; j < n && seen[j].who.s_addr != from.sin_addr.s_addr; j++)
            ;
        if (j < n)
            continue;
        void *more = realloc(seen, (n + 1) * sizeof *seen);
        if (more == NULL) {
            perror("realloc");
            status = 1;
            break;
        }
        seen = more;
        unsigned int theirs;
        memcpy(&theirs, b, 4);
        seen[n].who = from.sin_addr;
        seen[n].seconds = (int)(ntohl(theirs) - (unsigned int)(time(NULL) + 2208988800LL));
        n++;
        clock_gettime(CLOCK_MONOTONIC, &t);
        end = t.tv_sec * 1000000LL + t.tv_nsec / 1000 + 500001;
        late = 0;
    }
    for (j = 0; j < n; j++) {
        struct hostent *entry = gethostbyaddr(&seen[j].who, sizeof seen[j].who, AF_INET);
        printf("Clock on %s [%s] is %d seconds ahead of this one.\n", entry ? entry->h_name : "UNKNOWN",
               inet_ntoa(seen[j].who), seen[j].seconds);
    }
    if (n == 0) {
        for (i = 0; i < hosts; i++)
            fprintf(stderr, "%s:%ld: nobody answers\n", host[i], port);
        status = 1;
    }
    free(seen);
    free(to);
    close(fd);
    return fflush(stdout) == 0 ? status : 1;
}
