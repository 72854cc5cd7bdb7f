/**
 * @file
 * The kit proves its own judgement: solutions and variants get full marks, skeletons fail with their first step as
 * advice, each mistake loses exactly the points that its patch names, and a program gone mad (tests/hostile) is named
 * for what it is. After each case nothing may be left: no process and no file.
 *
 *     judgement [--plain] [--whole | --named | --sample N] [--every N] [--mistakes N] [--no-memcheck] [--repeat N]
 *               [--beside N] [--jobs N] [--hostile] [LESSON-FOLDER…]
 *
 * A mistake is played against all checks without memcheck (or with it, if it is about memory); with --named against
 * those alone that it must lose; with --sample so all but every Nth, and two in three variants go without memcheck; with
 * --whole against all with memcheck. With --every only every Nth variant and mistake is played, with --mistakes all
 * variants and every Nth mistake. --no-memcheck goes without it but where it finds the line of a crash. --repeat plays
 * solutions, variants and mistakes N times and demands the same verdict each time; --beside runs N busy processes next to
 * them. --hostile plays the programs gone mad alone. Prints TAP. Run at the root of the project, with ./sockeye built.
 *
 * Where ./sockeye doctor has no private network, the mode is plain, asked for or not. Where strace may not trace, no
 * process may look into another: what needs that is not asked for.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/path.h"

enum { CASES_MAX = 4096, JOBS_MAX = 16, BUSY_MAX = 16 };

enum kind { SOLUTION, SKELETON, VARIANT, MISTAKE, HOSTILE };

struct test_case {
    enum kind kind;
    char lesson[64];
    char name[96];         /* of the variant or mistake */
    struct path source;    /* the patch, or the program */
    char loses[512];       /* of a mistake: the ids, sorted, one space between; of a hostile program: what is said */
    char private_for[160]; /* why it is played in private worlds alone; "": it is not */
    char looking_for[160]; /* why only who looks into it sees it; "": others do, too */
    int line;              /* of a hostile program: where it is, 0 if that is not asked for */
    bool needs_memcheck;   /* of a hostile program: nothing else has that to say */
    pid_t pid;
    struct path folder;
    bool started;
};

static struct test_case *cases;
static int case_count;
static char temporary[] = "/tmp/judgement-XXXXXX";
static bool plain;
static bool may_look = true; /* may a process look into another on this machine? */
static bool whole;
static int sample = 1;        /* every so many-th mistake of a lesson is played against all checks; 0: none */
static int every_variant = 1; /* every so many-th of a lesson is played */
static int every_mistake = 1;
static bool hostile_alone;
static bool without_memcheck;
static int number;
static int failures;
static pid_t busy[BUSY_MAX];
static int busy_count;
static volatile sig_atomic_t told_to_end;
extern char **environ;

static const char *const kinds[] = {"solution", "skeleton", "variant", "mistake", "hostile"};

static void report(bool ok, const struct test_case *c, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void report(bool ok, const struct test_case *c, const char *format, ...)
{
    va_list list;
    printf("%s %d - %s %s %s%s%s\n", ok ? "ok" : "not ok", ++number, c->lesson, kinds[c->kind], c->name,
           *c->name == '\0' ? "" : " ", plain ? "(plain)" : "");
    if (!ok) {
        printf("#   ");
        va_start(list, format);
        vprintf(format, list);
        va_end(list);
        printf("\n");
        failures++;
    }
    fflush(stdout);
}

/* ------------------------------------------------ collecting the cases */

static int compare_words(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_words(char *text, size_t size)
{
    char copy[512];
    char *words[64];
    int count = 0;
    snprintf(copy, sizeof copy, "%s", text);
    char *rest = copy;
    for (char *word; (word = strsep(&rest, " \t\n")) != NULL && count < 64;) {
        if (*word != '\0')
            words[count++] = word;
    }
    qsort(words, (size_t)count, sizeof *words, compare_words);
    text[0] = '\0';
    for (int i = 0; i < count; i++)
        snprintf(text + strlen(text), size - strlen(text), "%s%s", i == 0 ? "" : " ", words[i]);
}

static void read_loses(struct test_case *c)
{
    FILE *file = fopen(c->source.text, "re");
    char line[1024];
    while (file != NULL && fgets(line, sizeof line, file) != NULL && strncmp(line, "--- ", 4) != 0) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "Loses:", 6) == 0)
            snprintf(c->loses, sizeof c->loses, "%.*s", (int)sizeof c->loses - 1, line + 6);
        if (strncmp(line, "Private: ", 9) == 0)
            snprintf(c->private_for, sizeof c->private_for, "%.*s", (int)sizeof c->private_for - 1, line + 9);
        if (strncmp(line, "Looking: ", 9) == 0)
            snprintf(c->looking_for, sizeof c->looking_for, "%.*s", (int)sizeof c->looking_for - 1, line + 9);
    }
    if (file != NULL)
        fclose(file);
    sort_words(c->loses, sizeof c->loses);
}

/* "Says: words. Line: 7" in the first line; or "Says: words. Private: why plain mode can't", or the same with "Looking" or
   "Memcheck". */
static void read_says(struct test_case *c)
{
    FILE *file = fopen(c->source.text, "re");
    char line[512] = "";
    if (file == NULL || fgets(line, sizeof line, file) == NULL)
        line[0] = '\0';
    if (file != NULL)
        fclose(file);
    const char *says = strstr(line, "Says: ");
    const char *where = strstr(line, ". Line: ");
    if (says != NULL)
        snprintf(c->loses, sizeof c->loses, "%.*s", (int)strcspn(says + 6, "*"), says + 6);
    if (where != NULL) {
        c->line = atoi(where + 8);
        *strstr(c->loses, ". Line: ") = '\0';
    }
    char *private = strstr(c->loses, ". Private: ");
    if (private != NULL) {
        snprintf(c->private_for, sizeof c->private_for, "%s", private + strlen(". Private: "));
        *private = '\0';
    }
    char *looking = strstr(c->loses, ". Looking: ");
    if (looking != NULL) {
        snprintf(c->looking_for, sizeof c->looking_for, "%s", looking + strlen(". Looking: "));
        *looking = '\0';
    }
    char *memcheck = strstr(c->loses, ". Memcheck: ");
    c->needs_memcheck = memcheck != NULL;
    if (memcheck != NULL)
        *memcheck = '\0';
    size_t length = strlen(c->loses);
    while (length > 0 && c->loses[length - 1] == ' ')
        c->loses[--length] = '\0';
}

static void add_case(enum kind kind, const char *lesson, const char *name, struct path source)
{
    if (case_count == CASES_MAX)
        exit(3);
    struct test_case *c = &cases[case_count++];
    *c = (struct test_case){.kind = kind, .source = source};
    snprintf(c->lesson, sizeof c->lesson, "%s", lesson);
    snprintf(c->name, sizeof c->name, "%s", name);
    if (kind == MISTAKE)
        read_loses(c);
    if (kind == HOSTILE)
        read_says(c);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void add_all(enum kind kind, const char *lesson, const char *folder, const char *ending)
{
    struct dirent **entries;
    int n = scandir(path_of("%s/%s", folder, lesson).text, &entries, NULL, by_name);
    for (int i = 0; i < n; i++) {
        char *dot = strrchr(entries[i]->d_name, '.');
        if (dot != NULL && strcmp(dot, ending) == 0) {
            struct path source = path_of("%s/%s/%s", folder, lesson, entries[i]->d_name);
            *dot = '\0';
            add_case(kind, lesson, entries[i]->d_name, source);
        }
        free(entries[i]);
    }
    if (n > 0)
        free(entries);
}

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* A variant of a lesson with several programs is a folder with one or more of them; the others are the solution's. */
static void add_folders(const char *lesson, const char *folder)
{
    struct dirent **entries;
    int n = scandir(path_of("%s/%s", folder, lesson).text, &entries, NULL, by_name);
    for (int i = 0; i < n; i++) {
        struct path source = path_of("%s/%s/%s", folder, lesson, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && is_folder(source.text))
            add_case(VARIANT, lesson, entries[i]->d_name, source);
        free(entries[i]);
    }
    if (n > 0)
        free(entries);
}

static void add_lesson(const char *lesson)
{
    add_all(HOSTILE, lesson, "tests/hostile", ".c");
    if (hostile_alone)
        return;
    add_case(SOLUTION, lesson, "", path_of("solutions/%s", lesson));
    add_case(SKELETON, lesson, "", path_of("lessons/%s", lesson));
    int first = case_count;
    add_all(VARIANT, lesson, "tests/variants", ".c");
    add_folders(lesson, "tests/variants");
    add_all(MISTAKE, lesson, "tests/mistakes", ".patch");
    int kept = first;
    for (int i = first; i < case_count; i++) {
        if ((i - first) % (cases[i].kind == MISTAKE ? every_mistake : every_variant) == 0)
            cases[kept++] = cases[i];
    }
    case_count = kept;
}

static void add_lessons(void)
{
    struct dirent **entries;
    int n = scandir("lessons", &entries, NULL, by_name);
    for (int i = 0; i < n; i++) {
        if (access(path_of("lessons/%s/check.c", entries[i]->d_name).text, F_OK) == 0)
            add_lesson(entries[i]->d_name);
        free(entries[i]);
    }
    if (n > 0)
        free(entries);
}

/* ------------------------------------------------ playing them */

static bool copy_file(const char *from, const char *to)
{
    char buffer[65536];
    FILE *in = fopen(from, "re");
    FILE *out = in == NULL ? NULL : fopen(to, "we");
    size_t n = 0;
    while (out != NULL && (n = fread(buffer, 1, sizeof buffer, in)) > 0)
        fwrite(buffer, 1, n, out);
    if (in != NULL)
        fclose(in);
    return out != NULL && fclose(out) == 0;
}

static bool copy_programs(const char *from, const char *to)
{
    struct dirent **entries;
    bool copied = true;
    int n = scandir(from, &entries, NULL, by_name);
    for (int i = 0; i < n; i++) {
        const char *dot = strrchr(entries[i]->d_name, '.');
        if (dot != NULL && strcmp(dot, ".c") == 0 && strcmp(entries[i]->d_name, "check.c") != 0)
            copied = copied && copy_file(path_of("%s/%s", from, entries[i]->d_name).text,
                                         path_of("%s/%s", to, entries[i]->d_name).text);
        free(entries[i]);
    }
    if (n > 0)
        free(entries);
    return n > 0 && copied;
}

static pid_t spawn_in(const char *folder, const char *output, const char *const *args)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
    if (folder != NULL && chdir(folder) == -1)
        _exit(126);
    int out = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    dup2(open("/dev/null", O_RDONLY), 0);
    dup2(out, 1);
    dup2(out, 2);
    execvp(args[0], (char *const *)(uintptr_t)args);
    _exit(127);
}

static bool run_in(const char *folder, const char *output, const char *const *args)
{
    int status = -1;
    pid_t pid = spawn_in(folder, output, args);
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* A program of a lesson with one source only: what a variant replaces. */
static struct path only_program(const char *lesson)
{
    struct dirent **entries;
    struct path found = path_of("none.c");
    int n = scandir(path_of("solutions/%s", lesson).text, &entries, NULL, by_name);
    for (int i = 0; i < n; i++) {
        if (strstr(entries[i]->d_name, ".c") != NULL)
            found = path_of("%s", entries[i]->d_name);
        free(entries[i]);
    }
    if (n > 0)
        free(entries);
    return found;
}

static bool prepare(struct test_case *c)
{
    struct path programs = path_of("%s/%s", c->folder.text, c->lesson);
    mkdir(c->folder.text, 0755);
    if (mkdir(programs.text, 0755) == -1 && errno != EEXIST)
        return false;
    if (c->kind == SOLUTION || c->kind == SKELETON)
        return copy_programs(c->source.text, programs.text);
    if (c->kind == VARIANT && is_folder(c->source.text))
        return copy_programs(path_of("solutions/%s", c->lesson).text, programs.text) &&
               copy_programs(c->source.text, programs.text);
    if (c->kind == VARIANT || c->kind == HOSTILE)
        return copy_file(c->source.text, path_of("%s/%s", programs.text, only_program(c->lesson).text).text);
    char *patch = realpath(c->source.text, NULL);
    const char *const args[] = {"patch", "-s", "-p1", "-i", patch, NULL};
    bool patched = copy_programs(path_of("solutions/%s", c->lesson).text, programs.text) &&
                   run_in(programs.text, path_of("%s/patch.txt", c->folder.text).text, args);
    free(patch);
    return patched;
}

static bool is_named(const struct test_case *c)
{
    return c->kind == MISTAKE && (sample == 0 || (c - cases) % sample != 0);
}

/* Why it can't be played on this machine in this mode; "" if it can. */
static const char *reason_to_skip(const struct test_case *c)
{
    if (plain && *c->private_for != '\0')
        return c->private_for;
    return may_look ? "" : c->looking_for;
}

static void start(struct test_case *c)
{
    c->started = true;
    const char *reason = reason_to_skip(c);
    if (*reason != '\0') {
        printf("ok %d - %s %s %s%s # SKIP %s\n", ++number, c->lesson, kinds[c->kind], c->name, plain ? " (plain)" : "",
               reason);
        c->pid = 0;
        return;
    }
    c->folder = path_of("%s/case-%d", temporary, (int)(c - cases));
    if (!prepare(c)) {
        report(false, c, "it could not be prepared: see the patch, and whether it fits the solution");
        c->pid = 0;
        return;
    }
    char lesson[16];
    snprintf(lesson, sizeof lesson, "%d", atoi(c->lesson));
    struct path own_temporary = path_of("%s/tmp", c->folder.text);
    mkdir(own_temporary.text, 0777);
    setenv("TMPDIR", own_temporary.text, 1);
    /* valgrind is half of what all this costs: a mistake that has nothing to do with memory goes without. */
    bool without = (without_memcheck && c->line == 0 && !c->needs_memcheck) ||
                   (!whole && c->kind == MISTAKE && strstr(c->loses, "memory") == NULL) ||
                   (sample > 1 && c->kind == VARIANT && (c - cases) % 3 != 0);
    char only[600] = "";
    const char *args[12] = {"./sockeye", "check", lesson, "--work", c->folder.text, "--json", "-"};
    int count = 7;
    if (plain)
        args[count++] = "--plain";
    if (without)
        args[count++] = "--no-memcheck";
    if (is_named(c)) {
        snprintf(only, sizeof only, "%s", c->loses);
        for (char *space; (space = strchr(only, ' ')) != NULL;)
            *space = ',';
        args[count++] = "--only";
        args[count++] = only;
    }
    c->pid = spawn_in(NULL, path_of("%s/result.json", c->folder.text).text, args);
}

/* ------------------------------------------------ judging the judgement */

static const char *text_of(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));
    return text == NULL ? "" : text;
}

static const char *short_id(const json_t *check)
{
    const char *dot = strchr(text_of(check, "id"), '.');
    return dot == NULL ? "" : dot + 1;
}

/* The ids of the checks with one of two states, sorted. */
static void with_status(const json_t *lesson, const char *status, char *list, size_t size)
{
    size_t i;
    json_t *check;
    list[0] = '\0';
    json_array_foreach (json_object_get(lesson, "checks"), i, check) {
        if (strcmp(text_of(check, "status"), status) == 0)
            snprintf(list + strlen(list), size - strlen(list), " %s", short_id(check));
    }
    sort_words(list, size);
}

static const json_t *first_with_status(const json_t *lesson, const char *status)
{
    size_t i;
    json_t *check;
    json_array_foreach (json_object_get(lesson, "checks"), i, check) {
        if (strcmp(text_of(check, "status"), status) == 0)
            return check;
    }
    return NULL;
}

static void judge_full_marks(const struct test_case *c, const json_t *lesson)
{
    char failed[512];
    char skipped[512];
    with_status(lesson, "failed", failed, sizeof failed);
    with_status(lesson, "skipped", skipped, sizeof skipped);
    const json_t *first = first_with_status(lesson, "failed");
    report(strcmp(text_of(lesson, "status"), "passed") == 0 && *failed == '\0' && *skipped == '\0', c,
           "status %s; failed: %s; skipped: %s; expected %s; observed %s", text_of(lesson, "status"), failed, skipped,
           text_of(first, "expected"), text_of(first, "observed"));
}

static void judge_skeleton(const struct test_case *c, const json_t *lesson)
{
    const json_t *build = json_object_get(lesson, "build");
    const json_t *first = json_array_get(json_object_get(lesson, "checks"), 0);
    bool built = strcmp(text_of(build, "status"), "built") == 0 &&
                 json_integer_value(json_object_get(build, "warnings")) == 0;
    bool advises = strcmp(text_of(first, "status"), "failed") == 0 &&
                   strstr(text_of(first, "observed"), "tep 1") != NULL;
    report(built && advises, c, "built without a warning: %s; first check: %s, %s", built ? "yes" : "no",
           text_of(first, "status"), text_of(first, "observed"));
}

static void judge_mistake(const struct test_case *c, const json_t *lesson)
{
    char failed[512];
    char not_graded[512];
    char expected[512] = "";
    with_status(lesson, "failed", failed, sizeof failed);
    with_status(lesson, "not-graded", not_graded, sizeof not_graded);
    /* What this machine or mode can't grade can't be lost. */
    char copy[512];
    snprintf(copy, sizeof copy, "%s", c->loses);
    char *rest = copy;
    for (char *id; (id = strsep(&rest, " ")) != NULL;) {
        char padded[600];
        char wanted[200];
        snprintf(padded, sizeof padded, " %s ", not_graded);
        snprintf(wanted, sizeof wanted, " %s ", id);
        if (strstr(padded, wanted) == NULL)
            snprintf(expected + strlen(expected), sizeof expected - strlen(expected), " %s", id);
    }
    sort_words(expected, sizeof expected);
    bool built = strcmp(text_of(json_object_get(lesson, "build"), "status"), "built") == 0;
    const json_t *first = first_with_status(lesson, "failed");
    report(built && *c->loses != '\0' && strcmp(failed, expected) == 0, c,
           "built: %s; should lose: %s; lost: %s; first: expected %s; observed %s", built ? "yes" : "no", expected,
           failed, text_of(first, "expected"), text_of(first, "observed"));
}

/* What is to be said may be one of several: "words | other words". */
static bool holds(const char *text, const char *words)
{
    char copy[512];
    snprintf(copy, sizeof copy, "%s", words);
    for (char *rest = copy; rest != NULL;) {
        char *one = rest;
        rest = strstr(one, " | ");
        if (rest != NULL) {
            *rest = '\0';
            rest += 3;
        }
        if (strstr(text, one) != NULL)
            return true;
    }
    return false;
}

/* Memcheck names the line of a crash everywhere; that of a program that waits or spins, only who may look into it. */
static bool is_said(const struct test_case *c, const json_t *check)
{
    const json_t *where = json_object_get(check, "where");
    bool line = c->line == 0 || json_integer_value(json_object_get(where, "line")) == c->line ||
                (!may_look && json_is_null(where) && strstr(text_of(check, "observed"), "your program") != NULL);
    return line && (holds(text_of(check, "observed"), c->loses) || holds(text_of(check, "expected"), c->loses));
}

static void judge_hostile(const struct test_case *c, const json_t *lesson)
{
    const char *compiler = text_of(json_object_get(lesson, "build"), "output");
    bool said = strcmp(text_of(lesson, "status"), "not-built") == 0 && holds(compiler, c->loses);
    size_t i;
    json_t *check;
    json_array_foreach (json_object_get(lesson, "checks"), i, check)
        said = said || (strcmp(text_of(check, "status"), "failed") == 0 && is_said(c, check));
    const json_t *first = first_with_status(lesson, "failed");
    report(said && *c->loses != '\0', c, "should say: %s (line %d); said first: %s%.300s", c->loses, c->line,
           text_of(first, "observed"), compiler);
}

static bool is_empty(const char *folder)
{
    DIR *directory = opendir(folder);
    int count = 0;
    while (directory != NULL && readdir(directory) != NULL)
        count++;
    if (directory != NULL)
        closedir(directory);
    return count == 2;
}

static void judge_leftovers(const struct test_case *c)
{
    if (!is_empty(path_of("%s/tmp", c->folder.text).text)) {
        printf("# left in its temporary folder: see %s\n", c->folder.text);
        report(false, c, "it left a file");
    }
}

static void finish(struct test_case *c)
{
    json_error_t error;
    json_t *document = json_load_file(path_of("%s/result.json", c->folder.text).text, 0, &error);
    const json_t *lesson = json_array_get(json_object_get(document, "lessons"), 0);
    char faults[512];
    with_status(lesson, "fault", faults, sizeof faults);
    if (lesson == NULL)
        report(false, c, "no result: %s", error.text);
    else if (*faults != '\0')
        report(false, c, "faults, which are never the program's doing: %s: %s", faults,
               text_of(first_with_status(lesson, "fault"), "observed"));
    else if (c->kind == SKELETON)
        judge_skeleton(c, lesson);
    else if (c->kind == HOSTILE)
        judge_hostile(c, lesson);
    else if (c->kind == MISTAKE)
        judge_mistake(c, lesson);
    else
        judge_full_marks(c, lesson);
    json_decref(document);
    judge_leftovers(c);
    remove_tree(c->folder.text);
    c->pid = 0;
}

static bool is_repeated(const struct test_case *c)
{
    return c->kind != HOSTILE && c->kind != SKELETON;
}

static void play_all(int jobs, bool again)
{
    int running = 0;
    int next = 0;
    for (int i = 0; i < case_count; i++)
        cases[i].started = false;
    while (next < case_count || running > 0) {
        while (next < case_count && running < jobs) {
            if (!again || is_repeated(&cases[next])) {
                start(&cases[next]);
                running += cases[next].pid > 0;
            }
            next++;
        }
        if (running == 0)
            continue;
        pid_t pid = wait(NULL);
        for (int i = 0; i < case_count; i++) {
            if (cases[i].started && cases[i].pid == pid) {
                finish(&cases[i]);
                running--;
            }
        }
        if (told_to_end)
            exit(3);
    }
}

static void on_signal(int signal)
{
    (void)signal;
    told_to_end = true;
}

/* Nothing stays behind, however this ends. */
static void clean_up(void)
{
    for (int i = 0; i < busy_count; i++)
        kill(busy[i], SIGKILL);
    for (int i = 0; i < case_count; i++)
        if (cases[i].pid > 0)
            kill(cases[i].pid, SIGTERM);
    while (wait(NULL) > 0 || errno == EINTR)
        ;
    remove_tree(temporary);
    free(cases);
}

/* What this machine can't do, as ./sockeye doctor says it. */
static void examine_machine(void)
{
    struct path report = path_of("%s/doctor.txt", temporary);
    const char *const args[] = {"./sockeye", "doctor", NULL};
    char line[1024];
    run_in(NULL, report.text, args); /* its status is 1 where something can't be graded */
    FILE *file = fopen(report.text, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        plain = plain || strstr(line, "missing  private network") != NULL;
        may_look = may_look && strstr(line, "missing  strace") == NULL;
    }
    if (file != NULL)
        fclose(file);
}

static void start_busy(int count)
{
    for (int i = 0; i < count && i < BUSY_MAX; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
            for (volatile unsigned long turn = 0;; turn++)
                ;
        }
        if (pid > 0)
            busy[busy_count++] = pid;
    }
}

/* Orphans come to us (PR_SET_CHILD_SUBREAPER): all that ./sockeye left running would be our child by now. A private
   world's processes end a moment after its first one, so wait for them; what never ends is found by the time limit. */
static void judge_processes(void)
{
    int left = 0;
    alarm(10); /* ends this program, and with it the suite, as failed */
    for (int i = 0; i < busy_count; i++)
        kill(busy[i], SIGKILL);
    while (wait(NULL) > 0)
        left++;
    alarm(0);
    printf("%s %d - no process is left\n", left <= busy_count ? "ok" : "not ok", ++number);
    failures += left > busy_count;
    busy_count = 0;
}

int main(int argc, char *argv[])
{
    static const struct option options[] = {
        {"plain", no_argument, NULL, 'p'},          {"whole", no_argument, NULL, 'w'},
        {"named", no_argument, NULL, 'n'},          {"sample", required_argument, NULL, 's'},
        {"no-memcheck", no_argument, NULL, 'm'},    {"repeat", required_argument, NULL, 'r'},
        {"beside", required_argument, NULL, 'b'},   {"jobs", required_argument, NULL, 'j'},
        {"hostile", no_argument, NULL, 'h'},        {"every", required_argument, NULL, 'e'},
        {"mistakes", required_argument, NULL, 'k'}, {NULL, 0, NULL, 0}};
    int repeat = 1;
    int beside = 0;
    int jobs = 3 * (int)sysconf(_SC_NPROCESSORS_ONLN); /* they mostly wait */
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'p': plain = true; break;
        case 'w': whole = true; break;
        case 'n': sample = 0; break;
        case 's': sample = atoi(optarg); break;
        case 'e': every_variant = every_mistake = atoi(optarg) > 1 ? atoi(optarg) : 1; break;
        case 'k': every_mistake = atoi(optarg) > 1 ? atoi(optarg) : 1; break;
        case 'h': hostile_alone = true; break;
        case 'm': without_memcheck = true; break;
        case 'r': repeat = atoi(optarg); break;
        case 'b': beside = atoi(optarg); break;
        case 'j': jobs = atoi(optarg); break;
        default: return 2;
        }
    }
    cases = calloc(CASES_MAX, sizeof *cases);
    if (cases == NULL || mkdtemp(temporary) == NULL || chmod(temporary, 0755) == -1)
        return 3;
    atexit(clean_up);
    for (size_t i = 0; i < 3; i++)
        sigaction((const int[]){SIGHUP, SIGINT, SIGTERM}[i], &(struct sigaction){.sa_handler = on_signal}, NULL);
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    examine_machine();
    for (int i = optind; i < argc; i++)
        add_lesson(argv[i]);
    if (optind == argc)
        add_lessons();
    start_busy(beside);
    for (int i = 0; i < repeat; i++)
        play_all(jobs < JOBS_MAX ? jobs : JOBS_MAX, i > 0);
    judge_processes();
    printf("1..%d\n", number);
    return failures == 0 ? 0 : 1;
}
