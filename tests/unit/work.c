/* run/work.h: the student's folder, and what is kept of the last checks. */
#define _GNU_SOURCE
#include "run/work.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check/bytes.h"
#include "record/result.h"
#include "unit.h"

static struct kit kit;

static void add_lesson(int number, const char *folder, const char *program)
{
    struct lesson *lesson = &kit.lesson[kit.lessons++];
    *lesson = (struct lesson){.number = number, .programs = 1};
    strcpy(lesson->folder, folder);
    lesson->name = strchr(lesson->folder, '-') + 1;
    strcpy(lesson->program[0], program);
}

static void make_kit(void)
{
    unsetenv("SOCKEYE_WORK");
    kit = (struct kit){.root = path_of("%s/kit", unit_folder())};
    mkdir(kit.root.text, 0755);
    add_lesson(1, "01-tcp-client", "tcp_client");
    add_lesson(2, "02-name-client", "name_client");
    add_lesson(7, "07-fork-server", "fork_server");
}

static const struct lesson *lesson(int number)
{
    return kit_lesson(&kit, number == 1 ? "1" : number == 2 ? "2" : "7");
}

static void start_lesson(int number)
{
    const struct lesson *started = lesson(number);
    unit_write(text("%s/%s/%s.c", work_folder(&kit).text, started->folder, started->program[0]), "");
}

static void remember(int number, const char *status)
{
    json_t *document = json_pack("{s:[{s:i, s:s}]}", "lessons", "number", number, "status", status);
    work_remember(&kit, document);
    json_decref(document);
}

static void it_lies_in_the_kit_or_where_it_is_told(void)
{
    assert_text(work_folder(&kit).text, text("%s/work", kit.root.text));
    setenv("SOCKEYE_WORK", "/elsewhere", 1);
    assert_text(work_folder(&kit).text, "/elsewhere");
    setenv("SOCKEYE_WORK", "", 1);
    assert_text(work_folder(&kit).text, text("%s/work", kit.root.text));
    unsetenv("SOCKEYE_WORK");
    kit.root = path_of("%s/nowhere", unit_folder()); /* a kit that can't be written */
    assert_text(work_folder(&kit).text, "work");
}

static void what_was_found_is_recalled(void)
{
    CU_ASSERT_PTR_NULL(work_recall(&kit, lesson(1)));
    remember(1, "failed");
    remember(7, "passed");
    json_t *result = work_recall(&kit, lesson(1));
    assert_text(result_text(result, "status"), "failed");
    json_decref(result);
    result = work_recall(&kit, lesson(7));
    assert_text(result_text(result, "status"), "passed");
    json_decref(result);
    CU_ASSERT_PTR_NULL(work_recall(&kit, lesson(2)));
    remember(1, "passed");
    result = work_recall(&kit, lesson(1));
    assert_text(result_text(result, "status"), "passed");
    json_decref(result);
}

static void the_lesson_at_hand_is_the_first_without_full_marks(void)
{
    CU_ASSERT(work_current(&kit) == lesson(1));
    start_lesson(1);
    remember(1, "failed");
    CU_ASSERT(work_current(&kit) == lesson(1));
    remember(1, "passed");
    CU_ASSERT(work_current(&kit) == lesson(2)); /* though it is not started */
    start_lesson(7);
    CU_ASSERT(work_current(&kit) == lesson(7)); /* what was started goes first */
    remember(7, "passed");
    CU_ASSERT(work_current(&kit) == lesson(2));
}

static void a_lesson_is_started_when_its_programs_are_there(void)
{
    CU_ASSERT(!work_is_started(&kit, lesson(7)));
    start_lesson(7);
    CU_ASSERT(work_is_started(&kit, lesson(7)));
    strcpy(kit.lesson[2].program[1], "another");
    kit.lesson[2].programs = 2;
    CU_ASSERT(!work_is_started(&kit, lesson(7)));
}

static void hints_are_counted_for_each_check(void)
{
    assert_number(work_hints(&kit, lesson(1), "usage"), 0);
    work_set_hints(&kit, lesson(1), "usage", 2);
    work_set_hints(&kit, lesson(1), "memory", 1);
    assert_number(work_hints(&kit, lesson(1), "usage"), 2);
    assert_number(work_hints(&kit, lesson(1), "memory"), 1);
    assert_number(work_hints(&kit, lesson(7), "usage"), 0);
    remember(1, "failed"); /* a check that is run again keeps them */
    assert_number(work_hints(&kit, lesson(1), "usage"), 2);
}

static void a_memory_that_is_broken_is_none(void)
{
    static const char *const contents[] = {"", "{", "[]", "7", "{\"result\": ", "{\"hints\": 7}"};
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        unit_write(text("%s/.sockeye/01-tcp-client.json", work_folder(&kit).text), contents[i]);
        CU_ASSERT_PTR_NULL(work_recall(&kit, lesson(1)));
        assert_number(work_hints(&kit, lesson(1), "usage"), 0);
        work_set_hints(&kit, lesson(1), "usage", 1);
        assert_number(work_hints(&kit, lesson(1), "usage"), 1);
    }
}

static void where_nothing_can_be_kept_nothing_is_lost_but_that(void)
{
    unit_write(text("%s/file", unit_folder()), "");
    setenv("SOCKEYE_WORK", text("%s/file/below", unit_folder()), 1);
    remember(1, "passed");
    work_set_hints(&kit, lesson(1), "usage", 1);
    CU_ASSERT_PTR_NULL(work_recall(&kit, lesson(1)));
    unsetenv("SOCKEYE_WORK");
}

static CU_TestInfo tests[] = {
    {"it lies in the kit, or where it is told", it_lies_in_the_kit_or_where_it_is_told},
    {"what was found is recalled", what_was_found_is_recalled},
    {"the lesson at hand is the first without full marks", the_lesson_at_hand_is_the_first_without_full_marks},
    {"a lesson is started when its programs are there", a_lesson_is_started_when_its_programs_are_there},
    {"hints are counted for each check", hints_are_counted_for_each_check},
    {"a memory that is broken is none", a_memory_that_is_broken_is_none},
    {"where nothing can be kept, nothing else is lost", where_nothing_can_be_kept_nothing_is_lost_but_that},
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo work_suite = {"work", NULL, NULL, make_kit, unit_tear_down, tests};
