/* class/tokens.h, fingerprint.h, runs.h, similar.h: programs that are alike. */
#define _GNU_SOURCE
#include "class/similar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/bytes.h"
#include "class/fingerprint.h"
#include "class/gradebook.h"
#include "class/runs.h"
#include "class/sql.h"
#include "unit.h"

static struct token one[TOKENS_MAX];
static struct token other[TOKENS_MAX];
static uint64_t gram[TOKENS_MAX];

static int read_one(const char *text)
{
    return tokens_read(text, strlen(text), one);
}

/* ------------------------------------------------ tokens */

static bool same_tokens(const char *a, const char *b)
{
    int count = read_one(a);
    if (tokens_read(b, strlen(b), other) != count)
        return false;
    for (int i = 0; i < count; i++) {
        if (one[i].code != other[i].code)
            return false;
    }
    return true;
}

static void a_disguise_is_seen_through(void)
{
    static const struct {
        const char *a;
        const char *b;
        bool same;
    } table[] = {
        {"int a = 1;", "long count=0x7fUL; // other", true},
        {"int a = 1;", "/* a\n b */ int\n\ta\n=\n1\n;", true},
        {"unsigned long long n;", "size_t n;", false}, /* a name is no built-in type */
        {"unsigned long long n;", "int n;", true},
        {"static const int n;", "int n;", true},
        {"if (a) b = c;", "if (a) { b = c; }", true},
        {"if (a) b = c;", "while (a) b = c;", false},
        {"a->b", "a.b", false},
        {"x = \"a\" \"b\\\"\";", "x = \"/* no comment */\";", true},
        {"x = 'a';", "x = '\\'';", true},
        {"x = 1e+5;", "x = .5;", true},
        {"x = a+5;", "x = 1e+5;", false},
        {"#include <stdio.h>\nx", "#  include \"y.h\" // z\nx", true},
        {"#define A 1\n", "#define B 2\n", true},
        {"a\\\nb = 1;", "ab = 1;", true},
        {"int serve(int fd) { return serve(1); }", "int answer(int x) { return answer(2); }", true},
        {"größe = 1;", "size = 1;", true},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (same_tokens(table[i].a, table[i].b) != table[i].same)
            fail_test("%s   and   %s   should %sbe the same", table[i].a, table[i].b, table[i].same ? "" : "not ");
    }
}

static void tokens_know_their_lines(void)
{
    int count = read_one("a\n/* two\nlines */ b \\\n+ \"x\"\n\n;");
    assert_number(count, 5);
    static const int lines[] = {1, 3, 4, 4, 6};
    for (int i = 0; i < count && i < 5; i++)
        assert_number(one[i].line, lines[i]);
}

static void any_bytes_are_harmless(void)
{
    static const char *const ends[] = {"",     "/", "/*",        "/* *", "//", "\"", "\"\\", "'", "\\",
                                       "\\\n", "#", "# include", "1e+",  ".",  "-",  "\x80", "a"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t length = strlen(ends[i]);
        char *exact = malloc(length + 1); /* under a sanitizer, a byte beyond it is seen */
        memcpy(exact, ends[i], length);
        tokens_read(exact, length, one);
        free(exact);
    }
    size_t length = 4 << 20;
    char *garbage = malloc(length);
    srandom(1);
    for (size_t i = 0; i < length; i++)
        garbage[i] = (char)(random() >> 8);
    assert_number(tokens_read(garbage, length, one), TOKENS_MAX);
    memset(garbage, 0, length);
    assert_number(tokens_read(garbage, length, one), 0);
    memset(garbage, ';', length);
    assert_number(tokens_read(garbage, length, one), TOKENS_MAX);
    struct given given = {NULL, 0, 0};
    json_t *runs = runs_of(garbage, length, garbage, length, &given);
    assert_number(json_array_size(runs), 1);
    json_decref(runs);
    free(garbage);
}

/* ------------------------------------------------ winnowing */

static uint64_t print_one[TOKENS_MAX];
static uint64_t print_other[TOKENS_MAX];

static int random_tokens(struct token *tokens, int count)
{
    for (int i = 0; i < count; i++)
        tokens[i] = (struct token){(uint32_t)random(), 1};
    return count;
}

static int prints_of(const struct token *tokens, int count, const struct given *given, uint64_t *print)
{
    return winnow(gram, grams_of(tokens, count, gram), given, print);
}

static int shared_prints(int length, const struct given *given)
{
    int from_one = random_tokens(one, 300);
    int from_other = random_tokens(other, 300);
    memcpy(other + random() % (300 - length), one + random() % (300 - length), (size_t)length * sizeof *one);
    int count = prints_of(one, from_one, given, print_one);
    int others = prints_of(other, from_other, given, print_other);
    int shared = 0;
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < others; k++)
            shared += print_one[i] == print_other[k];
    }
    return shared;
}

static void a_long_run_is_always_found_and_a_short_one_never(void)
{
    static const struct given nothing = {NULL, 0, 0};
    srandom(2);
    int missed = 0;
    int invented = 0;
    for (int i = 0; i < 300; i++) {
        missed += shared_prints(GRAM_TOKENS + WINDOW_GRAMS - 1, &nothing) == 0;
        invented += shared_prints(GRAM_TOKENS - 1, &nothing) != 0;
    }
    assert_number(missed, 0);
    assert_number(invented, 0);
}

static void few_of_the_grams_are_fingerprints(void)
{
    static const struct given nothing = {NULL, 0, 0};
    int count = prints_of(one, random_tokens(one, 9000), &nothing, print_one);
    int expected = 2 * 9000 / (WINDOW_GRAMS + 1); /* the paper's density */
    if (count < expected * 9 / 10 || count > expected * 11 / 10)
        fail_test("%d of 9000, not about %d", count, expected);
}

#define GIVEN                                                                                                          \
    "int main(int argc, char *argv[]) { for (int i = 0; i < argc; i++) puts(argv[i]); return argc > 1 ? 2 : 0; }"
#define OWN                                                                                                            \
    "int own(struct peer *p) { while (p->next != NULL && p->age + 7 < limit[p->row]) { p = p->next; p->seen++; } "     \
    "return p == NULL ? -1 : p->number * 3; }"

static void what_was_given_does_not_count(void)
{
    struct given given = {NULL, 0, 0};
    given_add(&given, GIVEN, strlen(GIVEN));
    given_complete(&given);
    /* Only grams that reach into something else are left. */
    assert_number(prints_of(one, read_one("int main(int n, char **v);" GIVEN), &given, print_one) < 6, true);
    assert_number(prints_of(one, read_one(GIVEN), &given, print_one), 0);
    struct given nothing = {NULL, 0, 0};
    assert_number(prints_of(one, read_one(GIVEN), &nothing, print_one) > 3, true);
    /* The guarantee stays for what is not given. */
    int alone = prints_of(one, read_one(OWN), &nothing, print_one);
    int beside = prints_of(one, read_one(GIVEN OWN GIVEN), &given, print_other);
    assert_number(alone >= 3 && beside >= alone, true);
    given_free(&given);
}

static void runs_are_told_in_lines(void)
{
    struct given given = {NULL, 0, 0};
    given_add(&given, GIVEN, strlen(GIVEN));
    given_complete(&given);
    const char *a = "#include <x.h>\n" GIVEN "\n" OWN "\n";
    const char *b = OWN "\nint y;\n\n" GIVEN "\n";
    json_t *runs = runs_of(a, strlen(a), b, strlen(b), &given);
    char *told = json_dumps(runs, JSON_COMPACT);
    assert_text(told, "[[[3,3],[1,1]]]");
    free(told);
    json_decref(runs);
    given_free(&given);
}

/* ------------------------------------------------ a class */

static sqlite3 *book;
static char *told;

static void hand_in(const char *student, const char *source, size_t length)
{
    struct hash hash = hash_of(source, length);
    sql_do(book, "INSERT INTO student VALUES (?, ?, '', '', '')", "tt", student, student);
    sql_do(book, "INSERT INTO submission VALUES (?1, ?1, 1, 1)", "t", student);
    sql_do(book, "INSERT OR IGNORE INTO source VALUES (?, ?)", "tb", hash.hex, source, length);
    sql_do(book, "INSERT INTO file VALUES (?, 'x.c', ?, '07-x', 'x')", "tt", student, hash.hex);
}

/* A program that is nobody else's: expressions by chance. */
static const char *own_program(int number)
{
    static const char operators[] = "+-*/%&|^<>,?:!~=";
    char line[40] = "";
    const char *program = "int main(void) {\n";
    srandom((unsigned)number + 100);
    for (int i = 0; i < 60; i++) {
        for (size_t k = 0; k < 32; k += 2) {
            line[k] = "ax15"[random() % 4];
            line[k + 1] = operators[random() % (long)(sizeof operators - 1)];
        }
        program = text("%s%s;\n", program, line);
    }
    return text("%s}\n", program);
}

static void remember(void *context, json_t *program)
{
    (void)context;
    free(told);
    told = json_dumps(program, JSON_COMPACT);
}

static const char *compared(void)
{
    static struct kit kit; /* gives nothing */
    free(told);
    told = NULL;
    similar_programs(book, &kit, remember, NULL);
    return told == NULL ? "nothing" : told;
}

static void begin_class(int strangers)
{
    const char *problem;
    unit_folder();
    book = gradebook_open(text("%s/gradebook.sqlite", unit_folder()), GRADEBOOK_WRITE, &problem);
    CU_ASSERT_PTR_NOT_NULL_FATAL(book);
    for (int i = 0; i < strangers; i++) {
        const char *program = own_program(i);
        hand_in(text("stranger-%02d", i), program, strlen(program));
    }
}

static void end_class(void)
{
    sqlite3_close(book);
    free(told);
    told = NULL;
}

static void a_copy_is_told_and_strangers_are_not(void)
{
    begin_class(12);
    assert_text(compared(), "nothing");
    const char *copy = text("/* mine */\n\n%s", own_program(3));
    hand_in("copyist", copy, strlen(copy));
    assert_contains(
        compared(),
        "\"students\":[\"copyist\",\"stranger-03\"],\"names\":[\"copyist\",\"stranger-03\"],\"share\":[100,100]");
    assert_contains(compared(), "\"runs\":[[[3,63],[1,61]]]");
    assert_contains(compared(), "\"found\":1");
    assert_contains(compared(), "\"copyist\":\"/* mine */");
    end_class();
}

static void what_many_have_is_no_sign(void)
{
    begin_class(3);
    for (int i = 0; i < 8; i++)
        hand_in(text("same-%d", i), own_program(50), strlen(own_program(50)));
    assert_contains(compared(), "\"found\":28");
    for (int i = 8; i < 11; i++)
        hand_in(text("same-%d", i), own_program(50), strlen(own_program(50)));
    assert_text(compared(), "nothing");
    end_class();
}

static void a_hostile_source_is_a_text_like_others(void)
{
    static char bytes[5000];
    begin_class(2);
    srandom(3);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(random() >> 8);
    hand_in("bytes-1", bytes, sizeof bytes);
    hand_in("bytes-2", bytes, sizeof bytes - 1);
    hand_in("empty", "", 0);
    assert_contains(compared(), "[\"bytes-1\",\"bytes-2\"]");
    assert_contains(compared(), "?");
    end_class();
}

static CU_TestInfo tests[] = {
    {"a disguise is seen through", a_disguise_is_seen_through},
    {"tokens know their lines", tokens_know_their_lines},
    {"any bytes are harmless", any_bytes_are_harmless},
    {"a long run is always found, and a short one never", a_long_run_is_always_found_and_a_short_one_never},
    {"few of the grams are fingerprints", few_of_the_grams_are_fingerprints},
    {"what was given does not count", what_was_given_does_not_count},
    {"runs are told in lines", runs_are_told_in_lines},
    {"a copy is told, and strangers are not", a_copy_is_told_and_strangers_are_not},
    {"what many have is no sign", what_many_have_is_no_sign},
    {"a hostile source is a text like others", a_hostile_source_is_a_text_like_others},
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo similar_suite = {"similar", NULL, NULL, NULL, unit_tear_down, tests};
