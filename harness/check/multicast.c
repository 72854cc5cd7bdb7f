/* The verbs of multicast: a program that has joined a group, what is sent to it, and the member that we play. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/address.h"
#include "check/check.h"
#include "check/datagram.h"
#include "check/difference.h"
#include "check/netlink.h"
#include "check/program.h"
#include "check/record.h"
#include "check/stage.h"
#include "check/verdict.h"
#include "check/wait.h"
#include "look/groups.h"
#include "look/proc.h"
#include "look/sockets.h"

#define NEAR_END "wire0"
#define FAR_END "far0"

static bool wired;

void needs_wire(void)
{
    if (!stage.private_network)
        not_graded("it takes a network with a second interface, as the private one has");
    if (netlink_add_wire(NEAR_END, FAR_END) == -1)
        not_graded("this kernel makes no second interface for the private network (veth)");
    if (netlink_add_address(NEAR_END, WIRED, 24) == -1)
        fault("the second interface gets no address");
    /* What comes out of the far end was sent by this machine itself. */
    if (netlink_set("/proc/sys/net/ipv4/conf/all/accept_local", "1") == -1 ||
        netlink_set("/proc/sys/net/ipv4/conf/all/rp_filter", "0") == -1 ||
        netlink_set("/proc/sys/net/ipv4/conf/" FAR_END "/rp_filter", "0") == -1)
        fault("the far end of the wire can't be told to hear this machine: %s", strerror(errno));
    wired = true;
}

static struct in_addr address_as_number(const char *host)
{
    struct in_addr address;
    if (inet_pton(AF_INET, host, &address) != 1)
        fault("a check names an address that is none: %s", host);
    return address;
}

static const char *host_of(struct in_addr address)
{
    char host[INET_ADDRSTRLEN];
    return text("%s", inet_ntop(AF_INET, &address, host, sizeof host));
}

static const char *swapped(const char *group)
{
    return host_of((struct in_addr){__builtin_bswap32(address_as_number(group).s_addr)});
}

static int index_of(const char *interface)
{
    struct ifaddrs *all;
    int index = 0;
    if (getifaddrs(&all) == -1)
        fault("the interfaces of this machine can't be read: %s", strerror(errno));
    for (struct ifaddrs *i = all; i != NULL && index == 0; i = i->ifa_next) {
        if (i->ifa_addr != NULL && i->ifa_addr->sa_family == AF_INET &&
            strcmp(address_host((struct sockaddr_storage *)(void *)i->ifa_addr), interface) == 0)
            index = (int)if_nametoindex(i->ifa_name);
    }
    freeifaddrs(all);
    if (index == 0)
        fault("no interface has the address %s", interface);
    return index;
}

static const char *interface_name(int index)
{
    char name[IF_NAMESIZE];
    return if_indextoname((unsigned int)index, name) == NULL ? text("interface %d", index) : text("%s", name);
}

/* ------------------------------------------------ a program that has joined */

enum { JOINED_MAX = 32 };

struct joined {
    struct program *program;
    const char *group;
    int port;
    int index;               /* of the interface */
    struct socket_row heard; /* a socket of the program's with that port that hears the group, once there is one */
    struct socket_row deaf;  /* one that does not */
    unsigned long inode[PROC_DESCRIPTORS_MAX]; /* of all the program's sockets */
    int inodes;
    double since; /* when both were there; 0: not yet */
};

static const struct joined *joined_before[JOINED_MAX];
static int joined_count;

static void find_sockets(struct joined *joined)
{
    static pid_t pids[PROC_MAX];
    static struct descriptor descriptors[PROC_DESCRIPTORS_MAX];
    int count = programs_pids(pids, PROC_MAX);
    joined->inodes = 0;
    for (int i = 0; i < count; i++) {
        int n = program_of(pids[i]) == joined->program ? proc_descriptors(pids[i], descriptors, PROC_DESCRIPTORS_MAX)
                                                       : 0;
        for (int k = 0; k < n && joined->inodes < PROC_DESCRIPTORS_MAX; k++) {
            joined->inode[joined->inodes] = proc_socket_inode(&descriptors[k]);
            joined->inodes += joined->inode[joined->inodes] != 0;
        }
    }
}

/* IPv4 addresses come mapped; a socket for both families has :: for any. */
static bool hears_group(const struct socket_row *row, const char *group)
{
    struct in_addr address = address_as_number(group);
    bool any = IN6_IS_ADDR_UNSPECIFIED(&row->local) || row->local.s6_addr32[3] == 0;
    return row->remote_port == 0 && (any || row->local.s6_addr32[3] == address.s_addr);
}

static bool is_sound(const struct socket_row *row, void *context)
{
    struct joined *joined = context;
    bool own = false;
    for (int i = 0; i < joined->inodes && !own; i++)
        own = joined->inode[i] == row->inode;
    if (!own || row->local_port != joined->port)
        return false;
    if (!hears_group(row, joined->group)) {
        joined->deaf = *row;
        return false;
    }
    joined->heard = *row;
    return true;
}

/* Others that a check has started before, and that live, count as members too. */
static int members_before(const struct joined *joined)
{
    int members = 0;
    for (int i = 0; i < joined_count; i++)
        members += !joined_before[i]->program->ended && joined_before[i]->program != joined->program &&
                   joined_before[i]->index == joined->index && strcmp(joined_before[i]->group, joined->group) == 0;
    return members;
}

static bool is_member(const struct joined *joined)
{
    int users = groups_users(joined->index, address_as_number(joined->group));
    if (users == -1)
        not_graded("this machine does not tell which groups it is a member of (/proc/net/igmp)");
    return users > members_before(joined);
}

/* Settled: it may have more to say of its socket, such as what recvmsg() is to tell. One that never sleeps is judged by
   another check. */
static bool waits_as_member(void *context)
{
    const double patience = 0.3;
    struct joined *joined = context;
    find_sockets(joined);
    joined->heard.inode = 0;
    joined->deaf.inode = 0;
    if (!sockets_find(SOCKET_UDP, is_sound, joined) || !is_member(joined))
        return false;
    if (joined->since <= 0)
        joined->since = now();
    return programs_sleep() || now() - joined->since > patience;
}

struct search {
    struct in_addr group;
    int not_index;
    const char *interface;
};

static bool is_sought(const struct membership *membership, void *context)
{
    struct search *search = context;
    if (membership->group.s_addr != search->group.s_addr || membership->index == search->not_index)
        return false;
    search->interface = text("%s", membership->interface);
    return true;
}

static const char *member_elsewhere(const char *group, int not_index)
{
    struct search search = {.group = address_as_number(group), .not_index = not_index};
    groups_find(is_sought, &search);
    return search.interface;
}

/* What the program's membership is in place of the one that it should have. */
static const char *explain_membership(const struct joined *joined)
{
    const char *elsewhere = member_elsewhere(joined->group, joined->index);
    const char *other = swapped(joined->group);
    const char *swapped_on = member_elsewhere(other, 0);
    if (swapped_on != NULL) {
        verdict_because("%s is %s with its bytes swapped: inet_pton() gives the address in network order already, and "
                        "so it goes into struct ip_mreq.",
                        other, joined->group);
        return text("it has joined %s, on %s", other, swapped_on);
    }
    if (elsewhere != NULL && members_before(joined) == 0) {
        verdict_because("imr_interface says on which interface a group is joined. With INADDR_ANY there the kernel "
                        "takes the one that the routes lead to.");
        return text("it has joined the group on %s", elsewhere);
    }
    verdict_because("The kernel hands on what is sent to a group only on interfaces where somebody has joined it: "
                    "setsockopt() with IP_ADD_MEMBERSHIP. `cat /proc/net/igmp` shows what has been joined.");
    return text("it has UDP port %d, but has not joined the group", joined->port);
}

static bool is_at_port(const struct socket_row *row, void *context)
{
    return row->local_port == *(int *)context;
}

static const char *explain_deafness(const struct joined *joined)
{
    const struct socket_row *deaf = &joined->deaf;
    char host[INET6_ADDRSTRLEN] = "?";
    const struct in6_addr *address = deaf->remote_port != 0 ? &deaf->remote : &deaf->local;
    inet_ntop(AF_INET, &address->s6_addr[12], host, sizeof host);
    int port = ntohs((in_port_t)joined->port);
    if (deaf->inode != 0 && deaf->remote_port != 0) {
        verdict_because("A connected socket takes datagrams from that address and port alone, and a group never sends "
                        "any: its members do, each from an address of its own.");
        return text("its socket is connected to %s port %d", host, deaf->remote_port);
    }
    if (deaf->inode != 0) {
        verdict_because("bind() says where a datagram must have been sent to. One for the group goes to the group's "
                        "address, and passes by a socket that is bound to another: bind to GROUP, or to INADDR_ANY.");
        return text("its socket is bound to %s port %d", host, joined->port);
    }
    if (port != joined->port && sockets_find(SOCKET_UDP, is_at_port, &port)) {
        verdict_port_is_swapped(port, joined->port);
        return text("it has UDP port %d", port);
    }
    return text("it does not have UDP port %d", joined->port);
}

void has_joined(struct program *listener, const char *group, int port, const char *interface)
{
    static struct joined space[JOINED_MAX];
    if (joined_count == JOINED_MAX)
        fault("a check may have %d programs that join", JOINED_MAX);
    struct joined *joined = &space[joined_count];
    *joined = (struct joined){.program = listener, .group = group, .port = port, .index = index_of(interface)};
    struct awaited awaited = {.come = waits_as_member, .context = joined, .until_end = true};
    enum waited waited = wait_until(&awaited);
    const char *on = interface_name(joined->index);
    if (waited != CAME) {
        const char *expected = text("%s has UDP port %d, and has joined %s on %s (%s)", listener->name, port, group, on,
                                    interface);
        if (listener->ended)
            fails(expected, program_fate(listener));
        wait_fails(waited, &awaited, expected,
                   joined->heard.inode == 0 ? explain_deafness(joined) : explain_membership(joined));
    }
    joined_before[joined_count++] = joined;
    record(YOU, NULL, "join", bytes(text("%s on %s, UDP port %d", group, on, port)));
}

/* ------------------------------------------------ what is sent to it */

void datagram_is_cast(const char *interface, const char *from, const char *to, int port, struct bytes what)
{
    const int on = 1;
    const int no_further = 0;
    const struct ip_mreqn out = {.imr_ifindex = index_of(interface)};
    struct address source = address_of(from, 0);
    struct address target = address_of(to, port);
    int fd = datagram_socket(AF_INET);
    if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &out, sizeof out) == -1 ||
        setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &no_further, sizeof no_further) == -1 ||
        setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) == -1 ||
        bind(fd, (struct sockaddr *)&source.storage, source.length) == -1 || datagram_send_to(fd, what, &target) == -1)
        fault("can't send a datagram of %zu bytes from %s to %s: %s", what.length, from, to, strerror(errno));
    record(from, YOU, text("%sdatagram to %s", what.length == 0 ? "empty " : "", to), what);
    close(fd);
}

/* ------------------------------------------------ a member that we play */

enum { MEMBERS_MAX = 8, HEARD_MAX = 256, SOCKETS = 2, LARGEST = 65536 };

struct heard {
    const char *to;
    int port;
    struct bytes data;
    int ttl;
    int index;  /* of the interface that it came by */
    bool taken; /* a verb has asked for it */
};

struct member {
    const char *group;
    int port;
    int fd[SOCKETS]; /* that port, and in the private network the one that it is with its bytes swapped; or -1 */
    struct heard *heard[HEARD_MAX];
    int count;
    struct heard *last; /* that hears_datagram() has taken */
};

static void join_on(int fd, const char *group, int index)
{
    const struct ip_mreqn membership = {.imr_multiaddr = address_as_number(group), .imr_ifindex = index};
    if (setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, sizeof membership) == -1)
        fault("can't join %s on %s: %s", group, interface_name(index), strerror(errno));
}

static void join_everywhere(int fd, const char *group)
{
    join_on(fd, group, (int)if_nametoindex("lo"));
    if (!wired)
        return;
    join_on(fd, group, (int)if_nametoindex(NEAR_END));
    join_on(fd, group, (int)if_nametoindex(FAR_END));
}

/* A socket at any address: a datagram beside the group is seen, too. -1 if somebody has the port. */
static int member_socket(const char *group, int port)
{
    const int on = 1;
    struct address address = address_of("0.0.0.0", port);
    int fd = datagram_socket(AF_INET);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address.storage, address.length) == -1) {
        close(fd);
        return -1;
    }
    join_everywhere(fd, group);
    join_everywhere(fd, swapped(group));
    return fd;
}

struct member *joins(const char *group, int port)
{
    static int members;
    if (members++ == MEMBERS_MAX)
        fault("a check may have %d members", MEMBERS_MAX);
    int other = ntohs((in_port_t)port);
    struct member *member = keep(sizeof *member);
    *member = (struct member){.group = group, .port = port, .fd = {member_socket(group, port), -1}};
    if (member->fd[0] == -1)
        fault("can't take UDP port %d: %s", port, strerror(errno));
    if (stage.private_network && other != port && other != 0)
        member->fd[1] = member_socket(group, other);
    record(text("member of %s", group), NULL, "listen", bytes(text("UDP port %d", port)));
    return member;
}

static void read_control(struct msghdr *message, struct heard *heard)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) {
            memcpy(&heard->ttl, CMSG_DATA(c), sizeof heard->ttl);
        } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            heard->to = host_of(info.ipi_addr);
            heard->index = info.ipi_ifindex;
        }
    }
}

static void note(struct member *member, const struct heard *heard)
{
    if (member->count == HEARD_MAX) {
        verdict_is_whole();
        verdict_because("A loop sends again and again.");
        fails("one datagram", text("it sent more than %d", HEARD_MAX));
    }
    struct heard *kept = keep(sizeof *kept);
    *kept = *heard;
    kept->data = join(heard->data, "");
    member->heard[member->count++] = kept;
    const char *by = heard->index == (int)if_nametoindex("lo") ? "" : text(", on %s", interface_name(heard->index));
    record(YOU, heard->to, text("%sdatagram, TTL %d%s", heard->data.length == 0 ? "empty " : "", heard->ttl, by),
           heard->data);
}

static bool hear_one(struct member *member, int fd, int port)
{
    static char data[LARGEST];
    union {
        struct cmsghdr align;
        char space[256];
    } control;
    struct iovec part_of = {.iov_base = data, .iov_len = sizeof data};
    struct msghdr message = {
        .msg_iov = &part_of, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    struct heard heard = {.to = "?", .port = port, .ttl = -1};
    ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT);
    if (n == -1)
        return errno == EINTR;
    read_control(&message, &heard);
    heard.data = (struct bytes){data, (size_t)n};
    note(member, &heard);
    return true;
}

static void hear_all(struct member *member)
{
    const int ports[SOCKETS] = {member->port, ntohs((in_port_t)member->port)};
    for (int i = 0; i < SOCKETS; i++) {
        while (member->fd[i] != -1 && hear_one(member, member->fd[i], ports[i]))
            ;
    }
}

static bool is_for(const struct member *member, const struct heard *heard)
{
    return heard->port == member->port && strcmp(heard->to, member->group) == 0;
}

static struct heard *next(const struct member *member)
{
    for (int i = 0; i < member->count; i++) {
        if (!member->heard[i]->taken && is_for(member, member->heard[i]))
            return member->heard[i];
    }
    return NULL;
}

static const struct heard *stray(const struct member *member)
{
    for (int i = 0; i < member->count; i++) {
        if (!member->heard[i]->taken)
            return member->heard[i];
    }
    return NULL;
}

static bool has_heard(void *context)
{
    struct member *member = context;
    hear_all(member);
    return next(member) != NULL;
}

/* Why nothing came: sets verdict_because() and returns what came instead. */
static const char *explain_silence(const struct member *member)
{
    const struct heard *other = stray(member);
    const struct program *program = program_newest();
    if (other == NULL && program != NULL && program->ended && WIFEXITED(program->status) &&
        WEXITSTATUS(program->status) != 0) {
        verdict_is_whole();
        verdict_because(
            "It has ended with a failure, and nothing of its has come: its message on stderr should say what failed.");
        return "none came";
    }
    if (other == NULL) {
        verdict_because("It went elsewhere, or nowhere. Without IP_MULTICAST_IF the routes choose the interface by "
                        "which a datagram to a group leaves.");
        return "none came";
    }
    if (other->port != member->port)
        verdict_port_is_swapped(other->port, member->port);
    else if (strcmp(other->to, swapped(member->group)) == 0)
        verdict_because("%s is %s with its bytes swapped: inet_pton() gives the address in network order already.",
                        other->to, member->group);
    return text("one came to %s port %d", other->to, other->port);
}

void member_hears_datagram(struct member *member, struct bytes expected)
{
    struct awaited awaited = {.come = has_heard,
                              .context = member,
                              .fd = member->fd[0],
                              .events = POLLIN,
                              .until_end = true,
                              .who_waits = text("the members of %s wait for a datagram", member->group)};
    enum waited waited = wait_until(&awaited);
    if (waited == ENDED) { /* it may still be on the wire */
        awaited.until_end = false;
        awaited.seconds = 0.2;
        waited = wait_until(&awaited) == CAME ? CAME : ENDED;
    }
    const char *wanted = text("a datagram to %s port %d", member->group, member->port);
    if (waited != CAME) {
        const char *observed = explain_silence(member);
        const struct program *program = program_newest();
        if (waited == ENDED && program != NULL)
            fails(wanted, text("%s; %s", observed, program_fate(program)));
        wait_fails(waited, &awaited, wanted, observed);
    }
    member->last = next(member);
    member->last->taken = true;
    struct bytes got = member->last->data;
    if (got.length == expected.length && common_prefix(got, expected) == got.length)
        return;
    fails(text("%s with %s", wanted, expected.length == 0 ? "nothing in it" : shown(expected)),
          got.length == 0 ? "it was empty" : text("it holds %s", difference(expected, got)));
}

void datagram_has_ttl(struct member *member, int ttl)
{
    int got = member->last->ttl;
    if (got == ttl)
        return;
    if (got == 1)
        verdict_because("1 is what a datagram to a group has as long as nobody has set IP_MULTICAST_TTL. IP_TTL is for "
                        "datagrams to one host.");
    fails(text("a datagram with the time-to-live %d", ttl), text("its time-to-live is %d", got));
}

/* What goes out of an interface comes back on it, unless the program has switched that off, and by the far end of its
   wire, unless its time-to-live is 0. */
void datagram_left_by(struct member *member, const char *interface)
{
    int wanted = index_of(interface);
    int far = wired && wanted == (int)if_nametoindex(NEAR_END) ? (int)if_nametoindex(FAR_END) : wanted;
    wait_settled(1);
    hear_all(member);
    for (int i = 0; i < member->count; i++) {
        struct heard *heard = member->heard[i];
        bool same = (!heard->taken || heard == member->last) && is_for(member, heard) &&
                    heard->data.length == member->last->data.length &&
                    common_prefix(heard->data, member->last->data) == heard->data.length;
        if (same && heard->index != wanted && heard->index != far) {
            verdict_because("Without IP_MULTICAST_IF the routes choose the interface by which a datagram to a group "
                            "leaves, and here they lead to lo.");
            fails(text("a datagram that goes out of %s (%s)", interface_name(wanted), interface),
                  text("it went out of %s", interface_name(heard->index)));
        }
        if (same)
            heard->taken = true;
    }
}

void hears_no_other_datagram(struct member *member)
{
    wait_settled(1);
    hear_all(member);
    const struct heard *more = stray(member);
    if (more != NULL)
        fails(text("one datagram to %s port %d, and no other", member->group, member->port),
              text("one more came, to %s port %d: %s", more->to, more->port,
                   more->data.length == 0 ? "an empty one" : quoted(more->data, 60)));
}
