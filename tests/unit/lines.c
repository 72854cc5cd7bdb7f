/* check/lines.h and check/clock.h: printed lines with names and numbers in them, and what a wrong clock looks like. */
#define _GNU_SOURCE
#include "check/lines.h"

#include <stdio.h>

#include "check/clock.h"
#include "check/record.h"
#include "check/verdict.h"
#include "unit.h"

#define CLOCK "Clock on NAME [127.0.0.2] is N seconds ahead of this one."

static void forms_fit_what_they_should(void)
{
    static const struct {
        const char *form;
        const char *printed;
        bool fits;
        long long number;
    } table[] = {
        {"Sending to 127.0.0.2:37", "Sending to 127.0.0.2:37", true, 0},
        {"Sending to 127.0.0.2:37", "Sending to 127.0.0.2:3", false, 0},
        {"Sending to 127.0.0.2:37", "Sending to 127.0.0.2:370", false, 0},
        {"", "", true, 0},
        {"", "x", false, 0},
        {CLOCK, "Clock on heron.sockeye.test [127.0.0.2] is 61 seconds ahead of this one.", true, 61},
        {CLOCK, "Clock on UNKNOWN [127.0.0.2] is -61 seconds ahead of this one.", true, -61},
        {CLOCK, "Clock on x [127.0.0.2] is +0 seconds ahead of this one.", true, 0},
        {CLOCK, "Clock on x [127.0.0.3] is 61 seconds ahead of this one.", false, 0},
        {CLOCK, "Clock on  [127.0.0.2] is 61 seconds ahead of this one.", false, 0}, /* no name */
        {CLOCK, "Clock on two words [127.0.0.2] is 61 seconds ahead of this one.", false, 0},
        {CLOCK, "Clock on x [127.0.0.2] is  seconds ahead of this one.", false, 0}, /* no number */
        {CLOCK, "Clock on x [127.0.0.2] is 6 1 seconds ahead of this one.", false, 0},
        {CLOCK, "Clock on x [127.0.0.2] is 6.5 seconds ahead of this one.", false, 0},
        {CLOCK, "Clock on x [127.0.0.2] is -- seconds ahead of this one.", false, 0},
        {CLOCK, "Clock on x [127.0.0.2] is 61 seconds ahead of this one", false, 0},
        {CLOCK, "Clock on x [127.0.0.2] is 61 seconds ahead of this one. ", false, 0},
        {CLOCK, "clock on x [127.0.0.2] is 61 seconds ahead of this one.", false, 0},
        {CLOCK, "Clock on x [127.0.0.2] is 99999999999999999999999 seconds ahead of this one.", false, 0},
        {"NAME: N", "a:b: 7", true, 7},
        {"NONE N", "NONE 7", true, 7}, /* a word that only begins like one */
        {"NAMES", "NAMES", true, 0},
        {"NAMES", "xS", false, 0},
        {"2001:db8::1 7 NAME", "2001:DB8:0:0:0:0:0:1 7 x", true, 0}, /* one address, in another way */
        {"2001:db8::1 7 NAME", "2001:db8::2 7 x", false, 0},
        {"A=::1", "A=0:0:0:0:0:0:0:1", true, 0},
        {"A=::1", "A=0:0:0:0:0:0:0:1:1", false, 0},
        {"A=::1", "A=::", false, 0},
        {"127.0.0.1 N", "::ffff:127.0.0.1 1", false, 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct line form = line(table[i].form);
        long long number = 99;
        bool fits = line_fits(&form, table[i].printed, &number);
        if (fits != table[i].fits)
            fail_test("\"%s\" %s fit \"%s\"", table[i].printed, fits ? "should not" : "should", table[i].form);
        if (fits)
            assert_number(number, table[i].number);
    }
}

static void a_form_is_worded_with_its_number(void)
{
    struct line form = clock_line(CLOCK, -61);
    assert_text(line_wording(&form), "Clock on NAME [127.0.0.2] is -61 seconds ahead of this one.");
    form = line(CLOCK);
    assert_text(line_wording(&form), CLOCK);
}

static void a_clock_is_four_bytes_the_highest_first(void)
{
    assert_text(quoted(clock_bytes(0x01020304), 10), "\"\\001\\002\\003\\004\"");
    assert_text(quoted(clock_bytes(0xfffefdfc), 10), "\"\\377\\376\\375\\374\"");
    assert_number(clock_of_bytes(clock_bytes(0xfffefdfc)), 0xfffefdfc);
    assert_number(clock_of_bytes(literal("\001\002")), 0x01020000);
    assert_number(clock_of_bytes(literal("")), 0);
    CU_ASSERT(clock_now() > 3900000000U || clock_now() < 0x80000000U); /* since 2023, or behind the wrap of 2036 */
}

static void a_clock_across_the_wrap_is_less_than_half_a_turn_away(void)
{
    for (unsigned int seed = 0; seed < 200; seed++) {
        random_seed(seed, "wrap");
        long ahead = across_the_wrap();
        long long theirs = (long long)clock_now() + ahead;
        CU_ASSERT(ahead > -(1LL << 31) && ahead < (1LL << 31));
        CU_ASSERT(theirs < 0 || theirs >= 1LL << 32);
    }
}

static long long got_number;
static long right_number;

static void fail_by_the_clock(void)
{
    clock_explains(got_number, right_number);
    fails("", "");
}

static const char *cause(long long got, long right)
{
    got_number = got;
    right_number = right;
    return verdict_of(fail_by_the_clock).because;
}

static void wrong_clocks_have_their_causes(void)
{
    assert_contains(cause((1LL << 32) - 61, -61), "taken for an unsigned number");
    assert_contains(cause(61 - (1LL << 32), 61), "off by 2^32");
    assert_contains(cause(-61, 61), "sign is the wrong way round");
    assert_contains(cause(61, -61), "minus sign is missing");
    assert_contains(cause(61 + 2208988800LL, 61), "from 1900 to 1970");
    assert_contains(cause(61 - 2208988800LL, 61), "from 1900 to 1970");
    assert_contains(cause(61 + 123010304LL, 61), "off by twice 2208988800");
    assert_contains(cause(68, 61), "It is off by 7 seconds");
    assert_text(cause(123456, 61), NULL);
}

static CU_TestInfo tests[] = {
    {"forms fit what they should", forms_fit_what_they_should},
    {"a form is worded with its number", a_form_is_worded_with_its_number},
    {"a clock is four bytes, the highest first", a_clock_is_four_bytes_the_highest_first},
    {"a clock across the wrap is less than half a turn away", a_clock_across_the_wrap_is_less_than_half_a_turn_away},
    {"wrong clocks have their causes", wrong_clocks_have_their_causes},
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo lines_suite = {"lines", NULL, NULL, NULL, unit_tear_down, tests};
