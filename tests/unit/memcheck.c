/* check/memcheck.h: what is read from valgrind's reports.
 *
 * The reports in memcheck/ were written by valgrind 3.19 of memcheck/faulty.c, built with -O0 as /lesson/faulty and told the
 * mistake that the file's name says (child: the child's and the parent's; terminated and unknown: of programs that raise
 * SIGTERM after a leak, and that call pidfd_open). <args> was taken out; broken-off.xml was cut. */
#define _GNU_SOURCE
#include "check/memcheck.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/bytes.h"
#include "check/reports.h"
#include "check/stage.h"
#include "check/verdict.h"
#include "unit.h"

/* A check whose program left no report yet. */
static void set_stage(void)
{
    stage = (struct stage){.memcheck = true, .programs = "/lesson", .scratch = text("%s/work", unit_folder())};
}

static void leave_stage(void)
{
    stage = (struct stage){0};
    reports_forget();
    unit_tear_down();
}

/* A process left this report, or log. */
static void left_words(enum report_kind kind, const char *words)
{
    static int pid = 100;
    reports_hear(kind, pid++, bytes(words));
}

/* A process left the report of that name. */
static void left(const char *name)
{
    const char *report = unit_read(unit_source(text("memcheck/%s", name)));
    CU_ASSERT_PTR_NOT_NULL_FATAL(report);
    left_words(REPORT_XML, report);
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
    const char *whole = unit_read(unit_source("memcheck/past-end.xml"));
    size_t error_ends = (size_t)(strstr(whole, "</error>") + strlen("</error>") - whole);
    for (size_t length = 1; length < strlen(whole); length += 17) {
        left_words(REPORT_XML, text("%.*s", (int)length, whole));
        assert_number(judged().outcome, length >= error_ends ? FAILED : PASSED);
        reports_forget();
    }
}

static void without_a_report_nothing_has_passed(void)
{
    assert_number(judged().outcome, FAILED);
    left_words(REPORT_LOG, "killed before its first word");
    assert_number(judged().outcome, FAILED);
}

/* A child's has no beginning: that was written before the fork. */
static void a_report_without_a_beginning_is_read(void)
{
    const char *whole = unit_read(unit_source("memcheck/leak.xml"));
    left_words(REPORT_XML, strstr(whole, "<status>"));
    assert_contains(judged().observed, "100 bytes in 1 blocks are definitely lost");
}

/* What no valgrind writes, or not there. */
static void a_report_that_was_written_into_is_broken(void)
{
    static const char *const written[] = {
        "<valgrindoutput></valgrindoutput>\n", "<!-- ", "]]>&&", "</status>", "\n<?xml version=\"1.0\"?>\n", "<a b='",
    };
    const char *clean = unit_read(unit_source("memcheck/none.xml"));
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        left_words(REPORT_XML, text("%s%s", clean, written[i]));
        struct verdict verdict = judged();
        assert_number(verdict.outcome, FAILED);
        assert_contains(verdict.observed, "memcheck's report is broken");
        reports_forget();
    }
}

/* But an error in it counts first. */
static void an_error_in_a_broken_report_is_found(void)
{
    left_words(REPORT_XML, text("%s<<<", unit_read(unit_source("memcheck/past-end.xml"))));
    assert_text(judged().observed, "Invalid write of size 1");
}

static void the_line_of_an_error_is_one(void)
{
    static const char *const lines[] = {"99999999999", "99999999999999999999999", "-3", "3x", ""};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        left_words(REPORT_XML, text("<valgrindoutput><error><kind>InvalidRead</kind><what>w</what><stack><frame>"
                                    "<obj>/lesson/faulty</obj><fn>f</fn><file>faulty.c</file><line>%s</line>"
                                    "</frame></stack></error>",
                                    lines[i]));
        struct verdict verdict = judged();
        assert_text(verdict.observed, "w");
        assert_number(verdict.where.line, 0);
        reports_forget();
    }
}

static void an_unknown_call_is_told(void)
{
    assert_text(memcheck_unknown_call(), NULL);
    left_words(REPORT_LOG, "");
    assert_text(memcheck_unknown_call(), NULL);
    reports_hear(REPORT_LOG, 9, bytes("--9-- WARNING: unhandled amd64-linux syscall: 9999\n"));
    assert_text(memcheck_unknown_call(), NULL); /* the kernel does not know it either */
    reports_hear(REPORT_LOG, 8, bytes("at first something else\n"));
    reports_hear(REPORT_LOG, 8, bytes(unit_read(unit_source("memcheck/unknown.log"))));
    assert_text(memcheck_unknown_call(), "unhandled amd64-linux syscall: 434");
}

static void an_unknown_call_excuses_nothing_that_was_found(void)
{
    static const char *const found[] = {"leak.xml", "past-end.xml", "terminated.xml"};
    for (size_t i = 0; i < sizeof found / sizeof *found; i++) {
        reports_hear(REPORT_LOG, 8, bytes(unit_read(unit_source("memcheck/unknown.log"))));
        left("none.xml");
        CU_ASSERT_PTR_NOT_NULL(memcheck_unknown_call());
        left(found[i]);
        assert_text(memcheck_unknown_call(), NULL);
        reports_forget();
    }
}

static void an_unknown_call_is_what_valgrind_says(void)
{
    static const char *const forged[] = {
        "unhandled amd64-linux syscall: 434\n",
        "--7-- WARNING: unhandled amd64-linux syscall: 434\n", /* not its number */
        "**8** --8-- WARNING: unhandled amd64-linux syscall: 434\n",
    };
    for (size_t i = 0; i < sizeof forged / sizeof *forged; i++)
        reports_hear(REPORT_LOG, 8, bytes(forged[i]));
    assert_text(memcheck_unknown_call(), NULL);
    reports_hear(REPORT_LOG, 8, bytes("--8-- WARNING: unhandled \377\033[2J syscall: 434\nand more"));
    assert_text(memcheck_unknown_call(), "unhandled ??[2J syscall: 434");
}

/* A report like past-end.xml, in which the source has that name. */
static void left_with_name(const char *name)
{
    const char *report = unit_read(unit_source("memcheck/past-end.xml"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(report);
    const char *all = "";
    for (const char *at; (at = strstr(report, "faulty.c")) != NULL; report = at + strlen("faulty.c"))
        all = text("%s%.*s%s", all, (int)(at - report), report, name);
    left_words(REPORT_XML, text("%s%s", all, report));
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
        reports_forget();
    }
}

/* By the kernel's word, not by what is sent along; and a way that was shut is seen. */
static void a_report_is_whose_process_has_sent_it(void)
{
    reports_open();
    struct rlimit limit;
    CU_ASSERT_FATAL(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        bool sent = reports_give() == NULL && dprintf(reports_number(REPORT_XML), "<valgrindoutput>\n<x/>") > 0 &&
                    dprintf(reports_number(REPORT_LOG), "words") > 0;
        _exit(sent ? 0 : 1);
    }
    int status = -1;
    CU_ASSERT(waitpid(pid, &status, 0) == pid && status == 0);
    reports_attend();
    CU_ASSERT_PTR_NOT_NULL_FATAL(report_number(0));
    CU_ASSERT_PTR_NULL(report_number(1));
    assert_number(report_number(0)->pid, pid);
    assert_text(report_number(0)->said[REPORT_XML].data, "<valgrindoutput>\n<x/>");
    assert_text(report_number(0)->said[REPORT_LOG].data, "words");
    CU_ASSERT(reports_way_is_open());
    assert_number(judged().outcome, PASSED);

    pid = fork();
    if (pid == 0)
        _exit(reports_give() == NULL && shutdown(reports_number(REPORT_XML), SHUT_WR) == 0 ? 0 : 1);
    CU_ASSERT(waitpid(pid, &status, 0) == pid && status == 0);
    CU_ASSERT(!reports_way_is_open());
    assert_contains(judged().observed, "has shut its way");
}

static void the_programs_arguments_come_through(void)
{
    static const char *const args[] = {"client", "127.0.0.1", "", "two words", NULL};
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
    {"a report without a beginning is read", a_report_without_a_beginning_is_read},
    {"a report that was written into is broken", a_report_that_was_written_into_is_broken},
    {"an error in a broken report is found", an_error_in_a_broken_report_is_found},
    {"the line of an error is one", the_line_of_an_error_is_one},
    {"a system call that valgrind does not know is told", an_unknown_call_is_told},
    {"an unknown call excuses nothing that was found", an_unknown_call_excuses_nothing_that_was_found},
    {"an unknown call is what valgrind says, not the program", an_unknown_call_is_what_valgrind_says},
    {"an error is found, whatever its file is called", an_error_is_found_whatever_its_file_is_called},
    {"a report is whose process has sent it", a_report_is_whose_process_has_sent_it},
    {"the program's arguments come through", the_programs_arguments_come_through},
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo memcheck_suite = {"memcheck", NULL, NULL, set_stage, leave_stage, tests};
