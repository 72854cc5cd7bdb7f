/* run/hints.h: hints in steps. */
#define _GNU_SOURCE
#include "run/hints.h"

#include <errno.h>
#include <string.h>

#include "check/bytes.h"
#include "unit.h"

static struct hints hints;

static int read_hints(const char *content, const char *key)
{
    const char *path = text("%s/hints.md", unit_folder());
    unit_write(path, content);
    return hints_read(path, key, &hints);
}

static const char some[] = "# Hints for lesson 7\n\nWords for all, 1. of them a number.\n\n"
                           "## start\n\n1. Where do you begin?\n2. Read the\n   chapter.\n\n"
                           "## no-zombies, serves\n1. Who waits?\n\n   Nobody?\n2. See waitpid(2).\n3. A loop.\n"
                           "## no-zombies-at-all\n1. Another one.\n";

static void hints_are_read_step_by_step(void)
{
    assert_number(read_hints(some, "start"), 0);
    assert_number(hints.count, 2);
    assert_text(hints.step[0], "Where do you begin?");
    assert_text(hints.step[1], "Read the chapter.");
}

static void a_heading_may_name_several(void)
{
    static const char *const keys[] = {"no-zombies", "serves"};
    for (int i = 0; i < 2; i++) {
        assert_number(read_hints(some, keys[i]), 0);
        assert_number(hints.count, 3);
        assert_text(hints.step[0], "Who waits? Nobody?");
        assert_text(hints.step[2], "A loop.");
    }
}

static void a_key_is_a_whole_name(void)
{
    assert_number(read_hints(some, "no-zombie"), 0);
    assert_number(hints.count, 0);
    read_hints(some, "zombies");
    assert_number(hints.count, 0);
    read_hints(some, "no-zombies-at-all");
    assert_number(hints.count, 1);
}

static void a_file_that_is_missing_is_told(void)
{
    assert_number(hints_read(text("%s/missing.md", unit_folder()), "start", &hints), -1);
    assert_number(errno, ENOENT);
    assert_number(hints.count, 0);
    assert_number(read_hints("", "start"), 0);
    assert_number(hints.count, 0);
}

static void too_much_is_cut(void)
{
    const char *many = "## start\n";
    for (int i = 1; i <= 3 * HINT_STEPS_MAX; i++)
        many = text("%s%d. step %d\n", many, i, i);
    read_hints(many, "start");
    assert_number(hints.count, HINT_STEPS_MAX);
    assert_text(hints.step[0], "step 1");
    read_hints(text("## start\n1. %s\n   %s\n2. two\n", repeated('x', 5000).data, repeated('y', 5000).data), "start");
    assert_number(hints.count, 2);
    assert_number(strlen(hints.step[0]), sizeof hints.step[0] - 1);
    assert_text(hints.step[1], "two");
}

static void a_paragraph_is_read(void)
{
    const char *path = text("%s/why.md", unit_folder());
    char words[40];
    unit_write(path, "# Why\n\n## one, other\nA line\nand another.\n\n## last\nMore than there is room for, by far.\n");
    assert_number(hints_paragraph(path, "other", words, sizeof words), 0);
    assert_text(words, "A line and another.");
    hints_paragraph(path, "last", words, 10);
    assert_text(words, "More than");
    hints_paragraph(path, "on", words, sizeof words);
    assert_text(words, "");
    assert_number(hints_paragraph(text("%s/missing.md", unit_folder()), "one", words, sizeof words), -1);
}

static CU_TestInfo tests[] = {
    {"hints are read step by step", hints_are_read_step_by_step},
    {"a heading may name several", a_heading_may_name_several},
    {"a key is a whole name", a_key_is_a_whole_name},
    {"a file that is missing is told", a_file_that_is_missing_is_told},
    {"too much is cut", too_much_is_cut},
    {"a paragraph is read", a_paragraph_is_read},
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo hints_suite = {"hints", NULL, NULL, NULL, unit_tear_down, tests};
