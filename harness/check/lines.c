#define _GNU_SOURCE
#include "check/lines.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "check/bytes.h"
#include "check/clock.h"

struct line line(const char *form)
{
    return (struct line){.form = form};
}

struct line numbered_line(const char *form, long number)
{
    return (struct line){.form = form, .numbered = true, .number = number};
}

struct line clock_line(const char *form, long ahead)
{
    return (struct line){.form = form, .numbered = true, .number = ahead, .explains = clock_explains};
}

static void misread(long long got, long unused)
{
    (void)unused;
    clock_misread(got);
}

struct line no_clock_line(const char *form)
{
    return (struct line){.form = form, .unwanted = true, .explains = misread};
}

struct line optional_line(const char *form)
{
    return (struct line){.form = form, .optional = true};
}

struct line possible_line(const char *form)
{
    return (struct line){.form = form, .possible = true};
}

/* The word NAME or N at the start of @p form, or NULL; @p previous is the character before it. */
static const char *placeholder(const char *form, char previous)
{
    static const char *const words[] = {"NAME", "N"};
    for (size_t i = 0; !isalnum((unsigned char)previous) && i < sizeof words / sizeof *words; i++) {
        size_t length = strlen(words[i]);
        if (strncmp(form, words[i], length) == 0 && !isalnum((unsigned char)form[length]))
            return words[i];
    }
    return NULL;
}

static size_t length_of_number(const char *c)
{
    size_t sign = *c == '-' || *c == '+';
    size_t digits = strspn(c + sign, "0123456789");
    return digits == 0 || digits > 18 ? 0 : sign + digits;
}

/* The length of the IPv6 address at the start of @p text, or 0. */
static size_t length_of_ipv6(const char *text, struct in6_addr *address)
{
    char word[INET6_ADDRSTRLEN];
    size_t length = strspn(text, "0123456789abcdefABCDEF:.");
    if (length >= sizeof word)
        return 0;
    memcpy(word, text, length);
    word[length] = '\0';
    return inet_pton(AF_INET6, word, address) == 1 ? length : 0;
}

static bool fits_from(const char *form, char previous, const char *c, long long *number)
{
    if (*form == '\0' || *c == '\0')
        return *form == *c;
    struct in6_addr wanted;
    struct in6_addr printed;
    size_t length_of_wanted = isalnum((unsigned char)previous) ? 0 : length_of_ipv6(form, &wanted);
    size_t length_of_printed = length_of_wanted == 0 ? 0 : length_of_ipv6(c, &printed);
    if (length_of_printed > 0 && memcmp(&wanted, &printed, sizeof wanted) == 0)
        return fits_from(form + length_of_wanted, '0', c + length_of_printed, number);
    const char *word = placeholder(form, previous);
    if (word == NULL)
        return *form == *c && fits_from(form + 1, *form, c + 1, number);
    const char *rest = form + strlen(word);
    if (strcmp(word, "N") == 0) {
        size_t length = length_of_number(c);
        *number = atoll(c);
        return length > 0 && fits_from(rest, 'N', c + length, number);
    }
    for (size_t length = strcspn(c, " \t\r"); length > 0; length--) {
        if (fits_from(rest, 'E', c + length, number))
            return true;
    }
    return false;
}

bool line_fits(const struct line *line, const char *printed, long long *number)
{
    *number = 0;
    return fits_from(line->form, '\0', printed, number);
}

const char *line_wording(const struct line *line)
{
    const char *words = "";
    char previous = '\0';
    for (const char *c = line->form; *c != '\0'; previous = *c++) {
        const char *word = placeholder(c, previous);
        bool is_number = word != NULL && strcmp(word, "N") == 0 && line->numbered;
        words = is_number ? text("%s%ld", words, line->number) : text("%s%c", words, *c);
    }
    return words;
}
