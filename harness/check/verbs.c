/* The verbs whose subject is the program: what it prints, how it ends, what it may be made to suffer. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/check.h"
#include "check/conn.h"
#include "check/difference.h"
#include "check/record.h"
#include "check/stage.h"
#include "check/strace.h"
#include "check/verdict.h"
#include "check/wait.h"
#include "look/proc.h"
#include "look/sockets.h"

const char *number(long value)
{
    return text("%ld", value);
}

static struct bytes printed(const struct program *program)
{
    return (struct bytes){program->out.data == NULL ? "" : program->out.data, program->out.length};
}

/* ------------------------------------------------ the end */

static bool has_ended(void *context)
{
    struct program *program = context;
    return program->ended;
}

/* All processes gone: a daemon that it left would hold its output open. */
static bool has_ended_wholly(void *context)
{
    struct program *program = context;
    return program->ended && (programs_alive() == 0 || others_run(program));
}

static const char *leftovers(void)
{
    pid_t pids[PROC_MAX];
    int count = programs_pids(pids, PROC_MAX);
    const char *list = "";
    for (int i = 0; i < count && i < 5; i++)
        list = text("%s%s%d", list, i == 0 ? "" : ", ", pids[i]);
    return text("%d process%s (%s%s)", count, count == 1 ? "" : "es", list, count > 5 ? ", …" : "");
}

static void leaves_nothing(struct program *program)
{
    struct awaited awaited = {.come = has_ended_wholly, .context = program};
    if (wait_until(&awaited) == CAME)
        return;
    verdict_is_whole();
    verdict_because("A child that nobody waits for goes on when its parent has ended.");
    fails(text("%s ends and leaves no process behind", program->name), text("it left %s running", leftovers()));
}

static void ends(struct program *program, double seconds, int status)
{
    const char *expected = seconds > 0 ? text("%s ends with status %d within %g second%s", program->name, status,
                                              seconds, seconds == 1 ? "" : "s")
                                       : text("%s ends with status %d", program->name, status);
    struct awaited awaited = {.come = has_ended, .context = program, .seconds = seconds > 0 ? seconds + 1 : 0};
    enum waited waited = wait_until(&awaited);
    if (waited != CAME) {
        if (seconds > 0 && waited == LATE)
            wait_was_timely(0.5);
        wait_fails(waited, &awaited, expected, NULL);
    }
    program_is_sane(program);
    if (WIFSIGNALED(program->status)) {
        verdict_because(
            "A signal that is not caught ends the process where it stands. To end with a status of its own, "
            "the program must catch it (sigaction, or block it and use signalfd).");
        if ((program->sent & 1UL << WTERMSIG(program->status)) != 0)
            verdict_is_whole();
        fails(expected, program_fate(program));
    }
    if (WEXITSTATUS(program->status) != status)
        fails(expected, program_fate(program));
    leaves_nothing(program);
}

void exits(struct program *program, int status)
{
    ends(program, 0, status);
}

void exits_within(struct program *program, double seconds, int status)
{
    ends(program, seconds, status);
}

void runs_on(struct program *program)
{
    wait_settled(1);
    if (program->ended)
        fails(text("%s has not ended yet", program->name), program_fate(program));
    record(YOU, NULL, "runs on", bytes(""));
}

void is_past_the_skeleton(struct program *program)
{
    wait_settled(1);
    struct bytes said = {program->err.data, program->err.length};
    if (program->ended && position_of(said, bytes(STILL_TO_DO)) >= 0)
        fails(text("%s has not ended yet", program->name), program_fate(program));
}

/* ------------------------------------------------ its output */

void program_prints(struct program *program, struct bytes expected)
{
    struct awaited awaited = {.come = has_ended_wholly, .context = program};
    enum waited waited = wait_until(&awaited);
    program_is_sane(program);
    const char *wanted = text("stdout is %s", expected.length == 0 ? "empty" : shown(expected));
    struct bytes got = printed(program);
    bool same = got.length == expected.length && common_prefix(got, expected) == got.length;
    if (waited != CAME && !program->ended)
        wait_fails(waited, &awaited, same ? text("%s, and the program ends", wanted) : wanted,
                   text("so far it printed %s", same ? "exactly that" : difference(expected, got)));
    if (!same && expected.length == 0) {
        verdict_is_whole();
        verdict_because(
            "stdout carries what the program is asked for, and nothing else: all that it has to say besides "
            "goes to stderr.");
    }
    if (!same)
        fails(wanted, text("it printed %s; %s", difference(expected, got), program_fate(program)));
    record(YOU, NULL, "stdout", expected);
}

void output_is_read(struct program *program)
{
    record("check", NULL, "reads stdout", bytes(""));
    program->output_waits = false;
    programs_attend();
}

struct printing {
    struct program *program;
    struct bytes expected;
};

static bool is_printed(void *context)
{
    struct printing *printing = context;
    struct bytes got = printed(printing->program);
    return got.length >= printing->expected.length || common_prefix(got, printing->expected) < got.length;
}

void program_prints_at_once(struct program *program, struct bytes expected)
{
    struct printing printing = {program, expected};
    struct awaited awaited = {.come = is_printed, .context = &printing, .until_end = true};
    enum waited waited = wait_until(&awaited);
    struct bytes got = printed(program);
    if (got.length == expected.length && common_prefix(got, expected) == got.length) {
        record(YOU, NULL, "stdout", expected);
        return;
    }
    const char *wanted = text("stdout is %s, at once", shown(expected));
    const char *observed = text("so far it printed %s", difference(expected, got));
    if (waited == STUCK && got.length == 0)
        verdict_because("stdio keeps what is printed to a pipe in a buffer until it is full: fflush(stdout).");
    if (waited != CAME)
        wait_fails(waited, &awaited, wanted, observed);
    fails(wanted, observed);
}

/* strerror() speaks the C locale here; upper and lower case are the same. "A|B" is either. */
static bool says_word(const struct output *output, const char *word)
{
    const char *all = output->length == 0 ? "" : text("%.*s", (int)output->length, output->data);
    for (;;) {
        size_t length = strcspn(word, "|");
        if (strcasestr(all, text("%.*s", (int)length, word)) != NULL)
            return true;
        if (word[length] == '\0')
            return false;
        word += length + 1;
    }
}

/* "A|B|C" as a report says it. */
static const char *alternatives(const char *word)
{
    const char *words = "";
    for (;; word++) {
        size_t length = strcspn(word, "|");
        words = text("%s%s\"%.*s\"", words, *words == '\0' ? "" : " or ", (int)length, word);
        word += length;
        if (*word == '\0')
            return words;
    }
}

struct complaint {
    struct program *program;
    const char *const *words;
};

static const char *missing_word(const struct complaint *complaint)
{
    for (const char *const *word = complaint->words; *word != NULL; word++) {
        if (!says_word(&complaint->program->err, *word))
            return *word;
    }
    return NULL;
}

/* Is the message there, but elsewhere? What a program may print is no message. */
static bool says_any_word(const struct output *output, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (says_word(output, *words))
            return true;
    }
    return false;
}

static bool has_complained(void *context)
{
    const struct complaint *complaint = context;
    return complaint->program->err.length > 0 && missing_word(complaint) == NULL;
}

void program_complains(struct program *program, const char *const *words)
{
    const char *wanted = "";
    for (const char *const *word = words; *word != NULL; word++)
        wanted = text("%s%s%s", wanted, *wanted == '\0' ? "" : " and ", alternatives(*word));
    wanted = text("a message on stderr%s%s", *wanted == '\0' ? "" : " that names ", wanted);

    struct complaint complaint = {program, words};
    struct awaited awaited = {.come = has_complained, .context = &complaint, .until_end = true};
    enum waited waited = wait_until(&awaited);
    if (waited == CAME)
        return;
    program_is_sane(program);
    struct output *err = &program->err;
    const char *missing = missing_word(&complaint);
    const char *observed = err->length == 0
                               ? "stderr is empty"
                               : text("stderr is %s, without %s", quoted((struct bytes){err->data, err->length}, 200),
                                      missing == NULL ? "" : alternatives(missing));
    if (program->ended && says_any_word(&program->out, words) && err->length == 0)
        verdict_because("It printed %s on stdout: messages belong on stderr, so that they can't be taken for data.",
                        quoted(printed(program), 80));
    if (missing != NULL && err->length > 0) {
        verdict_because("There is a message, but it lacks the words %s.", alternatives(missing));
        verdict_is_whole();
    }
    if (program->ended)
        fails(wanted, text("%s; %s", observed, program_end(program)));
    wait_fails(waited, &awaited, wanted, observed);
}

/* @p also: a second status that is right, or 0. */
static void refuses_when_run(struct how how, const char *const *args, int also)
{
    struct program *program = program_runs(how, args);
    struct awaited awaited = {.come = has_ended, .context = program};
    enum waited waited = wait_until(&awaited);
    const char *line = program->line;
    const char *wanted = text("%s: a message on stderr and status 2%s", line, also == 0 ? "" : text(" or %d", also));
    if (waited != CAME) {
        if (waited == STUCK)
            verdict_because("These arguments are wrong, and it goes on as if they were right.");
        else
            verdict_is_whole();
        wait_fails(waited, &awaited, wanted, NULL);
    }
    leaves_nothing(program);
    program_is_sane(program);
    programs_attend();
    int status = WIFEXITED(program->status) ? WEXITSTATUS(program->status) : 0;
    if (status != 2 && (status == 0 || status != also))
        fails(wanted, program_fate(program));
    if (program->err.length == 0)
        fails(wanted, text("status %d, but nothing on stderr", status));
    if (program->out.length > 0)
        fails(text("%s: nothing on stdout", line), text("it printed %s", quoted(printed(program), 80)));
}

void program_refuses(const char *const *args)
{
    refuses_when_run(AS_USUAL, args, 0);
}

void program_rejects(const char *const *args)
{
    refuses_when_run(AS_USUAL, args, 1);
}

static bool trace_has_ended(void *context)
{
    (void)context;
    return strace_saw("+++ exited");
}

void program_refuses_without_socket(const char *const *args)
{
    refuses_when_run((struct how){.traced_calls = "socket"}, args, 0);
    struct awaited awaited = {.come = trace_has_ended, .stuck_is_no_end = true, .seconds = 2};
    if (wait_until(&awaited) != CAME)
        strace_is_late();
    if (strace_saw("(AF_INET"))
        fails("wrong arguments are refused before any socket is made", "the program made an internet socket first");
}

/* ------------------------------------------------ what it suffers */

void is_sent(struct program *program, int sig)
{
    record("check", YOU, text("SIG%s", sigabbrev_np(sig)), bytes(""));
    program->sent |= 1UL << sig;
    if (!program->ended)
        kill(program->pid, sig);
}

void is_stopped_and_continued(struct program *program)
{
    (void)program;
    wait_settled(1);
    record("check", YOU, "SIGSTOP", bytes(""));
    programs_signal(SIGSTOP);
    struct awaited awaited = {.come = programs_are_stopped, .stuck_is_no_end = true, .seconds = 1};
    wait_until(&awaited);
    programs_signal(SIGCONT);
    record("check", YOU, "SIGCONT", bytes(""));
}

/* A child that was being forked when the others were told is told, too. */
static bool has_been_killed(void *context)
{
    if (has_ended_wholly(context))
        return true;
    programs_signal(SIGKILL);
    return false;
}

void is_killed(struct program *program)
{
    record("check", YOU, "SIGKILL", bytes(""));
    program->sent |= 1UL << SIGKILL;
    struct awaited awaited = {.come = has_been_killed, .context = program};
    if (wait_until(&awaited) != CAME)
        fault("%s can't be killed", program->name);
}

void comes_to_rest(struct program *program)
{
    (void)program;
    wait_at_rest(1);
}

/* Takes the last look while there were any. */
static bool none_is_left(void *context)
{
    struct consumption *consumption = context;
    if (programs_alive() == 0)
        return true;
    *consumption = programs_consumption();
    return false;
}

/* What was sent to it may keep it at work for a while: a program may echo a byte at a time. */
static bool settles(void)
{
    enum { AT_WORK = 15 }; /* seconds at most */
    double began = now();
    size_t before;
    do {
        before = conns_backlog();
        if (wait_settled(0.3))
            return true;
    } while (conns_backlog() != before && now() - began < AT_WORK);
    return false;
}

/* How often the threads have gone to sleep, at two moments. */
struct wakes {
    struct thread *thread;
    int count;
};

static struct wakes count_wakes(void)
{
    enum { WAKES_MAX = 512 };
    static pid_t pids[PROC_MAX];
    struct wakes wakes = {.thread = keep(WAKES_MAX * sizeof *wakes.thread)};
    int n = programs_pids(pids, PROC_MAX);
    for (int i = 0; i < n; i++)
        wakes.count += proc_threads(pids[i], wakes.thread + wakes.count, WAKES_MAX - wakes.count);
    return wakes;
}

/* How often that thread has woken up since that is busiest. */
static unsigned long long most_wakes_since(const struct wakes *before)
{
    unsigned long long most = 0;
    struct wakes wakes = count_wakes();
    for (int i = 0; i < wakes.count; i++) {
        for (int k = 0; k < before->count; k++) {
            if (before->thread[k].tid == wakes.thread[i].tid &&
                wakes.thread[i].sleeps - before->thread[k].sleeps > most)
                most = wakes.thread[i].sleeps - before->thread[k].sleeps;
        }
    }
    return most;
}

void uses_no_cpu(struct program *program)
{
    static const double wakes_a_second = 50;
    if (settles()) {
        record(YOU, NULL, "sleeps", bytes(""));
        return;
    }
    struct consumption first = {.at = now()};
    if (none_is_left(&first))
        return;
    struct consumption last = first;
    struct awaited awaited = {.come = none_is_left, .context = &last, .seconds = 0.4, .stuck_is_no_end = true};
    enum waited waited;
    struct wakes wakes = count_wakes();
    double used, share, kept_waiting;
    do { /* on a busy machine one that spins gets little: it is kept waiting for a CPU, and so looked at for longer */
        waited = wait_until(&awaited);
        used = last.used - first.used;
        share = used / (last.at - first.at + 0.001);
        kept_waiting = (last.queued - first.queued) / (last.at - first.at + 0.001);
    } while (waited == LATE && share < 0.1 && kept_waiting > 0.5 && last.at - first.at < 4);
    double woken = (double)most_wakes_since(&wakes) / (last.at - first.at + 0.001);
    bool never_slept = used > 0.01 && kept_waiting <= 1 && share + kept_waiting > 0.9;
    if (share < 0.1 && kept_waiting > 0.5 && !never_slept)
        fault("this machine is too busy to judge CPU time: the program was ready, and had to wait for a CPU");
    bool polls = share < 0.1 && !never_slept && woken > wakes_a_second;
    if (polls && settles()) /* it was still at what it had been sent */
        return;
    if (share < 0.1 && !never_slept && !polls)
        return;
    struct awaited described = {.come = has_ended, .context = program, .seconds = 0.7};
    verdict_because(
        "A loop asks again and again whether something has come. Let the kernel wake it: block in read(), accept() "
        "or poll().");
    if (polls)
        fails("a program that waits sleeps, and uses no CPU",
              text("it woke up %.0f times a second, though it had nothing to do", woken));
    wait_fails(waited == LATE ? LATE : ENDED, &described, "a program that waits sleeps, and uses no CPU",
               text("it ran, or was ready to run, %.0f %% of the time, though it had nothing to do",
                    (share + kept_waiting) * 100));
}

/* ------------------------------------------------ serving */

struct opening {
    const struct program *server;
    int port;
    bool open;
};

static bool is_open_or_ended(void *context)
{
    struct opening *opening = context;
    opening->open = sockets_listener(SOCKET_TCP, opening->port, NULL);
    return opening->open || opening->server->ended;
}

void is_listening(struct program *server, int port)
{
    struct opening opening = {.server = server, .port = port};
    struct awaited awaited = {.come = is_open_or_ended, .context = &opening};
    enum waited waited = wait_until(&awaited);
    const char *expected = text("%s listens on TCP port %d", server->name, port);
    int swapped = ntohs((in_port_t)port);
    if (!opening.open && swapped != port && sockets_listener(SOCKET_TCP, swapped, NULL)) {
        verdict_is_whole();
        verdict_port_is_swapped(swapped, port);
        fails(expected, text("it listens on port %d", swapped));
    }
    if (waited != CAME)
        wait_fails(waited, &awaited, expected, "nothing listens there");
    program_is_sane(server);
    if (!opening.open)
        fails(expected, text("nothing listens there; %s", program_fate(server)));
    record(YOU, NULL, "listen", bytes(text("port %d", port)));
}
