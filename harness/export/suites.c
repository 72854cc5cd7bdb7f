#define _GNU_SOURCE
#include "export/suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record/result.h"
#include "record/utf8.h"
#include "report/terminal.h"
#include "run/path.h"

#define HIDDEN "A hidden check: what it saw is not shown here."

enum { WIDTH = 90 };

const char *student_called(const json_t *document)
{
    const json_t *student = json_object_get(document, "student");
    const char *name = result_text(student, "name");
    if (*name == '\0')
        name = result_text(student, "login");
    return *name == '\0' ? result_text(document, "submission") : name;
}

/* "tcp_client.c:31:5: error: …" is a place; "tcp_client.c: In function" and a linker's words are none. */
static json_t *place_of_error(const char *output)
{
    for (const char *line = output; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
        size_t length = strcspn(line, "\n");
        size_t name = strcspn(line, ":\n");
        const char *error = memmem(line, length, " error:", 7);
        int number = line[name] == ':' ? atoi(line + name + 1) : 0;
        if (error != NULL && name > 0 && number > 0)
            return json_pack("{s:o, s:i}", "file", json_stringn(line, name), "line", number);
    }
    return json_null();
}

/* "not handed in: tcp_client.c": where it was looked for is no student's business. */
static json_t *not_handed_in(const json_t *document, const json_t *lesson)
{
    static const char end[] = " is missing";
    const char *path = result_text(json_object_get(lesson, "build"), "output");
    const char *name = strrchr(path, '/') == NULL ? path : strrchr(path, '/') + 1;
    size_t length = strlen(name);
    if (result_is_untaken(document))
        return json_string("handed in, and could not be taken");
    if (length <= sizeof end - 1 || strcmp(name + length - (sizeof end - 1), end) != 0)
        return json_string("not handed in");
    return json_sprintf("not handed in: %.*s", (int)(length - (sizeof end - 1)), name);
}

/* The build as a check: what does not compile must not look like a lesson in which nothing failed. */
static json_t *build_test(const json_t *document, const json_t *lesson)
{
    const json_t *build = json_object_get(lesson, "build");
    const char *status = result_has_status(build, "built")   ? "passed"
                         : result_has_status(build, "fault") ? "fault"
                                                             : "failed";
    const char *title = !result_has_status(lesson, "missing") ? "compiles"
                        : result_is_untaken(document)         ? "can be taken"
                                                              : "is handed in";
    json_t *place = strcmp(status, "failed") == 0 ? place_of_error(result_text(build, "output")) : json_null();
    char id[64];
    snprintf(id, sizeof id, "%02d.build", result_number(lesson, "number"));
    return json_pack("{s:s, s:s, s:s, s:i, s:i, s:O?, s:o, s:[], s:f}", "id", id, "title", title, "status", status,
                     "points", 0, "max_points", 0, "build", build, "where", place, "wire", "seconds", 0.0);
}

/* Documents name files without their folders, and programs lie in DIR/NN-name/ or in DIR itself. */
static void add_path(json_t *test, const char *submission, const char *lesson)
{
    const char *file = result_text(json_object_get(test, "where"), "file");
    if (*file == '\0')
        return;
    struct path path = path_of("%s/%s/%s", submission, lesson, file);
    struct path flat = path_of("%s/%s", submission, file);
    if (access(path.text, F_OK) == -1 && access(flat.text, F_OK) == 0)
        path = flat;
    path = path_shown(path.text);
    json_object_set_new(test, "path", json_string(strncmp(path.text, "./", 2) == 0 ? path.text + 2 : path.text));
}

static json_t *tests_of(const json_t *document, const json_t *lesson, const char *folder)
{
    json_t *tests = json_array();
    json_array_append_new(tests, build_test(document, lesson));
    size_t i;
    json_t *check;
    json_array_foreach (json_object_get(lesson, "checks"), i, check) {
        json_array_append_new(tests, json_copy(check));
    }
    json_array_foreach (tests, i, check) {
        char number[32];
        snprintf(number, sizeof number, "%d.%zu", result_number(lesson, "number"), i);
        json_object_set_new(check, "number", json_string(number));
        json_object_set(check, "seed", json_object_get(document, "seed"));
        if (result_has_status(lesson, "missing"))
            json_object_set_new(check, "observed", not_handed_in(document, lesson));
        add_path(check, result_text(document, "submission"), folder);
    }
    return tests;
}

static double seconds_of(const json_t *tests)
{
    double seconds = 0;
    size_t i;
    json_t *test;
    json_array_foreach (tests, i, test) {
        seconds += json_number_value(json_object_get(test, "seconds"));
    }
    return seconds;
}

/* Two students may have one name, and a lesson may have been graded twice: @p seen counts each name. Owns @p name. */
static json_t *unique_name(json_t *seen, json_t *name)
{
    const char *text = json_string_value(name);
    int times = result_number(seen, text) + 1;
    json_object_set_new(seen, text, json_integer(times));
    if (times == 1)
        return name;
    json_t *numbered = json_sprintf("%s (%d)", text, times);
    json_decref(name);
    return numbered;
}

static void add_suites(json_t *suites, json_t *seen, const json_t *document, const char *who)
{
    size_t i;
    json_t *lesson;
    json_array_foreach (json_object_get(document, "lessons"), i, lesson) {
        struct path folder = path_of("%02d-%s", result_number(lesson, "number"), result_text(lesson, "name"));
        json_t *name = *who == '\0' ? json_string(folder.text) : json_sprintf("%s: %s", who, folder.text);
        json_t *tests = tests_of(document, lesson, folder.text);
        json_array_append_new(suites, json_pack("{s:o, s:s, s:f, s:O*, s:o}", "name", unique_name(seen, name), "lesson",
                                                folder.text, "seconds", seconds_of(tests), "mark",
                                                json_object_get(lesson, "mark"), "tests", tests));
    }
}

json_t *suites_of(const json_t *documents)
{
    json_t *suites = json_array();
    json_t *seen = json_object();
    size_t i;
    json_t *document;
    json_array_foreach (documents, i, document) {
        add_suites(suites, seen, document, json_array_size(documents) == 1 ? "" : student_called(document));
    }
    json_decref(seen);
    return suites;
}

void tally_suite(struct tally *tally, const json_t *suite)
{
    size_t i;
    json_t *test;
    json_array_foreach (json_object_get(suite, "tests"), i, test) {
        const char *status = result_text(test, "status");
        tally->tests++;
        tally->failed += strcmp(status, "failed") == 0;
        tally->faults += strcmp(status, "fault") == 0;
        tally->skipped += strcmp(status, "skipped") == 0 || strcmp(status, "not-graded") == 0;
    }
}

static bool is_withheld(const json_t *test, bool show_hidden)
{
    return !show_hidden && json_is_true(json_object_get(test, "hidden"));
}

/* The terminal's report stands below its check, six columns in. */
static void print_failure(const struct screen *screen, const json_t *test)
{
    char *text = NULL;
    size_t size;
    struct screen indented = *screen;
    indented.file = open_memstream(&text, &size);
    if (indented.file == NULL)
        return;
    report_failure(&indented, test, result_text(test, "seed"),
                   &(struct report_options){.typed = "./sockeye", .work = ""});
    if (fclose(indented.file) == EOF)
        return;
    for (const char *line = text; *line != '\0';) {
        size_t indent = strspn(line, " ");
        line += indent < 6 ? indent : 6;
        size_t length = strcspn(line, "\n");
        fprintf(screen->file, "%.*s\n", (int)length, line);
        line += length + (line[length] == '\n');
    }
    free(text);
}

/* The compiler's words, as it has laid them out. */
static void print_build(const struct screen *screen, const json_t *build)
{
    char *words = screen_safe(screen, result_text(build, "output"));
    size_t length = words == NULL ? 0 : strlen(words);
    if (length > 0)
        fprintf(screen->file, "%s%s", words, words[length - 1] == '\n' ? "" : "\n");
    free(words);
}

static void print_report(const struct screen *screen, const json_t *test, bool show_hidden)
{
    const json_t *build = json_object_get(test, "build");
    if (result_has_status(test, "passed"))
        return;
    if (is_withheld(test, show_hidden))
        fprintf(screen->file, "%s\n", HIDDEN);
    else if (build != NULL && !result_has_status(build, "missing"))
        print_build(screen, build);
    else if (build == NULL && result_has_status(test, "failed"))
        print_failure(screen, test);
    else
        screen_paragraph(screen, 0, "", result_text(test, "observed"));
}

char *test_report(const json_t *test, bool show_hidden)
{
    char *text = NULL;
    size_t size;
    struct screen screen = {.file = open_memstream(&text, &size), .width = WIDTH, .unicode = true};
    if (screen.file == NULL)
        return strdup("");
    print_report(&screen, test, show_hidden);
    if (fclose(screen.file) == EOF || text == NULL) {
        free(text);
        return strdup("");
    }
    utf8_mend(text);
    return text;
}

const char *test_message(const json_t *test)
{
    const json_t *build = json_object_get(test, "build");
    if (is_withheld(test, false))
        return HIDDEN;
    if (build == NULL || result_has_status(build, "missing"))
        return result_text(test, "observed");
    return result_has_status(build, "failed") ? "it does not compile" : result_text(build, "output");
}
