/* Ports and multicast groups that nobody else uses, for programs that are told which to use. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/if_addr.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "check/address.h"
#include "check/check.h"
#include "check/stage.h"
#include "check/verdict.h"
#include "check/wait.h"
#include "look/proc.h"

/* Below the range that the kernel hands out by itself (ip_local_port_range begins at 32768). */
enum { LOWEST = 10000, HIGHEST = 32000, TRIES = 200 };

/* An abstract Unix socket is a lock: it is one network namespace's, and gone with its process (unix(7)). */
static bool take_lock(const char *what)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int length = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "sockeye-%s", what);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd == -1)
        fault("no socket for a lock: %s", strerror(errno));
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    if (bind(fd, (struct sockaddr *)&name, size) == 0)
        return true; /* open until the worker ends */
    close(fd);
    return false;
}

/* At every address, of both families where there are both: a port may be free for one and, in TIME_WAIT, not for the
   other. */
static bool can_bind(int type, int port)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((in_port_t)port)};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
    int both = 0;
    int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0);
    if (fd != -1)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &both, sizeof both);
    bool can = fd == -1 || bind(fd, (struct sockaddr *)&v6, sizeof v6) == 0 || errno != EADDRINUSE;
    if (fd != -1)
        close(fd);
    fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    can = can && fd != -1 && bind(fd, (struct sockaddr *)&v4, sizeof v4) == 0;
    if (fd != -1)
        close(fd);
    return can;
}

int free_port(void)
{
    for (int i = 0; i < TRIES; i++) {
        int port = (int)random_between(LOWEST, HIGHEST);
        if (port_has_an_order(port) && take_lock(text("port-%d", port)) && can_bind(SOCK_STREAM, port) &&
            can_bind(SOCK_DGRAM, port))
            return port;
    }
    fault("no free port found");
}

int highest_port(void)
{
    return stage.private_network ? UINT16_MAX : free_port();
}

int well_known_port(void)
{
    enum { HTTP = 80 };
    return stage.private_network ? HTTP : free_port();
}

/* The last byte is neither 224 nor 232, which swapped would lead to groups with rules of their own. */
const char *free_group(void)
{
    for (int i = 0; i < TRIES; i++) {
        const char *group = text("239.255.%ld.%ld", random_between(1, 254), random_between(233, 238));
        if (take_lock(text("group-%s", group)))
            return group;
    }
    fault("no free group found");
}

/* What free_group() says of the last byte is true here, too; and none of these reads the same with its bytes swapped. */
const char *any_group(void)
{
    return text("%ld.%ld.%ld.%ld", random_between(225, 231), random_between(1, 254), random_between(1, 254),
                random_between(233, 238));
}

bool has_ipv6(void)
{
    struct sockaddr_in6 loopback = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool can = fd != -1 && bind(fd, (struct sockaddr *)&loopback, sizeof loopback) == 0;
    if (fd != -1)
        close(fd);
    return can;
}

/* The kernel takes up an IPv6 address only a moment after it was given: until then it is tentative, and nobody's. */
static bool has_taken_up_addresses(void *context)
{
    (void)context;
    char list[4096];
    ssize_t length = proc_read("/proc/net/if_inet6", list, sizeof list);
    unsigned int flags;
    for (char *line = list; length > 0 && sscanf(line, "%*s %*x %*x %*x %x", &flags) == 1;
         line = strchr(line, '\n') + 1) {
        if ((flags & IFA_F_TENTATIVE) != 0)
            return false;
    }
    return true;
}

void needs_ipv6(void)
{
    if (!has_ipv6())
        not_graded("this machine has no IPv6 on its loopback (::1)");
    struct awaited awaited = {.come = has_taken_up_addresses, .seconds = 1, .stuck_is_no_end = true};
    if (stage.private_network)
        wait_until(&awaited);
}
