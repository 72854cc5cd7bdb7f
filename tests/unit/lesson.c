/* run/lesson.h: the lessons of a kit. A copy of this program, put into a made-up kit, says what it finds (main.c). */
#define _GNU_SOURCE
#include "run/lesson.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check/bytes.h"
#include "unit.h"

static void put(const char *path, const char *content)
{
    unit_write(text("%s/%s", unit_folder(), path), content);
}

/* Copies this program to @p path of the made-up kit and returns what it says there. */
static const char *told_by(const char *path)
{
    const char *copy = text("%s/%s", unit_folder(), path);
    put(path, "");
    FILE *pipe = popen(text("install -m 755 /proc/%d/exe '%s' && '%s' --kit", getpid(), copy, copy), "re");
    CU_ASSERT_PTR_NOT_NULL_FATAL(pipe);
    enum { MAX = 20000 };
    char *words = keep(MAX + 1);
    words[fread(words, 1, MAX, pipe)] = '\0';
    pclose(pipe);
    return words;
}

/* The lines behind root and worker. */
static const char *lessons_told_by(const char *path)
{
    const char *words = strstr(told_by(path), "\nworker ");
    return words == NULL ? "" : strchr(words + 1, '\n') + 1;
}

static void lessons_are_read_from_their_folders(void)
{
    put("lessons/07-fork-server/README.md",
        "# Lesson 7: A forking server {#lesson-07}\n\nA process for each\nclient. And more.\n\n"
        "## The parent\n\nIt waits: for ever.\n");
    put("lessons/07-fork-server/fork_server.c", "");
    put("lessons/07-fork-server/check.c", "");
    put("lessons/07-fork-server/hints.md", "");
    put("lessons/01-tcp-client/README.md", "# Lesson 1: A client\n\nOne sentence only.\n");
    put("lessons/01-tcp-client/tcp_client.c", "");
    put("lessons/11-fd-passing/README.md", "# Lesson 11: Passing: on\n\nShort\n");
    put("lessons/11-fd-passing/fd_server.c", "");
    put("lessons/11-fd-passing/fd_client.c", "");
    assert_text(lessons_told_by("sockeye"),
                "1|01-tcp-client|tcp-client|A client|One sentence only.|tcp_client\n"
                "7|07-fork-server|fork-server|A forking server|A process for each client.|fork_server\n"
                "11|11-fd-passing|fd-passing|Passing: on|Short|fd_client fd_server\n");
}

static void a_folder_that_is_no_lesson_is_passed_over(void)
{
    put("lessons/01-one/one.c", "");
    put("lessons/notes/notes.c", "");
    put("lessons/00-zero/zero.c", "");
    put("lessons/02two/two.c", "");
    put("lessons/-3-three/three.c", "");
    put("lessons/04-only-checks/check.c", "");
    put("lessons/05-only-words/README.md", "# Lesson 5: Words\n");
    put("lessons/06-a-file", "");
    put("lessons/.git/x.c", "");
    put("lessons/README.md", "");
    assert_text(lessons_told_by("sockeye"), "1|01-one|one|one||one\n");
}

static void a_lesson_without_a_chapter_is_called_by_its_name(void)
{
    put("lessons/03-half-close/half_close.c", "");
    put("lessons/04-strange/strange.c", "");
    put("lessons/04-strange/README.md", "");
    assert_text(lessons_told_by("sockeye"), "3|03-half-close|half-close|half-close||half_close\n"
                                            "4|04-strange|strange|strange||strange\n");
}

static void words_that_are_too_long_are_cut(void)
{
    put("lessons/01-long/long.c", "");
    put("lessons/01-long/README.md",
        text("# Lesson 1: %s {#x}\n\n%s\n", repeated('t', 200).data, repeated('s', 2000).data));
    const char *told = lessons_told_by("sockeye");
    assert_contains(told, "1|01-long|long|ttttttt");
    assert_contains(told, "|sssssss");
    assert_contains(told, "s|long\n");
    CU_ASSERT(strlen(told) < 500);
}

static void more_programs_than_there_is_room_for_do_no_harm(void)
{
    for (int i = 0; i < 3 * LESSON_PROGRAMS_MAX; i++)
        put(text("lessons/01-many/p%d.c", i), "");
    put(text("lessons/02-name/%s.c", repeated('n', 100).data), "");
    put("lessons/02-name/name.c", "");
    const char *told = lessons_told_by("sockeye");
    assert_contains(told, "1|01-many|many|many||p");
    assert_contains(told, "2|02-name|name|name||name\n");
}

static void the_kit_is_found_around_its_executable(void)
{
    put("lessons/01-one/one.c", "");
    const char *told = told_by("sockeye");
    assert_contains(told, text("root %s\n", unit_folder()));
    assert_contains(told, text("worker %s/build/worker\n", unit_folder()));
}

static void an_installed_kit_is_found_beside_its_executable(void)
{
    put("share/sockeye/lessons/01-one/one.c", "");
    const char *told = told_by("bin/sockeye");
    assert_contains(told, text("root %s/share/sockeye\n", unit_folder()));
    assert_contains(told, text("worker %s/libexec/sockeye/worker\n", unit_folder()));
    assert_contains(told, "1|01-one|one|one||one\n");
}

static void without_lessons_a_reason_is_given(void)
{
    assert_contains(told_by("sockeye"), "problem: can't find the lessons");
}

static void a_lesson_is_named_in_four_ways(void)
{
    static struct kit kit = {
        .lessons = 2,
        .lesson = {{.number = 7, .folder = "07-fork-server"}, {.number = 12, .folder = "12-udp-time-client"}}};
    static const char *const words[] = {"7", "07", "07-fork-server", "fork-server"};
    for (int i = 0; i < 2; i++)
        kit.lesson[i].name = kit.lesson[i].folder + 3;
    for (int i = 0; i < 4; i++)
        CU_ASSERT(kit_lesson(&kit, words[i]) == &kit.lesson[0]);
    CU_ASSERT(kit_lesson(&kit, "12") == &kit.lesson[1]);
    static const char *const none[] = {"",    "1",  "70",  "fork",         "7x", "fork-server ",
                                       "07-", "-7", "all", "7-fork-server"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        if (kit_lesson(&kit, none[i]) != NULL)
            fail_test("\"%s\" names no lesson", none[i]);
    }
}

static CU_TestInfo tests[] = {
    {"lessons are read from their folders, in order", lessons_are_read_from_their_folders},
    {"a folder that is no lesson is passed over", a_folder_that_is_no_lesson_is_passed_over},
    {"a lesson without a chapter is called by its name", a_lesson_without_a_chapter_is_called_by_its_name},
    {"words that are too long are cut", words_that_are_too_long_are_cut},
    {"more programs than there is room for do no harm", more_programs_than_there_is_room_for_do_no_harm},
    {"the kit is found around its executable", the_kit_is_found_around_its_executable},
    {"an installed kit is found beside its executable", an_installed_kit_is_found_beside_its_executable},
    {"without lessons a reason is given", without_lessons_a_reason_is_given},
    {"a lesson is named in four ways", a_lesson_is_named_in_four_ways},
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo lesson_suite = {"lesson", NULL, NULL, NULL, unit_tear_down, tests};
