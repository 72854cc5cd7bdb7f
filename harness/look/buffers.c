#define _GNU_SOURCE
#include "look/buffers.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "look/diag.h"
#include "look/proc.h"

typedef size_t (*memory_of)(const struct nlmsghdr *answer);

/* Asks for all sockets of a kind, and adds up what each holds. */
static size_t sum(const void *request, size_t size, memory_of memory)
{
    int fd = diag_netlink();
    if (fd == -1 || send(fd, request, size, 0) != (ssize_t)size)
        return 0;
    size_t bytes = 0;
    for (;;) {
        _Alignas(struct nlmsghdr) char buffer[16384];
        ssize_t length = recv(fd, buffer, sizeof buffer, 0);
        if (length <= 0)
            return bytes;
        const struct nlmsghdr *header = (const struct nlmsghdr *)buffer;
        for (; NLMSG_OK(header, (size_t)length); header = NLMSG_NEXT(header, length)) {
            if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR)
                return bytes;
            bytes += memory(header);
        }
    }
}

/* What waits to be read, and what is under way: of TCP what is queued holds more than what has left the queue. */
static size_t held(const uint32_t about[SK_MEMINFO_BACKLOG + 1])
{
    size_t sending = about[SK_MEMINFO_WMEM_ALLOC];
    if (sending < about[SK_MEMINFO_WMEM_QUEUED])
        sending = about[SK_MEMINFO_WMEM_QUEUED];
    return sending + about[SK_MEMINFO_RMEM_ALLOC] + about[SK_MEMINFO_BACKLOG];
}

static size_t memory_of_inet(const struct nlmsghdr *answer)
{
    uint32_t about[SK_MEMINFO_BACKLOG + 1] = {0};
    diag_attribute(answer, sizeof(struct inet_diag_msg), INET_DIAG_SKMEMINFO, about, sizeof about);
    return held(about);
}

static size_t inet_memory(unsigned char family, unsigned char protocol)
{
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 body;
    } request = {
        .header = {.nlmsg_len = sizeof request,
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .body = {.sdiag_family = family,
                 .sdiag_protocol = protocol,
                 .idiag_ext = 1 << (INET_DIAG_SKMEMINFO - 1),
                 .idiag_states = ~0U},
    };
    return sum(&request, sizeof request, memory_of_inet);
}

/* As much as a socket may have under way. */
static size_t most_under_way(void)
{
    char text[32];
    return proc_read("/proc/sys/net/core/wmem_max", text, sizeof text) > 0 ? 2 * strtoul(text, NULL, 10) : 0;
}

/* What is under way between Unix-domain sockets counts as its sender's. Is that closed, then it is asked of who may read it: of
   datagrams the kernel tells the first one's size alone, and so as much is counted as there can be. */
static size_t memory_of_unix(const struct nlmsghdr *answer)
{
    enum { BODY = sizeof(struct unix_diag_msg) };
    uint32_t about[SK_MEMINFO_BACKLOG + 1] = {0};
    struct unix_diag_rqlen queue = {0};
    uint32_t peer = 0;
    diag_attribute(answer, BODY, UNIX_DIAG_MEMINFO, about, sizeof about);
    diag_attribute(answer, BODY, UNIX_DIAG_RQLEN, &queue, sizeof queue);
    diag_attribute(answer, BODY, UNIX_DIAG_PEER, &peer, sizeof peer);
    size_t unread = peer == 0 ? queue.udiag_rqueue : 0;
    const struct unix_diag_msg *message = NLMSG_DATA(answer);
    if (unread > 0 && message->udiag_type == SOCK_DGRAM)
        unread = most_under_way();
    return held(about) + unread;
}

static size_t unix_memory(void)
{
    struct {
        struct nlmsghdr header;
        struct unix_diag_req body;
    } request = {
        .header = {.nlmsg_len = sizeof request,
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .body = {.sdiag_family = AF_UNIX,
                 .udiag_states = ~0U,
                 .udiag_show = UDIAG_SHOW_MEMINFO | UDIAG_SHOW_RQLEN | UDIAG_SHOW_PEER},
    };
    return sum(&request, sizeof request, memory_of_unix);
}

static size_t netlink_memory(void)
{
    FILE *list = fopen("/proc/net/netlink", "re");
    char line[256];
    size_t bytes = 0;
    while (list != NULL && fgets(line, sizeof line, list) != NULL) {
        unsigned long reading;
        unsigned long writing;
        if (sscanf(line, "%*s %*s %*s %*s %lu %lu", &reading, &writing) == 2)
            bytes += reading + writing;
    }
    if (list != NULL)
        fclose(list);
    return bytes;
}

size_t buffers_memory(void)
{
    return unix_memory() + inet_memory(AF_INET, IPPROTO_TCP) + inet_memory(AF_INET6, IPPROTO_TCP) +
           inet_memory(AF_INET, IPPROTO_UDP) + inet_memory(AF_INET6, IPPROTO_UDP) + netlink_memory();
}
