/* run/jobs.h: processes side by side, each of which hands back one JSON value. */
#define _GNU_SOURCE
#include "run/jobs.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check/bytes.h"
#include "unit.h"

enum { PLACES = 8 };

static struct job places[PLACES];
static const struct job *ended; /* the job that was last ended, being overdue */
static int endings;

static void end_it(const struct job *job)
{
    ended = job;
    endings++;
    kill(job->pid, SIGKILL);
}

/* Starts a shell script as a job in a free place: its descriptor 3 takes the value. */
static struct job *start(const char *script, double seconds)
{
    struct job *job = places;
    while (job->pid != 0)
        job++;
    int result[2];
    int errors[2];
    if (pipe2(result, O_CLOEXEC) == -1 || pipe2(errors, O_CLOEXEC) == -1)
        CU_FAIL_FATAL("pipes are to be had");
    pid_t pid = fork();
    if (pid == 0) {
        dup2(result[1], 3);
        dup2(errors[1], 2);
        close_range(4, ~0U, 0);
        execl("/bin/sh", "sh", "-c", script, NULL);
        _exit(127);
    }
    close(result[1]);
    close(errors[1]);
    *job = (struct job){.pid = pid, .result = result[0], .errors = errors[0], .deadline = jobs_now() + seconds};
    return job;
}

static void set_up(void)
{
    memset(places, 0, sizeof places);
    ended = NULL;
    endings = 0;
}

static void end_all(void)
{
    for (int i = 0; i < PLACES; i++) {
        if (places[i].pid == 0)
            continue;
        kill(places[i].pid, SIGKILL);
        waitpid(places[i].pid, NULL, 0);
    }
    unit_tear_down();
}

static void a_job_hands_back_its_value(void)
{
    json_t *value = NULL;
    struct job *job = start("echo '{\"status\": \"passed\"}' >&3", 5);
    pid_t pid = job->pid;
    CU_ASSERT(jobs_wait(places, PLACES, &value, end_it, NULL) == job);
    assert_text(json_string_value(json_object_get(value, "status")), "passed");
    assert_number(job->pid, 0);
    CU_ASSERT(!job->overdue);
    assert_number(waitpid(pid, NULL, WNOHANG), -1); /* it is reaped */
    json_decref(value);
}

static void a_value_may_be_large_and_come_in_pieces(void)
{
    json_t *value = NULL;
    start("printf '[\"'  >&3; i=0; while [ $i -lt 2000 ]; do printf "
          "'0123456789012345678901234567890123456789012345678901234567890123456789' >&3; i=$((i + 1)); done; printf "
          "'\"]' >&3",
          20);
    CU_ASSERT_PTR_NOT_NULL(jobs_wait(places, PLACES, &value, end_it, NULL));
    assert_number(json_string_length(json_array_get(value, 0)), 2000 * 70);
    json_decref(value);
}

static void a_part_of_a_value_is_none(void)
{
    json_t *value = NULL;
    struct job *job = start("echo '{\"status\": \"passed\"}' >&3; head -c 40000000 /dev/zero | tr '\\0' ' ' >&3", 20);
    CU_ASSERT(jobs_wait(places, PLACES, &value, end_it, NULL) == job);
    CU_ASSERT_PTR_NULL(value);
    json_decref(value);
}

static void jobs_come_back_in_the_order_of_their_end(void)
{
    json_t *value = NULL;
    const char *fifo = text("%s/gate", unit_folder()); /* the slow one waits until something is written to it */
    CU_ASSERT_FATAL(mkfifo(fifo, 0600) == 0);
    struct job *slow = start(text("read line < '%s'; echo '[1]' >&3", fifo), 20);
    struct job *fast = start("echo '[2]' >&3", 20);
    CU_ASSERT(jobs_wait(places, PLACES, &value, end_it, NULL) == fast);
    assert_number(json_integer_value(json_array_get(value, 0)), 2);
    json_decref(value);
    unit_write(fifo, "go\n");
    value = NULL;
    CU_ASSERT(jobs_wait(places, PLACES, &value, end_it, NULL) == slow);
    assert_number(json_integer_value(json_array_get(value, 0)), 1);
    json_decref(value);
}

static void without_a_value_there_are_words(void)
{
    static const char *const scripts[] = {"echo went wrong >&2", "echo went wrong >&2; echo '{\"half\": ' >&3",
                                          "echo went wrong >&2; echo no JSON >&3"};
    for (int i = 0; i < 3; i++) {
        json_t *value = NULL;
        struct job *job = start(scripts[i], 5);
        CU_ASSERT(jobs_wait(places, PLACES, &value, end_it, NULL) == job);
        CU_ASSERT_PTR_NULL(value);
        assert_text(job->words, "went wrong\n");
    }
}

static void more_words_than_there_is_room_for_are_cut(void)
{
    json_t *value = NULL;
    struct job *job =
        start("i=0; while [ $i -lt 3000 ]; do echo '0123456789012345678901234567890123456789' >&2; i=$((i + 1)); "
              "done; echo '[]' >&3",
              20);
    CU_ASSERT(jobs_wait(places, PLACES, &value, end_it, NULL) == job);
    CU_ASSERT(json_is_array(value));
    assert_number(strlen(job->words), sizeof job->words - 1);
    json_decref(value);
}

static void who_is_overdue_is_ended(void)
{
    json_t *value = NULL;
    struct job *job = start("exec sleep 1000", 0.05);
    CU_ASSERT(jobs_wait(places, PLACES, &value, end_it, NULL) == job);
    CU_ASSERT(ended == job && job->overdue);
    CU_ASSERT_PTR_NULL(value);
    assert_number(endings, 1);
}

static void who_is_not_overdue_is_not_ended(void)
{
    json_t *value = NULL;
    struct job *late = start("exec sleep 1000", 0.05);
    struct job *good = start("exec sleep 1000", 1000);
    CU_ASSERT(jobs_wait(places, PLACES, &value, end_it, NULL) == late);
    CU_ASSERT(ended == late && !good->overdue && good->pid != 0);
}

/* It is over for good: so this is done in a process of its own, by a signal that waits for it. */
static void is_interrupted(void *context)
{
    int sig = *(int *)context;
    jobs_catch_signals();
    json_t *value = NULL;
    if (jobs_interrupted())
        _exit(1);
    start("exec sleep 1000", 1000);
    kill(getpid(), sig);
    _exit(jobs_wait(places, PLACES, &value, end_it, NULL) == NULL && jobs_interrupted() && endings == 0 ? 7 : 2);
}

static void a_signal_interrupts(void)
{
    static int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (int i = 0; i < 3; i++) {
        pid_t pid = unit_child(is_interrupted, &signals[i]);
        siginfo_t info = {0};
        CU_ASSERT(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
        assert_number(info.si_code, CLD_EXITED);
        assert_number(info.si_status, 7);
    }
    CU_ASSERT(!jobs_interrupted());
}

/* The signal comes so many nanoseconds after the wait has begun, and of the jobs none will ever say anything. */
static _Noreturn void is_interrupted_in_between(void *context)
{
    static struct job many[JOBS_MAX];
    int ends[2];
    json_t *value = NULL;
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGTERM};
    struct itimerspec soon = {.it_value = {.tv_nsec = *(long *)context}};
    jobs_catch_signals();
    signal(SIGALRM, SIG_DFL);
    alarm(10); /* it is not to be that late */
    if (pipe2(ends, O_CLOEXEC) == -1 || timer_create(CLOCK_MONOTONIC, &event, &timer) == -1)
        _exit(3);
    for (int i = 0; i < JOBS_MAX; i++)
        many[i] = (struct job){.pid = getpid(), .result = ends[0], .errors = ends[0], .deadline = jobs_now() + 1000};
    timer_settime(timer, 0, &soon, NULL);
    _exit(jobs_wait(many, JOBS_MAX, &value, end_it, NULL) == NULL && jobs_interrupted() ? 7 : 2);
}

static void a_signal_interrupts_whenever_it_comes(void)
{
    siginfo_t info = {.si_status = 7};
    for (long i = 0; i < 600 && info.si_status == 7; i++) {
        long delay = 1 + i % 60 * 500;
        pid_t pid = fork();
        if (pid == 0)
            is_interrupted_in_between(&delay);
        CU_ASSERT_FATAL(waitid(P_PID, (id_t)pid, &info, WEXITED) == 0);
    }
    assert_number(info.si_status, 7);
}

/* A scheduler has given a process one processor of a large machine. */
static void is_confined(void *unused)
{
    (void)unused;
    cpu_set_t ours;
    int all = jobs_cores();
    if (sched_getaffinity(0, sizeof ours, &ours) == -1)
        _exit(3);
    size_t first = 0;
    while (!CPU_ISSET(first, &ours))
        first++;
    CPU_ZERO(&ours);
    CPU_SET(first, &ours);
    _exit(all >= 1 && sched_setaffinity(0, sizeof ours, &ours) == 0 && jobs_cores() == 1 ? 7 : 2);
}

static void only_processors_that_are_ours_count(void)
{
    siginfo_t info = {0};
    CU_ASSERT(waitid(P_PID, (id_t)unit_child(is_confined, NULL), &info, WEXITED | WNOWAIT) == 0);
    assert_number(info.si_status, 7);
}

static CU_TestInfo tests[] = {
    {"a job hands back its value", a_job_hands_back_its_value},
    {"a value may be large and come in pieces", a_value_may_be_large_and_come_in_pieces},
    {"a part of a value is none", a_part_of_a_value_is_none},
    {"jobs come back in the order of their end", jobs_come_back_in_the_order_of_their_end},
    {"without a value there are words", without_a_value_there_are_words},
    {"more words than there is room for are cut", more_words_than_there_is_room_for_are_cut},
    {"who is overdue is ended", who_is_overdue_is_ended},
    {"who is not overdue is not ended", who_is_not_overdue_is_not_ended},
    {"a signal interrupts", a_signal_interrupts},
    {"a signal interrupts, whenever it comes", a_signal_interrupts_whenever_it_comes},
    {"only processors that are ours count", only_processors_that_are_ours_count},
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo jobs_suite = {"jobs", NULL, NULL, set_up, end_all, tests};
