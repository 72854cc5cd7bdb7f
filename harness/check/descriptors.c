/* The verbs that count what a program keeps open. */
#define _GNU_SOURCE
#include "check/check.h"
#include "check/record.h"
#include "check/verdict.h"
#include "check/wait.h"
#include "look/proc.h"

/* Of all its processes; @p list gets a few of those that are sockets, and the highest. */
static int count_descriptors(const struct program *program, const char **list)
{
    static pid_t pids[PROC_MAX];
    static struct descriptor descriptors[PROC_DESCRIPTORS_MAX];
    int processes = programs_pids(pids, PROC_MAX);
    int count = 0;
    int sockets = 0;
    struct descriptor highest = {.fd = -1};
    *list = "";
    for (int i = 0; i < processes; i++) {
        int n = program_of(pids[i]) == program ? proc_descriptors(pids[i], descriptors, PROC_DESCRIPTORS_MAX) : 0;
        count += n > 0 ? n : 0;
        for (int k = 0; k < n; k++) {
            if (proc_socket_inode(&descriptors[k]) != 0 && sockets++ < 8)
                *list = text("%s%s%d", *list, sockets == 1 ? "" : ", ", descriptors[k].fd);
            if (descriptors[k].fd > highest.fd)
                highest = descriptors[k];
        }
    }
    *list = text("its sockets: %s%s; its last: %d, %s", *list, sockets > 8 ? ", …" : "", highest.fd, highest.target);
    return count;
}

int descriptors_of(struct program *program)
{
    const char *list;
    wait_settled(1);
    return count_descriptors(program, &list);
}

struct keeping {
    const struct program *program;
    int most;
    int count;
    const char *list;
};

static bool keeps_few(void *context)
{
    struct keeping *keeping = context;
    keeping->count = count_descriptors(keeping->program, &keeping->list);
    return keeping->count <= keeping->most;
}

void has_no_more_descriptors(struct program *program, int count)
{
    struct keeping keeping = {.program = program, .most = count};
    struct awaited awaited = {.come = keeps_few, .context = &keeping};
    if (wait_until(&awaited) == CAME) {
        record(YOU, NULL, "has no more descriptors than before", bytes(""));
        return;
    }
    verdict_because_also(
        "Close what was opened for one client or question when that is over: descriptors are not without end.");
    fails(text("%s has %d descriptors, as many as before", program->name, count),
          text("it has %d; %s", keeping.count, keeping.list));
}
