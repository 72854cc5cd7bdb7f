/* Prints each answer as it comes, look-up and all, with write(2); the clock is the kernel's stamp of the
 * datagram (ioctl SIOCGSTAMP), so the look-ups between do not matter; select; hosts seen in a hash table. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int failures;

static void out(const char *text, size_t n)
{
    while (n > 0) {
        ssize_t w = write(STDOUT_FILENO, text, n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0) {
            failures++;
            return;
        }
        text += w;
        n -= (size_t)w;
    }
}

static struct {
    uint32_t *slot;     /* 0: free; nobody has the address 0.0.0.0 */
    size_t size, used;
} seen;

/* Is this address new? Remembers it. */
static bool is_new(uint32_t address)
{
    if (seen.used * 2 >= seen.size) {
        uint32_t *old = seen.slot;
        size_t old_size = seen.size;
        seen.size = old_size ? old_size * 4 : 64;
        seen.slot = calloc(seen.size, sizeof *seen.slot);
        if (seen.slot == NULL) {
            perror("calloc");
            exit(1);
        }
        seen.used = 0;
        for (size_t i = 0; i < old_size; i++)
            if (old[i])
                is_new(old[i]);
        free(old);
    }
    size_t i = address * UINT32_C(2654435761) % seen.size;
    while (seen.slot[i] != 0) {
        if (seen.slot[i] == address)
            return false;
        i = (i + 1) % seen.size;
    }
    seen.slot[i] = address;
    seen.used++;
    return true;
}

static void print(const struct sockaddr_in *from, int32_t offset)
{
    char name[NI_MAXHOST], line[NI_MAXHOST + 100];
    if (getnameinfo((const void *)from, sizeof *from, name, sizeof name, NULL, 0, NI_NAMEREQD))
        strcpy(name, "UNKNOWN");
    int n = snprintf(line, sizeof line, "Clock on %s [%s] is %" PRId32 " seconds ahead of this one.\n", name,
                     inet_ntoa(from->sin_addr), offset);
    out(line, (size_t)n);
}

static struct timeval monotonic(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (struct timeval){ t.tv_sec, t.tv_nsec / 1000 };
}

static struct timeval plus_half(void)
{
    struct timeval t = monotonic(), half = { 0, 500001 }, sum;
    timeradd(&t, &half, &sum);
    return sum;
}

int main(int argc, char *argv[])
{
    uint16_t port = 37;
    int fd, option, on = 1, sent = 0;
    do {
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (fd >= 0 && fd <= 2)
            fcntl(fd, F_SETFD, 0);
    } while (fd >= 0 && fd <= 2);
    if (fd < 0)
        return 1;
    close(fd);

    while ((option = getopt_long(argc, argv, "p:", (struct option[]){ { 0 } }, NULL)) != -1) {
        uint32_t n = 0;
        if (option == 'p') {
            const char *c = optarg;
            while (*c >= '0' && *c <= '9' && n < 100000)
                n = n * 10 + (uint32_t)(*c++ - '0');
            if (*c != '\0')
                n = 0;
        }
        if (n == 0 || n > 65535) {
            fprintf(stderr, "Usage:\n  %s [-p PORT] [HOST...]\n", argv[0]);
            return 2;
        }
        port = (uint16_t)n;
    }

    fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (fd < 0 || fd >= FD_SETSIZE || setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) < 0) {
        perror("socket");
        return 1;
    }
    /* Stamps begin with this: the first call only turns them on. */
    struct timeval stamp;
    (void)ioctl(fd, SIOCGSTAMP, &stamp);

    char *all = "255.255.255.255";
    char **hosts = argc > optind ? argv + optind : &all;
    int count = argc > optind ? argc - optind : 1;
    for (int i = 0; i < count; i++) {
        struct addrinfo hints = { .ai_family = AF_INET, .ai_protocol = IPPROTO_UDP }, *result;
        int error = getaddrinfo(hosts[i], NULL, &hints, &result);
        if (error != 0) {
            fprintf(stderr, "%s: %s:%u: %s\n", argv[0], hosts[i], port, gai_strerror(error));
            failures++;
            continue;
        }
        struct sockaddr_in to;
        memcpy(&to, result->ai_addr, sizeof to);
        freeaddrinfo(result);
        to.sin_port = htons(port);
        char line[64];
        int n = snprintf(line, sizeof line, "Sending to %s:%u\n", inet_ntoa(to.sin_addr), port);
        out(line, (size_t)n);
        ssize_t done;
        do {
            done = sendto(fd, line, (size_t)n, 0, (struct sockaddr *)&to, sizeof to);
            if (done < 0 && errno == EAGAIN) {      /* our own output queue is full */
                fd_set set;
                FD_ZERO(&set);
                FD_SET(fd, &set);
                select(fd + 1, NULL, &set, NULL, NULL);
            }
        } while (done < 0 && (errno == EAGAIN || errno == EINTR));
        if (done < 0) {
            fprintf(stderr, "%s: %s:%u: %s\n", argv[0], hosts[i], port, strerror(errno));
            failures++;
        } else {
            sent++;
        }
    }

    struct timeval end = plus_half();
    for (int late = 0; sent > 0 && late < 3000;) {
        struct timeval t = monotonic(), left = { 0, 0 };
        bool over = !timercmp(&t, &end, <);
        if (!over)
            timersub(&end, &t, &left);
        fd_set set;
        FD_ZERO(&set);
        FD_SET(fd, &set);
        int ready = select(fd + 1, &set, NULL, NULL, &left);
        if (ready == 0 && over)
            break;
        if (ready <= 0)
            continue;

        uint32_t word[2];
        struct sockaddr_in from;
        struct iovec iov = { word, sizeof word };
        struct msghdr m = { .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &iov, .msg_iovlen = 1 };
        ssize_t n = recvmsg(fd, &m, 0);
        late += over;
        if (n != 4 || !is_new(from.sin_addr.s_addr))
            continue;
        if (ioctl(fd, SIOCGSTAMP, &stamp) < 0)
            gettimeofday(&stamp, NULL);
        print(&from, (int32_t)(ntohl(word[0]) - ((uint32_t)stamp.tv_sec + UINT32_C(2208988800))));
        end = plus_half();      /* the look-up's time does not count */
        late = 0;
    }
    close(fd);
    free(seen.slot);
    if (seen.used == 0) {
        for (int i = 0; i < count; i++)
            fprintf(stderr, "%s: %s:%u: no answer\n", argv[0], hosts[i], port);
        failures++;
    }
    return failures > 0;
}
