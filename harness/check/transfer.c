/* What comes for a transfer's port, and what is to be thought of it. */
#define _GNU_SOURCE
#include "check/transfer.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "check/check.h"
#include "check/datagram.h"
#include "check/difference.h"
#include "check/record.h"
#include "check/tftp.h"
#include "check/verdict.h"

/* So long after our answer a program that sends its datagram again has had time to see it. */
static const double long_after = 0.15;

struct heard {
    struct bytes data;
    double at;
    int port; /* the program's */
    bool at_station;
};

void transfer_send(struct transfer *transfer, struct bytes datagram)
{
    ssize_t n;
    do
        n = sendto(transfer->fd, datagram.data, datagram.length, MSG_NOSIGNAL,
                   (struct sockaddr *)&transfer->client.storage, transfer->client.length);
    while (n == -1 && (errno == EAGAIN || errno == EINTR || errno == ECONNREFUSED));
    if (n == -1)
        fault("can't send a datagram of %zu bytes from port %d: %s", datagram.length, transfer->port, strerror(errno));
    if (!transfer->quiet)
        record(transfer->name, YOU, tftp_words(datagram), datagram);
}

void transfer_answered(struct transfer *transfer)
{
    transfer->answered_at = now();
}

/* The kernel's stamp of a datagram, on our clock. */
static double stamp_of(struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        struct timespec stamp;
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
            continue;
        memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
        return datagram_when(&stamp);
    }
    return now();
}

static bool hear_at_own_port(const struct transfer *transfer, struct heard *heard)
{
    static char data[RECORD_DATA_MAX];
    struct sockaddr_storage from;
    union {
        struct cmsghdr align;
        char space[256];
    } control;
    struct iovec part_of = {.iov_base = data, .iov_len = sizeof data};
    struct msghdr message = {.msg_name = &from,
                             .msg_namelen = sizeof from,
                             .msg_iov = &part_of,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    ssize_t n = recvmsg(transfer->fd, &message, MSG_DONTWAIT);
    if (n == -1)
        return false;
    *heard = (struct heard){
        .data = {data, (size_t)n}, .at = stamp_of(&message), .port = address_port(&from), .at_station = false};
    return true;
}

static bool hear_at_station(const struct transfer *transfer, struct heard *heard)
{
    const struct request *request = datagram_next(transfer->station);
    if (request == NULL)
        return false;
    *heard = (struct heard){.data = request->data,
                            .at = request->arrived,
                            .port = address_port(&request->from.storage),
                            .at_station = true};
    return true;
}

static bool hear_one(const struct transfer *transfer, struct heard *heard)
{
    if (!transfer->at_station && hear_at_own_port(transfer, heard)) {
        if (!transfer->quiet) {
            record_at(heard->at, YOU, transfer->name, tftp_words(heard->data), heard->data);
            record_sort();
        }
        return true;
    }
    return !transfer->is_stranger && !transfer->quiet && hear_at_station(transfer, heard);
}

static bool same(struct bytes a, struct bytes b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

/* It went to the wrong place, or came from one. */
static void is_well_addressed(const struct transfer *transfer, const struct heard *heard)
{
    const char *words = tftp_words(heard->data);
    if (heard->at_station && !transfer->at_station) {
        verdict_because("A server answers from a port of its own for each transfer (RFC 1350, section 4): from the "
                        "first answer on, send to the port that it came from, as recvfrom() tells it.");
        fails(text("%s goes to port %d, where the answers come from", words, transfer->port),
              text("it went to port %d, which was asked first", transfer->station->port));
    }
    if (heard->port != address_port(&transfer->client.storage)) {
        verdict_because("The server knows a transfer by the client's port: it has to be the same socket all the way.");
        fails(text("%s comes from port %d, as the request did", words, address_port(&transfer->client.storage)),
              text("it came from port %d", heard->port));
    }
}

_Noreturn static void was_sent_too_soon(const struct transfer *transfer, double gap)
{
    if (transfer->times > 1)
        verdict_because(
            "The first time-out was whole, the next was not. Each wait is as long as the first: select() leaves in "
            "its timeval what is left of the time, and then it is 0.");
    else if (tftp_opcode(transfer->last) == TFTP_DATA)
        verdict_because(
            "Only its time-out makes it send DATA again. An ACK that comes twice does not: were it answered by DATA, "
            "that would come twice, and so would its ACK, and so on (RFC 1123, 4.2.3.1).");
    else
        verdict_because("Only its time-out makes it send anything again, except the ACK of a block that comes again.");
    fails(text("%s is sent again when nothing valid has come for 0.2 to 2 seconds, and not sooner",
               tftp_words(transfer->last)),
          text("it was sent again %.3f s after the time before", gap));
}

void transfer_note(struct transfer *transfer, struct bytes datagram, double at)
{
    transfer->last = part(datagram, 0, sizeof transfer->last_data);
    memcpy(transfer->last_data, transfer->last.data, transfer->last.length);
    transfer->last.data = transfer->last_data;
    transfer->last_at = at;
    transfer->times = 1;
    transfer->excused = transfer->passed_over = 0;
    transfer->older = 0;
    transfer->answered_at = 0;
}

static enum came judge(struct transfer *transfer, const struct heard *heard)
{
    transfer->heard_at = heard->at;
    bool at_last_place = !heard->at_station || transfer->at_station || same(transfer->last, transfer->request->data);
    if (!at_last_place && same(heard->data, transfer->request->data) && heard->at <= transfer->last_at)
        return EXCUSED; /* the request, sent again before the first answer came, and heard just now */
    if (!at_last_place || heard->port != address_port(&transfer->client.storage))
        is_well_addressed(transfer, heard);
    if (transfer->older > 0 && transfer->excused > 0 && same(heard->data, tftp_ack(transfer->older))) {
        transfer->excused--;
        return EXCUSED;
    }
    if (!same(heard->data, transfer->last)) {
        transfer_note(transfer, heard->data, heard->at);
        return NEW;
    }
    if (transfer->excused > 0) {
        transfer->excused--;
        return EXCUSED;
    }
    double gap = heard->at - transfer->last_at;
    if (gap < TFTP_SOONEST)
        was_sent_too_soon(transfer, gap);
    transfer->last_at = heard->at;
    transfer->times++;
    if (transfer->answered_at > 0 && heard->at - transfer->answered_at > long_after)
        transfer->passed_over++;
    return AGAIN;
}

bool transfer_hear(struct transfer *transfer, enum came *came)
{
    struct heard heard;
    if (!hear_one(transfer, &heard))
        return false;
    *came = judge(transfer, &heard);
    return true;
}

struct hearing {
    struct transfer *transfer;
    enum came came;
};

static bool has_heard(void *context)
{
    struct hearing *hearing = context;
    return transfer_hear(hearing->transfer, &hearing->came);
}

void transfer_explain_silence(const struct transfer *transfer)
{
    if (transfer->at_station || transfer->answered_at == 0 || transfer->request->connected_to == NULL ||
        !same(transfer->last, transfer->request->data))
        return;
    verdict_is_whole();
    verdict_because(
        "Its socket is connected to the port that was asked: the kernel drops what comes from any other, and "
        "so the server's answer. connect() to the port of the first answer, or not at all.");
}

enum came transfer_next(struct transfer *transfer, const struct transfer_wait *wait)
{
    struct hearing hearing = {.transfer = transfer};
    struct awaited awaited = {.come = has_heard,
                              .context = &hearing,
                              .fd = transfer->answered_at == 0 && transfer->reached == 0 ? transfer->station->fd
                                                                                         : transfer->fd,
                              .events = POLLIN,
                              .seconds = wait->seconds,
                              .until_end = true,
                              .who_waits = "the server waits for a datagram"};
    enum waited waited = wait_until(&awaited);
    if (waited == CAME)
        return hearing.came;
    if (waited == ENDED && wait->excuse != NULL)
        fault("this machine is too busy to judge time: %s", wait->excuse);
    if (waited == LATE && wait->seconds > 0)
        wait_was_timely(TFTP_ROOM / 2);
    if (waited == LATE && wait->patient != NULL) {
        verdict_is_whole();
        verdict_because("%s", wait->patient);
    }
    if (waited == STUCK)
        verdict_because("What is lost never comes, and nobody says so: whoever waits for a datagram needs a time-out.");
    transfer_explain_silence(transfer);
    wait_fails(waited, &awaited, wait->expected, "none came");
}

bool transfer_was(const struct transfer *transfer, struct bytes expected)
{
    return same(transfer->last, expected);
}

static int swapped(int number)
{
    return ntohs((in_port_t)number);
}

static void explain_lost_byte(void)
{
    verdict_is_whole();
    verdict_because("One byte of the number is lost: it has two, in the datagram and in whatever variable holds it.");
}

_Noreturn void transfer_differs(const struct transfer *transfer, struct bytes expected)
{
    struct bytes got = transfer->last;
    int number = tftp_number(expected);
    const char *observed = text("%s came", tftp_words(got));
    if (tftp_opcode(got) == swapped(tftp_opcode(expected)) ||
        (tftp_opcode(got) == tftp_opcode(expected) && tftp_number(got) == swapped(number) && number != swapped(number)))
        verdict_because(
            "The two bytes of a number are the wrong way round: on the network the highest byte comes first, htons().");
    else if (tftp_opcode(got) == tftp_opcode(expected) && transfer->reached + 1 < 65536 && number > 0xff &&
             tftp_number(got) == (number & 0xff))
        explain_lost_byte();
    else if (tftp_opcode(got) == TFTP_ERROR)
        verdict_because("It has given up, and says so: %s.", tftp_words(got));
    else if (tftp_opcode(got) == tftp_opcode(expected) && tftp_number(got) == number)
        observed = text("%s came, but behind its header there is %s", tftp_words(got),
                        difference(part(expected, TFTP_HEADER, expected.length), part(got, TFTP_HEADER, got.length)));
    else if (number == 0 && expected.length <= TFTP_HEADER + TFTP_BLOCK && transfer->reached > 1)
        verdict_because("Block numbers have 16 bits: behind 65535 comes 0.");
    fails(tftp_words(expected), observed);
}

void transfer_is_heeded(struct transfer *transfer)
{
    if (transfer->passed_over < 2)
        return;
    if (tftp_number(transfer->last) + (tftp_opcode(transfer->last) == TFTP_ACK) == 128) {
        verdict_is_whole();
        verdict_because(
            "The number 128 is a byte that a char with a sign makes negative: look at it as an unsigned char.");
    }
    transfer_explain_silence(transfer);
    fails("it goes on with what has come",
          text("it sent %s again and again, as if nothing had come", tftp_words(transfer->last)));
}

void transfer_expect(struct transfer *transfer, struct bytes expected)
{
    struct transfer_wait wait = {.expected = tftp_words(expected)};
    while (transfer_next(transfer, &wait) != NEW)
        transfer_is_heeded(transfer);
    if (!same(transfer->last, expected))
        transfer_differs(transfer, expected);
}
