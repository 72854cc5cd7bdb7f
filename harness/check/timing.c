/* The verbs that judge when a program ends, or do something to it later. */
#define _GNU_SOURCE
#include <signal.h>

#include "check/check.h"
#include "check/datagram.h"
#include "check/program.h"
#include "check/record.h"
#include "check/stage.h"
#include "check/verdict.h"
#include "check/wait.h"
#include "look/proc.h"

/* Programs count with clocks of their own choice: some tick a hundred times a second only (CLOCK_MONOTONIC_COARSE). */
static const double clock_tick = 0.010;
static const double room = 1.0; /* for a busy machine */

/* What a thread has waited for a CPU nobody knows once it has ended: as long as we have, who sleep as much. */
static void judge_no_time_when_kept(double kept, double at_most)
{
    if (kept > at_most)
        fault("this machine is too busy to judge time: we had to wait %.0f ms for a CPU ourselves", kept * 1000);
}

static bool has_ended(void *context)
{
    const struct program *program = context;
    return program->ended;
}

void finishes(struct program *program)
{
    struct awaited awaited = {.come = has_ended, .context = program};
    enum waited waited = wait_until(&awaited);
    if (waited != CAME)
        wait_fails(waited, &awaited, text("%s ends", program->name), NULL);
    program_is_sane(program);
}

void ends_no_sooner(struct program *program, const struct station *station, double seconds)
{
    finishes(program);
    double lasted = program->ended_at - datagram_last(station);
    if (lasted < seconds - clock_tick && stage.debug == NULL) /* the program's clocks go on in gdb, ours does not */
        fails(text("%s listens until %g s have passed without an answer", program->name, seconds),
              text("it ended %.3f s after the last datagram; %s", lasted, program_fate(program)));
}

void ends_no_later(struct program *program, const struct request *question, double seconds)
{
    double limit = question->arrived + seconds + room;
    double left = limit - now();
    struct awaited awaited = {.come = has_ended, .context = program, .seconds = left > 0.01 ? left : 0.01};
    double kept = wait_was_kept_from();
    enum waited waited = wait_until(&awaited);
    kept = wait_was_kept_from() - kept;
    const char *expected = text("%s ends %g s after its question, when no answer has come (%g s are judged as right)",
                                program->name, seconds, seconds + room);
    if (waited == CAME) {
        program_is_sane(program);
        return;
    }
    if (waited != LATE)
        wait_fails(waited, &awaited, expected, NULL);
    wait_was_timely(room / 2);
    judge_no_time_when_kept(kept, room / 4);

    /* Is it what we send that keeps it? Then it ends when we stop. */
    double after = now() - question->arrived;
    double stopped = datagram_last(question->station);
    int times = datagrams_stop(question->station);
    struct awaited then = {.come = has_ended, .context = program, .seconds = seconds + room, .stuck_is_no_end = true};
    if (times > 0 && wait_until(&then) == CAME) {
        verdict_because(
            "Have the datagrams kept it? Each one that it ignores starts the wait anew, if the time-out is again the "
            "whole of it, in place of what is left. Or is the wait too long by itself? Then it ends as late without "
            "them.");
        fails(expected,
              text("%.1f s after its question it still listened, while datagrams that are no answers came; when they "
                   "stopped, it ended %.1f s after the last of %d",
                   after, program->ended_at - stopped, times));
    }
    wait_fails(LATE, &awaited, expected, NULL);
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double cpu_seconds(const struct program *program)
{
    return seconds_of(program->usage.ru_utime) + seconds_of(program->usage.ru_stime);
}

void used_no_cpu(struct program *program)
{
    finishes(program);
    const struct rusage *usage = &program->usage;
    double used = cpu_seconds(program);
    double life = program->ended_at - program->started_at;
    /* On a busy machine one that spins gets little, and loses the CPU more often than it gives it up to sleep. */
    double allowed = usage->ru_nivcsw > usage->ru_nvcsw ? 0.04 : 0.1;
    if (used < allowed * life)
        return;
    verdict_because(
        "A loop asks again and again whether something has come. Let the kernel wake it: block in recv() or poll().");
    fails("a program that waits sleeps, and uses no CPU",
          text("it used %.0f ms of CPU time in the %.0f ms of its life, though it had nothing to do", used * 1000,
               life * 1000));
}

void program_ends_sooner(double seconds, const char *const *args)
{
    enum { TRIES = 3 };
    const struct program *program = NULL;
    double least = 0;
    double least_kept = 0; /* how long we waited for a CPU ourselves */
    for (int i = 0; i < TRIES; i++) {
        double before = wait_was_kept_from();
        struct program *started = program_runs(AS_USUAL, args);
        finishes(started);
        double kept = wait_was_kept_from() - before;
        double lasted = started->ended_at - started->started_at;
        /* To be started takes a while, on a slow machine a long one: only what it has slept is its own choice. */
        if (lasted - started->queued - cpu_seconds(started) < seconds)
            return;
        least = program == NULL || lasted < least ? lasted : least;
        least_kept = program == NULL || kept < least_kept ? kept : least_kept;
        program = started;
    }
    judge_no_time_when_kept(least_kept, seconds / 8);
    fails(text("%s ends in less than %g seconds", program->name, seconds),
          text("it was started %d times, and never ended in less than %.2f s; %s", TRIES, least,
               program_fate(program)));
}

static void continue_now(void *context)
{
    struct program *program = context;
    program->stopped = false;
    programs_signal(SIGCONT);
    record("check", YOU, "SIGCONT", bytes(""));
}

void is_stopped_for(struct program *program, double seconds)
{
    wait_settled(0.15); /* one that never sleeps is stopped where it is */
    program->stopped = true;
    programs_signal(SIGSTOP);
    record("check", YOU, "SIGSTOP", bytes(""));
    struct awaited awaited = {.come = programs_are_stopped, .stuck_is_no_end = true, .seconds = 1};
    wait_until(&awaited);
    schedule(now() + seconds, continue_now, program);
}
