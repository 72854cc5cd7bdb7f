/* Different: ppoll() lets the signals in, and a flag ends the loop; the array of poll() stays, and is kept up to date; what can
   be sent is sent at once; queues are rings that keep their memory while the client is here; one accept a wake-up; out of
   descriptors it waits for 200 ms at most without the listener. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { MOST_BYTES = 4096, RING = 1 << 20, MOST_PEOPLE = 16384 };

struct ring {
    char *data;
    size_t size; /* 0 or RING */
    size_t at;
    size_t used;
};

struct person {
    struct ring ring;
    bool silent;
    bool over;
    bool skipping;
    size_t n;
    char said[MOST_BYTES + 1];
};

static struct person *people[MOST_PEOPLE]; /* number i belongs to polls[i]; polls[0] is the listener */
static struct pollfd polls[MOST_PEOPLE];
static nfds_t count = 1;
static volatile sig_atomic_t over;

static void is_over(int sig)
{
    over = sig;
}

static bool drain(nfds_t i)
{
    struct ring *ring = &people[i]->ring;
    while (ring->used > 0) {
        size_t first = ring->size - ring->at < ring->used ? ring->size - ring->at : ring->used;
        struct iovec parts[2] = {{ring->data + ring->at, first}, {ring->data, ring->used - first}};
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
        ssize_t n = sendmsg(polls[i].fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1) {
            if (errno != EAGAIN)
                people[i]->over = true;
            break;
        }
        ring->used -= (size_t)n;
        ring->at = (ring->at + (size_t)n) % ring->size;
    }
    polls[i].events = (short)((people[i]->silent ? 0 : POLLIN) | (ring->used > 0 ? POLLOUT : 0));
    return ring->used == 0;
}

static void add(struct ring *ring, const char *data, size_t length)
{
    size_t end = (ring->at + ring->used) % ring->size;
    size_t first = ring->size - end < length ? ring->size - end : length;
    memcpy(ring->data + end, data, first);
    memcpy(ring->data, data + first, length - first);
    ring->used += length;
}

static void send_line(nfds_t i, const char *data, size_t length)
{
    struct ring *ring = &people[i]->ring;
    if (people[i]->over)
        return;
    if (ring->size == 0) {
        ring->data = malloc(RING);
        if (ring->data == NULL) {
            people[i]->over = true;
            return;
        }
        ring->size = RING;
    }
    if (ring->used + length > ring->size)
        drain(i);
    if (ring->used + length > ring->size) {
        people[i]->over = true;
        return;
    }
    add(ring, data, length);
    drain(i);
}

static void end_line(nfds_t from)
{
    struct person *person = people[from];
    char line[MOST_BYTES + 2];
    size_t n = person->n;
    bool skip = person->skipping;
    person->n = 0;
    person->skipping = false;
    if (skip)
        return;
    if (n > 0 && person->said[n - 1] == '\r')
        n--;
    if (n > MOST_BYTES)
        return;
    memcpy(line, person->said, n);
    memcpy(line + n, "\r\n", 2);
    for (nfds_t i = 1; i < count; i++) {
        if (i != from)
            send_line(i, line, n + 2);
    }
}

static void listen_to(nfds_t i)
{
    struct person *person = people[i];
    char buffer[2048];
    ssize_t n = recv(polls[i].fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n == -1 && errno != EAGAIN && errno != EINTR)
        person->over = true;
    if (n == 0) {
        person->silent = true;
        polls[i].events &= ~POLLIN;
    }
    for (ssize_t k = 0; k < n; k++) {
        if (buffer[k] == '\n')
            end_line(i);
        else if (person->n < sizeof person->said)
            person->said[person->n++] = buffer[k];
        else
            person->skipping = true;
    }
}

static void remove_person(nfds_t i)
{
    close(polls[i].fd);
    free(people[i]->ring.data);
    free(people[i]);
    count--;
    people[i] = people[count];
    polls[i] = polls[count];
}

static long as_port(const char *text)
{
    char digits[6];
    int length = 0;
    if (sscanf(text, "%5[0-9]%n", digits, &length) != 1 || text[length] != '\0')
        return -1;
    long port = atol(digits);
    return port >= 1 && port <= 65535 ? port : -1;
}

int main(int argc, char *argv[])
{
    union {
        struct sockaddr any;
        struct sockaddr_in ipv4;
        struct sockaddr_in6 ipv6;
    } address;
    if (argc != 2 && argc != 3)
        errx(2, "usage: select_server [ADDRESS] PORT");
    long port = as_port(argv[argc - 1]);
    if (port == -1)
        errx(2, "no port: %s", argv[argc - 1]);
    memset(&address, 0, sizeof address);
    address.any.sa_family = AF_INET;
    address.ipv4.sin_port = htons((in_port_t)port); /* in the same place in both */
    if (argc == 3 && inet_pton(AF_INET, argv[1], &address.ipv4.sin_addr) != 1) {
        address.any.sa_family = AF_INET6;
        if (inet_pton(AF_INET6, argv[1], &address.ipv6.sin6_addr) != 1)
            errx(2, "no address: %s", argv[1]);
    }
    int fd;
    while ((fd = open("/dev/null", O_RDWR)) < 3)
        if (fd == -1)
            err(1, "/dev/null");
    close(fd);

    sigset_t ours, waiting;
    struct sigaction action = {.sa_handler = is_over};
    sigemptyset(&ours);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    sigprocmask(SIG_BLOCK, &ours, NULL);
    sigfillset(&waiting);
    sigdelset(&waiting, SIGTERM);
    sigdelset(&waiting, SIGINT);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);

    int on = 1;
    int door = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (door == -1 || setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
        bind(door, &address.any, address.any.sa_family == AF_INET ? sizeof address.ipv4 : sizeof address.ipv6) == -1 ||
        listen(door, 1) == -1)
        err(1, "%s port %ld", argc == 3 ? argv[1] : "*", port);
    bool shut = false;
    while (!over) {
        struct timespec moment = {.tv_nsec = 200000000};
        polls[0] = (struct pollfd){.fd = shut ? -1 : door, .events = POLLIN};
        if (ppoll(polls, count, shut ? &moment : NULL, &waiting) == -1)
            continue;
        shut = false;
        for (nfds_t i = count - 1; i >= 1; i--) { /* from the end: the last takes the place of who goes */
            short events = polls[i].revents;
            if (events & (POLLIN | POLLERR | POLLHUP) && !people[i]->silent)
                listen_to(i);
            bool all_sent = drain(i);
            if (people[i]->over || (people[i]->silent && all_sent))
                remove_person(i);
        }
        for (nfds_t i = count - 1; i >= 1; i--) { /* somebody that another one's line has shown to be gone */
            if (people[i]->over)
                remove_person(i);
        }
        if (polls[0].revents == 0)
            continue;
        fd = accept(door, NULL, NULL);
        if (fd == -1) {
            shut = errno != EAGAIN && errno != ECONNABORTED && errno != EINTR;
            continue;
        }
        people[count] = count < MOST_PEOPLE - 1 ? calloc(1, sizeof(struct person)) : NULL;
        if (people[count] == NULL) {
            close(fd);
            continue;
        }
        polls[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
    }
    while (count > 1)
        remove_person(1);
    close(door);
    return 0;
}
