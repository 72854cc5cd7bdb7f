/* check/difference.h: how a difference is shown, and which cause is named for it. */
#define _GNU_SOURCE
#include "check/difference.h"

#include "check/verdict.h"
#include "unit.h"

static struct bytes expected_bytes, got_bytes;

static void fail_by_the_difference(void)
{
    fails("", difference(expected_bytes, got_bytes));
}

/* What is shown for a difference (verdict.observed), and the cause that it names (verdict.because, NULL for none). */
static struct verdict judged(struct bytes expected, struct bytes got)
{
    expected_bytes = expected;
    got_bytes = got;
    return verdict_of(fail_by_the_difference);
}

static const char *cause(struct bytes expected, struct bytes got)
{
    return judged(expected, got).because;
}

static const char *shown_difference(struct bytes expected, struct bytes got)
{
    return judged(expected, got).observed;
}

static void names_the_terminating_nul(void)
{
    assert_text(shown_difference(bytes("knock\n"), literal("knock\n\0")), "the right 6 bytes, then 1 more: \"\\000\"");
    assert_contains(cause(bytes("knock\n"), literal("knock\n\0")), "the terminating NUL of a C string");
    assert_contains(cause(bytes("a"), literal("a\0")), "strlen(text)");
    assert_contains(cause(bytes(""), literal("\0")), "the terminating NUL");
}

static void names_the_rest_of_a_buffer(void)
{
    struct bytes got = join("knock\n", ((struct bytes){repeated('\0', 250).data, 250}));
    assert_contains(cause(bytes("knock\n"), got), "rest of a buffer");
    assert_contains(shown_difference(bytes("knock\n"), got), "the right 6 bytes, then 250 more: ");
    assert_contains(cause(bytes("knock\n"), literal("knock\n\0\0")), "rest of a buffer");
}

static void names_a_stop_at_a_nul(void)
{
    assert_contains(cause(literal("ab\0cd"), bytes("ab")), "stops exactly before a NUL");
    assert_contains(cause(literal("ab\0cd"), bytes("ab")), "strlen()");
    assert_text(shown_difference(literal("ab\0cd"), bytes("ab")), "only the first 2 of 5 bytes: \"ab\"");
    assert_contains(cause(literal("\0cd"), bytes("")), "stops exactly before a NUL");
    /* 4096 bytes are a buffer, but the NUL there says more. */
    struct bytes expected = join(repeated('x', 4096), literal("\0yz"));
    assert_contains(cause(expected, repeated('x', 4096)), "stops exactly before a NUL");
}

static void names_one_buffer(void)
{
    static const size_t buffers[] = {256, 511, 512, 1000, 1023, 1024, 1460, 2000, 4095, 4096, 8192, 65535, 65536};
    random_seed(1, "buffers");
    struct bytes expected = bytes(random_text(100000));
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        assert_contains(cause(expected, part(expected, 0, buffers[i])),
                        text("%zu bytes is the size of one buffer", buffers[i]));
    assert_text(shown_difference(expected, part(expected, 0, 4096)), "only the first 4096 of 100000 bytes");
}

static void names_a_missing_middle(void)
{
    random_seed(2, "middle");
    struct bytes expected = random_bytes(10000);
    struct bytes got = join(part(expected, 0, 3000), part(expected, 5000, 5000));
    assert_contains(cause(expected, got), "2000 bytes are missing in the middle");
    assert_contains(cause(expected, got), "short count");
    assert_contains(shown_difference(expected, got), "8000 bytes: at byte 3000 ");
    /* The middle is missing though only so much has come by now. */
    assert_contains(cause(expected, part(got, 0, 3008)), "2000 bytes are missing in the middle");
}

static void names_bytes_sent_again(void)
{
    random_seed(3, "again");
    struct bytes expected = random_bytes(10000);
    assert_contains(cause(expected, join(part(expected, 0, 3000), part(expected, 0, 7000))),
                    "bytes that were there before");
    assert_contains(cause(expected, join(part(expected, 0, 3000), part(expected, 2000, 8000))),
                    "bytes that were there before");
    assert_contains(cause(part(expected, 0, 21), part(expected, 0, 4096)), "the size of a whole buffer");
    assert_contains(cause(bytes("hello"), bytes("hellohello")), "The same bytes come twice");
    assert_contains(cause(expected, join(expected, expected)), "The same bytes come twice");
}

static void names_line_ends(void)
{
    assert_contains(cause(bytes("a line\n"), bytes("a line\r\n")), "CR LF where LF alone");
    assert_contains(cause(bytes("a line\r\n"), bytes("a line\n")), "LF where CR LF");
    assert_contains(cause(bytes("a line\n"), bytes("a line\n\n")), "One newline too many");
    assert_contains(cause(bytes("a\nb\n"), bytes("a\r\nb\r\n")), "CR LF where LF alone");
    assert_text(shown_difference(bytes("a line\n"), bytes("a line\r\n")),
                "\"a line\\r\\n\" (8 bytes): at byte 6 \"\\r\\n\" where \"\\n\" was expected");
}

static void names_a_nul_in_the_text(void)
{
    assert_contains(cause(bytes("a line\n"), literal("a line\0")), "NUL byte stands where text should be");
}

/* A cause is named only for what looks like it. */
static void names_no_cause_for_a_plain_difference(void)
{
    random_seed(4, "plain");
    struct bytes expected = bytes(random_text(3000));
    char *changed = keep(expected.length + 1);
    memcpy(changed, expected.data, expected.length);
    changed[1500] = (char)(changed[1500] == 'x' ? 'y' : 'x');

    static const struct {
        const char *expected;
        const char *got;
    } plain[] = {
        {"same", "same"}, /* no difference at all */
        {"hello\n", "hallo\n"},
        {"hello\n", "hello"}, /* the newline is missing */
        {"hello\n", ""},
        {"hello\n", "goodbye\n"},
        {"hello\n", "hello\nworld\n"},
        {"one two\n", "one  two\n"},
        {"12\n", "13\n"},
        {"", "noise"},
        {"a\nb\n", "a\n\nb\n"},
        {"abcabcabc", "abcabcabd"},
        {"who's there?\n", "\nwho's there?\n"},
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        const char *named = cause(bytes(plain[i].expected), bytes(plain[i].got));
        if (named != NULL)
            fail_test("%s instead of %s is said to be: %s", plain[i].got, plain[i].expected, named);
    }
    assert_text(cause(expected, (struct bytes){changed, expected.length}), NULL); /* one byte is another */
    assert_text(cause(expected, part(expected, 0, 777)), NULL);                   /* not a buffer's size */
    assert_text(cause(expected, part(expected, 0, 128)), NULL);                   /* too small for a buffer */
    assert_text(cause(expected, join(expected, "x")), NULL);
    assert_text(cause(expected, join(part(expected, 0, 100), random_text(2900))), NULL);
    assert_text(cause(expected, join(part(expected, 0, 100), part(expected, 200, 4))), NULL); /* too few to tell */
}

/* A cause of an earlier difference does not stay for a later one. */
static void forgets_the_cause_of_another_difference(void)
{
    CU_ASSERT_PTR_NOT_NULL(cause(bytes("a"), literal("a\0")));
    CU_ASSERT_PTR_NULL(cause(bytes("a"), bytes("b")));
}

static void marks_where_the_difference_is(void)
{
    assert_text(shown_difference(bytes("hello\n"), bytes("hallo\n")),
                "\"hallo\\n\" (6 bytes): at byte 1 \"allo\\n\" where \"ello\\n\" was expected");
    assert_text(shown_difference(bytes("hello"), bytes("")), "nothing, of 5 bytes");
    assert_text(shown_difference(bytes("x"), bytes("")), "nothing, of 1 byte");
    assert_text(shown_difference(bytes("x"), bytes("xy")), "the right 1 byte, then 1 more: \"y\"");
    assert_text(shown_difference(bytes("hello"), bytes("hello")), "exactly that");
    assert_text(shown_difference(bytes(""), bytes("")), "exactly that");
    assert_text(shown_difference(bytes("abc"), bytes("xbc")),
                "\"xbc\" (3 bytes): at byte 0 \"xbc\" where \"abc\" was expected");
    assert_text(shown_difference(bytes("a"), bytes("b")), "\"b\" (1 byte): at byte 0 \"b\" where \"a\" was expected");
}

static void shows_few_bytes_whole_and_many_by_their_number(void)
{
    assert_text(shown(bytes("")), "\"\" (0 bytes)");
    assert_text(shown(bytes("x")), "\"x\" (1 byte)");
    assert_text(shown(bytes("two\n")), "\"two\\n\" (4 bytes)");
    assert_contains(shown(repeated('x', 100)), "xxx\" (100 bytes)");
    const char *many = shown(repeated('x', 5000));
    assert_contains(many, "5000 bytes, \"xxxx");
    CU_ASSERT(strlen(many) < 100);
}

static CU_TestInfo tests[] = {
    {"names the terminating NUL", names_the_terminating_nul},
    {"names the rest of a buffer", names_the_rest_of_a_buffer},
    {"names a stop at a NUL", names_a_stop_at_a_nul},
    {"names one buffer", names_one_buffer},
    {"names a missing middle", names_a_missing_middle},
    {"names bytes that are sent again", names_bytes_sent_again},
    {"names line ends", names_line_ends},
    {"names a NUL in the text", names_a_nul_in_the_text},
    {"names no cause for a plain difference", names_no_cause_for_a_plain_difference},
    {"forgets the cause of another difference", forgets_the_cause_of_another_difference},
    {"marks where the difference is", marks_where_the_difference_is},
    {"shows few bytes whole, many by their number", shows_few_bytes_whole_and_many_by_their_number},
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo difference_suite = {"difference", NULL, NULL, NULL, unit_tear_down, tests};
