/* The verb for a TFTP server that answers by itself, from the port that was asked: it remembers nothing, since each
 * datagram says what answers it. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/socket.h>

#include "check/check.h"
#include "check/datagram.h"
#include "check/record.h"
#include "check/tftp.h"
#include "check/verdict.h"
#include "check/wait.h"

enum { SERVING_MAX = 4 };

static struct {
    struct station *station;
    struct bytes content;
} serving[SERVING_MAX];
static int count;

/* The datagram that answers another; empty if none does. */
static struct bytes answer_to(struct bytes datagram, struct bytes content)
{
    int opcode = tftp_opcode(datagram);
    int number = tftp_number(datagram);
    if (opcode == TFTP_READ || (opcode == TFTP_ACK && number < tftp_blocks(content)))
        return tftp_data(opcode == TFTP_READ ? 1 : number + 1, content);
    if (opcode == TFTP_WRITE || opcode == TFTP_DATA)
        return tftp_ack(opcode == TFTP_WRITE ? 0 : number);
    return bytes("");
}

static void answer_all(int fd)
{
    int i = 0;
    while (serving[i].station->fd != fd)
        i++;
    struct request *request;
    while ((request = datagram_next(serving[i].station)) != NULL) {
        struct bytes answer = answer_to(request->data, serving[i].content);
        if (answer.length == 0)
            continue;
        if (sendto(fd, answer.data, answer.length, MSG_NOSIGNAL, (struct sockaddr *)&request->from.storage,
                   request->from.length) == -1 &&
            errno != EAGAIN && errno != ECONNREFUSED)
            fault("can't send a datagram of %zu bytes: %s", answer.length, strerror(errno));
        record(datagram_peer(request->to), YOU, tftp_words(answer), answer);
    }
}

void station_serves(struct station *station, struct bytes content)
{
    if (count == SERVING_MAX)
        fault("a check may have %d servers that answer by themselves", SERVING_MAX);
    serving[count].station = station;
    serving[count++].content = content;
    wait_attends(station->fd, answer_all);
}
