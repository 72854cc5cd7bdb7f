/* check/bytes.h: bytes, how they are quoted, and random inputs. */
#define _GNU_SOURCE
#include "check/bytes.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "unit.h"

static void quotes_every_byte_exactly(void)
{
    static const struct {
        struct bytes bytes;
        const char *quoted;
    } table[] = {
        {{"", 0}, "\"\""},
        {{"hello, world", 12}, "\"hello, world\""},
        {{"two\nlines\n", 10}, "\"two\\nlines\\n\""},
        {{"\r\n\t", 3}, "\"\\r\\n\\t\""},
        {{"\a\b\v\f", 4}, "\"\\a\\b\\v\\f\""},
        {{"say \"yes\"", 9}, "\"say \\\"yes\\\"\""},
        {{"back\\slash", 10}, "\"back\\\\slash\""},
        {{"\0", 1}, "\"\\000\""},
        {{"\0"
          "1",
          2},
         "\"\\0001\""},                   /* a digit behind an octal escape stays a digit */
        {{"\033[0m", 4}, "\"\\033[0m\""}, /* nothing reaches a terminal as it is */
        {{"\x7f", 1}, "\"\\177\""},
        {{"\xff"
          "9",
          2},
         "\"\\3779\""},
        {{"caf\xc3\xa9", 5}, "\"caf\\303\\251\""},
        {{"100%", 4}, "\"100%\""},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_text(quoted(table[i].bytes, 100), table[i].quoted);
}

static void quoting_cuts_and_says_so(void)
{
    assert_text(quoted(bytes("abcdef"), 6), "\"abcdef\"");
    assert_text(quoted(bytes("abcdef"), 4), "\"abcd\" and 2 more bytes");
    assert_text(quoted(bytes("abcdef"), 5), "\"abcde\" and 1 more byte");
    assert_text(quoted(bytes("abcdef"), 0), "\"\" and 6 more bytes");
    assert_text(quoted(bytes("\n\n\n"), 2), "\"\\n\\n\" and 1 more byte"); /* bytes are counted, not signs */
}

/* What quoted() writes is a C literal: a compiler reads back every byte, whatever stands behind it. */
static void a_compiler_reads_back_what_was_quoted(void)
{
    static const char followers[] = "079aAfx\\\"?\n";
    struct bytes all = {"", 0};
    for (int byte = 0; byte < 256; byte++) {
        char pair[2] = {(char)byte, 0};
        for (const char *follower = followers; *follower != '\0'; follower++) {
            pair[1] = *follower;
            all = join(all, ((struct bytes){text("%c%c", pair[0], pair[1]), 2}));
        }
    }
    assert_number(all.length, 256 * 2 * (sizeof followers - 1));
    const char *source = text("%s/literal.c", unit_folder());
    const char *program = text("%s/literal", unit_folder());
    unit_write(source, text("#include <stdio.h>\nstatic const char all[] =\n%s;\n"
                            "int main(void)\n{\nreturn fwrite(all, 1, sizeof all - 1, stdout) != sizeof all - 1;\n}\n",
                            quoted(all, all.length)));
    unit_compile(source, program, "");
    FILE *pipe = popen(text("'%s'", program), "re");
    CU_ASSERT_PTR_NOT_NULL_FATAL(pipe);
    char *back = keep(all.length + 1);
    size_t length = fread(back, 1, all.length + 1, pipe);
    assert_number(pclose(pipe), 0);
    assert_number(length, all.length);
    assert_number(common_prefix(all, (struct bytes){back, length}), all.length);
}

static void takes_strings_and_bytes_alike(void)
{
    char writable[] = "abc";
    assert_number(bytes("abc").length, 3);
    assert_number(bytes(writable).length, 3);
    assert_number(bytes(literal("a\0c")).length, 3);
    CU_ASSERT(bytes(literal("a\0c")).data[2] == 'c');
    assert_number(literal("").length, 0);
}

static void joins_parts_and_repeats(void)
{
    assert_text(quoted(join("ab", "cd"), 10), "\"abcd\"");
    assert_text(quoted(join(literal("a\0"), "b"), 10), "\"a\\000b\"");
    assert_text(quoted(join("", ""), 10), "\"\"");
    assert_text(quoted(part(bytes("abcdef"), 2, 3), 10), "\"cde\"");
    assert_text(quoted(part(bytes("abcdef"), 4, 10), 10), "\"ef\"");
    assert_text(quoted(part(bytes("abcdef"), 6, 1), 10), "\"\"");
    assert_text(quoted(part(bytes("abcdef"), 7, 1), 10), "\"\"");
    assert_text(quoted(part(bytes("abcdef"), 1, (size_t)-1), 10), "\"bcdef\"");
    assert_text(quoted(part(bytes("abcdef"), (size_t)-1, (size_t)-1), 10), "\"\"");
    assert_text(quoted(repeated('x', 4), 10), "\"xxxx\"");
    assert_number(repeated('x', 0).length, 0);
}

static void text_formats_at_any_length(void)
{
    assert_text(text("%s-%d", "a", 7), "a-7");
    assert_text(text("%s", ""), "");
    const char *long_text = text("%s%s", repeated('a', 70000).data, "b");
    assert_number(strlen(long_text), 70001);
    CU_ASSERT(long_text[69999] == 'a' && long_text[70000] == 'b');
}

static void kept_memory_is_zero_and_aligned(void)
{
    for (size_t size = 1; size < 200; size += 7) {
        const char *memory = keep(size);
        CU_ASSERT((uintptr_t)memory % _Alignof(max_align_t) == 0);
        for (size_t i = 0; i < size; i++)
            CU_ASSERT_FATAL(memory[i] == 0);
    }
}

/* Everything that is random, in one text. */
static const char *some_of_all(uint64_t seed, const char *name)
{
    random_seed(seed, name);
    long between = random_between(0, 1000000);
    const char *words = random_words();
    const char *printable = random_text(20);
    return text("%ld %s %s %s", between, words, printable, quoted(random_bytes(20), 20));
}

static void same_seed_and_name_give_the_same_values(void)
{
    const char *first = some_of_all(0x91c2, "07-fork-server/no_zombies");
    assert_text(some_of_all(0x91c2, "07-fork-server/no_zombies"), first);
    CU_ASSERT_STRING_NOT_EQUAL(some_of_all(0x91c3, "07-fork-server/no_zombies"), first);
    CU_ASSERT_STRING_NOT_EQUAL(some_of_all(0x91c2, "07-fork-server/no_zombiez"), first);
    CU_ASSERT_STRING_NOT_EQUAL(some_of_all(0x91c2, "07-fork-server/no_zombie"), first);
    CU_ASSERT_STRING_NOT_EQUAL(some_of_all(0, "ab"), some_of_all(0, "ba"));
    CU_ASSERT_STRING_NOT_EQUAL(some_of_all(1ULL << 63, "a"), some_of_all(0, "a"));
}

static void numbers_reach_both_ends_and_no_further(void)
{
    bool seen[7] = {false};
    random_seed(1, "ends");
    for (int i = 0; i < 1000; i++) {
        long value = random_between(-3, 3);
        CU_ASSERT_FATAL(value >= -3 && value <= 3);
        seen[value + 3] = true;
    }
    for (int i = 0; i < 7; i++)
        CU_ASSERT(seen[i]);
    assert_number(random_between(5, 5), 5);
}

static void random_texts_are_what_they_promise(void)
{
    random_seed(2, "texts");
    for (size_t length = 0; length < 300; length += 13) {
        const char *printable = random_text(length);
        assert_number(strlen(printable), length);
        for (const char *c = printable; *c != '\0'; c++)
            CU_ASSERT(isgraph((unsigned char)*c));
    }
    for (int i = 0; i < 50; i++) {
        const char *words = random_words();
        CU_ASSERT(words[0] != '\0' && words[strlen(words) - 1] != ' ');
        assert_number(strspn(words, "abcdefghijklmnopqrstuvwxyz "), strlen(words));
    }
}

static void random_bytes_hold_every_byte_and_any_length(void)
{
    static const size_t lengths[] = {0, 1, 7, 8, 9, 4096};
    bool seen[256] = {false};
    random_seed(3, "bytes");
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        assert_number(random_bytes(lengths[i]).length, lengths[i]);
    struct bytes many = random_bytes(20000);
    for (size_t i = 0; i < many.length; i++)
        seen[(unsigned char)many.data[i]] = true;
    for (int i = 0; i < 256; i++)
        CU_ASSERT(seen[i]);
}

static void finds_prefixes_and_positions(void)
{
    assert_number(common_prefix(bytes("abcd"), bytes("abxd")), 2);
    assert_number(common_prefix(bytes("ab"), bytes("abcd")), 2);
    assert_number(common_prefix(bytes(""), bytes("abcd")), 0);
    assert_number(common_prefix(literal("a\0b"), literal("a\0c")), 2);
    assert_number(position_of(literal("ab\0cd"), literal("\0c")), 2);
    assert_number(position_of(bytes("abab"), bytes("ab")), 0);
    assert_number(position_of(bytes("abab"), bytes("abc")), -1);
    assert_number(position_of(bytes("ab"), bytes("abab")), -1);
}

static CU_TestInfo tests[] = {
    {"quotes every byte exactly", quotes_every_byte_exactly},
    {"quoting cuts, and says so", quoting_cuts_and_says_so},
    {"a compiler reads back what was quoted", a_compiler_reads_back_what_was_quoted},
    {"takes strings and bytes alike", takes_strings_and_bytes_alike},
    {"joins, parts and repeats", joins_parts_and_repeats},
    {"text() formats at any length", text_formats_at_any_length},
    {"kept memory is zero and aligned", kept_memory_is_zero_and_aligned},
    {"the same seed and name give the same values, others others", same_seed_and_name_give_the_same_values},
    {"random numbers reach both ends and no further", numbers_reach_both_ends_and_no_further},
    {"random texts are what they promise", random_texts_are_what_they_promise},
    {"random bytes hold every byte, at any length", random_bytes_hold_every_byte_and_any_length},
    {"finds prefixes and positions", finds_prefixes_and_positions},
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo bytes_suite = {"bytes", NULL, NULL, NULL, unit_tear_down, tests};
