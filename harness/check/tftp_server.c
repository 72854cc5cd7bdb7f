/* The verbs that play a TFTP server, or somebody who is none. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "check/check.h"
#include "check/datagram.h"
#include "check/difference.h"
#include "check/record.h"
#include "check/stage.h"
#include "check/tftp.h"
#include "check/transfer.h"
#include "check/verdict.h"
#include "check/wait.h"

enum { RESENDS = 5, TRIES = 3, FEW_BLOCKS = 20 };

/* Gives it a port on that host; 0: one that the kernel chooses. */
static void take_port(struct transfer *transfer, const char *host, int port)
{
    struct address address = address_of(host, port);
    socklen_t length = sizeof address.storage;
    transfer->fd = datagram_socket(address.storage.ss_family);
    if (bind(transfer->fd, (struct sockaddr *)&address.storage, address.length) == -1 ||
        getsockname(transfer->fd, (struct sockaddr *)&address.storage, &length) == -1)
        fault("can't take a UDP port: %s", strerror(errno));
    transfer->port = address_port(&address.storage);
    if (port != 0)
        transfer->name = text("port %d of %s", transfer->port, host);
    else
        transfer->name = text("%sport %d", transfer->is_stranger ? "another " : "", transfer->port);
}

static void explain_request(struct bytes expected, struct bytes got)
{
    int opcode = tftp_opcode(expected);
    size_t without = expected.length - 1;
    if (tftp_opcode(got) == opcode << 8)
        verdict_because("The two bytes of the opcode are the wrong way round: on the network the highest byte comes "
                        "first, htons().");
    else if (tftp_opcode(got) == TFTP_READ + TFTP_WRITE - opcode)
        verdict_because("Opcode 1 asks for a file, opcode 2 offers one.");
    else if (got.length == without && common_prefix(expected, got) == without)
        verdict_because("The NUL behind the mode is missing: both strings of a request end in one.");
}

static struct transfer *is_requested(struct station *station, const char *address, int opcode, const char *remote)
{
    struct request *request = is_asked(station, address);
    struct bytes expected = tftp_request(opcode, remote);
    if (!tftp_same_request(expected, request->data)) {
        const char *observed = difference(expected, request->data);
        explain_request(expected, request->data);
        fails(text("%s: %s", tftp_words(expected), quoted(expected, 100)), text("the datagram is %s", observed));
    }
    struct transfer *transfer = keep(sizeof *transfer);
    *transfer = (struct transfer){.station = station, .request = request, .client = request->from};
    transfer_note(transfer, request->data, request->arrived);
    take_port(transfer, request->to, 0);
    return transfer;
}

struct transfer *transfer_to_program(struct station *station, const char *address, const char *remote,
                                     struct bytes content)
{
    struct transfer *transfer = is_requested(station, address, TFTP_READ, remote);
    transfer->content = content;
    return transfer;
}

struct transfer *transfer_from_program(struct station *station, const char *address, const char *remote,
                                       struct bytes content)
{
    struct transfer *transfer = is_requested(station, address, TFTP_WRITE, remote);
    transfer->content = content;
    return transfer;
}

void answers_from_the_port_asked(struct transfer *transfer)
{
    transfer->fd = transfer->station->fd;
    transfer->port = transfer->station->port;
    transfer->name = text("port %d", transfer->port);
    transfer->at_station = true;
}

static struct transfer *stranger_at(const struct transfer *transfer, const char *host, int port)
{
    struct transfer *stranger = keep(sizeof *stranger);
    *stranger = *transfer;
    stranger->is_stranger = true;
    stranger->at_station = false;
    stranger->content = random_bytes(transfer->content.length);
    take_port(stranger, host, port);
    return stranger;
}

struct transfer *another_port(const struct transfer *transfer)
{
    return stranger_at(transfer, transfer->request->to, 0);
}

struct transfer *same_port_elsewhere(const struct transfer *transfer)
{
    return stranger_at(transfer, "127.0.0.9", transfer->port);
}

/* ------------------------------------------------ sending */

/* A block that has come before may bring its ACK again. */
static void excuse(struct transfer *transfer, long block)
{
    transfer->excused++;
    if (block < transfer->reached)
        transfer->older = block;
}

void sends_block(struct transfer *transfer, long block)
{
    if (!transfer->is_stranger && block <= transfer->reached)
        excuse(transfer, block);
    else
        transfer_answered(transfer);
    transfer_send(transfer, tftp_data(block, transfer->content));
}

void sends_ack(struct transfer *transfer, long block)
{
    if (block >= transfer->reached)
        transfer_answered(transfer);
    transfer_send(transfer, tftp_ack(block));
}

void sends_error(struct transfer *transfer, int code, const char *message)
{
    transfer_answered(transfer);
    transfer_send(transfer, tftp_error(code, message));
}

void transfer_sends(struct transfer *transfer, struct bytes what)
{
    transfer_send(transfer, what);
}

/* What is sent again and again. */
struct repetition {
    struct transfer *transfer;
    double every;
    long block; /* 0: none */
    struct bytes what;
};

static void send_now(void *context)
{
    struct repetition *repetition = context;
    bool running = false;
    for (int i = 0; program_number(i) != NULL; i++)
        running = running || !program_number(i)->ended;
    if (!running)
        return;
    if (repetition->block > 0)
        excuse(repetition->transfer, repetition->block);
    transfer_send(repetition->transfer, repetition->what);
    schedule(now() + repetition->every, send_now, repetition);
}

static void send_often(struct repetition what)
{
    struct repetition *repetition = keep(sizeof *repetition);
    *repetition = what;
    send_now(repetition);
}

void transfer_keeps_sending(struct transfer *transfer, double every, struct bytes what)
{
    send_often((struct repetition){transfer, every, 0, what});
}

void keeps_sending_block(struct transfer *transfer, double every, long block)
{
    send_often((struct repetition){transfer, every, block, tftp_data(block, transfer->content)});
}

/* ------------------------------------------------ getting */

void gets_ack(struct transfer *transfer, long block)
{
    transfer_expect(transfer, tftp_ack(block));
    transfer->reached = block;
}

void gets_block(struct transfer *transfer, long block)
{
    transfer_expect(transfer, tftp_data(block, transfer->content));
    transfer->reached = block;
}

void gets_nothing_new(struct transfer *transfer)
{
    enum came came;
    wait_settled(1);
    while (transfer_hear(transfer, &came)) {
        if (came == NEW && !(transfer->is_stranger && tftp_opcode(transfer->last) == TFTP_ERROR))
            fails("no new datagram, since nothing new has come", text("%s came", tftp_words(transfer->last)));
    }
}

void is_acked_again(struct transfer *transfer, long block)
{
    const char *expected = text("ACK %ld again, since block %ld has come again", block & 0xffff, block & 0xffff);
    for (int i = 0; i < TRIES; i++) {
        double before = transfer->last_at;
        sends_block(transfer, block);
        double sent = now();
        bool late = sent - before > TFTP_SOONEST - 0.04;
        struct transfer_wait wait = {.expected = expected,
                                     .seconds = TFTP_LATEST + TFTP_ROOM,
                                     .excuse = late ? "a block was sent again too late for its ACK" : NULL};
        enum came came = transfer_next(transfer, &wait);
        if (came == NEW)
            fails(expected, text("%s came", tftp_words(transfer->last)));
        if (transfer->heard_at - sent < TFTP_SOONEST || transfer->heard_at - before < TFTP_SOONEST)
            return;
        transfer->last_at = transfer->heard_at;
        transfer->excused = 0;
    }
    verdict_because("It did so only when its time-out had passed.");
    fails(expected, text("it came when the time-out had passed, each of %d times", TRIES));
}

/* ------------------------------------------------ all the rest */

struct lockstep {
    struct transfer *transfer;
    long blocks; /* up to this one */
    bool gives;
    struct bytes expected;
    char out[TFTP_LARGEST];
    char in[TFTP_LARGEST];
};

/* Sends what is next, and notes what must come then. */
static void step(struct lockstep *lockstep)
{
    struct transfer *transfer = lockstep->transfer;
    long next = transfer->reached + 1;
    transfer_answered(transfer);
    transfer_send(transfer, lockstep->gives ? tftp_data_in(lockstep->out, next, transfer->content)
                                            : tftp_ack_in(lockstep->out, transfer->reached));
    lockstep->expected = lockstep->gives ? tftp_ack_in(lockstep->in, next)
                                         : tftp_data_in(lockstep->in, next, transfer->content);
}

/* Answers as long as the program is quick: a look at everything else between two blocks would take most of the time. */
static bool is_done(void *context)
{
    struct lockstep *lockstep = context;
    struct transfer *transfer = lockstep->transfer;
    struct pollfd coming = {.fd = transfer->fd, .events = POLLIN};
    double until = now() + 0.05;
    enum came came;
    while (poll(&coming, 1, 1) > 0 && now() < until && transfer_hear(transfer, &came)) {
        transfer_is_heeded(transfer);
        if (came != NEW)
            continue;
        if (!transfer_was(transfer, lockstep->expected))
            transfer_differs(transfer, lockstep->expected);
        transfer->reached++;
        if (transfer->reached == tftp_blocks(transfer->content) && !lockstep->gives)
            transfer_send(transfer, tftp_ack(transfer->reached));
        if (transfer->reached == lockstep->blocks)
            return true;
        step(lockstep);
    }
    return false;
}

/* What comes behind a transfer needs time, too, and a program that is kept waiting for a CPU has done nothing wrong. */
static const double time_for_all = CHECK_SECONDS - 5;
/* On a busy machine both sides wait for a CPU about as long, and for little else. */
static const double kept_if_busy = 1 / 8.0;

static void go_through(struct transfer *transfer, bool gives, long last)
{
    struct lockstep lockstep = {.transfer = transfer, .gives = gives, .blocks = last};
    struct awaited awaited = {.come = is_done,
                              .context = &lockstep,
                              .fd = transfer->fd,
                              .events = POLLIN,
                              .until_end = true,
                              .who_waits = "the server waits for a datagram"};
    long first = transfer->reached + 1;
    if (first > lockstep.blocks && !gives)
        transfer_send(transfer, tftp_ack(transfer->reached));
    if (first > lockstep.blocks)
        return;
    transfer->quiet = lockstep.blocks - first > FEW_BLOCKS;
    double began = now();
    double kept = wait_was_kept_from();
    step(&lockstep);
    enum waited waited;
    long reached;
    do {
        reached = transfer->reached;
        waited = wait_until(&awaited);
    } while (waited == LATE && transfer->reached > reached && now() < time_for_all);
    if (transfer->quiet)
        record(gives ? transfer->name : YOU, gives ? YOU : transfer->name,
               text("DATA %ld to %ld, each answered by its ACK", first, transfer->reached), bytes(""));
    transfer->quiet = false;
    bool was_slow = waited == LATE && transfer->reached > reached;
    double seconds = now() - began;
    bool was_busy = wait_was_kept_from() - kept > seconds * kept_if_busy;
    if (was_busy && (was_slow || (waited == CAME && now() > time_for_all)))
        not_graded("the transfer of %ld blocks has taken too long: the machine is busy", lockstep.blocks);
    if (was_slow) {
        awaited.seconds = seconds;
        verdict_because("Each datagram was answered at once: it is the program that takes its time between them.");
        wait_fails(LATE, &awaited, text("a transfer of %ld blocks in %.0f s", lockstep.blocks, time_for_all),
                   text("no more than %ld got through", transfer->reached));
    }
    if (waited == CAME)
        return;
    transfer_explain_silence(transfer);
    wait_fails(waited, &awaited, tftp_words(lockstep.expected), "none came");
}

void gives_the_rest(struct transfer *transfer)
{
    go_through(transfer, true, tftp_blocks(transfer->content));
}

void gives_blocks_until(struct transfer *transfer, long last)
{
    go_through(transfer, true, last);
}

void takes_the_rest(struct transfer *transfer)
{
    go_through(transfer, false, tftp_blocks(transfer->content));
}

void takes_blocks_until(struct transfer *transfer, long last)
{
    go_through(transfer, false, last);
}

/* ------------------------------------------------ its time-out */

static const char *in_time(const struct transfer *transfer)
{
    return text("%s is sent again when nothing valid has come for 0.2 to 2 seconds (%g s are judged as right)",
                tftp_words(transfer->last), TFTP_LATEST + TFTP_ROOM);
}

static double left_until(double when)
{
    return when - now() > 0.01 ? when - now() : 0.01;
}

/* @p patient, or NULL, is to be thought of a program that is still waiting. */
static void resent(struct transfer *transfer, int times, const char *patient)
{
    while (transfer->times < 1 + times) {
        struct transfer_wait wait = {.expected = in_time(transfer),
                                     .seconds = left_until(transfer->last_at + TFTP_LATEST + TFTP_ROOM),
                                     .patient = patient};
        if (transfer_next(transfer, &wait) == NEW)
            fails(wait.expected, text("%s came", tftp_words(transfer->last)));
    }
}

void is_sent_again(struct transfer *transfer, int times)
{
    resent(transfer, times, NULL);
}

struct giving_up {
    const struct program *program;
    struct transfer *transfer;
    int times;
};

/* The program has ended, or has sent something that is no answer to what has come. */
static bool has_ended_or_sent(void *context)
{
    struct giving_up *giving_up = context;
    enum came came;
    while (transfer_hear(giving_up->transfer, &came)) {
        if (came != EXCUSED)
            return true;
    }
    return giving_up->program->ended;
}

/* That the program ends, or sends again what it sent last, in the time that the contract gives it. */
static struct awaited end_or_resend(struct giving_up *giving_up)
{
    return (struct awaited){.come = has_ended_or_sent,
                            .context = giving_up,
                            .fd = giving_up->transfer->fd,
                            .events = POLLIN,
                            .seconds = left_until(giving_up->transfer->last_at + TFTP_LATEST + TFTP_ROOM)};
}

void is_sent_again_meanwhile(struct program *program, struct transfer *transfer)
{
    struct giving_up giving_up = {.program = program, .transfer = transfer};
    struct awaited awaited = end_or_resend(&giving_up);
    const char *expected = text("%s; that it comes again is no reason to wait anew", in_time(transfer));
    enum waited waited = wait_until(&awaited);
    awaited.seconds = (RESENDS + 1) * TFTP_LATEST;
    if (waited == LATE && transfer->excused > 1) /* it is behind with its answers: then its end is to be seen */
        waited = wait_until(&awaited);
    if (waited == LATE)
        wait_was_timely(TFTP_ROOM / 2);
    if (waited != CAME)
        wait_fails(waited, &awaited, expected, "it only answers what comes again");
    if (!program->ended && transfer->times == 1)
        fails(expected, text("%s came", tftp_words(transfer->last)));
}

void gives_up_on(struct program *program, struct transfer *transfer)
{
    const char *patient = "It is still waiting: its time-out is longer than two seconds, or grows beyond them.";
    resent(transfer, RESENDS, program->ended ? NULL : patient);
    const char *expected = text("%s ends when %s has been sent again %d times, and no answer has come to the last",
                                program->name, tftp_words(transfer->last), RESENDS);
    struct giving_up giving_up = {.program = program, .transfer = transfer};
    struct awaited awaited = end_or_resend(&giving_up);
    enum waited waited = wait_until(&awaited);
    if (waited == LATE) {
        wait_was_timely(TFTP_ROOM / 2);
        verdict_is_whole();
        verdict_because("%s", patient);
    }
    if (waited != CAME)
        wait_fails(waited, &awaited, expected, NULL);
    if (transfer->times != 1 + RESENDS)
        fails(expected, text("%s came once more", tftp_words(transfer->last)));
    double waited_for = program->ended_at - transfer->last_at;
    if (waited_for < TFTP_SOONEST)
        fails(expected, text("it ended %.3f s after the last of them: it did not wait for an answer", waited_for));
}

void asks_no_more(struct program *program, struct transfer *transfer)
{
    enum came came;
    finishes(program);
    while (transfer_hear(transfer, &came))
        continue;
    transfer_is_heeded(transfer);
}

void stays_for_a_time_out(struct program *program, struct transfer *transfer)
{
    finishes(program);
    double stayed = program->ended_at - transfer->last_at;
    if (stayed < TFTP_SOONEST && stage.debug == NULL) /* the program's clocks go on in gdb, ours does not */
        fails(text("%s stays for 0.2 to 2 seconds after %s", program->name, tftp_words(transfer->last)),
              text("it ended %.3f s after it; %s", stayed, program_fate(program)));
}

/* ------------------------------------------------ somebody else */

struct telling {
    const struct transfer *stranger;
    char data[RECORD_DATA_MAX];
    size_t size;
};

static bool is_told(void *context)
{
    struct telling *telling = context;
    ssize_t n = recv(telling->stranger->fd, telling->data, sizeof telling->data, MSG_DONTWAIT);
    telling->size = n > 0 ? (size_t)n : 0;
    return n >= 0;
}

void is_told_unknown(struct transfer *stranger)
{
    if (datagram_connected_to(address_port(&stranger->client.storage)) != NULL) {
        record(YOU, NULL, "is connected, and does not hear others", bytes(""));
        return;
    }
    struct telling telling = {.stranger = stranger};
    struct awaited awaited = {.come = is_told,
                              .context = &telling,
                              .fd = stranger->fd,
                              .events = POLLIN,
                              .seconds = TFTP_LATEST + TFTP_ROOM,
                              .until_end = true,
                              .who_waits = "another port waits for ERROR 5"};
    const char *expected = text("ERROR %d, unknown transfer ID, to %s", TFTP_UNKNOWN_PORT, stranger->name);
    enum waited waited = wait_until(&awaited);
    if (waited != CAME)
        wait_fails(waited, &awaited, expected, "nothing came there");
    struct bytes got = join(((struct bytes){telling.data, telling.size}), "");
    record(YOU, stranger->name, tftp_words(got), got);
    if (tftp_opcode(got) != TFTP_ERROR || tftp_number(got) != TFTP_UNKNOWN_PORT)
        fails(expected, text("%s came: %s", tftp_words(got), quoted(got, 60)));
    if (got.length == TFTP_HEADER || got.data[got.length - 1] != '\0')
        fails(text("%s: a message, and a NUL behind it", expected), text("the datagram is %s", quoted(got, 100)));
}
