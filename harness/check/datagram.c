#define _GNU_SOURCE
#include "check/datagram.h"

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
#include "check/names.h"
#include "check/program.h"
#include "check/record.h"
#include "check/stage.h"
#include "check/verdict.h"
#include "check/wait.h"
#include "look/proc.h"
#include "look/sockets.h"

enum { STATIONS_MAX = 16, REQUESTS_MAX = 1024, SENT_MAX = 1024, TRAPS = 2, TIME_PORT = 37, DATAGRAM_MAX = 65536 };

/* How late a datagram of ours may be: programs wait half a second. */
static const double room_at_once = 0.4;
static const double room_later = 0.1;

struct station {
    int fd;
    int port;
    const char *address;    /* NULL: all of them */
    int trap[TRAPS];        /* sockets at ports where a datagram goes by mistake; -1: none */
    int trap_port[TRAPS];
    double last_request;
};

static struct station stations[STATIONS_MAX];
static int station_count;
static struct request *requests[REQUESTS_MAX];
static int request_count;
static struct sent *all_sent[SENT_MAX];
static int sent_count;
static double too_late; /* by how much the latest of our datagrams was, beyond its room */
static bool slow_names;

/* ------------------------------------------------ sockets */

static int datagram_socket(int family)
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
    if (station_count == 0)
        slow_names = !names_are_quick();
    struct station *station = &stations[station_count++];
    struct address address = address_of(host == NULL ? "0.0.0.0" : host, port);
    *station = (struct station){.fd = datagram_socket(address.storage.ss_family), .port = port, .address = host,
                                .trap = {-1, -1}};
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

/* ------------------------------------------------ hearing */

/* What a peer is called in the record. */
static const char *peer_name(const char *address)
{
    size_t length = strlen(address);
    return length > 4 && strcmp(address + length - 4, ".255") == 0 ? "everyone" : address;
}

static bool is_broadcast(const char *address)
{
    return strcmp(peer_name(address), "everyone") == 0;
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

/* CLOCK_REALTIME of the kernel's as a time on our clock. */
static double when(const struct timespec *stamp)
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
            request->arrived = when(&stamp);
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

/* Takes the next datagram from a socket; false if there is none. */
static bool hear_one(struct station *station, int fd, int port)
{
    static char data[DATAGRAM_MAX];
    union {
        struct cmsghdr align;
        char space[256];
    } control;
    struct request *request = keep(sizeof *request);
    struct iovec part_of = {.iov_base = data, .iov_len = sizeof data};
    struct msghdr message = {.msg_name = &request->from.storage, .msg_namelen = sizeof request->from.storage,
                             .msg_iov = &part_of, .msg_iovlen = 1, .msg_control = &control,
                             .msg_controllen = sizeof control};
    ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT);
    if (n == -1)
        return errno == EINTR;
    request->station = station;
    request->to = station->address;
    request->port = port;
    request->from.length = message.msg_namelen;
    request->size = (size_t)n;
    request->data = join(part((struct bytes){data, (size_t)n}, 0, RECORD_DATA_MAX), "");
    request->arrived = now();
    if (!read_control(&message, request) || request_count == REQUESTS_MAX)
        return true;
    struct sender sender = {.port = address_port(&request->from.storage)};
    sockets_find(SOCKET_UDP, is_sender, &sender);
    request->connected_to = sender.connected_to;
    request->program = holder(sender.inode);
    requests[request_count++] = request;
    station->last_request = request->arrived;
    const char *event = text("%sdatagram%s%s", n == 0 ? "empty " : "", is_broadcast(request->to) ? " to " : "",
                             is_broadcast(request->to) ? request->to : "");
    record_at(request->arrived, YOU, peer_name(request->to), event, (struct bytes){data, (size_t)n});
    record_sort(); /* it may have ended meanwhile */
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
static const struct request *stray(const struct station *station)
{
    for (int i = 0; i < request_count; i++) {
        if (requests[i]->station == station && !requests[i]->taken)
            return requests[i];
    }
    return NULL;
}

static bool said_on_stderr(const char *words)
{
    for (int i = 0; program_number(i) != NULL; i++) {
        const struct output *err = &program_number(i)->err;
        if (err->length > 0 && memmem(err->data, err->length, words, strlen(words)) != NULL)
            return true;
    }
    return false;
}

/* Sets verdict_because() where it can be told why a datagram did not come where it should; returns what came instead. */
static const char *explain_silence(const struct asking *asking)
{
    const struct request *other = stray(asking->station);
    int port = asking->station->port;
    if (other == NULL && is_broadcast(asking->address) && said_on_stderr("ermission denied")) {
        verdict_is_whole();
        verdict_because("sendto() to a broadcast address fails with EACCES, \"Permission denied\", as long as the socket has "
                        "not asked for leave to broadcast: the socket option SO_BROADCAST (socket(7)). It has nothing to do "
                        "with root.");
    }
    if (other == NULL)
        return "none came";
    if (other->port != port)
        verdict_is_whole();
    if (other->port == ntohs((in_port_t)port) && other->port != port)
        verdict_because("%d is %d with its two bytes swapped: a port goes into an address in network order, htons().",
                        other->port, port);
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
                              .who_waits = text("%s waits for a question", peer_name(address))};
    enum waited waited = wait_until(&awaited);
    if (waited != CAME) {
        const char *observed = explain_silence(&asking);
        wait_fails(waited, &awaited, text("a datagram to %s port %d", address, station->port), observed);
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
    fails("one datagram to each HOST, and no other",
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

/* ------------------------------------------------ answering */

static void send_from(const struct sent *sent)
{
    int own = -1;
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(struct in_pktinfo))];
    } control = {0};
    struct iovec part_of = {.iov_base = (char *)(uintptr_t)sent->data.data, .iov_len = sent->data.length};
    struct msghdr message = {.msg_name = (void *)(uintptr_t)&sent->question->from.storage,
                             .msg_namelen = sent->question->from.length,
                             .msg_iov = &part_of, .msg_iovlen = 1};
    if (sent->other_port) {
        struct address address = address_of(sent->from, 0);
        own = datagram_socket(address.storage.ss_family);
        if (bind(own, (struct sockaddr *)&address.storage, address.length) == -1)
            fault("can't send from %s: %s", sent->from, strerror(errno));
    } else if (sent->question->station->address == NULL) {
        struct in_pktinfo info = {0};
        inet_pton(AF_INET, sent->from, &info.ipi_spec_dst);
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        *header = (struct cmsghdr){.cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO, .cmsg_len = CMSG_LEN(sizeof info)};
        memcpy(CMSG_DATA(header), &info, sizeof info);
    }
    ssize_t n = sendmsg(own == -1 ? sent->question->station->fd : own, &message, MSG_NOSIGNAL);
    if (n == -1)
        fault("can't send a datagram from %s: %s", sent->from, strerror(errno));
    if (own != -1)
        close(own);
}

static bool all_have_ended(void)
{
    for (int i = 0; program_number(i) != NULL; i++) {
        if (!program_number(i)->ended)
            return false;
    }
    return true;
}

static void send_now(void *context)
{
    struct sent *sent = context;
    if (sent->every < 0 || (sent->every > 0 && all_have_ended()))
        return;
    sent->at = now();
    sent->clock = clock_now();
    sent->data = sent->what.is_clock ? clock_bytes(sent->clock + (uint32_t)sent->what.ahead) : sent->what.bytes;
    sent->times++;
    send_from(sent);
    if (sent->at - sent->due > sent->room && sent->at - sent->due - sent->room > too_late)
        too_late = sent->at - sent->due - sent->room;
    const char *event = sent->what.is_clock ? text("datagram (%+ld s)", sent->what.ahead)
                                            : text("%sdatagram", sent->data.length == 0 ? "empty " : "");
    record(peer_name(sent->from), YOU, event, sent->data);
    if (sent->every > 0) {
        sent->due += sent->every;
        schedule(sent->every, send_now, sent);
    }
}

static struct sent *plan(const struct request *request, const char *from, struct answer what)
{
    if (sent_count == SENT_MAX)
        fault("a check may send %d datagrams", SENT_MAX);
    if (slow_names && strcmp(from, "127.0.0.1") != 0)
        not_graded("this machine's name server takes too long to say who %s is", from);
    struct sent *sent = keep(sizeof *sent);
    *sent = (struct sent){.question = request, .from = from, .what = what, .due = request->station->last_request,
                          .room = room_at_once};
    all_sent[sent_count++] = sent;
    return sent;
}

void request_answers(struct request *request, const char *from, struct answer what)
{
    send_now(plan(request, from, what));
}

void request_answers_from_another_port(struct request *request, const char *from, struct answer what)
{
    struct sent *sent = plan(request, from, what);
    sent->other_port = true;
    send_now(sent);
}

void request_answers_later(struct request *request, double seconds, const char *from, struct answer what)
{
    struct sent *sent = plan(request, from, what);
    sent->due = request->arrived + seconds;
    sent->room = room_later;
    schedule(sent->due - now(), send_now, sent);
}

void request_is_pestered(struct request *request, double every, const char *from, struct answer what)
{
    struct sent *sent = plan(request, from, what);
    sent->every = every;
    send_now(sent);
}

/* ------------------------------------------------ what became of it */

const struct sent *datagram_sent(int index)
{
    return index < sent_count ? all_sent[index] : NULL;
}

double datagram_last(const struct station *station)
{
    double last = station->last_request;
    for (int i = 0; i < sent_count; i++) {
        if (all_sent[i]->question->station == station && all_sent[i]->at > last)
            last = all_sent[i]->at;
    }
    return last;
}

int datagrams_stop(const struct station *station)
{
    int times = 0;
    for (int i = 0; i < sent_count; i++) {
        if (all_sent[i]->question->station == station && all_sent[i]->every > 0) {
            times += all_sent[i]->times;
            all_sent[i]->every = -1;
        }
    }
    return times;
}

void datagrams_were_timely(void)
{
    if (too_late > 0)
        fault("this machine is too busy to judge time: an answer of ours was %.0f ms too late", too_late * 1000);
}

const char *datagrams_unheard(const struct program *program)
{
    const struct sent *last = NULL;
    const struct sent *next = NULL;
    for (int i = 0; i < sent_count; i++) {
        const char *peer = all_sent[i]->question->connected_to;
        if (all_sent[i]->question->program != program)
            continue;
        if (peer != NULL && strcmp(peer, all_sent[i]->from) != 0)
            return text("Its socket is connected to %s: connect() on a datagram socket makes the kernel drop whatever comes from "
                        "any other address, as the answer of %s does.", peer, all_sent[i]->from);
        if (all_sent[i]->at > 0 && (last == NULL || all_sent[i]->at > last->at))
            last = all_sent[i];
        if (all_sent[i]->at == 0 && next == NULL)
            next = all_sent[i];
    }
    if (!program->ended)
        return NULL;
    if (next != NULL && last != NULL)
        return text("It ended %.2f s after the answer of %s, and did not hear %s, who answers %.2f s after that.",
                    program->ended_at - last->at, last->from, next->from, next->due - last->at);
    if (next != NULL)
        return text("It ended before %s answered.", next->from);
    if (last != NULL && program->ended_at - last->at < 0.3)
        return text("It ended %.3f s after the last answer was sent: it does not go on listening.",
                    program->ended_at - last->at);
    return NULL;
}
