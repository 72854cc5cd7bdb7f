/**
 * @file
 * What the unit tests share: assertions that say what they saw, a temporary folder, children, waiting with a deadline.
 *
 * Each file tests one module of harness/ and exposes one suite; main.c runs them all and prints TAP. A suite whose tests
 * use something below (or text() of check/bytes.h) has unit_tear_down as its tear-down function: it runs after each test,
 * whatever became of it.
 */
#pragma once

#include <CUnit/CUnit.h>
#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

extern CU_SuiteInfo bytes_suite, difference_suite, record_suite, verdict_suite, registry_suite, memcheck_suite,
    lines_suite, tftp_suite;
extern CU_SuiteInfo proc_suite, stuck_suite, source_suite, sockets_suite, unix_suite, groups_suite;
extern CU_SuiteInfo lesson_suite, build_suite, jobs_suite, rundir_suite, work_suite, hints_suite;
extern CU_SuiteInfo result_suite, wire_suite, terminal_suite, mark_suite, similar_suite, utf8_suite;
extern CU_SuiteInfo plain_verbs_suite, private_verbs_suite;

/** Asserts that two texts are the same; a failure shows both. NULL is a text of its own. */
#define assert_text(got, expected) unit_assert_text((got), (expected), __FILE__, __LINE__)
/** Asserts that @p part is in @p whole; a failure shows both. */
#define assert_contains(whole, part) unit_assert_contains((whole), (part), __FILE__, __LINE__)
/** Asserts that two whole numbers are the same; a failure shows both. */
#define assert_number(got, expected) unit_assert_number((long)(got), (long)(expected), __FILE__, __LINE__)
/** Fails the test in words of its own, in the manner of printf. */
#define fail_test(...) unit_fail(__FILE__, __LINE__, __VA_ARGS__)

void unit_assert_text(const char *got, const char *expected, const char *file, unsigned int line);
void unit_assert_contains(const char *whole, const char *part, const char *file, unsigned int line);
void unit_assert_number(long got, long expected, const char *file, unsigned int line);
void unit_fail(const char *file, unsigned int line, const char *format, ...) __attribute__((format(printf, 3, 4)));

/** The test can't be done on this machine, for this reason: TAP gets a skip. The test returns after it. */
void unit_skip(const char *reason);
/** Whether a process may look into another on this machine, as ptrace(2) does. Where not, no line and no certainty can be
 *  had: the test is skipped, and returns after it. */
bool unit_may_look(void);
/** The reason of the test that has just ended, or NULL; forgotten by the call. */
const char *unit_skipped(void);

/** Ends all children, removes the folder, frees what text() gave. */
void unit_tear_down(void);

/** A temporary folder, made by the first call of a test, gone after the test. */
const char *unit_folder(void);
/** Writes a file, making the folders that it lies in; a fatal failure if it can't. */
void unit_write(const char *path, const char *content);
/** A file's content, until the test ends; NULL if it can't be read. */
const char *unit_read(const char *path);
/** The path of a file of this folder. */
const char *unit_source(const char *name);
/** Compiles a C file as the contract has it, but with @p flags ("-g -O1"); a fatal failure if it does not compile. */
void unit_compile(const char *source, const char *target, const char *flags);
/** The line of the file that holds @p words; a fatal failure if none does. */
int unit_line_of(const char *path, const char *words);

/** Runs @p body in a new process, in a process group of its own that is ended after the test. */
pid_t unit_child(void (*body)(void *context), void *context);
/** Looks every millisecond, for five seconds at most, until it has come; false if it has not. */
bool eventually(bool (*come)(void *context), void *context);
