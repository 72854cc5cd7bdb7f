#define _GNU_SOURCE
#include "look/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
    struct nlmsghdr header;
    struct inet_diag_req_v2 body;
};

/* One netlink socket for the life of the process. */
int diag_netlink(void)
{
    static int fd = -1;
    if (fd == -1) {
        int low = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
        fd = low == -1 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, 10);
        if (low != -1)
            close(low);
    }
    return fd;
}

bool diag_attribute(const struct nlmsghdr *header, size_t body, unsigned short type, void *value, size_t size)
{
    const char *at = (const char *)NLMSG_DATA(header) + NLMSG_ALIGN(body);
    const char *end = (const char *)header + header->nlmsg_len;
    while (end - at >= (ptrdiff_t)sizeof(struct rtattr)) {
        const struct rtattr *attr = (const struct rtattr *)at;
        size_t room = RTA_ALIGN(attr->rta_len);
        if (attr->rta_len < sizeof *attr || room > (size_t)(end - at))
            return false;
        if (attr->rta_type == type && RTA_PAYLOAD(attr) >= size) {
            memcpy(value, RTA_DATA(attr), size);
            return true;
        }
        at += room;
    }
    return false;
}

static void read_address(unsigned char family, const __be32 words[4], struct in6_addr *address)
{
    __be32 mapped[4] = {0, 0, htonl(0xffff), words[0]};
    memcpy(address, family == AF_INET6 ? words : mapped, sizeof *address);
}

static void read_message(const struct inet_diag_msg *message, struct socket_row *row)
{
    /* A dual-stack socket that talks IPv4 is an IPv6 socket with mapped addresses. */
    *row = (struct socket_row){
        .kind = SOCKET_TCP,
        .ipv6 = message->idiag_family == AF_INET6,
        .local_port = ntohs(message->id.idiag_sport),
        .remote_port = ntohs(message->id.idiag_dport),
        .state = message->idiag_state,
        .sending = message->idiag_wqueue,
        .receiving = message->idiag_rqueue,
        .inode = message->idiag_inode,
    };
    read_address(message->idiag_family, message->id.idiag_src, &row->local);
    read_address(message->idiag_family, message->id.idiag_dst, &row->remote);
}

/* Reads answers until the kernel says that there are no more; the first row that fits goes to @p row. */
static enum diag_answer read_answers(int fd, int port, bool dump, struct socket_row *row)
{
    enum diag_answer answer = DIAG_NONE;
    for (;;) {
        _Alignas(struct nlmsghdr) char buffer[16384];
        ssize_t length = recv(fd, buffer, sizeof buffer, 0);
        if (length <= 0)
            return DIAG_UNAVAILABLE;
        const struct nlmsghdr *header = (const struct nlmsghdr *)buffer;
        for (; NLMSG_OK(header, (size_t)length); header = NLMSG_NEXT(header, length)) {
            if (header->nlmsg_type == NLMSG_DONE)
                return answer;
            if (header->nlmsg_type == NLMSG_ERROR) {
                const struct nlmsgerr *error = NLMSG_DATA(header);
                return error->error == -ENOENT ? answer : DIAG_UNAVAILABLE;
            }
            const struct inet_diag_msg *message = NLMSG_DATA(header);
            if (answer == DIAG_NONE && (port == 0 || ntohs(message->id.idiag_sport) == port)) {
                read_message(message, row);
                answer = DIAG_FOUND;
            }
            if (!dump)
                return answer;
        }
    }
}

static enum diag_answer ask(const struct request *request, int port, struct socket_row *row)
{
    int fd = diag_netlink();
    bool dump = (request->header.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
    if (fd == -1 || send(fd, request, sizeof *request, 0) != (ssize_t)sizeof *request)
        return DIAG_UNAVAILABLE;
    return read_answers(fd, port, dump, row);
}

static void set_end(const struct sockaddr_storage *end, __be16 *port, __be32 address[4])
{
    if (end->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)end;
        *port = v4->sin_port;
        address[0] = v4->sin_addr.s_addr;
    } else {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)end;
        *port = v6->sin6_port;
        memcpy(address, &v6->sin6_addr, sizeof v6->sin6_addr);
    }
}

enum diag_answer diag_connection(const struct sockaddr_storage *local, const struct sockaddr_storage *remote,
                                 struct socket_row *row)
{
    struct request request = {
        .header = {.nlmsg_len = sizeof request, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST},
        .body = {.sdiag_family = (unsigned char)local->ss_family,
                 .sdiag_protocol = IPPROTO_TCP,
                 .idiag_states = ~0U,
                 .id.idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}},
    };
    set_end(local, &request.body.id.idiag_sport, request.body.id.idiag_src);
    set_end(remote, &request.body.id.idiag_dport, request.body.id.idiag_dst);
    return ask(&request, 0, row);
}

enum diag_answer diag_listener(int port, struct socket_row *row)
{
    static const unsigned char families[] = {AF_INET, AF_INET6};
    for (size_t i = 0; i < sizeof families; i++) {
        struct request request = {
            .header = {.nlmsg_len = sizeof request,
                       .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
            .body = {.sdiag_family = families[i],
                     .sdiag_protocol = IPPROTO_TCP,
                     .idiag_states = 1U << SOCKET_STATE_LISTEN,
                     .id.idiag_sport = htons((in_port_t)port)},
        };
        enum diag_answer answer = ask(&request, port, row);
        if (answer != DIAG_NONE)
            return answer;
    }
    return DIAG_NONE;
}
