/* check/registry.h: the checks that announce themselves. */
#define _GNU_SOURCE
#define LESSON_FOLDER "90-registry"
#include "check/registry.h"

#include <string.h>

#include "run/lesson.h"
#include "unit.h"

CHECK(zeta, "stands first in its file", POINTS(2))
{
}

CHECK(alpha, "stands second", POINTS(3), AFTER(zeta), BECAUSE("think"), NEEDS_PRIVATE_NETWORK)
{
}

CHECK(middle, "stands third", POINTS(1), AFTER(zeta, alpha), UNDER_MEMCHECK)
{
}

/* Announced in the wrong order, and for lessons to both sides. */
static struct check late = {.name = "late", .lesson = "91-other", .line = 20, .points = 5};
static struct check early = {.name = "early", .lesson = "91-other", .line = 10, .points = 4};
static struct check before = {.name = "alpha", .lesson = "89-before", .line = 99};

static void announce_once(void)
{
    static bool done;
    if (!done) {
        check_register(&late);
        check_register(&before);
        check_register(&early);
    }
    done = true;
}

static void checks_stand_in_the_order_of_their_file(void)
{
    announce_once();
    const struct check *check = checks_of("90-registry");
    static const char *const names[] = {"zeta", "alpha", "middle"};
    for (int i = 0; i < 3; i++, check = check->next) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(check);
        assert_text(check->lesson, "90-registry");
        assert_text(check->name, names[i]);
    }
    CU_ASSERT(check == NULL || strcmp(check->lesson, "90-registry") != 0);
    check = checks_of("91-other");
    CU_ASSERT_PTR_NOT_NULL_FATAL(check);
    assert_text(check->name, "early");
    assert_text(check->next->name, "late");
}

static void a_check_has_what_was_said_of_it(void)
{
    const struct check *check = check_named("90-registry", "alpha");
    CU_ASSERT_PTR_NOT_NULL_FATAL(check);
    assert_text(check->title, "stands second");
    assert_number(check->points, 3);
    assert_text(check->after, "zeta");
    assert_text(check->because, "think");
    CU_ASSERT(check->private_network && !check->memcheck);
    check = check_named("90-registry", "middle");
    assert_text(check->after, "zeta, alpha");
    CU_ASSERT(check->memcheck && !check->private_network);
    assert_text(check->because, NULL);
    assert_text(check_named("90-registry", "zeta")->after, NULL);
}

static void a_name_is_its_lessons_own(void)
{
    announce_once();
    CU_ASSERT(check_named("89-before", "alpha") == &before);
    CU_ASSERT(check_named("91-other", "late") == &late);
    CU_ASSERT_PTR_NULL(check_named("91-other", "alpha"));
    CU_ASSERT_PTR_NULL(check_named("90-registry", "late"));
    CU_ASSERT_PTR_NULL(check_named("90-registry", "alph"));
    CU_ASSERT_PTR_NULL(check_named("nowhere", "alpha"));
    CU_ASSERT_PTR_NULL(checks_of("nowhere"));
    CU_ASSERT_PTR_NULL(checks_of("90-registr"));
}

static void a_lessons_points_are_its_checks_sum(void)
{
    announce_once();
    struct lesson lesson = {.folder = "90-registry"};
    assert_number(lesson_points(&lesson), 6);
    strcpy(lesson.folder, "91-other");
    assert_number(lesson_points(&lesson), 9);
    strcpy(lesson.folder, "nowhere");
    assert_number(lesson_points(&lesson), 0);
}

static CU_TestInfo tests[] = {
    {"checks stand in the order of their file", checks_stand_in_the_order_of_their_file},
    {"a check has what was said of it", a_check_has_what_was_said_of_it},
    {"a name is its lesson's own", a_name_is_its_lessons_own},
    {"a lesson's points are its checks' sum", a_lessons_points_are_its_checks_sum},
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo registry_suite = {"registry", NULL, NULL, NULL, unit_tear_down, tests};
