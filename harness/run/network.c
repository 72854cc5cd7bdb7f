#define _GNU_SOURCE
#include "run/network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A route request with its two attributes, as rtnetlink(7) lays them out. */
struct route_request {
    struct nlmsghdr header;
    struct rtmsg route;
    struct rtattr device_attribute;
    unsigned int device;
    struct rtattr source_attribute;
    struct in_addr source;
};

static int add_default_route(void)
{
    struct route_request request = {
        .header = {.nlmsg_len = sizeof request,
                   .nlmsg_type = RTM_NEWROUTE,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE},
        .route = {.rtm_family = AF_INET,
                  .rtm_table = RT_TABLE_MAIN,
                  .rtm_protocol = RTPROT_BOOT,
                  .rtm_scope = RT_SCOPE_LINK,
                  .rtm_type = RTN_UNICAST},
        .device_attribute = {.rta_len = RTA_LENGTH(sizeof(unsigned int)), .rta_type = RTA_OIF},
        .device = if_nametoindex("lo"),
        .source_attribute = {.rta_len = RTA_LENGTH(sizeof(struct in_addr)), .rta_type = RTA_PREFSRC},
        .source = {htonl(INADDR_LOOPBACK)},
    };
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
    } answer = {0};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    int done = fd != -1 && send(fd, &request, sizeof request, 0) == sizeof request &&
               recv(fd, &answer, sizeof answer, MSG_TRUNC) > 0 && answer.error.error == 0;
    if (fd != -1)
        close(fd);
    return done ? 0 : -1;
}

static int write_setting(const char *path, const char *value)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int done = fd != -1 && write(fd, value, strlen(value)) > 0;
    if (fd != -1)
        close(fd);
    return done ? 0 : -1;
}

const char *network_prepare(void)
{
    if (add_default_route() == -1)
        return "add a default route to lo";
    if (write_setting("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0") == -1)
        return "open the ports below 1024";
    write_setting("/proc/sys/user/max_user_namespaces", "0"); /* no namespaces inside: one wall more, where it can be had */
    return NULL;
}
