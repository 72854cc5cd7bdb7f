/* record/utf8.h: text of any bytes. */
#include "record/utf8.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static void counts_the_bytes_of_a_character(void)
{
    static const struct {
        const char *text;
        int bytes;
    } all[] = {{"", 0},
               {"a", 1},
               {"\033", 1},
               {"\x7f", 1},
               {"\x80", 0},
               {"\xc3\xa4", 2},
               {"\xc3", 0},
               {"\xc3(", 0},
               {"\xc1\xbf", 0}, /* a longer form than there need be */
               {"\xe2\x82\xac", 3},
               {"\xe2\x82", 0},
               {"\xe0\x9f\xbf", 0},
               {"\xed\x9f\xbf", 3},
               {"\xed\xa0\x80", 0}, /* half a pair of UTF-16 */
               {"\xf0\x90\x80\x80", 4},
               {"\xf4\x8f\xbf\xbf", 4},
               {"\xf4\x90\x80\x80", 0}, /* above U+10FFFF */
               {"\xff\xfe", 0}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (utf8_bytes(all[i].text) != all[i].bytes)
            fail_test("number %zu has %d bytes", i, utf8_bytes(all[i].text));
    }
}

static void mends_what_is_no_utf8(void)
{
    char words[] = "a\xff"
                   "b\xc3\xa4\xed\xa0\x80\xc3";
    utf8_mend(words);
    assert_text(words, "a?b\xc3\xa4????");
}

static void a_line_has_escapes(void)
{
    char line[100];
    utf8_line(line, sizeof line, "a\n\033[2J\x7f\xff\xc2\x9b\xc3\xa4.c");
    assert_text(line, "a\\012\\033[2J\\177\\377\\302\\233\xc3\xa4.c");
    char again[100];
    utf8_line(again, sizeof again, line);
    assert_text(again, line);
}

static void a_line_is_cut_between_characters(void)
{
    static const struct {
        size_t size;
        const char *is;
    } all[] = {
        {1, ""}, {2, "a"}, {3, "a"}, {4, "a\xc3\xa4"}, {7, "a\xc3\xa4"}, {8, "a\xc3\xa4\\033"}, {9, "a\xc3\xa4\\033z"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char line[20];
        utf8_line(line, all[i].size, "a\xc3\xa4\033z");
        assert_text(line, all[i].is);
    }
}

static CU_TestInfo tests[] = {
    {"counts the bytes of a character", counts_the_bytes_of_a_character},
    {"mends what is no UTF-8", mends_what_is_no_utf8},
    {"a line has escapes in place of what is not shown", a_line_has_escapes},
    {"a line is cut between characters", a_line_is_cut_between_characters},
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo utf8_suite = {"utf8", NULL, NULL, NULL, unit_tear_down, tests};
