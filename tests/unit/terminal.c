/* report/terminal.h, report/wire.h and report/screen.h: what a person reads, exactly.
 *
 * The document is golden/document.json, made up by hand; what is printed of it stands in golden/ too. With
 * SOCKEYE_GOLDEN=write the tests write those files anew: look at them before you keep them. */
#define _GNU_SOURCE
#include "report/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/bytes.h"
#include "report/wire.h"
#include "unit.h"

static json_t *document;
static char *printed; /* what went to the screen */
static size_t printed_length;

static void read_document(void)
{
    json_error_t error;
    document = json_load_file(unit_source("golden/document.json"), 0, &error);
    if (document == NULL)
        fail_test("golden/document.json:%d: %s", error.line, error.text);
}

static void forget_document(void)
{
    json_decref(document);
    free(printed);
    printed = NULL;
    unit_tear_down();
}

static struct screen screen_of(int width, bool unicode, bool colour)
{
    free(printed);
    printed = NULL;
    return (struct screen){
        .file = open_memstream(&printed, &printed_length), .width = width, .unicode = unicode, .colour = colour};
}

/* Compares line by line with a file in golden/, so that a failure shows the lines that differ. */
static void assert_golden(const char *name)
{
    const char *path = unit_source(text("golden/%s.txt", name));
    const char *mode = getenv("SOCKEYE_GOLDEN");
    if (mode != NULL && strcmp(mode, "write") == 0)
        unit_write(path, printed);
    const char *expected = unit_read(path);
    CU_ASSERT_PTR_NOT_NULL_FATAL(expected);
    const char *got = printed;
    for (int line = 1; *got != '\0' || *expected != '\0'; line++) {
        int got_length = (int)strcspn(got, "\n");
        int expected_length = (int)strcspn(expected, "\n");
        if (got_length != expected_length || strncmp(got, expected, (size_t)got_length) != 0) {
            fail_test("%s.txt:%d\ngot      %.*s\nexpected %.*s", name, line, got_length, got, expected_length,
                      expected);
            return;
        }
        got += got_length + (got[got_length] == '\n');
        expected += expected_length + (expected[expected_length] == '\n');
    }
    assert_text(printed, unit_read(path)); /* the end of the last line, too */
}

static void print_document(int width, bool unicode, bool trace)
{
    struct screen screen = screen_of(width, unicode, false);
    struct report_options options = {.trace = trace, .typed = "sockeye", .work = trace ? " --work elsewhere" : ""};
    report_document(&screen, document, &options);
    fclose(screen.file);
}

static void a_report_at_80_columns(void)
{
    print_document(80, true, false);
    assert_golden("report-80-unicode");
}

static void a_report_at_60_columns(void)
{
    print_document(60, true, false);
    assert_golden("report-60-unicode");
}

static void a_report_in_ascii_at_80_columns(void)
{
    print_document(80, false, false);
    assert_golden("report-80-ascii");
}

static void a_report_in_ascii_at_60_columns(void)
{
    print_document(60, false, false);
    assert_golden("report-60-ascii");
}

static void a_report_with_the_whole_trace(void)
{
    print_document(100, true, true);
    assert_golden("report-100-trace");
}

static void what_is_for_ascii_is_ascii(void)
{
    print_document(80, false, true);
    for (const char *c = printed; *c != '\0'; c++) {
        if ((unsigned char)*c >= 0x80) {
            fail_test("not ASCII: %.60s", c);
            return;
        }
    }
}

/* A word alone may be longer than a line, the compiler's words are left as they are; all else fits. */
static void no_line_is_too_long(void)
{
    static const int widths[] = {60, 71, 80, 100};
    for (int i = 0; i < 4; i++) {
        print_document(widths[i], true, true);
        char *rest = printed;
        for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
            bool is_command = strstr(line, "unused variable") != NULL;
            if (screen_columns(line) > widths[i] && !is_command)
                fail_test("%d columns at a width of %d: %s", screen_columns(line), widths[i], line);
        }
    }
}

/* Colours add nothing else, and each line ends without one. */
static void without_its_colours_a_report_is_the_same(void)
{
    print_document(80, true, false);
    const char *plain = text("%s", printed);
    struct screen screen = screen_of(80, true, true);
    report_document(&screen, document, &(struct report_options){.typed = "sockeye", .work = ""});
    fclose(screen.file);
    CU_ASSERT_PTR_NOT_NULL(strstr(printed, "\033[1;31m"));
    char *bare = keep(printed_length + 1);
    size_t length = 0;
    bool painted = false;
    for (const char *c = printed; *c != '\0'; c++) {
        if (*c == '\033') {
            painted = strncmp(c, "\033[0m", 4) != 0;
            c = strchr(c, 'm');
        } else {
            bare[length++] = *c;
        }
    }
    assert_text(bare, plain);
    CU_ASSERT(!painted);
}

/* What comes from a program or its source can't speak to the terminal. */
static void nothing_from_a_source_reaches_the_terminal_as_it_is(void)
{
    json_t *lesson = json_array_get(json_object_get(document, "lessons"), 2);
    json_object_set_new(json_object_get(lesson, "build"), "output",
                        json_string("error: \033]0;owned\a \033[2J\n\tx\n"));
    json_t *check = json_array_get(json_object_get(json_array_get(json_object_get(document, "lessons"), 1), "checks"),
                                   1);
    json_object_set_new(check, "observed", json_string("stderr: \033[2Jx"));
    print_document(80, true, false);
    CU_ASSERT_PTR_NULL(strchr(printed, '\033'));
    CU_ASSERT_PTR_NULL(strchr(printed, '\a'));
    assert_contains(printed, "\tx\n");
}

static CU_TestInfo tests[] = {
    {"a report at 80 columns", a_report_at_80_columns},
    {"a report at 60 columns", a_report_at_60_columns},
    {"a report in ASCII at 80 columns", a_report_in_ascii_at_80_columns},
    {"a report in ASCII at 60 columns", a_report_in_ascii_at_60_columns},
    {"a report with the whole trace", a_report_with_the_whole_trace},
    {"what is for ASCII is ASCII", what_is_for_ascii_is_ascii},
    {"no line is too long", no_line_is_too_long},
    {"without its colours a report is the same", without_its_colours_a_report_is_the_same},
    {"nothing from a source reaches the terminal as it is", nothing_from_a_source_reaches_the_terminal_as_it_is},
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo terminal_suite = {"terminal", NULL, NULL, read_document, forget_document, tests};
