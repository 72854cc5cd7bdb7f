/* Believes only hosts that it asked, by their address alone (once a broadcast is out, whoever answers); finds
 * out by EACCES which HOST is a broadcast address; ppoll; prints in the order of the addresses. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct host {
    in_addr_t address;      /* network order */
    int32_t ahead;
};

static struct host *asked, *heard;
static size_t n_asked, n_heard, heard_room;
static bool anyone;         /* a broadcast went out */

static bool has(const struct host *hosts, size_t n, in_addr_t address)
{
    while (n > 0)
        if (hosts[--n].address == address)
            return true;
    return false;
}

static int by_address(const void *a, const void *b)
{
    uint32_t x = ntohl(((const struct host *)a)->address), y = ntohl(((const struct host *)b)->address);
    return (x > y) - (x < y);
}

static bool send_question(int fd, const struct sockaddr_in *to)
{
    static const char question[4] = "time";
    if (sendto(fd, question, sizeof question, 0, (const struct sockaddr *)to, sizeof *to) >= 0)
        return true;
    if (errno != EACCES)
        return false;
    int on = 1, off = 0;
    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
    bool sent = sendto(fd, question, sizeof question, 0, (const struct sockaddr *)to, sizeof *to) >= 0;
    int error = errno;
    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &off, sizeof off);
    errno = error;
    anyone |= sent;
    return sent;
}

static struct timespec until(struct timespec end)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    end.tv_sec -= t.tv_sec;
    end.tv_nsec -= t.tv_nsec;
    if (end.tv_nsec < 0) {
        end.tv_nsec += 1000000000;
        end.tv_sec--;
    }
    if (end.tv_sec < 0)
        return (struct timespec){ 0, 0 };
    return end;
}

static struct timespec in_half_a_second(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += 500000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return t;
}

static bool listen_to_answers(int fd)
{
    struct timespec end = in_half_a_second();
    for (int overtime = 0; overtime < 20000;) {
        struct timespec left = until(end);
        bool over = left.tv_sec == 0 && left.tv_nsec == 0;
        struct pollfd p = { fd, POLLIN, 0 };
        int ready = ppoll(&p, 1, &left, NULL);
        if (ready == 0 && over)
            return true;
        if (ready <= 0)
            continue;
        uint32_t clock;
        struct sockaddr_in from;
        socklen_t size = sizeof from;
        ssize_t n = recvfrom(fd, &clock, sizeof clock, MSG_TRUNC | MSG_DONTWAIT, (void *)&from, &size);
        uint32_t now = (uint32_t)time(NULL) + 2208988800u;
        overtime += over;
        if (n != 4 || (!anyone && !has(asked, n_asked, from.sin_addr.s_addr)) ||
            has(heard, n_heard, from.sin_addr.s_addr))
            continue;
        if (n_heard == heard_room) {
            struct host *more = realloc(heard, (heard_room + 64) * sizeof *more);
            if (more == NULL)
                return false;
            heard = more;
            heard_room += 64;
        }
        heard[n_heard++] = (struct host){ from.sin_addr.s_addr, (int32_t)(ntohl(clock) - now) };
        end = in_half_a_second();
        overtime = 0;
    }
    return true;
}

int main(int argc, char *argv[])
{
    int fd, option, status = EXIT_SUCCESS;
    unsigned port = 37;
    while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd < 3)
        ;
    if (fd < 0)
        return EXIT_FAILURE;
    close(fd);
    while ((option = getopt(argc, argv, ":p:")) != -1) {
        char extra;
        if (option != 'p' || *optarg < '0' || *optarg > '9' || strlen(optarg) > 5 ||
            sscanf(optarg, "%u%c", &port, &extra) != 1 || port == 0 || port > UINT16_MAX) {
            fprintf(stderr, "Usage: clockdrift [-p PORT] [HOST...]\n");
            return 2;
        }
    }
    if ((fd = socket(AF_INET, SOCK_DGRAM, 0)) < 0) {
        perror("socket");
        return EXIT_FAILURE;
    }
    char *hosts[] = { "255.255.255.255", NULL }, **first = argc == optind ? hosts : argv + optind;
    asked = calloc((size_t)argc + 1, sizeof *asked);
    if (asked == NULL) {
        perror("calloc");
        return EXIT_FAILURE;
    }
    for (char **host = first; *host != NULL; host++) {
        struct addrinfo want = { .ai_family = AF_INET, .ai_socktype = SOCK_DGRAM }, *got;
        int error = getaddrinfo(*host, NULL, &want, &got);
        if (error != 0) {
            fprintf(stderr, "%s port %u: %s\n", *host, port, gai_strerror(error));
            status = EXIT_FAILURE;
            continue;
        }
        struct sockaddr_in to = *(struct sockaddr_in *)(void *)got->ai_addr;
        freeaddrinfo(got);
        to.sin_port = htons((uint16_t)port);
        printf("Sending to %s:%u\n", inet_ntoa(to.sin_addr), port);
        if (send_question(fd, &to)) {
            asked[n_asked++].address = to.sin_addr.s_addr;
        } else {
            fprintf(stderr, "%s port %u: %m\n", *host, port);
            status = EXIT_FAILURE;
        }
    }
    if (n_asked > 0 && !listen_to_answers(fd)) {
        perror("listening");
        status = EXIT_FAILURE;
    }
    close(fd);
    if (n_heard > 0)
        qsort(heard, n_heard, sizeof *heard, by_address);
    for (size_t i = 0; i < n_heard; i++) {
        struct sockaddr_in who = { .sin_family = AF_INET, .sin_addr.s_addr = heard[i].address };
        char name[NI_MAXHOST] = "UNKNOWN", address[INET_ADDRSTRLEN];
        getnameinfo((void *)&who, sizeof who, address, sizeof address, NULL, 0, NI_NUMERICHOST);
        if (getnameinfo((void *)&who, sizeof who, name, sizeof name, NULL, 0, NI_NAMEREQD) != 0)
            snprintf(name, sizeof name, "UNKNOWN");
        printf("Clock on %s [%s] is %d seconds ahead of this one.\n", name, address, heard[i].ahead);
    }
    if (n_heard == 0) {
        for (char **host = first; *host != NULL; host++)
            fprintf(stderr, "%s port %u: no answer\n", *host, port);
        status = EXIT_FAILURE;
    }
    free(asked);
    free(heard);
    if (fclose(stdout) != 0)
        status = EXIT_FAILURE;
    return status;
}
