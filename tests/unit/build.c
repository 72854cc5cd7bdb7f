/* run/build.h: programs built from their one .c file. */
#define _GNU_SOURCE
#include "run/build.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check/bytes.h"
#include "run/path.h"
#include "run/rundir.h"
#include "unit.h"

static struct world plain_world, private_world;
static struct build built; /* the last one, freed after its test */

static struct kit own_kit;

static int make_worlds(void)
{
    const char *problem;
    char *own = own_kit.worker.text;
    own[readlink("/proc/self/exe", own, sizeof own_kit.worker.text - 1)] = '\0';
    if (world_init(&private_world, &own_kit, false, &problem) == -1) {
        unit_skip(problem);
        return 1;
    }
    plain_world = private_world;
    plain_world.is_private = false;
    return 0;
}

static int remove_worlds(void)
{
    world_leave();
    return 0;
}

static void set_up(void)
{
    setenv("SOCKEYE_CACHE", text("%s/cache", unit_folder()), 1);
}

static void clean_up(void)
{
    free(built.output);
    built = (struct build){0};
    unit_tear_down();
    unsetenv("SOCKEYE_CACHE");
}

static const char *target(void)
{
    return text("%s/program", unit_folder());
}

static const char *build_file(const struct world *world, const char *source)
{
    free(built.output);
    built = build_program(world, source, "program", target());
    return built.output;
}

/* Builds @p source; returns the compiler's words. */
static const char *build_text(const struct world *world, const char *source)
{
    const char *path = text("%s/source/program.c", unit_folder());
    unit_write(path, source);
    return build_file(world, path);
}

#define assert_build(expected)                                                                                         \
    do {                                                                                                               \
        assert_number(built.status, expected);                                                                         \
        if (built.status != (expected))                                                                                \
            fail_test("%.2000s", built.output == NULL ? "" : built.output);                                            \
    } while (0)

static int run_it(void)
{
    int status = system(target());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool need_private(void)
{
    if (!private_world.is_private)
        unit_skip("no private worlds on this machine");
    return private_world.is_private;
}

#define MAIN "int main(void)\n{\n    return 42;\n}\n"

static void a_program_is_built(void)
{
    build_text(&plain_world, MAIN);
    assert_build(BUILT);
    assert_number(built.warnings, 0);
    assert_text(built.output, "");
    assert_number(run_it(), 42);
}

static void a_program_is_built_in_a_world_of_its_own(void)
{
    if (!need_private())
        return;
    build_text(&private_world, MAIN);
    assert_build(BUILT);
    assert_number(run_it(), 42);
}

static void warnings_are_counted_and_told(void)
{
    const char *words = build_text(&plain_world, "int main(void)\n{\n    int a;\n    int b;\n    return 42;\n}\n");
    assert_build(BUILT);
    assert_number(built.warnings, 2);
    assert_contains(words, "program.c:3:9: warning: unused variable");
    assert_contains(words, "program.c:4:9: warning: unused variable");
    assert_number(run_it(), 42);
}

static void what_does_not_compile_is_told_in_the_compilers_words(void)
{
    const char *words = build_text(&plain_world, "int main(void)\n{\n    return fourty_two;\n}\n");
    assert_build(BUILD_FAILED);
    assert_contains(words, "program.c:3:12: error: ");
    assert_contains(words, "fourty_two");
    CU_ASSERT(access(target(), F_OK) == -1);
    words = build_text(&plain_world, "int other(void)\n{\n    return 42;\n}\n"); /* no main: the linker's words */
    assert_build(BUILD_FAILED);
    assert_contains(words, "main");
}

static void a_source_that_is_missing_is_missing(void)
{
    const char *path = text("%s/nothing.c", unit_folder());
    assert_contains(build_file(&plain_world, path), "nothing.c is missing");
    assert_build(BUILD_MISSING);
    unit_write(text("%s/file", unit_folder()), "");
    build_file(&plain_world, text("%s/file/program.c", unit_folder()));
    assert_build(BUILD_MISSING);
}

static void what_is_no_source_fails_with_its_reason(void)
{
    const char *path = text("%s/odd", unit_folder());
    unit_write(path, "");
    assert_contains(build_file(&plain_world, path), "is empty");
    assert_build(BUILD_FAILED);

    const char *folder = text("%s/folder", unit_folder());
    mkdir(folder, 0755);
    assert_contains(build_file(&plain_world, folder), "is not a file");
    assert_build(BUILD_FAILED);

    const char *fifo = text("%s/fifo", unit_folder()); /* nobody writes to it: a build that opens it must not wait */
    CU_ASSERT(mkfifo(fifo, 0644) == 0);
    assert_contains(build_file(&plain_world, fifo), "is not a file");
    assert_build(BUILD_FAILED);

    assert_contains(build_file(&plain_world, "/dev/zero"), "is not a file");
    assert_build(BUILD_FAILED);
}

static void builds_as_nobody(void *context)
{
    if (geteuid() == 0 && (setgid(65534) == -1 || setuid(65534) == -1))
        _exit(1);
    struct build build = build_program(&plain_world, context, "program", "/dev/null");
    _exit(build.status == BUILD_FAILED && strstr(build.output, "can't be read: Permission denied") != NULL ? 7 : 2);
}

static void what_can_not_be_read_fails_with_its_reason(void)
{
    const char *path = text("%s/closed.c", unit_folder());
    unit_write(path, MAIN);
    chmod(path, 0);
    pid_t pid = unit_child(builds_as_nobody, (void *)(uintptr_t)path);
    siginfo_t info = {0};
    CU_ASSERT(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
    assert_number(info.si_status, 7);
}

static void a_source_that_is_too_large_fails(void)
{
    const char *path = text("%s/large.c", unit_folder());
    unit_write(path, MAIN);
    CU_ASSERT(truncate(path, 5 << 20) == 0);
    assert_contains(build_file(&plain_world, path), "has more than 4 MiB");
    assert_build(BUILD_FAILED);
}

static void a_name_with_spaces_and_quotes_is_built(void)
{
    const char *path = text("%s/it's a \"folder\" $HOME/program.c", unit_folder());
    unit_write(path, MAIN);
    build_file(&plain_world, path);
    assert_build(BUILT);
    assert_number(run_it(), 42);
}

static void a_binary_in_place_of_a_source_fails(void)
{
    build_text(&plain_world, MAIN);
    build_file(&plain_world, target()); /* an executable, as a source */
    assert_build(BUILD_FAILED);
    CU_ASSERT(*built.output != '\0');
}

/* What lies on the grader's machine can't come into a program: not as text, not as data. */
static void a_source_can_not_include_what_is_not_its_own(void)
{
    if (!need_private())
        return;
    const char *secret = text("%s/secret", unit_folder());
    unit_write(secret, "int main(void) { return 0; } /* swordfish */\n");
    const char *const sources[] = {
        text("#include \"%s\"\n", secret),
        text("#include \"../../../../../../../..%s\"\n", secret),
        text("__asm__(\".incbin \\\"%s\\\"\");\n%s", secret, MAIN),
    };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        const char *words = build_text(&private_world, sources[i]);
        assert_build(BUILD_FAILED);
        CU_ASSERT(strstr(words, "No such file") != NULL || strstr(words, "file not found") != NULL);
        CU_ASSERT_PTR_NULL(strstr(words, "swordfish"));
    }
    build_text(&private_world, "#include \"/etc/shadow\"\n" MAIN);
    assert_build(BUILD_FAILED);
    assert_contains(built.output, "/etc/shadow: No such file or directory");
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void a_program_of_500_megabytes_fails_in_time(void)
{
    double start = seconds();
    build_text(&plain_world, "char all[500 << 20] = {1};\n" MAIN);
    assert_build(BUILD_FAILED);
    CU_ASSERT(*built.output != '\0');
    CU_ASSERT(seconds() - start < 25);
}

static void a_source_that_includes_itself_fails_in_time(void)
{
    double start = seconds();
    build_text(&plain_world, "#include __FILE__\n" MAIN);
    assert_build(BUILD_FAILED);
    assert_contains(built.output, "nested");
    CU_ASSERT(seconds() - start < 25);
}

/* The compiler has more to say than is kept: it must not be kept waiting for that. */
static void a_flood_of_errors_fails_in_time(void)
{
    const char *source = "int main(void)\n{\n";
    for (int i = 0; i < 100; i++)
        source = text("%s    a%d(b%d, c%d); d%d = e%d; f%d = g%d; h%d = i%d; j%d = k%d;\n", source, i, i, i, i, i, i, i,
                      i, i, i, i);
    double start = seconds();
    build_text(&plain_world, text("%s}\n", source));
    assert_build(BUILD_FAILED);
    assert_contains(built.output, "error: ");
    CU_ASSERT(strlen(built.output) <= 70000);
    CU_ASSERT(strlen(built.output) >= 60000); /* else this test floods nothing */
    CU_ASSERT(seconds() - start < 15);
}

/* ------------------------------------------------ the cache */

/* The kept words of the only kept build. */
static const char *kept_words(void)
{
    const char *folder = getenv("SOCKEYE_CACHE");
    DIR *directory = opendir(folder);
    const char *found = NULL;
    int count = 0;
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        if (strstr(entry->d_name, ".txt") != NULL) {
            found = text("%s/%s", folder, entry->d_name);
            count++;
        }
    }
    if (directory != NULL)
        closedir(directory);
    assert_number(count, 1);
    return found;
}

static void the_second_build_comes_from_the_cache(void)
{
    build_text(&plain_world, MAIN);
    const char *words = kept_words();
    CU_ASSERT_PTR_NOT_NULL_FATAL(words);
    unit_write(words, "warning: kept\n");
    unlink(target());
    build_text(&plain_world, MAIN);
    assert_build(BUILT);
    assert_text(built.output, "warning: kept\n");
    assert_number(built.warnings, 1);
    assert_number(run_it(), 42);
    build_text(&plain_world, MAIN "\n"); /* another source is another build */
    assert_text(built.output, "");
}

static void another_name_is_another_build(void)
{
    build_text(&plain_world, MAIN);
    unit_write(kept_words(), "warning: kept\n");
    free(built.output);
    built = build_program(&plain_world, text("%s/source/program.c", unit_folder()), "other", target());
    assert_build(BUILT);
    assert_text(built.output, "");
}

static void half_a_kept_build_is_none(void)
{
    build_text(&plain_world, MAIN);
    unlink(kept_words());
    unlink(target());
    build_text(&plain_world, MAIN);
    assert_build(BUILT);
    assert_text(built.output, "");
    assert_number(run_it(), 42);
}

static void what_does_not_compile_is_not_kept(void)
{
    build_text(&plain_world, "#error one\n");
    assert_build(BUILD_FAILED);
    struct path folder;
    CU_ASSERT(build_cache(&folder));
    assert_text(folder.text, getenv("SOCKEYE_CACHE"));
    CU_ASSERT(rmdir(folder.text) == 0); /* it is empty */
}

static void without_a_cache_it_is_built_all_the_same(void)
{
    unit_write(text("%s/file", unit_folder()), "");
    setenv("SOCKEYE_CACHE", text("%s/file/cache", unit_folder()), 1);
    struct path folder;
    CU_ASSERT(!build_cache(&folder));
    for (int i = 0; i < 2; i++) {
        build_text(&plain_world, MAIN);
        assert_build(BUILT);
        assert_number(run_it(), 42);
    }
}

static void a_target_that_can_not_be_written_is_a_fault_of_ours(void)
{
    build_text(&plain_world, MAIN);
    free(built.output);
    built = build_program(&plain_world, text("%s/source/program.c", unit_folder()), "program",
                          text("%s/missing/program", unit_folder()));
    assert_build(BUILD_FAULT);
}

static void builds_leave_nothing_behind(void)
{
    build_text(&plain_world, MAIN);
    build_text(&plain_world, "#error one\n");
    DIR *directory = opendir(rundir());
    CU_ASSERT_PTR_NOT_NULL_FATAL(directory);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (strncmp(entry->d_name, "source-", 7) == 0 || strncmp(entry->d_name, "compile-", 8) == 0)
            fail_test("%s is left in the run's folder", entry->d_name);
    }
    closedir(directory);
}

static CU_TestInfo tests[] = {
    {"a program is built", a_program_is_built},
    {"a program is built in a world of its own", a_program_is_built_in_a_world_of_its_own},
    {"warnings are counted and told", warnings_are_counted_and_told},
    {"what does not compile is told in the compiler's words", what_does_not_compile_is_told_in_the_compilers_words},
    {"a source that is missing is missing", a_source_that_is_missing_is_missing},
    {"what is no source fails with its reason", what_is_no_source_fails_with_its_reason},
    {"what can not be read fails with its reason", what_can_not_be_read_fails_with_its_reason},
    {"a source that is too large fails", a_source_that_is_too_large_fails},
    {"a name with spaces and quotes is built", a_name_with_spaces_and_quotes_is_built},
    {"a binary in place of a source fails", a_binary_in_place_of_a_source_fails},
    {"a source can not include what is not its own", a_source_can_not_include_what_is_not_its_own},
    {"a program of 500 MB fails in time", a_program_of_500_megabytes_fails_in_time},
    {"a source that includes itself fails in time", a_source_that_includes_itself_fails_in_time},
    {"a flood of errors fails in time", a_flood_of_errors_fails_in_time},
    {"the second build comes from the cache", the_second_build_comes_from_the_cache},
    {"another name is another build", another_name_is_another_build},
    {"half a kept build is none", half_a_kept_build_is_none},
    {"what does not compile is not kept", what_does_not_compile_is_not_kept},
    {"without a cache it is built all the same", without_a_cache_it_is_built_all_the_same},
    {"a target that can not be written is a fault of ours", a_target_that_can_not_be_written_is_a_fault_of_ours},
    {"builds leave nothing behind", builds_leave_nothing_behind},
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo build_suite = {"build", make_worlds, remove_worlds, set_up, clean_up, tests};
