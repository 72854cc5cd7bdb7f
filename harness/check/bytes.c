#define _GNU_SOURCE
#include "check/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "check/verdict.h"

struct kept {
    struct kept *next;
    max_align_t memory[];
};

static struct kept *all_kept;

void *keep(size_t size)
{
    struct kept *kept = calloc(1, sizeof *kept + size);
    if (kept == NULL)
        fault("no memory for %zu bytes", size);
    kept->next = all_kept;
    all_kept = kept;
    return kept->memory;
}

void keep_release(void)
{
    while (all_kept != NULL) {
        struct kept *next = all_kept->next;
        free(all_kept);
        all_kept = next;
    }
}

struct bytes bytes_same(struct bytes bytes)
{
    return bytes;
}

struct bytes bytes_of_text(const char *text)
{
    return (struct bytes){text, strlen(text)};
}

const char *text(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    va_list again;
    va_copy(again, list);
    int length = vsnprintf(NULL, 0, format, list);
    va_end(list);
    char *result = keep((size_t)length + 1);
    vsnprintf(result, (size_t)length + 1, format, again);
    va_end(again);
    return result;
}

struct bytes join_bytes(struct bytes a, struct bytes b)
{
    char *data = keep(a.length + b.length + 1);
    memcpy(data, a.data, a.length);
    memcpy(data + a.length, b.data, b.length);
    return (struct bytes){data, a.length + b.length};
}

struct bytes part(struct bytes whole, size_t start, size_t length)
{
    if (start > whole.length)
        start = whole.length;
    if (length > whole.length - start)
        length = whole.length - start;
    return (struct bytes){whole.data + start, length};
}

struct bytes repeated(char byte, size_t count)
{
    char *data = keep(count + 1);
    memset(data, byte, count);
    return (struct bytes){data, count};
}

/* splitmix64 (Steele, Lea, Flood 2014): small, and good enough for inputs that nobody may guess. */
static uint64_t random_state;

static uint64_t random_next(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

void random_seed(uint64_t seed, const char *name)
{
    random_state = seed;
    for (; *name != '\0'; name++)
        random_state = random_next() ^ (unsigned char)*name;
}

long random_between(long low, long high)
{
    return low + (long)(random_next() % (uint64_t)(high - low + 1));
}

const char *random_words(void)
{
    static const char *const words[] = {"anchor",  "beacon",  "cargo",  "dinghy", "ebb",  "ferry",
                                        "galley",  "harbour", "inlet",  "jetty",  "kelp", "lagoon",
                                        "mast",    "nautic",  "oar",    "pilot",  "quay", "reef",
                                        "sextant", "tiller",  "vessel", "wharf",  "yawl", "zephyr"};
    enum { COUNT = sizeof words / sizeof *words };
    return text("%s %s %s", words[random_next() % COUNT], words[random_next() % COUNT], words[random_next() % COUNT]);
}

const char *random_text(size_t length)
{
    char *data = keep(length + 1);
    for (size_t i = 0; i < length; i++)
        data[i] = (char)random_between('!', '~');
    return data;
}

struct bytes random_bytes(size_t length)
{
    char *data = keep(length + 8);
    for (size_t i = 0; i < length; i += 8) {
        uint64_t value = random_next();
        memcpy(data + i, &value, sizeof value);
    }
    return (struct bytes){data, length};
}

static size_t quote_byte(char *out, unsigned char byte)
{
    static const char short_forms[] = "\aa\bb\tt\nn\vv\ff\rr\"\"\\\\";
    for (size_t i = 0; i + 1 < sizeof short_forms; i += 2) {
        if ((unsigned char)short_forms[i] == byte) {
            out[0] = '\\';
            out[1] = short_forms[i + 1];
            return 2;
        }
    }
    if (byte >= 0x20 && byte < 0x7f) {
        out[0] = (char)byte;
        return 1;
    }
    return (size_t)sprintf(out, "\\%03o", byte); /* three octal digits: what follows can't change the meaning */
}

const char *quoted(struct bytes bytes, size_t max)
{
    size_t shown = bytes.length > max ? max : bytes.length;
    char *result = keep(shown * 4 + 80);
    size_t length = 0;
    result[length++] = '"';
    for (size_t i = 0; i < shown; i++)
        length += quote_byte(result + length, (unsigned char)bytes.data[i]);
    result[length++] = '"';
    if (shown < bytes.length)
        sprintf(result + length, " and %zu more byte%s", bytes.length - shown, bytes.length - shown == 1 ? "" : "s");
    return result;
}

size_t common_prefix(struct bytes a, struct bytes b)
{
    enum { STRIDE = 256 };
    size_t length = a.length < b.length ? a.length : b.length;
    size_t i = 0;
    while (length - i >= STRIDE && memcmp(a.data + i, b.data + i, STRIDE) == 0)
        i += STRIDE;
    while (i < length && a.data[i] == b.data[i])
        i++;
    return i;
}

long position_of(struct bytes hay, struct bytes needle)
{
    const char *found = memmem(hay.data, hay.length, needle.data, needle.length);
    return found == NULL ? -1 : found - hay.data;
}
