#define _GNU_SOURCE
#include "class/names.h"

#include <ctype.h>
#include <regex.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const archives[] = {".zip", ".tar",    ".tar.gz", ".tgz",     ".tar.bz2", ".tbz2",
                                       ".tbz", ".tar.xz", ".txz",    ".tar.zst", ".tzst",    ".7z"};

static const char *ending(const char *name, const char *end)
{
    size_t length = strlen(name);
    size_t taken = strlen(end);
    return length > taken && strcasecmp(name + length - taken, end) == 0 ? name + length - taken : NULL;
}

static const char *archive_ending(const char *name)
{
    const char *longest = NULL;
    for (size_t i = 0; i < sizeof archives / sizeof *archives; i++) {
        const char *found = ending(name, archives[i]);
        if (found != NULL && (longest == NULL || found < longest))
            longest = found;
    }
    return longest;
}

static bool is_hidden(const char *path)
{
    for (const char *part = path; part != NULL; part = strchr(part, '/')) {
        part += *part == '/';
        size_t length = strcspn(part, "/");
        bool dots = strspn(part, ".") == length; /* ".." is no name, and is found to be none later */
        if ((part[0] == '.' && !dots) || (length == 8 && strncmp(part, "__MACOSX", 8) == 0))
            return true;
    }
    return false;
}

enum name name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    if (is_hidden(path))
        return NAME_HIDDEN;
    if (ending(name, ".c") != NULL)
        return NAME_SOURCE;
    if (archive_ending(name) != NULL)
        return NAME_ARCHIVE;
    if (ending(name, ".rar") != NULL)
        return NAME_RAR;
    return strcmp(name, "submission_metadata.yml") == 0 ? NAME_METADATA : NAME_OTHER;
}

bool name_is_lesson(const char *name, size_t length)
{
    size_t digits = strspn(name, "0123456789");
    return digits >= 1 && digits <= 2 && digits + 1 < length && name[digits] == '-' &&
           isalpha((unsigned char)name[digits + 1]) != 0;
}

/* ------------------------------------------------ showing */

/* The length of the UTF-8 character that @p at begins with, and the character; 0 if there is none (RFC 3629). */
static size_t character(const unsigned char *at, size_t left, uint32_t *value)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t least;
    } forms[] = {{0x80, 0, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (size_t more = 0; more < 4; more++) {
        if ((at[0] & forms[more].mask) != forms[more].lead)
            continue;
        uint32_t c = at[0] & (unsigned char)~forms[more].mask;
        for (size_t i = 1; i <= more; i++) {
            if (i >= left || (at[i] & 0xc0) != 0x80)
                return 0;
            c = c << 6 | (at[i] & 0x3f);
        }
        *value = c;
        return c < forms[more].least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) ? 0 : more + 1;
    }
    return 0;
}

/* Control characters, and those that turn the direction of what is written. */
static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

char *name_shown(const char *bytes, size_t length)
{
    enum { SHOWN_MAX = 1000, LONGEST = 16 /* a character, as escapes */ };
    char shown[SHOWN_MAX + LONGEST + sizeof "…"];
    size_t used = 0;
    for (size_t i = 0; i < length;) {
        const unsigned char *at = (const unsigned char *)bytes + i;
        uint32_t value = 0;
        size_t taken = character(at, length - i, &value);
        bool plain = taken > 0 && !is_control(value);
        if (taken == 0)
            taken = 1;
        if (used + (plain ? taken : 4 * taken) > SHOWN_MAX) {
            memcpy(shown + used, "…", sizeof "…" - 1);
            used += sizeof "…" - 1;
            break;
        }
        for (size_t k = 0; k < taken; k++) {
            if (plain)
                shown[used++] = (char)at[k];
            else
                used += (size_t)sprintf(shown + used, "\\x%02X", at[k]);
        }
        i += taken;
    }
    return strndup(shown, used); /* a large class has many names: no byte more than each needs */
}

/* ------------------------------------------------ platforms */

/* Matches with three groups: who, id, file. */
static bool matches(const char *name, const char *pattern, regex_t *compiled, struct platform_name *parts)
{
    enum { GROUPS = 4, NAME_LONGEST = 1000 };
    regmatch_t group[GROUPS];
    char part[NAME_LONGEST + 1];
    size_t length = strcspn(name, "/");
    if (length > NAME_LONGEST || (compiled->re_nsub == 0 && regcomp(compiled, pattern, REG_EXTENDED | REG_ICASE) != 0))
        return false;
    memcpy(part, name, length);
    part[length] = '\0';
    if (regexec(compiled, part, GROUPS, group, 0) != 0)
        return false;
    *parts = (struct platform_name){
        .who = name + group[1].rm_so,
        .who_length = (size_t)(group[1].rm_eo - group[1].rm_so),
        .id = name + group[2].rm_so,
        .id_length = (size_t)(group[2].rm_eo - group[2].rm_so),
        .file = name + group[3].rm_so,
    };
    return true;
}

/* The first that fits: what stands behind it may be a file's name, which its author has chosen. */
bool name_moodle(const char *name, struct platform_name *parts)
{
    static const char word[] = "_assignsubmission_";
    const char *end = name + strcspn(name, "/");
    const char *at = name;
    for (; (at = strstr(at, word)) != NULL && at < end; at++) {
        const char *id = at;
        while (id > name && isdigit((unsigned char)id[-1]))
            id--;
        const char *kind = at + sizeof word - 1;
        const char *file = kind + strspn(kind, "abcdefghijklmnopqrstuvwxyz");
        if (id == at || id - 1 <= name || id[-1] != '_' || file == kind)
            continue;
        *parts = (struct platform_name){.who = name,
                                        .who_length = (size_t)(id - 1 - name),
                                        .id = id,
                                        .id_length = (size_t)(at - id),
                                        .file = file + (*file == '_')};
        return true;
    }
    return false;
}

bool name_canvas(const char *name, struct platform_name *parts)
{
    static regex_t late;
    static regex_t in_time;
    static regex_t late_text; /* what was written into the page itself has no number of its own */
    static regex_t text;
    return matches(name, "^([^_/]+)_LATE_([0-9]+)_[0-9]+_(.+)$", &late, parts) ||
           matches(name, "^([^_/]+)_([0-9]+)_[0-9]+_(.+)$", &in_time, parts) ||
           matches(name, "^([^_/]+)_LATE_([0-9]+)_((text|link)\\.html)$", &late_text, parts) ||
           matches(name, "^([^_/]+)_([0-9]+)_((text|link)\\.html)$", &text, parts);
}

int name_take_version(char *file)
{
    char *slash = strrchr(file, '/');
    char *name = slash == NULL ? file : slash + 1;
    const char *end = archive_ending(name);
    if (end == NULL)
        end = strrchr(name, '.');
    if (end == NULL || end == name)
        return 0;
    const char *digits = end;
    while (digits > name && isdigit((unsigned char)digits[-1]))
        digits--;
    if (digits == end || end - digits > 3 || digits - 1 <= name || digits[-1] != '-')
        return 0;
    int version = atoi(digits);
    memmove(name + (digits - 1 - name), end, strlen(end) + 1);
    return version;
}

void name_take_ending(char *file)
{
    const char *end = archive_ending(file);
    if (end == NULL)
        end = ending(file, ".c");
    if (end != NULL)
        file[end - file] = '\0';
}
