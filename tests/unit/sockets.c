/* look/sockets.h: the sockets of this network namespace. */
#define _GNU_SOURCE
#include "look/sockets.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check/bytes.h"
#include "unit.h"

enum { FDS_MAX = 32 };

static int opened[FDS_MAX];
static int opened_count;

static int own(int fd)
{
    if (fd != -1 && opened_count < FDS_MAX)
        opened[opened_count++] = fd;
    return fd;
}

static void close_all(void)
{
    while (opened_count > 0)
        close(opened[--opened_count]);
    unit_tear_down();
}

/* A socket bound to a numeric address and a port that the kernel chooses; -1 if it can't be. */
static int bound(int type, const char *host, bool only_ipv6, int *port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    bool is_v4 = inet_pton(AF_INET, host, &v4.sin_addr) == 1;
    int family = is_v4 ? AF_INET : AF_INET6;
    if (!is_v4)
        inet_pton(AF_INET6, host, &v6.sin6_addr);
    int fd = own(socket(family, type | SOCK_CLOEXEC, 0));
    int only = only_ipv6;
    if (!is_v4)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
    socklen_t length = is_v4 ? sizeof v4 : sizeof v6;
    struct sockaddr *address = is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
    if (fd == -1 || bind(fd, address, length) == -1 || getsockname(fd, address, &length) == -1)
        return -1;
    *port = ntohs(is_v4 ? v4.sin_port : v6.sin6_port);
    return fd;
}

static int listener(const char *host, bool only_ipv6, int *port)
{
    int fd = bound(SOCK_STREAM, host, only_ipv6, port);
    return fd == -1 || listen(fd, 10) == -1 ? -1 : fd;
}

static int client(int port, int *own_port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((in_port_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in self;
    socklen_t length = sizeof self;
    int fd = own(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == -1 ||
        getsockname(fd, (struct sockaddr *)&self, &length) == -1)
        CU_FAIL_FATAL("a connection is made");
    *own_port = ntohs(self.sin_port);
    return fd;
}

static const char *printed(const struct in6_addr *address)
{
    char *words = keep(INET6_ADDRSTRLEN);
    return inet_ntop(AF_INET6, address, words, INET6_ADDRSTRLEN);
}

static unsigned long inode_of(int fd)
{
    struct stat status;
    return fstat(fd, &status) == -1 ? 0 : (unsigned long)status.st_ino;
}

static void an_ipv4_listener_is_found(void)
{
    int port;
    int fd = listener("127.0.0.1", false, &port);
    CU_ASSERT_FATAL(fd != -1);
    struct socket_row row = {0};
    CU_ASSERT_FATAL(sockets_listener(SOCKET_TCP, port, &row));
    CU_ASSERT(!row.ipv6);
    assert_text(printed(&row.local), "::ffff:127.0.0.1");
    assert_number(row.local_port, port);
    assert_number(row.remote_port, 0);
    assert_number(row.state, SOCKET_STATE_LISTEN);
    assert_number(row.inode, inode_of(fd));
    CU_ASSERT(sockets_listener(SOCKET_TCP, port, NULL));
    CU_ASSERT(!sockets_listener(SOCKET_UDP, port, NULL));
}

static void any_address_and_others_are_told_apart(void)
{
    int port;
    struct socket_row row = {0};
    CU_ASSERT_FATAL(listener("0.0.0.0", false, &port) != -1);
    CU_ASSERT_FATAL(sockets_listener(SOCKET_TCP, port, &row));
    assert_text(printed(&row.local), "::ffff:0.0.0.0");
    CU_ASSERT_FATAL(listener("127.2.3.4", false, &port) != -1);
    CU_ASSERT_FATAL(sockets_listener(SOCKET_TCP, port, &row));
    assert_text(printed(&row.local), "::ffff:127.2.3.4");
}

static void an_ipv6_listener_is_found(void)
{
    int port;
    struct socket_row row = {0};
    if (listener("::1", true, &port) == -1) {
        unit_skip("no IPv6 on this machine");
        return;
    }
    CU_ASSERT_FATAL(sockets_listener(SOCKET_TCP, port, &row));
    CU_ASSERT(row.ipv6);
    assert_text(printed(&row.local), "::1");
    int fd = listener("::", false, &port); /* dual stack */
    CU_ASSERT_FATAL(fd != -1);
    CU_ASSERT_FATAL(sockets_listener(SOCKET_TCP, port, &row));
    CU_ASSERT(row.ipv6);
    assert_text(printed(&row.local), "::");
    assert_number(row.inode, inode_of(fd));

    int own_port;
    int far_end = client(port, &own_port); /* IPv4 on a dual-stack listener: an IPv6 socket with mapped addresses */
    int near_end = own(accept4(fd, NULL, NULL, SOCK_CLOEXEC));
    CU_ASSERT_FATAL(sockets_connection(port, own_port, &row));
    CU_ASSERT(row.ipv6);
    assert_text(printed(&row.local), "::ffff:127.0.0.1");
    assert_text(printed(&row.remote), "::ffff:127.0.0.1");
    CU_ASSERT_FATAL(sockets_other_end(far_end, &row)); /* asked for from the IPv4 end */
    CU_ASSERT(row.ipv6);
    assert_number(row.inode, inode_of(near_end));
}

static void a_udp_socket_is_found(void)
{
    int port;
    int fd = bound(SOCK_DGRAM, "127.0.0.1", false, &port);
    CU_ASSERT_FATAL(fd != -1);
    struct socket_row row = {0};
    CU_ASSERT_FATAL(sockets_listener(SOCKET_UDP, port, &row));
    assert_number(row.kind, SOCKET_UDP);
    assert_number(row.inode, inode_of(fd));
    assert_number(row.receiving, 0);
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((in_port_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    CU_ASSERT(sendto(fd, "abc", 3, 0, (struct sockaddr *)&to, sizeof to) == 3);
    CU_ASSERT(sockets_listener(SOCKET_UDP, port, &row));
    CU_ASSERT(row.receiving > 0);
}

static void a_bound_socket_does_not_listen(void)
{
    int port;
    int fd = bound(SOCK_STREAM, "127.0.0.1", false, &port);
    CU_ASSERT_FATAL(fd != -1);
    CU_ASSERT(!sockets_listener(SOCKET_TCP, port, NULL));
    listen(fd, 1);
    CU_ASSERT(sockets_listener(SOCKET_TCP, port, NULL));
    close(opened[--opened_count]);
    CU_ASSERT(!sockets_listener(SOCKET_TCP, port, NULL));
}

static void both_ends_of_a_connection_are_found(void)
{
    int port, own_port;
    int fd = listener("127.0.0.1", false, &port);
    CU_ASSERT_FATAL(fd != -1);
    struct socket_row row = {0};
    int far_end = client(port, &own_port);

    /* Not accepted yet: the listener counts it, and no process holds its end. */
    CU_ASSERT_FATAL(sockets_listener(SOCKET_TCP, port, &row));
    assert_number(row.receiving, 1);
    CU_ASSERT_FATAL(sockets_connection(port, own_port, &row));
    assert_number(row.inode, 0);

    int near_end = own(accept4(fd, NULL, NULL, SOCK_CLOEXEC));
    CU_ASSERT_FATAL(sockets_connection(port, own_port, &row));
    assert_number(row.state, SOCKET_STATE_ESTABLISHED);
    assert_number(row.inode, inode_of(near_end));
    assert_number(row.local_port, port);
    assert_number(row.remote_port, own_port);
    CU_ASSERT_FATAL(sockets_connection(own_port, port, &row));
    assert_number(row.inode, inode_of(far_end));
    CU_ASSERT(!sockets_connection(port, own_port == 1 ? 2 : 1, &row));
}

static void the_other_end_of_a_descriptor_is_found(void)
{
    int port, own_port;
    int fd = listener("127.0.0.1", false, &port);
    CU_ASSERT_FATAL(fd != -1);
    struct socket_row row = {0};
    CU_ASSERT(!sockets_other_end(fd, &row)); /* who listens has none */
    int far_end = client(port, &own_port);
    CU_ASSERT_FATAL(sockets_other_end(far_end, &row)); /* not accepted yet */
    assert_number(row.inode, 0);
    int near_end = own(accept4(fd, NULL, NULL, SOCK_CLOEXEC));
    CU_ASSERT_FATAL(sockets_other_end(far_end, &row));
    assert_number(row.inode, inode_of(near_end));
    assert_number(row.local_port, port);
    assert_number(row.remote_port, own_port);
    assert_number(row.state, SOCKET_STATE_ESTABLISHED);
    assert_text(printed(&row.local), "::ffff:127.0.0.1");
    char buffer[8];
    CU_ASSERT(send(far_end, "hello", 5, 0) == 5);
    CU_ASSERT(recv(near_end, buffer, 5, MSG_PEEK | MSG_WAITALL) == 5);
    CU_ASSERT(sockets_other_end(far_end, &row));
    assert_number(row.receiving, 5);
    CU_ASSERT_FATAL(sockets_other_end(near_end, &row));
    assert_number(row.inode, inode_of(far_end));

    struct linger abort_it = {1, 0};
    setsockopt(near_end, SOL_SOCKET, SO_LINGER, &abort_it, sizeof abort_it);
    close(opened[--opened_count]);
    CU_ASSERT(!sockets_other_end(far_end, &row)); /* reset: nothing is left of it */
}

static void the_queues_of_a_connection_are_counted(void)
{
    int port, own_port;
    int fd = listener("127.0.0.1", false, &port);
    CU_ASSERT_FATAL(fd != -1);
    int far_end = client(port, &own_port);
    int near_end = own(accept4(fd, NULL, NULL, SOCK_CLOEXEC));
    struct socket_row row = {0};
    char buffer[65536] = {0};
    CU_ASSERT(send(far_end, "hello", 5, 0) == 5);
    CU_ASSERT(recv(near_end, buffer, 5, MSG_PEEK | MSG_WAITALL) == 5); /* it has arrived */
    CU_ASSERT_FATAL(sockets_connection(port, own_port, &row));
    assert_number(row.receiving, 5);
    assert_number(row.sending, 0);
    CU_ASSERT(recv(near_end, buffer, 2, 0) == 2);
    CU_ASSERT_FATAL(sockets_connection(port, own_port, &row));
    assert_number(row.receiving, 3);
    while (send(far_end, buffer, sizeof buffer, MSG_DONTWAIT) > 0)
        ;
    CU_ASSERT_FATAL(sockets_connection(own_port, port, &row));
    CU_ASSERT(row.sending > 0);
}

static bool count_rows(const struct socket_row *row, void *context)
{
    (void)row;
    ++*(int *)context;
    return false;
}

static bool take_first(const struct socket_row *row, void *context)
{
    count_rows(row, context);
    return true;
}

static void every_socket_is_visited_until_one_is_enough(void)
{
    int port;
    for (int i = 0; i < 5; i++)
        CU_ASSERT_FATAL(listener("127.0.0.1", false, &port) != -1);
    int count = 0;
    CU_ASSERT(!sockets_find(SOCKET_TCP, count_rows, &count));
    CU_ASSERT(count >= 5);
    count = 0;
    CU_ASSERT(sockets_find(SOCKET_TCP, take_first, &count));
    assert_number(count, 1);
}

static CU_TestInfo tests[] = {
    {"an IPv4 listener is found", an_ipv4_listener_is_found},
    {"any address and others are told apart", any_address_and_others_are_told_apart},
    {"an IPv6 and a dual-stack listener are found", an_ipv6_listener_is_found},
    {"a UDP socket is found", a_udp_socket_is_found},
    {"a bound socket does not listen, a closed one neither", a_bound_socket_does_not_listen},
    {"both ends of a connection are found", both_ends_of_a_connection_are_found},
    {"the other end of a descriptor is found", the_other_end_of_a_descriptor_is_found},
    {"the queues of a connection are counted", the_queues_of_a_connection_are_counted},
    {"every socket is visited until one is enough", every_socket_is_visited_until_one_is_enough},
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo sockets_suite = {"sockets", NULL, NULL, NULL, close_all, tests};
