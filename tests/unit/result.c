/* record/result.h: the result document. */
#define _GNU_SOURCE
#include "record/result.h"

#include "unit.h"

static json_t *check(const char *status, int points, int max)
{
    return json_pack("{s:s, s:i, s:i}", "status", status, "points", points, "max_points", max);
}

static json_t *lesson(const char *status, json_t *checks)
{
    return json_pack("{s:s, s:i, s:i, s:o}", "status", status, "score", 0, "max_score", 0, "checks", checks);
}

static json_t *document_of(json_t *one, json_t *two)
{
    json_t *document = result_new("1.2", "91c2", true, "ada");
    json_array_append_new(json_object_get(document, "lessons"), one);
    if (two != NULL)
        json_array_append_new(json_object_get(document, "lessons"), two);
    return document;
}

static void a_new_document_says_what_it_is(void)
{
    json_t *document = result_new("1.2", "91c2", true, "ada");
    assert_text(result_text(document, "schema"), "sockeye/result/v1");
    assert_text(result_text(document, "kit"), "1.2");
    assert_text(result_text(document, "seed"), "91c2");
    assert_text(result_text(document, "mode"), "private");
    assert_text(result_text(document, "submission"), "ada");
    assert_number(result_number(document, "score"), 0);
    CU_ASSERT(json_is_array(json_object_get(document, "lessons")));
    json_decref(document);
    document = result_new("1.2", "91c2", false, "ada");
    assert_text(result_text(document, "mode"), "plain");
    json_decref(document);
}

static void a_member_that_is_missing_is_empty(void)
{
    json_t *object = json_pack("{s:n, s:s, s:i, s:f}", "null", "text", "word", "number", 7, "real", 1.5);
    assert_text(result_text(object, "null"), "");
    assert_text(result_text(object, "missing"), "");
    assert_text(result_text(object, "number"), "");
    assert_text(result_text(object, "text"), "word");
    assert_text(result_text(NULL, "text"), "");
    assert_number(result_number(object, "number"), 7);
    assert_number(result_number(object, "text"), 0);
    assert_number(result_number(object, "missing"), 0);
    assert_number(result_number(NULL, "missing"), 0);
    CU_ASSERT(!result_has_status(object, "passed"));
    json_decref(object);
}

static void a_lessons_score_is_its_checks_sum(void)
{
    json_t *one = lesson("failed", json_pack("[o, o, o, o]", check("passed", 2, 2), check("failed", 0, 3),
                                             check("skipped", 0, 4), check("fault", 0, 5)));
    result_sum_lesson(one);
    assert_number(result_number(one, "score"), 2);
    assert_number(result_number(one, "max_score"), 14);
    result_sum_lesson(one); /* and not added once more */
    assert_number(result_number(one, "score"), 2);
    json_decref(one);
}

static void what_is_not_graded_here_counts_in_neither_sum(void)
{
    json_t *one = lesson("passed", json_pack("[o, o]", check("passed", 2, 2), check("not-graded", 0, 3)));
    json_t *two = lesson("passed", json_pack("[o]", check("not-graded", 0, 3)));
    result_sum_lesson(one);
    result_sum_lesson(two);
    assert_number(result_number(one, "score"), 2);
    assert_number(result_number(one, "max_score"), 2);
    assert_number(result_number(two, "max_score"), 0);
    json_t *document = document_of(one, two);
    result_sum(document);
    assert_number(result_number(document, "score"), 2);
    assert_number(result_number(document, "max_score"), 2);
    json_decref(document);
}

static void a_documents_score_is_its_lessons_sum(void)
{
    json_t *one = lesson("passed", json_pack("[o]", check("passed", 2, 2)));
    json_t *two = lesson("failed", json_pack("[o, o]", check("passed", 3, 3), check("failed", 0, 4)));
    result_sum_lesson(one);
    result_sum_lesson(two);
    json_t *document = document_of(one, two);
    result_sum(document);
    assert_number(result_number(document, "score"), 5);
    assert_number(result_number(document, "max_score"), 9);
    json_decref(document);
}

static int exit_status_of(json_t *one, json_t *two)
{
    json_t *document = document_of(one, two);
    int status = result_exit_status(document);
    json_decref(document);
    return status;
}

static void the_exit_status_is_what_the_document_stands_for(void)
{
    json_t *none = json_array();
    assert_number(exit_status_of(lesson("passed", json_pack("[o]", check("passed", 2, 2))), NULL), 0);
    assert_number(exit_status_of(lesson("passed", json_pack("[o]", check("not-graded", 0, 2))), NULL), 0);
    assert_number(exit_status_of(lesson("failed", json_pack("[o]", check("failed", 0, 2))), NULL), 1);
    assert_number(exit_status_of(lesson("failed", json_pack("[o]", check("skipped", 0, 2))), NULL), 1);
    assert_number(exit_status_of(lesson("not-built", json_incref(none)), NULL), 1);
    assert_number(exit_status_of(lesson("missing", json_incref(none)), NULL), 1);
    assert_number(exit_status_of(lesson("fault", json_incref(none)), NULL), 3);
    assert_number(exit_status_of(lesson("passed", json_incref(none)), lesson("failed", json_incref(none))), 1);
    /* A fault is never hidden behind a failure: whoever looks at the status alone must see it. */
    assert_number(exit_status_of(lesson("failed", json_pack("[o, o]", check("failed", 0, 2), check("fault", 0, 2))),
                                 NULL),
                  3);
    assert_number(exit_status_of(lesson("failed", json_incref(none)),
                                 lesson("failed", json_pack("[o]", check("fault", 0, 2)))),
                  3);
    json_decref(none);
}

static CU_TestInfo tests[] = {
    {"a new document says what it is", a_new_document_says_what_it_is},
    {"a member that is missing is empty", a_member_that_is_missing_is_empty},
    {"a lesson's score is its checks' sum", a_lessons_score_is_its_checks_sum},
    {"what is not graded here counts in neither sum", what_is_not_graded_here_counts_in_neither_sum},
    {"a document's score is its lessons' sum", a_documents_score_is_its_lessons_sum},
    {"the exit status is what the document stands for", the_exit_status_is_what_the_document_stands_for},
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo result_suite = {"result", NULL, NULL, NULL, NULL, tests};
