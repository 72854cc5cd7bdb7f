/* The stations: their sockets, and what comes to them. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "check/check.h"
#include "check/datagram.h"
#include "check/program.h"
#include "check/record.h"
#include "check/stage.h"
#include "check/verdict.h"
#include "check/wait.h"
#include "look/proc.h"
#include "look/sockets.h"

enum { STATIONS_MAX = 16, REQUESTS_MAX = 1024, TIME_PORT = 37, DATAGRAM_MAX = 65536 };

static struct station stations[STATIONS_MAX];
static int station_count;
static struct request *requests[REQUESTS_MAX];
static int request_count;

int datagram_socket(int family)
{
    int low = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int fd = low == -1 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, 10);
    if (low != -1)
        close(low);
    if (fd == -1)
        fault("no socket for a peer: %s", strerror(errno));
    int one = 1;
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
    if (family == AF_INET)
        setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof one);
    return fd;
}

/* Where a datagram lands whose sender has forgotten htons(), or PORT. Only where all ports are ours to take. */
static void set_traps(struct station *station)
{
    const int ports[TRAPS] = {TIME_PORT, ntohs((in_port_t)station->port)};
    for (int i = 0; i < TRAPS; i++) {
        station->trap[i] = -1;
        if (!stage.private_network || ports[i] == station->port || ports[i] == 0)
            continue;
        struct address address = address_of("0.0.0.0", ports[i]);
        station->trap_port[i] = ports[i];
        station->trap[i] = datagram_socket(AF_INET);
        if (bind(station->trap[i], (struct sockaddr *)&address.storage, address.length) == 0)
            continue;
        close(station->trap[i]);
        station->trap[i] = -1;
    }
}

static struct station *new_station(const char *host, int port)
{
    if (station_count == STATIONS_MAX)
        fault("a check may have %d stations", STATIONS_MAX);
    struct station *station = &stations[station_count++];
    struct address address = address_of(host == NULL ? "0.0.0.0" : host, port);
    *station = (struct station){
        .fd = datagram_socket(address.storage.ss_family), .port = port, .address = host, .trap = {-1, -1}};
    if (bind(station->fd, (struct sockaddr *)&address.storage, address.length) == -1)
        fault("can't take UDP port %d: %s", port, strerror(errno));
    record(host == NULL ? "every host" : host, NULL, "listen", bytes(text("UDP port %d", port)));
    return station;
}

struct station *takes_datagrams(int port)
{
    struct station *station = new_station(NULL, port);
    set_traps(station);
    return station;
}

struct station *takes_datagrams_at(const char *address, int port)
{
    return new_station(address, port);
}

const char *datagram_peer(const char *address)
{
    size_t length = strlen(address);
    return length > 4 && strcmp(address + length - 4, ".255") == 0 ? "everyone" : address;
}

static bool is_broadcast(const char *address)
{
    return strcmp(datagram_peer(address), "everyone") == 0;
}

/* What the kernel knows of the socket that sent a datagram. */
struct sender {
    int port;
    unsigned long inode;
    const char *connected_to;
};

static bool is_sender(const struct socket_row *row, void *context)
{
    struct sender *sender = context;
    if (row->local_port != sender->port)
        return false;
    sender->inode = row->inode;
    if (row->remote_port == 0)
        return true;
    char host[INET6_ADDRSTRLEN] = "?";
    if (IN6_IS_ADDR_V4MAPPED(&row->remote))
        inet_ntop(AF_INET, &row->remote.s6_addr[12], host, sizeof host);
    else
        inet_ntop(AF_INET6, &row->remote, host, sizeof host);
    sender->connected_to = text("%s", host);
    return true;
}

/* The program that holds a socket; the only one, where there is but one. */
static const struct program *holder(unsigned long inode)
{
    static pid_t pids[PROC_MAX];
    static struct descriptor descriptors[PROC_DESCRIPTORS_MAX];
    int count = program_number(1) == NULL ? 0 : programs_pids(pids, PROC_MAX);
    for (int i = 0; i < count; i++) {
        int n = proc_descriptors(pids[i], descriptors, PROC_DESCRIPTORS_MAX);
        for (int k = 0; k < n; k++) {
            if (proc_socket_inode(&descriptors[k]) == inode)
                return program_of(pids[i]);
        }
    }
    return program_number(0);
}

const char *datagram_connected_to(int port)
{
    struct sender sender = {.port = port};
    sockets_find(SOCKET_UDP, is_sender, &sender);
    return sender.connected_to;
}

double datagram_when(const struct timespec *stamp)
{
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    double ago = (double)(wall.tv_sec - stamp->tv_sec) + (double)(wall.tv_nsec - stamp->tv_nsec) / 1e9;
    return ago < 0 || ago > now() ? now() : now() - ago; /* somebody has set the clock meanwhile */
}

/* Reads what came with a datagram; false if it came from another machine. */
static bool read_control(struct msghdr *message, struct request *request)
{
    bool ours = true;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec stamp;
            memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
            request->arrived = datagram_when(&stamp);
        } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            char host[INET_ADDRSTRLEN];
            memcpy(&info, CMSG_DATA(c), sizeof info);
            request->to = text("%s", inet_ntop(AF_INET, &info.ipi_addr, host, sizeof host));
            ours = info.ipi_ifindex == (int)if_nametoindex("lo");
        }
    }
    return ours;
}

/* Notes a datagram: whose it is, where it went, and when. */
static void note(const struct request *heard)
{
    if (request_count == REQUESTS_MAX) {
        verdict_is_whole();
        verdict_because("A loop sends again and again.");
        fails("a number of datagrams that the conversation explains", text("it sent more than %d", REQUESTS_MAX));
    }
    struct request *request = keep(sizeof *request);
    struct sender sender = {.port = address_port(&heard->from.storage)};
    sockets_find(SOCKET_UDP, is_sender, &sender);
    *request = *heard;
    request->data = join(part(heard->data, 0, RECORD_DATA_MAX), "");
    request->connected_to = sender.connected_to;
    request->program = holder(sender.inode);
    request->station->last_request = request->arrived;
    requests[request_count++] = request;
    const char *event = text("%sdatagram%s%s", request->size == 0 ? "empty " : "",
                             is_broadcast(request->to) ? " to " : "", is_broadcast(request->to) ? request->to : "");
    record_at(request->arrived, YOU, datagram_peer(request->to), event, heard->data);
    record_sort(); /* it may have ended meanwhile */
}

/* Takes the next datagram from a socket; false if there is none. */
static bool hear_one(struct station *station, int fd, int port)
{
    static char data[DATAGRAM_MAX];
    union {
        struct cmsghdr align;
        char space[256];
    } control;
    struct request heard = {.station = station, .to = station->address, .port = port, .arrived = now()};
    struct iovec part_of = {.iov_base = data, .iov_len = sizeof data};
    struct msghdr message = {.msg_name = &heard.from.storage,
                             .msg_namelen = sizeof heard.from.storage,
                             .msg_iov = &part_of,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT);
    if (n == -1)
        return errno == EINTR;
    heard.from.length = message.msg_namelen;
    heard.size = (size_t)n;
    heard.data = (struct bytes){data, (size_t)n};
    if (read_control(&message, &heard))
        note(&heard);
    return true;
}

static void hear_all(struct station *station)
{
    while (hear_one(station, station->fd, station->port))
        ;
    for (int i = 0; i < TRAPS; i++) {
        while (station->trap[i] != -1 && hear_one(station, station->trap[i], station->trap_port[i]))
            ;
    }
}

struct asking {
    struct station *station;
    const char *address;
    struct request *request;
};

static bool has_asked(void *context)
{
    struct asking *asking = context;
    hear_all(asking->station);
    for (int i = 0; i < request_count && asking->request == NULL; i++) {
        struct request *request = requests[i];
        if (request->station == asking->station && !request->taken && request->port == asking->station->port &&
            strcmp(request->to, asking->address) == 0)
            asking->request = request;
    }
    return asking->request != NULL;
}

/* A datagram that nobody has asked for, or NULL. */
static struct request *stray(const struct station *station)
{
    for (int i = 0; i < request_count; i++) {
        if (requests[i]->station == station && !requests[i]->taken)
            return requests[i];
    }
    return NULL;
}

struct request *datagram_next(struct station *station)
{
    hear_all(station);
    struct request *next = stray(station);
    if (next != NULL)
        next->taken = true;
    return next;
}

/* Sets verdict_because() where it can be told why a datagram did not come where it should; returns what came instead. */
static const char *explain_silence(const struct asking *asking)
{
    const struct request *other = stray(asking->station);
    int port = asking->station->port;
    if (other == NULL && is_broadcast(asking->address) && program_complains_of("ermission denied")) {
        verdict_is_whole();
        verdict_because(
            "sendto() to a broadcast address fails with EACCES, \"Permission denied\", as long as the socket has "
            "not asked for leave to broadcast: the socket option SO_BROADCAST (socket(7)). It has nothing to do "
            "with root.");
    }
    if (other == NULL)
        return "none came";
    if (other->port != port)
        verdict_is_whole();
    if (other->port == ntohs((in_port_t)port) && other->port != port)
        verdict_port_is_swapped(other->port, port);
    else if (other->port != port)
        verdict_because("It goes to %sport %d, whatever is asked for on the command line.",
                        strcmp(other->to, asking->address) == 0 ? "" : text("%s ", other->to), other->port);
    return text("one came to %s port %d", other->to, other->port);
}

struct request *is_asked(struct station *station, const char *address)
{
    struct asking asking = {.station = station, .address = address};
    struct awaited awaited = {.come = has_asked,
                              .context = &asking,
                              .fd = station->fd,
                              .events = POLLIN,
                              .until_end = true,
                              .who_waits = text("%s waits for a question", datagram_peer(address))};
    enum waited waited = wait_until(&awaited);
    if (waited != CAME) {
        const char *expected = text("a datagram to %s port %d", address, station->port);
        const char *observed = explain_silence(&asking);
        if (waited == ENDED && program_newest() != NULL)
            fails(expected, text("%s; %s", observed, program_fate(program_newest())));
        wait_fails(waited, &awaited, expected, observed);
    }
    asking.request->taken = true;
    return asking.request;
}

void hears_no_more(struct station *station)
{
    hear_all(station);
    const struct request *more = stray(station);
    if (more == NULL)
        return;
    fails("one datagram to each host that is asked, and no other",
          text("one more came, to %s port %d: %s", more->to, more->port,
               more->size == 0 ? "an empty one" : text("%zu bytes, %s", more->size, quoted(more->data, 60))));
}

void hears_nothing_else(struct request *question)
{
    hear_all(question->station);
    for (int i = 0; i < request_count; i++) {
        const struct request *other = requests[i];
        bool same = other->size == question->size && common_prefix(other->data, question->data) == other->data.length;
        if (other->station == question->station && !same)
            fails("no datagram but the question",
                  text("one to %s port %d: %s", other->to, other->port, quoted(other->data, 100)));
    }
}
