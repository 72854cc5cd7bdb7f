/* check/memcheck.h: what is read from valgrind's reports.
 *
 * The reports in memcheck/ were written by valgrind 3.19 of memcheck/faulty.c, built with -O0 as /lesson/faulty and told the
 * mistake that the file's name says (child: the child's and the parent's; terminated and unknown: of programs that raise
 * SIGTERM after a leak, and that call pidfd_open). <args> was taken out; broken-off.xml was cut. */
#define _GNU_SOURCE
#include "check/memcheck.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "check/bytes.h"
#include "check/stage.h"
#include "check/verdict.h"
#include "run/path.h"
#include "unit.h"

/* A check whose program left no report yet. */
static void set_stage(void)
{
    stage = (struct stage){.memcheck = true, .programs = "/lesson", .scratch = text("%s/work", unit_folder())};
    mkdir(stage.scratch, 0755);
    mkdir(text("%s/memcheck", unit_folder()), 0755);
}

static void leave_stage(void)
{
    stage = (struct stage){0};
    unit_tear_down();
}

/* A process left the report of that name. */
static void left(const char *name)
{
    static int pid = 100;
    const char *ending = strrchr(name, '.');
    const char *report = unit_read(unit_source(text("memcheck/%s", name)));
    CU_ASSERT_PTR_NOT_NULL_FATAL(report);
    unit_write(text("%s/memcheck/%d%s", unit_folder(), pid++, ending), report);
}

static struct verdict judged(void)
{
    return verdict_of(memcheck_judge);
}

static int faulty_line(const char *comment)
{
    return unit_line_of(unit_source("memcheck/faulty.c"), comment);
}

static void a_clean_report_passes(void)
{
    left("none.xml");
    assert_number(judged().outcome, PASSED);
}

static void an_error_is_found_at_the_programs_own_line(void)
{
    left("past-end.xml");
    struct verdict verdict = judged();
    assert_number(verdict.outcome, FAILED);
    assert_text(verdict.observed, "Invalid write of size 1");
    assert_contains(verdict.because, "It writes outside of what was allocated");
    assert_text(verdict.where.file, "faulty.c");
    assert_number(verdict.where.line, faulty_line("one past the end"));
    assert_text(verdict.where.function, "writes_past_end");
    assert_text(verdict.where.call, "memset");
}

static void an_unset_variable_is_found(void)
{
    left("unset.xml");
    struct verdict verdict = judged();
    assert_number(verdict.outcome, FAILED);
    assert_contains(verdict.observed, "depends on uninitialised value");
    assert_contains(verdict.because, "a variable that was never set");
    assert_number(verdict.where.line, faulty_line("an unset variable"));
    assert_text(verdict.where.function, "depends_on_nothing");
    assert_text(verdict.where.call, "");
}

static void a_leak_is_found_where_it_was_allocated(void)
{
    left("leak.xml");
    struct verdict verdict = judged();
    assert_number(verdict.outcome, FAILED);
    assert_contains(verdict.observed, "100 bytes in 1 blocks are definitely lost");
    assert_contains(verdict.because, "free() or freeaddrinfo() is missing");
    assert_number(verdict.where.line, faulty_line("a leak"));
    assert_text(verdict.where.call, "malloc");
}

/* LESSONS.md: a process ended by a signal is not judged for leaks. */
static void a_process_ended_by_a_signal_is_not_judged_for_leaks(void)
{
    left("terminated.xml");
    assert_number(judged().outcome, PASSED);
}

/* But for its errors it is, and the first counts, not the leak behind it. */
static void a_crash_is_judged_for_its_error(void)
{
    left("leak-and-crash.xml");
    struct verdict verdict = judged();
    assert_number(verdict.outcome, FAILED);
    assert_text(verdict.observed, "Invalid write of size 4 through a NULL pointer");
    assert_number(verdict.where.line, faulty_line("a crash"));
}

static void the_place_of_a_crash_is_found(void)
{
    struct source where = {0};
    const char *words = NULL;
    left("none.xml");
    left("leak.xml");
    CU_ASSERT(!memcheck_crash(&where, &words)); /* a leak crashes nothing */
    left("crash.xml");
    CU_ASSERT_FATAL(memcheck_crash(&where, &words));
    assert_text(where.file, "faulty.c");
    assert_number(where.line, faulty_line("a crash"));
    assert_text(where.function, "crashes");
    assert_text(words, "Invalid write of size 4 through a NULL pointer");
}

static void a_signal_alone_has_a_place_too(void)
{
    struct source where = {0};
    const char *words = NULL;
    left("terminated.xml");
    CU_ASSERT_FATAL(memcheck_crash(&where, &words));
    assert_text(where.function, "main");
    assert_text(where.call, "raise");
}

static void the_report_of_a_child_counts(void)
{
    left("parent.xml");
    assert_number(judged().outcome, PASSED);
    left("child.xml");
    left("none.xml");
    struct verdict verdict = judged();
    assert_number(verdict.outcome, FAILED);
    assert_text(verdict.observed, "Invalid write of size 1");
    assert_text(verdict.where.function, "writes_past_end");
}

static void a_report_that_breaks_off_is_read_as_far_as_it_goes(void)
{
    left("broken-off.xml");
    struct verdict verdict = judged();
    assert_number(verdict.outcome, FAILED);
    assert_text(verdict.observed, "Invalid read of size 1");
    assert_number(verdict.where.line, faulty_line("a read after free"));
    assert_text(verdict.where.call, "puts");
}

/* Wherever it breaks off, an error is told whole or not at all; nothing is made up. */
static void a_report_may_break_off_anywhere(void)
{
    left("past-end.xml");
    const char *path = text("%s/memcheck/cut.xml", unit_folder());
    const char *whole = unit_read(unit_source("memcheck/past-end.xml"));
    size_t error_ends = (size_t)(strstr(whole, "</error>") + strlen("</error>") - whole);
    remove_tree(text("%s/memcheck", unit_folder()));
    for (size_t length = 1; length < strlen(whole); length += 17) {
        unit_write(path, text("%.*s", (int)length, whole));
        assert_number(judged().outcome, length >= error_ends ? FAILED : PASSED);
    }
}

static void without_a_report_nothing_has_passed(void)
{
    assert_number(judged().outcome, FAILED);
    unit_write(text("%s/memcheck/1.xml", unit_folder()), ""); /* killed before its first word */
    assert_number(judged().outcome, FAILED);
}

static void a_system_call_that_valgrind_does_not_know_is_told(void)
{
    assert_text(memcheck_unknown_call(), NULL);
    unit_write(text("%s/memcheck/1.log", unit_folder()), "");
    assert_text(memcheck_unknown_call(), NULL);
    unit_write(text("%s/memcheck/1.log", unit_folder()), "--8-- WARNING: unhandled amd64-linux syscall: 9999\n");
    assert_text(memcheck_unknown_call(), NULL); /* the kernel does not know it either */
    left("unknown.log");
    assert_text(memcheck_unknown_call(), "unhandled amd64-linux syscall: 434");
}

/* A report like past-end.xml, in which the source has that name. */
static void left_with_name(const char *name)
{
    const char *report = unit_read(unit_source("memcheck/past-end.xml"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(report);
    const char *all = "";
    for (const char *at; (at = strstr(report, "faulty.c")) != NULL; report = at + strlen("faulty.c"))
        all = text("%s%.*s%s", all, (int)(at - report), report, name);
    unit_write(text("%s/memcheck/200.xml", unit_folder()), text("%s%s", all, report));
}

static void an_error_is_found_whatever_its_file_is_called(void)
{
    static const char *const names[][2] = {
        {"f\033.c", "f?.c"},
        {"f\001\037.c", "f??.c"},
        {"f\377.c", "f?.c"},
        {"f\xc3.c", "f?.c"},
        {"f\xef\xbf\xbe.c", "f???.c"},
        {"f\xc3\xa4.c", "f\xc3\xa4.c"},
        {"f\n::error::.c", "f\\012::error::.c"},
        {"f\x7f.c", "f\\177.c"},
        {"f\xc2\x9b.c", "f\\302\\233.c"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        left_with_name(names[i][0]);
        struct verdict verdict = judged();
        assert_number(verdict.outcome, FAILED);
        assert_text(verdict.observed, "Invalid write of size 1");
        assert_text(verdict.where.file, names[i][1]);
    }
}

static void a_forged_log_says_nothing_but_a_line(void)
{
    unit_write(text("%s/memcheck/1.log", unit_folder()), "unhandled \377\033[2J syscall: 434\nand more");
    assert_text(memcheck_unknown_call(), "unhandled \\377\\033[2J syscall: 434");
}

static void nobody_has_made_the_folder(void)
{
    remove_tree(text("%s/memcheck", unit_folder()));
    assert_text(memcheck_unknown_call(), NULL);
    assert_number(judged().outcome, FAILED);
}

static void the_programs_arguments_come_through(void)
{
    static const char *const args[] = {"client", "127.0.0.1", "", "two words", NULL};
    remove_tree(text("%s/memcheck", unit_folder()));
    const char *const *command = memcheck_command("/lesson/client", args);
    CU_ASSERT_PTR_NOT_NULL_FATAL(command);
    if (command[0] == NULL) {
        unit_skip("valgrind is not installed");
        return;
    }
    int count = 0;
    while (command[count] != NULL)
        count++;
    assert_text(command[1], "valgrind");
    assert_text(command[count - 4], "/lesson/client");
    assert_text(command[count - 3], "127.0.0.1");
    assert_text(command[count - 2], "");
    assert_text(command[count - 1], "two words");
    struct stat status;
    CU_ASSERT(stat(text("%s/memcheck", unit_folder()), &status) == 0 && (status.st_mode & 0777) == 0777);
}

static CU_TestInfo tests[] = {
    {"a clean report passes", a_clean_report_passes},
    {"an error is found at the program's own line", an_error_is_found_at_the_programs_own_line},
    {"an unset variable is found", an_unset_variable_is_found},
    {"a leak is found where it was allocated", a_leak_is_found_where_it_was_allocated},
    {"a process ended by a signal is not judged for leaks", a_process_ended_by_a_signal_is_not_judged_for_leaks},
    {"a crash is judged for its error", a_crash_is_judged_for_its_error},
    {"the place of a crash is found", the_place_of_a_crash_is_found},
    {"a signal alone has a place too", a_signal_alone_has_a_place_too},
    {"the report of a child counts", the_report_of_a_child_counts},
    {"a report that breaks off is read as far as it goes", a_report_that_breaks_off_is_read_as_far_as_it_goes},
    {"a report may break off anywhere", a_report_may_break_off_anywhere},
    {"without a report nothing has passed", without_a_report_nothing_has_passed},
    {"a system call that valgrind does not know is told", a_system_call_that_valgrind_does_not_know_is_told},
    {"an error is found, whatever its file is called", an_error_is_found_whatever_its_file_is_called},
    {"a forged log says nothing but a line", a_forged_log_says_nothing_but_a_line},
    {"it does no harm if the folder is missing", nobody_has_made_the_folder},
    {"the program's arguments come through", the_programs_arguments_come_through},
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo memcheck_suite = {"memcheck", NULL, NULL, set_stage, leave_stage, tests};
