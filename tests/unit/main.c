/* Runs the unit tests, all suites or those that are named, and prints TAP (testanything.org). */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "run/lesson.h"
#include "unit.h"

static int printed; /* lines of TAP: how many tests there were is known only at the end, if a set-up fails */

/* A failure's words, each line a diagnostic. */
static void print_failure(CU_pFailureRecord failure)
{
    const char *name = failure->strFileName == NULL ? "" : failure->strFileName;
    const char *slash = strrchr(name, '/');
    printf("#   %s:%u\n", slash == NULL ? name : slash + 1, failure->uiLineNumber);
    const char *words = failure->strCondition == NULL ? "" : failure->strCondition;
    while (*words != '\0') {
        int length = (int)strcspn(words, "\n");
        printf("#     %.*s\n", length, words);
        words += length + (words[length] == '\n');
    }
}

/* CUnit 2.1 declares its handlers with a const before a typedef of a pointer. */
static void on_test_complete(const CU_pTest test, const CU_pSuite suite, const CU_pFailureRecord failure)
{
    const char *reason = unit_skipped();
    printed++;
    printf("%sok %d - %s: %s", failure == NULL ? "" : "not ", printed, suite->pName, test->pName);
    if (failure == NULL && reason != NULL)
        printf(" # SKIP %s", reason);
    printf("\n");
    for (CU_pFailureRecord record = failure; record != NULL; record = record->pNext)
        print_failure(record);
}

static void on_set_up_failure(const CU_pSuite suite)
{
    const char *reason = unit_skipped();
    printed++;
    printf("not ok %d - %s: its set-up%s%s\n", printed, suite->pName, reason == NULL ? "" : ": ",
           reason == NULL ? "" : reason);
}

static void on_clean_up_failure(const CU_pSuite suite)
{
    printed++;
    printf("not ok %d - %s: its clean-up\n", printed, suite->pName);
}

static bool is_wanted(const char *name, int count, char *const *names)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return count == 0;
}

/* Run as a copy of itself in a made-up kit: says what it finds there, for lesson.c. */
static int show_kit(void)
{
    static struct kit kit;
    const char *problem = "";
    if (kit_find(&kit, &problem) == -1) {
        printf("problem: %s\n", problem);
        return 1;
    }
    printf("root %s\nworker %s\n", kit.root.text, kit.worker.text);
    for (int i = 0; i < kit.lessons; i++) {
        const struct lesson *lesson = &kit.lesson[i];
        printf("%d|%s|%s|%s|%s|", lesson->number, lesson->folder, lesson->name, lesson->title, lesson->summary);
        for (int k = 0; k < lesson->programs; k++)
            printf("%s%s", k == 0 ? "" : " ", lesson->program[k]);
        printf("\n");
    }
    return 0;
}

/* Asked by AddressSanitizer, if it is there: memory that is not to be had is NULL, as always. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

int worker_main(int argc, char *argv[]);

int main(int argc, char *argv[])
{
    const char *slash = strrchr(argv[0], '/');
    if (slash != NULL && strcmp(slash, "/worker") == 0)
        return worker_main(argc, argv);
    if (argc == 2 && strcmp(argv[1], "--kit") == 0)
        return show_kit();
    static CU_SuiteInfo *const all[] = {
        &bytes_suite,   &difference_suite, &record_suite,      &verdict_suite,       &registry_suite, &memcheck_suite,
        &lines_suite,   &tftp_suite,       &proc_suite,        &stuck_suite,         &source_suite,   &sockets_suite,
        &unix_suite,    &groups_suite,     &lesson_suite,      &build_suite,         &jobs_suite,     &rundir_suite,
        &work_suite,    &hints_suite,      &result_suite,      &wire_suite,          &terminal_suite, &mark_suite,
        &similar_suite, &utf8_suite,       &plain_verbs_suite, &private_verbs_suite,
    };
    enum { SUITES = sizeof all / sizeof *all };
    CU_SuiteInfo wanted[SUITES + 1] = {0};
    int count = 0;
    for (int i = 0; i < SUITES; i++) {
        if (is_wanted(all[i]->pName, argc - 1, argv + 1))
            wanted[count++] = *all[i];
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(wanted) != CUE_SUCCESS) {
        fprintf(stderr, "unit: CUnit: %s\n", CU_get_error_msg());
        return 3;
    }
    CU_set_test_complete_handler(on_test_complete);
    CU_set_suite_init_failure_handler(on_set_up_failure);
    CU_set_suite_cleanup_failure_handler(on_clean_up_failure);
    CU_run_all_tests();
    printf("1..%d\n", printed);
    bool failed = CU_get_number_of_failure_records() > 0;
    CU_cleanup_registry();
    return failed;
}
