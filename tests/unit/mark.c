/* report/mark.h and report/feedback.h: what is said of a student in one name, one number and one word. */
#include "report/mark.h"

#include <stdlib.h>
#include <string.h>

#include "report/feedback.h"
#include "unit.h"

static bool slug_is(const char *key, const char *slug)
{
    return strcmp(slug_of(key).text, slug) == 0;
}

static void plain_keys_are_kept(void)
{
    CU_ASSERT(slug_is("ada", "ada"));
    CU_ASSERT(slug_is("ada.lovelace-2_x", "ada.lovelace-2_x"));
    CU_ASSERT(slug_is("console", "console"));
    CU_ASSERT(slug_is("com10", "com10"));
}

static void others_get_a_hash(void)
{
    static const char *const keys[] = {"",    ".",      "..",   "-o",  ".hidden", "ends.", "a/b", "a_b/", "Ada",
                                       "con", "nul.md", "com1", "a b", "a\nb",    "é",     "a~b", "%41"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *tilde = strchr(slug_of(keys[i]).text, '~');
        CU_ASSERT(tilde != NULL && strlen(tilde) == 17);
        for (size_t k = 0; k < i; k++)
            CU_ASSERT(strcasecmp(slug_of(keys[i]).text, slug_of(keys[k]).text) != 0);
    }
}

static json_t *student(const char *more)
{
    json_t *document = json_loads("{\"submission\": \"ada\", \"kit\": \"1\", \"seed\": \"2\", \"mode\": \"private\","
                                  " \"score\": 30, \"max_score\": 40, \"lessons\": []}",
                                  0, NULL);
    json_object_update_new(document, json_loads(more, 0, NULL));
    return document;
}

static void a_rubric_s_mark_is_the_total(void)
{
    json_t *document =
        student("{\"mark\": {\"score\": 12.5, \"max\": 20, \"late_days\": 1}, \"lessons\": [{\"number\": 1,"
                " \"mark\": {\"score\": 2.25, \"max\": 5, \"late_days\": 2}}]}");
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    feedback_markdown(file, document);
    fclose(file);
    CU_ASSERT(strncmp(text, "# ada: 12.5 of 20 points, 1 day late\n", 37) == 0);
    CU_ASSERT(strstr(text, "This counts 2.25 of 5 points. It was late by 2 days.\n") != NULL);
    free(text);
    json_decref(document);
}

static void without_a_rubric_points_are_summed(void)
{
    json_t *document = student("{}");
    struct result_mark total = result_mark(document);
    CU_ASSERT(!total.by_rubric && total.score == 30 && total.max == 40 && total.late_days == 0);
    json_decref(document);
}

/* Of a part of a mark, as JSON. */
static bool is_told_as(const char *mark, const char *days, const char *part)
{
    json_t *lesson = json_pack("{s:o}", "mark", json_loads(mark, 0, NULL));
    struct result_mark read = result_mark(lesson);
    bool same = strcmp(words_of_days(&read).text, days) == 0 &&
                strcmp(words_of_part(&read, 1767225660).text, part) == 0;
    json_decref(lesson);
    return same;
}

static void what_lateness_costs(void)
{
    CU_ASSERT(is_told_as(
        "{\"score\": 6, \"max\": 10, \"late_days\": 5, \"due\": 1766793600, \"free_days\": 1, \"percent\": 60}",
        "5 days late, costs points",
        "This counts 6 of 10 points. It was due 2025-12-27 00:00 UTC and came 2026-01-01 00:01 UTC, "
        "late by 5 days, 1 free: counts 60 %."));
    CU_ASSERT(is_told_as(
        "{\"score\": 9.5, \"max\": 10, \"late_days\": 1, \"due\": 1767225600, \"free_days\": 0, \"percent\": 100}",
        "1 day late, free",
        "This counts 9.5 of 10 points. It was due 2026-01-01 00:00 UTC and came 2026-01-01 00:01 UTC, "
        "late by 1 day: counts 100 %."));
    CU_ASSERT(is_told_as("{\"score\": 9.5, \"max\": 10, \"late_days\": 0}", "0 days late",
                         "This counts 9.5 of 10 points."));
}

static void levels(void)
{
    static const struct {
        const char *lesson;
        const char *class;
    } cases[] = {
        {"{\"status\": \"passed\", \"score\": 4, \"max_score\": 4}", "full"},
        {"{\"status\": \"failed\", \"score\": 2, \"max_score\": 3}", "most"},
        {"{\"status\": \"failed\", \"score\": 1, \"max_score\": 3}", "some"},
        {"{\"status\": \"failed\", \"score\": 0, \"max_score\": 3}", "none"},
        {"{\"status\": \"not-built\", \"score\": 0, \"max_score\": 3}", "broken"},
        {"{\"status\": \"missing\", \"score\": 0, \"max_score\": 3}", "missing"},
        {"{\"status\": \"failed\", \"score\": 2, \"max_score\": 3, \"checks\": [{\"status\": \"fault\"}]}", "fault"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *lesson = json_loads(cases[i].lesson, 0, NULL);
        CU_ASSERT(strcmp(level_of_lesson(lesson).class, cases[i].class) == 0);
        json_decref(lesson);
    }
}

static CU_TestInfo tests[] = {
    {"a plain key is its own name", plain_keys_are_kept},
    {"every other key gets a name that no other has", others_get_a_hash},
    {"a rubric's mark is the total", a_rubric_s_mark_is_the_total},
    {"without a rubric the points are summed", without_a_rubric_points_are_summed},
    {"what lateness costs is told with its terms", what_lateness_costs},
    {"a lesson's level", levels},
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo mark_suite = {"mark", NULL, NULL, NULL, NULL, tests};
