#define _GNU_SOURCE
#include "check/reports.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check/verdict.h"

enum {
    ABOVE_ALL = 4096,      /* no program may have descriptors from here on (check/spawn.c) */
    KEPT_MAX = 8 << 20,    /* of one process's words */
    ALL_MAX = 64 << 20,    /* of all together */
    AT_ONCE_MAX = 4 << 20, /* one that sends without end does not keep us here */
};

static struct {
    int ours;
    int theirs; /* our copy of the programs' end */
} ways[REPORT_KINDS] = {{-1, -1}, {-1, -1}};

static struct report *reports;
static int count, capacity;
static size_t kept;

void reports_open(void)
{
    for (int kind = 0; kind < REPORT_KINDS && ways[kind].ours == -1; kind++) {
        int ends[2];
        int on = 1;
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1 ||
            setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == -1)
            fault("no way for memcheck's reports: %s", strerror(errno));
        ways[kind].ours = ends[0];
        ways[kind].theirs = ends[1];
    }
}

/* The highest that there may be: valgrind keeps the last dozen of a program's limit for itself, and what is above. */
int reports_number(enum report_kind kind)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == -1 || limit.rlim_max > ABOVE_ALL + REPORT_KINDS)
        limit.rlim_max = ABOVE_ALL + REPORT_KINDS;
    return (int)limit.rlim_max - REPORT_KINDS + (int)kind;
}

const char *reports_give(void)
{
    struct rlimit limit;
    int number = reports_number(REPORT_XML);
    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        return "see the limit of its descriptors";
    struct rlimit wide = {limit.rlim_max, limit.rlim_max};
    setrlimit(RLIMIT_NOFILE, &wide);
    bool given = true;
    for (int kind = 0; kind < REPORT_KINDS; kind++)
        given = dup2(ways[kind].theirs, number + kind) != -1 && given;
    setrlimit(RLIMIT_NOFILE, &limit);
    return given ? NULL : "give memcheck its descriptors";
}

static struct report *report_of(pid_t pid)
{
    for (int i = count - 1; i >= 0; i--) {
        if (reports[i].pid == pid)
            return &reports[i];
    }
    if (count == capacity) {
        capacity = capacity == 0 ? 16 : capacity * 2;
        reports = realloc(reports, (size_t)capacity * sizeof *reports);
        if (reports == NULL)
            fault("no memory for memcheck's reports");
    }
    reports[count] = (struct report){.pid = pid};
    return &reports[count++];
}

void reports_hear(enum report_kind kind, pid_t pid, struct bytes words)
{
    struct report *report = report_of(pid);
    size_t length = report->said[kind].length;
    if (length + words.length > KEPT_MAX || kept + words.length > ALL_MAX) {
        report->is_cut = true;
        return;
    }
    if (length + words.length + 1 > report->said[kind].capacity) {
        report->said[kind].capacity = (length + words.length + 1) * 2;
        report->said[kind].data = realloc(report->said[kind].data, report->said[kind].capacity);
        if (report->said[kind].data == NULL)
            fault("no memory for memcheck's reports");
    }
    memcpy(report->said[kind].data + length, words.data, words.length);
    report->said[kind].length += words.length;
    report->said[kind].data[report->said[kind].length] = '\0';
    kept += words.length;
}

/* There is room for who has sent it, and for nothing else that a program may send along. */
static ssize_t take(enum report_kind kind)
{
    static char data[64 << 10];
    union {
        char space[CMSG_SPACE(sizeof(struct ucred))];
        struct cmsghdr header;
    } control = {0};
    struct iovec vector = {.iov_base = data, .iov_len = sizeof data};
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t n = recvmsg(ways[kind].ours, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    struct cmsghdr *header = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    struct ucred sender = {0};
    if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_CREDENTIALS)
        memcpy(&sender, CMSG_DATA(header), sizeof sender);
    if (n > 0)
        reports_hear(kind, sender.pid, (struct bytes){data, (size_t)n});
    return n;
}

void reports_attend(void)
{
    for (int kind = 0; kind < REPORT_KINDS && ways[kind].ours != -1; kind++) {
        ssize_t n = 1;
        for (size_t taken = 0; n > 0 && taken < AT_ONCE_MAX; taken += (size_t)n)
            n = take((enum report_kind)kind);
    }
}

int reports_poll_fds(struct pollfd *fds, int max)
{
    int n = 0;
    for (int kind = 0; kind < REPORT_KINDS && n < max && ways[kind].ours != -1; kind++)
        fds[n++] = (struct pollfd){.fd = ways[kind].ours, .events = POLLIN};
    return n;
}

bool reports_way_is_open(void)
{
    bool open = true;
    for (int kind = 0; kind < REPORT_KINDS && ways[kind].theirs != -1; kind++)
        open = open && (send(ways[kind].theirs, "", 0, MSG_NOSIGNAL | MSG_DONTWAIT) != -1 || errno != EPIPE);
    return open;
}

struct report *report_number(int index)
{
    return index < count ? &reports[index] : NULL;
}

void reports_forget(void)
{
    for (int i = 0; i < count; i++) {
        for (int kind = 0; kind < REPORT_KINDS; kind++)
            free(reports[i].said[kind].data);
    }
    free(reports);
    reports = NULL;
    count = capacity = 0;
    kept = 0;
    for (int kind = 0; kind < REPORT_KINDS && ways[kind].ours != -1; kind++) {
        close(ways[kind].ours);
        close(ways[kind].theirs);
        ways[kind].ours = ways[kind].theirs = -1;
    }
}
