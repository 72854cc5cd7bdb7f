/** sockeye check: builds and grades programs. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check/registry.h"
#include "commands/arguments.h"
#include "commands/grading.h"
#include "commands/inside.h"
#include "commands/numbers.h"
#include "record/result.h"
#include "report/terminal.h"
#include "run/grade.h"
#include "run/rundir.h"
#include "run/work.h"
#include "sockeye.h"

const char help_check[] =
    "Builds the programs of lesson N (or several, or all; without N, of the lesson you are at), "
    "plays the other end of their "
    "conversations, and says what they did. The status is 0 for full marks, 1 for less, 3 if the "
    "kit or the machine is at "
    "fault.\n"
    "\n"
    "  --only CHECK\tthis check alone, by the name after its lesson's number; several: a,b,c\n"
    "  --trace\tthe whole wire diagram and the program's system calls\n"
    "  --pcap FILE\tthe packets of one check (--only), for Wireshark\n"
    "  --debug\tstops the program of one check (--only) in gdb, while its peers wait; where it runs "
    "several, --debug=PROGRAM says which\n"
    "  --seed HEX\tthe same random inputs again\n"
    "  --work DIR\tprograms in DIR/NN-name/ or in DIR itself\n"
    "  --solutions\tthe kit's solutions instead of yours\n"
    "  --json FILE\twrites the result as JSON; - is stdout, alone\n"
    "  --jobs N\tso many checks side by side at most, 1 to 64\n"
    "  --no-memcheck\tleaves valgrind out: faster, and memory is not graded\n"
    "  --plain\tuses this machine's own loopback: no private network\n";

struct check_options {
    const char *work;
    bool solutions;
    const char *json;
    const char *only;
    bool has_seed;
    uint64_t seed;
    int jobs;
    bool no_memcheck;
    bool plain;
    bool trace;
    struct inside inside;
};

static int read_options(int argc, char *argv[], struct check_options *options)
{
    static const struct option names[] = {
        {"work", required_argument, NULL, 'w'},  {"solutions", no_argument, NULL, 'S'},
        {"json", required_argument, NULL, 'j'},  {"only", required_argument, NULL, 'o'},
        {"seed", required_argument, NULL, 's'},  {"jobs", required_argument, NULL, 'J'},
        {"no-memcheck", no_argument, NULL, 'M'}, {"plain", no_argument, NULL, 'p'},
        {"trace", no_argument, NULL, 't'},       {"pcap", required_argument, NULL, 'P'},
        {"debug", optional_argument, NULL, 'd'}, {NULL, 0, NULL, 0},
    };
    unsigned long long value;
    int name;
    while ((name = argument_option(argc, argv, "", names)) != -1) {
        switch (name) {
        case 'w': options->work = optarg; break;
        case 'S': options->solutions = true; break;
        case 'j': options->json = optarg; break;
        case 'o': options->only = optarg; break;
        case 'M': options->no_memcheck = true; break;
        case 'p': options->plain = true; break;
        case 't': options->trace = true; break;
        case 'd': options->inside.debug = optarg == NULL ? "" : optarg; break;
        case 'P': options->inside.pcap = optarg; break;
        case 's':
            if (number_read(optarg, 16, ~0ULL, &value) == -1)
                return usage_error("--seed takes a hexadecimal number, not '%s'", optarg);
            options->seed = value;
            options->has_seed = true;
            break;
        case 'J':
            if (number_read(optarg, 10, 64, &value) == -1 || value == 0)
                return usage_error("--jobs takes a number from 1 to 64, not '%s'", optarg);
            options->jobs = (int)value;
            break;
        default: return EXIT_USAGE;
        }
    }
    if (options->inside.pcap != NULL && options->plain)
        return usage_error("--pcap needs a private network, and --plain is without: take one");
    if (options->inside.debug != NULL && options->trace)
        return usage_error("--debug and --trace: a program can be traced by gdb or by strace: take one");
    if (options->inside.debug != NULL && options->json != NULL && strcmp(options->json, "-") == 0)
        return usage_error("--debug has a conversation on stdout, and --json - wants it for itself: name a file");
    if (options->work != NULL && options->solutions)
        return usage_error("--work and --solutions name two different things to grade: take one");
    return 0;
}

static int choose_lessons(const struct kit *kit, int argc, char *argv[], struct plan *plan)
{
    for (int i = optind; i < argc; i++) {
        if (strcmp(argv[i], "all") == 0) {
            plan->lessons = 0;
            for (int k = 0; k < kit->lessons; k++)
                plan->lesson[plan->lessons++] = &kit->lesson[k];
            return 0;
        }
        const struct lesson *lesson = kit_lesson(kit, argv[i]);
        if (lesson == NULL)
            return usage_error("there is no lesson '%s': %s lists them", argv[i], sockeye_name());
        bool twice = false;
        for (int k = 0; k < plan->lessons; k++)
            twice = twice || plan->lesson[k] == lesson;
        if (!twice)
            plan->lesson[plan->lessons++] = lesson;
    }
    if (plan->lessons == 0)
        plan->lesson[plan->lessons++] = work_current(kit);
    return 0;
}

static int no_such_check(const struct lesson *lesson, const char *word)
{
    char names[2048] = "";
    const struct check *check = checks_of(lesson->folder);
    for (; check != NULL && strcmp(check->lesson, lesson->folder) == 0; check = check->next) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, " %s", check->name);
    }
    for (char *c = names; *c != '\0'; c++) {
        if (*c == '_')
            *c = '-';
    }
    return usage_error("lesson %d has no check '%s'. It has:%s", lesson->number, word, names);
}

static int choose_check(const char *word, const char **chosen, const struct plan *plan)
{
    for (int i = 0; i < plan->lessons; i++) {
        const struct check *check = argument_check(plan->lesson[i], word);
        if (check == NULL)
            return no_such_check(plan->lesson[i], word);
        *chosen = check->name;
    }
    return 0;
}

static int choose_checks(const char *words, struct plan *plan)
{
    static char copy[2048];
    int chosen = 0;
    int wrong = snprintf(copy, sizeof copy, "%s", words) < (int)sizeof copy ? 0
                                                                            : usage_error("--only: too many checks");
    char *rest = copy;
    for (char *word; wrong == 0 && (word = strsep(&rest, ",")) != NULL;) {
        wrong = chosen < ONLY_MAX - 1 ? choose_check(word, &plan->only[chosen], plan)
                                      : usage_error("--only takes %d checks at most", ONLY_MAX - 1);
        chosen++;
    }
    return wrong;
}

static int write_json(const json_t *document, const char *name)
{
    bool to_stdout = strcmp(name, "-") == 0;
    FILE *file = to_stdout ? stdout : fopen(name, "we");
    if (file == NULL)
        return fault_error("can't write %s: %s", name, strerror(errno));
    int failed = json_dumpf(document, file, JSON_INDENT(2) | JSON_ENSURE_ASCII) == -1 || fputc('\n', file) == EOF ||
                 fflush(file) == EOF;
    if (!to_stdout)
        failed |= fclose(file) == EOF;
    return failed ? fault_error("can't write %s: %s", name, strerror(errno)) : 0;
}

static void tell_next(const struct screen *screen, const json_t *document, const struct check_options *options)
{
    size_t count = json_array_size(json_object_get(document, "lessons"));
    if (options->solutions || options->work != NULL || count != 1)
        return;
    const json_t *lesson = json_array_get(json_object_get(document, "lessons"), 0);
    if (result_has_status(lesson, "passed") && options->only == NULL) {
        fputc('\n', screen->file);
        grading_tell_full_marks(screen, lesson);
    }
}

int command_check(const struct kit *kit, int argc, char *argv[])
{
    struct check_options options = {0};
    struct plan plan = {.kit = kit};
    int wrong = read_options(argc, argv, &options);
    if (wrong == 0)
        wrong = choose_lessons(kit, argc, argv, &plan);
    if (wrong == 0 && options.only != NULL)
        wrong = choose_checks(options.only, &plan);
    if (wrong == 0)
        wrong = inside_wrong(&options.inside, &plan);
    if (wrong != 0)
        return wrong;

    bool is_students = options.work == NULL && !options.solutions;
    if (is_students && optind >= argc && !work_is_started(kit, plan.lesson[0]))
        return refusal("lesson %d, where you are, is not started: %s next", plan.lesson[0]->number, sockeye_name());

    struct path work = options.work != NULL ? path_of("%s", options.work) : work_folder(kit);
    struct stat status;
    if (options.work != NULL && (stat(options.work, &status) == -1 || !S_ISDIR(status.st_mode)))
        return usage_error("--work %s: there is no such folder", options.work);
    if (!options.has_seed)
        options.seed = grading_seed();

    if (is_students && plan.lessons == 1)
        grading_start_lesson(kit, plan.lesson[0], options.json != NULL && strcmp(options.json, "-") == 0);

    struct world world;
    const char *problem;
    if (world_init(&world, kit, options.plain, &problem) == -1) {
        world_leave();
        return fault_error("%s", problem);
    }
    plan.world = &world;
    plan.work = options.solutions ? NULL : work.text;
    plan.submission = options.solutions ? "solutions" : options.work != NULL ? options.work : "work";
    plan.seed = options.seed;
    plan.jobs = options.jobs;
    plan.memcheck = !options.no_memcheck;
    plan.trace = options.trace;
    wrong = inside_begin(&options.inside, &plan);
    json_t *document = wrong == 0 ? grade(&plan) : NULL;
    world_leave();
    inside_restore();
    if (wrong != 0)
        return wrong;
    struct screen screen = screen_of_stdout();
    if (document == NULL)
        inside_end(&options.inside, &plan, NULL, &screen);
    if (document == NULL)
        return fault_error("interrupted: nothing is left running");

    int result = result_exit_status(document);
    if (is_students && options.only == NULL)
        work_remember(kit, document);
    if (options.json != NULL && write_json(document, options.json) != 0)
        result = EXIT_FAULT;
    if (options.json == NULL || strcmp(options.json, "-") != 0) {
        char named[400] = "";
        if (options.solutions)
            snprintf(named, sizeof named, " --solutions");
        else if (options.work != NULL)
            snprintf(named, sizeof named, " --work %s", options.work);
        grading_tell_mode(&screen, &world);
        report_document(&screen, document,
                        &(struct report_options){.trace = options.trace,
                                                 .typed = sockeye_name(),
                                                 .work = named,
                                                 .chosen = options.only != NULL});
        tell_next(&screen, document, &options);
        inside_end(&options.inside, &plan, document, &screen);
    }
    json_decref(document);
    return result;
}
