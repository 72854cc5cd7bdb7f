/* The verbs that count a program's children, and send them signals. The children of a child are children, too. */
#define _GNU_SOURCE
#include <signal.h>
#include <time.h>

#include "check/check.h"
#include "check/conn.h"
#include "check/record.h"
#include "check/verdict.h"
#include "check/wait.h"
#include "look/proc.h"

static const double still_for = 0.05; /* so long the children must be the same, to be counted */
static const double room = 0.6;       /* for a busy machine */

static bool lives(pid_t pid)
{
    struct process process;
    return proc_process(pid, &process) == 0 && process.state != 'Z' && process.state != 'X';
}

/* Those that live, in the order of /proc. One that comes in the place of another is never counted beside it: the list
   was read when the other was dead already. */
static int living_children(const struct program *program, pid_t *pids)
{
    int all = proc_descendants(program->pid, pids, PROC_MAX);
    int count = 0;
    for (int i = 0; i < all; i++) {
        if (lives(pids[i]))
            pids[count++] = pids[i];
    }
    return count;
}

static bool is_child(const struct program *program, pid_t pid)
{
    static pid_t pids[PROC_MAX];
    int count = proc_descendants(program->pid, pids, PROC_MAX);
    for (int i = 0; i < count; i++) {
        if (pids[i] == pid)
            return true;
    }
    return false;
}

/* ------------------------------------------------ how many */

struct family {
    const struct program *program;
    int wanted;
    pid_t pids[PROC_MAX];
    int count;
    double since; /* when these were first seen together */
    int came;     /* how many came and went so far, as far as it was seen */
};

static bool has_as_many_as_wanted(void *context)
{
    static pid_t pids[PROC_MAX];
    struct family *family = context;
    int count = living_children(family->program, pids);
    bool same = count == family->count && memcmp(pids, family->pids, (size_t)count * sizeof *pids) == 0;
    if (!same) {
        for (int i = 0; i < family->count; i++)
            family->came += !lives(family->pids[i]);
        memcpy(family->pids, pids, (size_t)count * sizeof *pids);
        family->count = count;
        family->since = now();
    }
    return count > family->wanted || (count == family->wanted && now() - family->since >= still_for);
}

static const char *listed(const pid_t *pids, int count)
{
    const char *list = "";
    for (int i = 0; i < count && i < 5; i++)
        list = text("%s%s%d", list, i == 0 ? " (" : ", ", pids[i]);
    return text("%s%s%s", list, count > 5 ? ", …" : "", count > 0 ? ")" : "");
}

static const char *its_words(const struct program *program)
{
    if (program->err.length == 0)
        return "";
    return text("; its stderr: %s", quoted((struct bytes){program->err.data, program->err.length}, 160));
}

void has_children(struct program *program, int count, double seconds)
{
    struct family *family = keep(sizeof *family);
    *family = (struct family){.program = program, .wanted = count, .since = now()};
    struct awaited awaited = {
        .come = has_as_many_as_wanted, .context = family, .stuck_is_no_end = true, .seconds = seconds + room};
    double began = now();
    enum waited waited = wait_until(&awaited);
    if (waited == CAME && family->count == count) {
        record(YOU, NULL, "processes", bytes(text("%d beside the first%s", count, listed(family->pids, count))));
        return;
    }
    if (waited == LATE)
        wait_was_timely(room / 2);
    const char *expected = text("beside its first process %s has %d other%s", program->name, count,
                                count == 1 ? "" : "s");
    if (program->ended)
        fails(expected, program_fate(program));
    if (family->came > 0 && family->count <= count)
        verdict_because_also("They die: %d that were there before %s.", family->came,
                             family->came == 1 ? "is dead by now" : "are dead by now");
    fails(waited == LATE ? text("%s within %g second%s", expected, seconds, seconds == 1 ? "" : "s") : expected,
          text("it has %d%s%s%s", family->count, listed(family->pids, family->count),
               family->count == count ? text(" only now, after %.1f seconds", now() - began) : "", its_words(program)));
}

void has_still_its_child(struct program *program, long pid)
{
    if (!is_child(program, (pid_t)pid) || !lives((pid_t)pid))
        fails(text("process %ld, which was sent nothing, is still there", pid), "it has ended");
    record(YOU, NULL, "processes", bytes(text("%ld is still there", pid)));
}

/* ------------------------------------------------ signals */

static bool is_dead(void *context)
{
    return !lives(*(const pid_t *)context);
}

static void send_to(pid_t pid, int sig)
{
    struct awaited awaited = {.come = is_dead, .context = &pid, .stuck_is_no_end = true};
    kill(pid, sig);
    if (sig == SIGKILL && wait_until(&awaited) != CAME)
        fault("process %d can't be killed", pid);
}

void child_is_sent(struct program *program, long pid, int sig)
{
    if (pid == program->pid || !is_child(program, (pid_t)pid))
        fails("the number is the id of the process that serves the client",
              text("%ld is %s", pid, pid == program->pid ? "its first process" : "none of its processes"));
    record("check", YOU, text("SIG%s to process %ld", sigabbrev_np(sig), pid), bytes(""));
    program->stopped = (program->stopped || sig == SIGSTOP) && sig != SIGCONT;
    send_to((pid_t)pid, sig);
}

static void send_to_all(const pid_t *pids, int count, int sig)
{
    record("check", YOU, text("SIG%s to process%s%s", sigabbrev_np(sig), count == 1 ? "" : "es", listed(pids, count)),
           bytes(""));
    for (int i = 0; i < count; i++) /* all of them, before we wait for any */
        kill(pids[i], sig);
    for (int i = 0; i < count && sig == SIGKILL; i++)
        send_to(pids[i], sig);
}

void other_children_are_sent(struct program *program, long pid, int sig)
{
    static pid_t pids[PROC_MAX];
    int count = living_children(program, pids);
    int others = 0;
    for (int i = 0; i < count; i++) {
        if (pids[i] != pid)
            pids[others++] = pids[i];
    }
    program->stopped = (program->stopped || sig == SIGSTOP) && sig != SIGCONT;
    send_to_all(pids, others, sig);
}

static bool serves(pid_t pid)
{
    static struct descriptor descriptors[PROC_DESCRIPTORS_MAX];
    int count = proc_descriptors(pid, descriptors, PROC_DESCRIPTORS_MAX);
    for (int i = 0; i < count; i++) {
        if (conn_of_descriptor(pid, descriptors[i].fd) != NULL)
            return true;
    }
    return count == -1; /* nobody may look: it may be one */
}

void all_who_serve_are_killed(void)
{
    static pid_t pids[PROC_MAX];
    int count = programs_pids(pids, PROC_MAX);
    int others = 0;
    for (int i = 0; i < count; i++) {
        if (pids[i] != program_of(pids[i])->pid && serves(pids[i]))
            pids[others++] = pids[i];
    }
    send_to_all(pids, others, SIGKILL);
}

/* ------------------------------------------------ dying young */

struct culled {
    pid_t pid;
    double born; /* not later than that */
    bool gone;   /* its parent has waited for it, or may take it for one that has lived long */
};

struct culling {
    const struct program *program;
    struct culled seen[PROC_MAX];
    int count;
    int excused; /* so many are gone late: on a busy machine a parent may hear late that one has died young */
    int first;   /* how many there were at the beginning */
    int each_second;
    double start;
    double last_look;
};

/* Who is waited for so long after its birth may have lived a second, for all that its parent knows. */
static const double no_longer_young = 0.9;

/* So many may have come by now. Seconds may be counted from any moment on: in what is left of one, in each whole one,
   and in the beginning of another. */
static int allowed(const struct culling *culling)
{
    return culling->each_second * ((int)(now() - culling->start) + 2) + culling->excused;
}

static bool is_known(const struct culling *culling, pid_t pid)
{
    for (int i = 0; i < culling->count; i++) {
        if (culling->seen[i].pid == pid)
            return true;
    }
    return false;
}

static void look_who_is_gone(struct culling *culling)
{
    for (int i = 0; i < culling->count; i++) {
        struct culled *culled = &culling->seen[i];
        struct process process;
        if (culled->gone)
            continue;
        bool is_late = now() - culled->born > no_longer_young;
        culling->excused += is_late;
        culled->gone = is_late || proc_process(culled->pid, &process) == -1;
    }
}

/* Not later than it was, and not sooner than @p earliest. */
static double birth(pid_t pid, double earliest)
{
    struct process process;
    struct timespec boot;
    double moment = now();
    clock_gettime(CLOCK_BOOTTIME, &boot);
    if (proc_process(pid, &process) == -1)
        return earliest;
    double born = moment - ((double)boot.tv_sec + (double)boot.tv_nsec / 1e9 - process.started);
    return born > earliest ? born : earliest;
}

static void note_children(struct culling *culling, double earliest)
{
    static pid_t pids[PROC_MAX];
    double look = now();
    int count = living_children(culling->program, pids);
    for (int i = 0; i < count && culling->count < PROC_MAX; i++) {
        if (!is_known(culling, pids[i]))
            culling->seen[culling->count++] = (struct culled){.pid = pids[i], .born = birth(pids[i], earliest)};
        kill(pids[i], SIGKILL);
    }
    culling->last_look = look;
}

static bool too_many_came(void *context)
{
    struct culling *culling = context;
    look_who_is_gone(culling); /* before those are counted that have come instead */
    note_children(culling, culling->last_look);
    return culling->count - culling->first > allowed(culling);
}

int children_die_young(struct program *program, double seconds, int each_second)
{
    struct culling *culling = keep(sizeof *culling);
    *culling = (struct culling){.program = program, .each_second = each_second, .start = now()};
    record("check", YOU, "SIGKILL to each process but the first, as soon as it comes", bytes(""));
    note_children(culling, program->started_at);
    culling->first = culling->count;
    bool too_many = false;
    while (!too_many && now() - culling->start < seconds) { /* one long wait would look less often */
        struct awaited awaited = {.come = too_many_came, .context = culling, .stuck_is_no_end = true, .seconds = 0.005};
        too_many = wait_until(&awaited) == CAME;
    }
    int came = culling->count - culling->first;
    double took = now() - culling->start;
    if (too_many)
        fails(text("at most %d a second are replaced, of those that die within a second of their start", each_second),
              text("%d new ones came within %.2f s", came, took));
    record(YOU, NULL, "processes", bytes(text("%d new ones in %.1f s", came, took)));
    return culling->excused;
}

void ends_with_its_children(struct program *program, int sig, double seconds, int status)
{
    static pid_t children[PROC_MAX];
    int count = proc_ignores(program->pid, SIGCHLD) ? 0 : proc_children(program->pid, children, PROC_MAX);
    is_sent(program, sig);
    exits_within(program, seconds, status);
    for (int i = 0; i < count; i++) {
        if (!programs_inherited(children[i]))
            continue;
        verdict_because(
            "A signal only asks a child to end, and that takes its time: wait for each (waitpid) before you end.");
        fails(text("%s waits for each of its children before it ends", program->name),
              text("it ended first, and left process %d to others", children[i]));
    }
}
