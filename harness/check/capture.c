#define _GNU_SOURCE
#include "check/capture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "check/record.h"
#include "check/wait.h"

enum { PACKET_MAX = 256 << 10, QUEUE_MAX = 64 << 20, LINKTYPE_ETHERNET = 1 };

/* The head of a file, and of each packet in it (pcap-savefile(5)), in this machine's byte order. */
struct file_head {
    uint32_t magic;
    uint16_t major, minor;
    uint32_t reserved[2];
    uint32_t longest;
    uint32_t linktype;
};

struct packet_head {
    uint32_t seconds, nanoseconds;
    uint32_t length;      /* in the file */
    uint32_t true_length; /* on the wire */
};

static int packets = -1;
static FILE *file;
static size_t written;
static struct capture capture;

static void put(const void *data, size_t length)
{
    fwrite(data, length, 1, file);
    written += length;
}

/* When the kernel saw the packet, by its real-time clock (SO_TIMESTAMPNS); the time of reading if it does not say. */
static struct timespec time_of(struct msghdr *message)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_TIMESTAMPNS)
            memcpy(&t, CMSG_DATA(part), sizeof t);
    }
    return t;
}

static double seconds_of(struct timespec t)
{
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void keep_packet(const char *data, size_t length, double t)
{
    struct packet_head head = {.true_length = (uint32_t)length};
    head.length = (uint32_t)(length < PACKET_MAX ? length : PACKET_MAX);
    if (t < 0)
        return; /* from before the check */
    if (written + sizeof head + head.length > CAPTURE_MAX) {
        written = CAPTURE_MAX; /* no smaller one behind it: the file shows all, or ends */
        capture.cut++;
        return;
    }
    head.seconds = (uint32_t)t;
    head.nanoseconds = (uint32_t)((t - (double)head.seconds) * 1e9);
    put(&head, sizeof head);
    put(data, head.length);
    capture.packets++;
}

/* Packets that go out by lo come in by it again, and those of a wire at its other end: each is taken once. */
static void take_packets(int fd)
{
    static char data[PACKET_MAX];
    struct timespec real;
    clock_gettime(CLOCK_REALTIME, &real);
    double real_to_own = now() - seconds_of(real);
    size_t before = capture.packets;
    for (;;) {
        struct sockaddr_ll from;
        char control[256];
        struct iovec room = {data, sizeof data};
        struct msghdr message = {.msg_name = &from,
                                 .msg_namelen = sizeof from,
                                 .msg_iov = &room,
                                 .msg_iovlen = 1,
                                 .msg_control = control,
                                 .msg_controllen = sizeof control};
        ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_TRUNC);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            break;
        if (from.sll_pkttype != PACKET_OUTGOING)
            keep_packet(data, (size_t)n, seconds_of(time_of(&message)) + real_to_own);
    }
    if (capture.packets > before)
        fflush(file); /* who reads it from a pipe sees it live */
}

const char *capture_begin(int fd)
{
    int on = 1;
    int room = QUEUE_MAX;
    packets = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
    if (packets == -1)
        return "open a packet socket";
    setsockopt(packets, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    if (setsockopt(packets, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) == -1)
        setsockopt(packets, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    file = fdopen(fd, "w");
    if (file == NULL)
        return "write the capture";
    struct file_head head = {
        .magic = 0xa1b23c4d, .major = 2, .minor = 4, .longest = PACKET_MAX, .linktype = LINKTYPE_ETHERNET};
    put(&head, sizeof head);
    wait_attends(packets, take_packets);
    return NULL;
}

struct capture capture_end(void)
{
    struct tpacket_stats stats = {0};
    socklen_t size = sizeof stats;
    take_packets(packets);
    if (getsockopt(packets, SOL_PACKET, PACKET_STATISTICS, &stats, &size) == 0)
        capture.lost = stats.tp_drops;
    fclose(file);
    close(packets);
    return capture;
}
