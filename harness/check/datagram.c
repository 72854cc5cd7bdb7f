/* What the peers send: at once, later, or again and again; and what became of it. */
#define _GNU_SOURCE
#include "check/datagram.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check/check.h"
#include "check/program.h"
#include "check/record.h"
#include "check/verdict.h"
#include "check/wait.h"

enum { SENT_MAX = 1024 };

/* How late a datagram of ours may be: programs wait half a second. */
static const double room_at_once = 0.4;
static const double room_later = 0.1;

static struct sent *all_sent[SENT_MAX];
static int sent_count;
static double too_late; /* by how much the latest of our datagrams was, beyond its room */

/* The processor that all datagrams leave from. */
static void choose_processor(cpu_set_t *chosen, cpu_set_t *allowed)
{
    CPU_ZERO(chosen);
    if (sched_getaffinity(0, sizeof *allowed, allowed) == -1)
        CPU_ZERO(allowed); /* more processors than fit: no harm, where nothing is in a hurry */
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(chosen) == 0; i++) {
        if (CPU_ISSET((size_t)i, allowed))
            CPU_SET((size_t)i, chosen);
    }
}

ssize_t datagram_send(int fd, const struct msghdr *message)
{
    cpu_set_t chosen;
    cpu_set_t allowed;
    choose_processor(&chosen, &allowed);
    bool is_chosen = CPU_COUNT(&chosen) == 1 && sched_setaffinity(0, sizeof chosen, &chosen) == 0;
    ssize_t n = sendmsg(fd, message, MSG_NOSIGNAL);
    int error = errno;
    if (is_chosen)
        sched_setaffinity(0, sizeof allowed, &allowed);
    errno = error;
    return n;
}

ssize_t datagram_send_to(int fd, struct bytes what, const struct address *to)
{
    struct iovec part_of = {.iov_base = (char *)(uintptr_t)what.data, .iov_len = what.length};
    return datagram_send(fd, &(struct msghdr){.msg_name = (void *)(uintptr_t)&to->storage,
                                              .msg_namelen = to->length,
                                              .msg_iov = &part_of,
                                              .msg_iovlen = 1});
}

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
                             .msg_iov = &part_of,
                             .msg_iovlen = 1};
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
        *header = (struct cmsghdr){
            .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO, .cmsg_len = CMSG_LEN(sizeof info)};
        memcpy(CMSG_DATA(header), &info, sizeof info);
    }
    ssize_t n = datagram_send(own == -1 ? sent->question->station->fd : own, &message);
    if (n == -1)
        fault("can't send a datagram from %s: %s", sent->from, strerror(errno));
    if (own != -1)
        close(own);
}

/* How long after the room of an answer its program ended, and it had not been sent: we were kept from it. */
static double unsent_by(const struct sent *sent)
{
    const struct program *program = sent->question->program;
    double end = program != NULL && program->ended ? program->ended_at : now();
    return sent->at == 0 ? end - sent->due - sent->room : 0;
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
    if (sent->every < 0 || all_have_ended()) /* on the machine's own network its port may be another's by now */
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
    record_at(sent->at, datagram_peer(sent->from), YOU, event, sent->data); /* it may have been answered since */
    if (sent->every > 0) {
        sent->due += sent->every;
        schedule(now() + sent->every, send_now, sent);
    }
}

static struct sent *plan(const struct request *request, const char *from, struct answer what)
{
    if (sent_count == SENT_MAX)
        fault("a check may send %d datagrams", SENT_MAX);
    struct sent *sent = keep(sizeof *sent);
    *sent = (struct sent){
        .question = request, .from = from, .what = what, .due = request->station->last_request, .room = room_at_once};
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
    /* From the last question: a program that is kept from its CPU asks the next one late. */
    sent->due = request->station->last_request + seconds;
    sent->room = room_later;
    schedule(sent->due, send_now, sent);
}

void request_is_pestered(struct request *request, double every, const char *from, struct answer what)
{
    struct sent *sent = plan(request, from, what);
    sent->every = every;
    send_now(sent);
}

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
    for (int i = 0; i < sent_count; i++) {
        if (unsent_by(all_sent[i]) > 0)
            fault("this machine is too busy to judge time: the program ended %.0f ms after an answer of ours was due "
                  "that had not been sent",
                  (unsent_by(all_sent[i]) + all_sent[i]->room) * 1000);
    }
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
            return text("Its socket is connected to %s: connect() on a datagram socket makes the kernel drop whatever "
                        "comes from "
                        "any other address, as the answer of %s does.",
                        peer, all_sent[i]->from);
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
