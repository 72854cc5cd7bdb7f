#define _GNU_SOURCE
#include "report/mark.h"

#include <ctype.h>
#include <sha2.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "record/result.h"

struct level level_of_check(const json_t *check)
{
    static const struct {
        const char *status;
        struct level level;
    } levels[] = {{"passed", {"passed", "✓", "passed"}},
                  {"failed", {"failed", "✗", "failed"}},
                  {"skipped", {"skipped", "–", "skipped"}},
                  {"not-graded", {"not-graded", "·", "not graded here"}}};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        if (result_has_status(check, levels[i].status))
            return levels[i].level;
    }
    return (struct level){"fault", "!", "fault of the machine"};
}

struct level level_of_lesson(const json_t *lesson)
{
    int score = result_number(lesson, "score");
    int max = result_number(lesson, "max_score");
    if (result_lesson_has_fault(lesson))
        return (struct level){"fault", "!", "fault of the machine"};
    if (result_has_status(lesson, "missing"))
        return (struct level){"missing", "–", "not handed in"};
    if (result_has_status(lesson, "not-built"))
        return (struct level){"broken", "✗", "does not compile"};
    if (result_has_status(lesson, "passed"))
        return (struct level){"full", "✓", "full marks"};
    if (score == 0)
        return (struct level){"none", "○", "no points"};
    return 3 * score >= 2 * max ? (struct level){"most", "◕", "most points"}
                                : (struct level){"some", "◔", "some points"};
}

struct level level_within(const json_t *document, const json_t *lesson)
{
    if (result_has_status(lesson, "missing") && result_is_untaken(document))
        return (struct level){"untaken", "?", "handed in, could not be taken"};
    return level_of_lesson(lesson);
}

struct total_words words_of_days(const struct result_mark *total)
{
    struct total_words words;
    snprintf(words.text, sizeof words.text, "%d day%s late%s", total->late_days, total->late_days == 1 ? "" : "s",
             total->percent < 0     ? ""
             : total->percent < 100 ? ", costs points"
                                    : ", free");
    return words;
}

struct total_words words_of_late(const struct result_mark *part)
{
    struct total_words words = {""};
    char free_days[40] = "";
    char counts[40] = "";
    if (part->late_days == 0)
        return words;
    if (part->free_days > 0)
        snprintf(free_days, sizeof free_days, ", %d free", part->free_days);
    if (part->percent >= 0)
        snprintf(counts, sizeof counts, ": counts %g %%", part->percent);
    snprintf(words.text, sizeof words.text, "late by %d day%s%s%s", part->late_days, part->late_days == 1 ? "" : "s",
             free_days, counts);
    return words;
}

struct total_words words_of_part(const struct result_mark *part, json_int_t handed_in)
{
    struct total_words words;
    char when[120] = "";
    if (part->due > 0)
        snprintf(when, sizeof when, "due %s and came %s, ", moment_of(part->due).text, moment_of(handed_in).text);
    if (part->late_days > 0)
        snprintf(words.text, sizeof words.text, "This counts %g of %g points. It was %s%.60s.", part->score, part->max,
                 when, words_of_late(part).text);
    else
        snprintf(words.text, sizeof words.text, "This counts %g of %g points.", part->score, part->max);
    return words;
}

struct total_words words_of_total(const struct result_mark *total)
{
    struct total_words words;
    int length = total->max == 0 && total->open > 0
                     ? snprintf(words.text, sizeof words.text, "no points yet")
                     : snprintf(words.text, sizeof words.text, "%g of %g points%s", total->score, total->max,
                                total->open > 0 ? " so far" : "");
    if (total->late_days > 0)
        length += snprintf(words.text + length, sizeof words.text - (size_t)length, ", %s", words_of_days(total).text);
    if (total->open > 0)
        snprintf(words.text + length, sizeof words.text - (size_t)length, ", %d lesson%s not graded yet", total->open,
                 total->open == 1 ? "" : "s");
    return words;
}

struct total_words words_of_document(const json_t *document)
{
    struct result_mark total = result_mark(document);
    if (result_is_untaken(document))
        return (struct total_words){"no points, since what was handed in could not be taken"};
    return words_of_total(&total);
}

const char *student_name(const json_t *document)
{
    const char *name = result_text(json_object_get(document, "student"), "name");
    return *name == '\0' ? result_text(document, "submission") : name;
}

/* Behind "KEY/" or, as Moodle has it, "KEY_and more/", at the start of the component; NULL if it is not that folder. */
static const char *behind_folder(const char *component, const char *end, const char *key)
{
    size_t length = strlen(key);
    if (length == 0 || (size_t)(end - component) <= length || strncmp(component, key, length) != 0)
        return NULL;
    if (component[length] == '/')
        return component + length + 1;
    const char *slash = component[length] == '_' ? memchr(component, '/', (size_t)(end - component)) : NULL;
    return slash == NULL ? NULL : slash + 1;
}

const char *place_for_student(const json_t *document, const char *place)
{
    const char *key = result_text(document, "submission");
    const char *inner = strstr(place, ": "); /* "class.zip: ada/answer.zip: answer.c" */
    const char *end = inner == NULL ? place + strlen(place) : inner;
    const char *name = place;
    const char *own = NULL;
    for (const char *c = place; c < end; c++) {
        bool begins = c == place || c[-1] == '/';
        const char *behind = begins ? behind_folder(c, end, key) : NULL;
        own = behind == NULL ? own : behind;
        name = begins ? c : name;
    }
    if (own == NULL && inner != NULL)
        own = behind_folder(inner + 2, inner + strlen(inner), key);
    return own != NULL && *own != '\0' ? own : name;
}

const char *problem_for_student(const char *words)
{
    static const char newer[] = "the newer one counts"; /* and where that one lies */
    return strncmp(words, newer, sizeof newer - 1) == 0 ? newer : words;
}

struct moment moment_of(json_int_t seconds)
{
    struct moment moment = {"unknown"};
    time_t time = (time_t)seconds;
    struct tm parts;
    if (time > 0 && gmtime_r(&time, &parts) != NULL)
        strftime(moment.text, sizeof moment.text, "%Y-%m-%d %H:%M UTC", &parts);
    return moment;
}

/* Some systems take these for devices, whatever stands behind a point. */
static bool is_device(const char *key)
{
    static const char *const names[] = {"con", "prn", "aux", "nul", "com", "lpt"};
    size_t length = strcspn(key, ".");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        bool is_numbered = i >= 4;
        if (strncmp(key, names[i], 3) == 0 && length == (is_numbered ? 4 : 3))
            return true;
    }
    return false;
}

static bool is_kept(const char *key)
{
    size_t length = strlen(key);
    return length > 0 && length <= 60 && strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789._-") == length &&
           key[0] != '.' && key[0] != '-' && key[length - 1] != '.' && !is_device(key);
}

struct slug slug_of(const char *key)
{
    struct slug slug;
    if (is_kept(key)) {
        snprintf(slug.text, sizeof slug.text, "%s", key);
        return slug;
    }
    char readable[41];
    size_t length = 0;
    for (; length < sizeof readable - 1 && key[length] != '\0'; length++) {
        char c = key[length];
        bool plain = (unsigned char)c < 0x80 && (isalnum((unsigned char)c) || c == '_' || c == '-');
        readable[length] = plain ? c : '_';
    }
    readable[length] = '\0';
    char hash[SHA256_DIGEST_STRING_LENGTH];
    SHA256Data((const unsigned char *)key, strlen(key), hash);
    snprintf(slug.text, sizeof slug.text, "x%s~%.16s", readable, hash);
    if (length > 0 && (isalnum((unsigned char)readable[0])) && !is_device(readable))
        memmove(slug.text, slug.text + 1, strlen(slug.text));
    return slug;
}
