#include "class/tokens.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { NAME = 1, NUMBER, LITERAL, TYPE }; /* the codes of keywords and operators are hashes */

struct reader {
    const unsigned char *at;
    const unsigned char *end;
    int line;
};

/* ------------------------------------------------ bytes */

static int peek(const struct reader *reader, size_t ahead)
{
    return (size_t)(reader->end - reader->at) > ahead ? reader->at[ahead] : -1;
}

static void step(struct reader *reader)
{
    if (*reader->at++ == '\n')
        reader->line++;
    while (peek(reader, 0) == '\\' && peek(reader, 1) == '\n') { /* a line that goes on in the next */
        reader->at += 2;
        reader->line++;
    }
}

static bool is_in_name(int c)
{
    return c == '_' || c == '$' || c >= 0x80 || (c != -1 && isalnum(c));
}

static void skip_line(struct reader *reader)
{
    while (peek(reader, 0) != -1 && peek(reader, 0) != '\n')
        step(reader);
}

static void skip_comment(struct reader *reader)
{
    step(reader);
    step(reader);
    while (peek(reader, 0) != -1 && !(peek(reader, 0) == '*' && peek(reader, 1) == '/'))
        step(reader);
    for (int i = 0; i < 2 && peek(reader, 0) != -1; i++)
        step(reader);
}

static void skip_literal(struct reader *reader)
{
    int quote = peek(reader, 0);
    step(reader);
    while (peek(reader, 0) != -1 && peek(reader, 0) != quote && peek(reader, 0) != '\n') {
        if (peek(reader, 0) == '\\' && peek(reader, 1) != -1)
            step(reader);
        step(reader);
    }
    if (peek(reader, 0) == quote)
        step(reader);
}

static void skip_number(struct reader *reader)
{
    int before = 0;
    while (is_in_name(peek(reader, 0)) || peek(reader, 0) == '.' ||
           ((peek(reader, 0) == '+' || peek(reader, 0) == '-') && strchr("eEpP", before) != NULL && before != 0)) {
        before = peek(reader, 0);
        step(reader);
    }
}

/* ------------------------------------------------ words */

struct word {
    char text[32]; /* a longer one is cut: no word of C is that long */
};

static struct word read_word(struct reader *reader)
{
    struct word word = {""};
    for (size_t length = 0; is_in_name(peek(reader, 0)); step(reader)) {
        if (length < sizeof word.text - 1)
            word.text[length++] = (char)peek(reader, 0);
    }
    return word;
}

static bool is_one_of(const char *word, const char *const *words)
{
    while (*words != NULL && strcmp(word, *words) != 0)
        words++;
    return *words != NULL;
}

static bool is_keyword(const char *word)
{
    static const char *const keywords[] = {"break",  "case",   "continue", "default", "do",     "else",
                                           "enum",   "for",    "goto",     "if",      "return", "sizeof",
                                           "struct", "switch", "typedef",  "union",   "while",  NULL};
    return is_one_of(word, keywords);
}

static bool is_type(const char *word)
{
    static const char *const types[] = {"_Bool", "bool",  "char",   "double",   "float", "int",
                                        "long",  "short", "signed", "unsigned", "void",  NULL};
    return is_one_of(word, types);
}

static bool is_dropped(const char *word)
{
    static const char *const words[] = {"_Noreturn", "auto",     "const",  "extern",   "inline",
                                        "register",  "restrict", "static", "volatile", NULL};
    return is_one_of(word, words);
}

static uint32_t code_of(const char *text)
{
    uint32_t hash = 2166136261U; /* FNV-1a */
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619U;
    return hash > TYPE ? hash : hash + TYPE + 1;
}

/* ------------------------------------------------ tokens */

static void add(struct token *tokens, int *count, uint32_t code, int line)
{
    bool goes_on = *count > 0 && tokens[*count - 1].code == code && (code == LITERAL || code == TYPE);
    if (!goes_on && *count < TOKENS_MAX)
        tokens[(*count)++] = (struct token){code, line};
}

static void add_word(struct token *tokens, int *count, const char *word, int line)
{
    if (is_keyword(word))
        add(tokens, count, code_of(word), line);
    else if (is_type(word))
        add(tokens, count, TYPE, line);
    else if (!is_dropped(word))
        add(tokens, count, NAME, line);
}

static void add_operator(struct reader *reader, struct token *tokens, int *count)
{
    static const char pairs[] = "-> ++ -- << >> <= >= == != && || += -= *= /= %= &= |= ^= ##";
    char text[3] = {(char)peek(reader, 0), (char)peek(reader, 1), '\0'};
    int line = reader->line;
    bool is_pair = text[1] != '\0' && text[1] != ' ' && text[0] != ' ' && peek(reader, 1) != -1 &&
                   strstr(pairs, text) != NULL;
    text[1] = is_pair ? text[1] : '\0';
    step(reader);
    if (is_pair)
        step(reader);
    if (text[0] != '{' && text[0] != '}')
        add(tokens, count, code_of(text), line);
}

/* A directive is read like any other line, but for #include. */
static bool is_include(struct reader *reader)
{
    struct reader ahead = *reader;
    step(&ahead);
    while (peek(&ahead, 0) == ' ' || peek(&ahead, 0) == '\t')
        step(&ahead);
    return strcmp(read_word(&ahead).text, "include") == 0;
}

/* ------------------------------------------------ reading */

int tokens_read(const char *text, size_t length, struct token *tokens)
{
    struct reader reader = {(const unsigned char *)text, (const unsigned char *)text + length, 1};
    int count = 0;
    while (count < TOKENS_MAX) {
        int c = peek(&reader, 0);
        int line = reader.line;
        if (c == -1)
            break;
        if (c <= ' ') /* control characters and NULs among them */
            step(&reader);
        else if (c == '/' && peek(&reader, 1) == '*')
            skip_comment(&reader);
        else if ((c == '/' && peek(&reader, 1) == '/') || (c == '#' && is_include(&reader)))
            skip_line(&reader);
        else if (c == '"' || c == '\'') {
            skip_literal(&reader);
            add(tokens, &count, LITERAL, line);
        } else if (isdigit(c) || (c == '.' && peek(&reader, 1) != -1 && isdigit(peek(&reader, 1)))) {
            skip_number(&reader);
            add(tokens, &count, NUMBER, line);
        } else if (is_in_name(c))
            add_word(tokens, &count, read_word(&reader).text, line);
        else
            add_operator(&reader, tokens, &count);
    }
    return count;
}
