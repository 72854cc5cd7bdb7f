/* check/verdict.h: the ways in which a check ends. */
#define _GNU_SOURCE
#include "check/verdict.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/bytes.h"
#include "unit.h"

static int steps;

static void returns(void)
{
    steps++;
}

static void fails_below(void)
{
    verdict_because("not this");
    verdict_because("because of %d", 7);
    struct source where = {.file = "program.c", .line = 41, .function = "main", .call = "recv"};
    verdict_where(&where);
    fails("something", "something else");
}

static void fails_somewhere(void)
{
    steps++;
    fails_below();
}

static void a_failure_ends_the_check_at_once(void)
{
    struct verdict verdict = verdict_of(fails_somewhere);
    assert_number(verdict.outcome, FAILED);
    assert_text(verdict.expected, "something");
    assert_text(verdict.observed, "something else");
    assert_text(verdict.because, "because of 7"); /* the last one counts */
    assert_text(verdict.where.file, "program.c");
    assert_number(verdict.where.line, 41);
    assert_text(verdict.where.call, "recv");
    CU_ASSERT(!verdict.crashed);
}

static void explains_in_two_parts(void)
{
    verdict_because_also("It waits for %s.", "Godot");
    verdict_because_also("Nobody comes.");
    fails("a", "b");
}

static void a_cause_may_be_added_to(void)
{
    assert_text(verdict_of(explains_in_two_parts).because, "It waits for Godot. Nobody comes.");
    assert_text(verdict_of(explains_in_two_parts).because, "It waits for Godot. Nobody comes.");
}

static void fails_plainly(void)
{
    fails("a", "b");
}

static void a_check_that_returns_has_passed(void)
{
    verdict_of(fails_somewhere);
    steps = 0;
    struct verdict verdict = verdict_of(returns);
    assert_number(steps, 1);
    assert_number(verdict.outcome, PASSED);
    CU_ASSERT(verdict.expected == NULL && verdict.observed == NULL && verdict.because == NULL);
    assert_number(verdict.where.line, 0);
}

static void a_verdict_knows_nothing_of_the_one_before(void)
{
    verdict_of(fails_somewhere);
    struct verdict verdict = verdict_of(fails_plainly);
    assert_text(verdict.because, NULL);
    assert_number(verdict.where.line, 0);
    assert_text(verdict.where.file, "");
}

static void says_not_graded(void)
{
    not_graded("%s is not installed", "strace");
}

static void faults(void)
{
    fault("no %s: error %d", "socket", 24);
}

static void faults_at_length(void)
{
    fault("%s", repeated('x', 100000).data);
}

static void asks_for_too_much(void)
{
    keep(SIZE_MAX / 2);
}

static void faults_and_what_is_not_graded_have_a_reason(void)
{
    struct verdict verdict = verdict_of(says_not_graded);
    assert_number(verdict.outcome, NOT_GRADED);
    assert_text(verdict.observed, "strace is not installed");
    assert_text(verdict.expected, NULL);
    verdict = verdict_of(faults);
    assert_number(verdict.outcome, FAULT);
    assert_text(verdict.observed, "no socket: error 24");
    verdict = verdict_of(faults_at_length);
    assert_number(verdict.outcome, FAULT);
    CU_ASSERT(strlen(verdict.observed) > 500 && strlen(verdict.observed) < 100000);
}

static void no_memory_is_a_fault_of_ours(void)
{
    struct verdict verdict = verdict_of(asks_for_too_much);
    assert_number(verdict.outcome, FAULT);
    assert_contains(verdict.observed, "no memory for");
}

static void explains_at_length(void)
{
    verdict_because("%s", repeated('y', 2046).data);
    verdict_because_also("at the very end");
    verdict_because_also("and behind it");
    verdict_because("%s", repeated('x', 100000).data);
    fails("a", "b");
}

static void a_long_cause_is_cut(void)
{
    struct verdict verdict = verdict_of(explains_at_length);
    CU_ASSERT_PTR_NOT_NULL_FATAL(verdict.because);
    CU_ASSERT(strlen(verdict.because) > 1000 && strlen(verdict.because) < 100000);
}

static void fails_alone(void *context)
{
    dup2(*(int *)context, 2);
    fault("nobody plays");
}

/* A verdict with no check to end is a mistake of the harness's own: loud, and never a pass. */
static void a_verdict_outside_of_a_check_aborts(void)
{
    int ends[2];
    CU_ASSERT_FATAL(pipe(ends) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        fails_alone(&ends[1]);
        _exit(0);
    }
    close(ends[1]);
    char words[200] = "";
    ssize_t n = read(ends[0], words, sizeof words - 1);
    close(ends[0]);
    int status = 0;
    waitpid(pid, &status, 0);
    CU_ASSERT(n > 0);
    assert_contains(words, "nobody plays");
    CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static CU_TestInfo tests[] = {
    {"a failure ends the check at once, from however deep", a_failure_ends_the_check_at_once},
    {"a cause may be added to", a_cause_may_be_added_to},
    {"a check that returns has passed", a_check_that_returns_has_passed},
    {"a verdict knows nothing of the one before", a_verdict_knows_nothing_of_the_one_before},
    {"faults, and what is not graded, have a reason", faults_and_what_is_not_graded_have_a_reason},
    {"no memory is a fault of ours", no_memory_is_a_fault_of_ours},
    {"a long cause is cut", a_long_cause_is_cut},
    {"a verdict outside of a check aborts", a_verdict_outside_of_a_check_aborts},
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo verdict_suite = {"verdict", NULL, NULL, NULL, unit_tear_down, tests};
