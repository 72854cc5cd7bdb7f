/** sockeye grade: grades a class of strangers. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "class/folder.h"
#include "class/grading.h"
#include "class/intake.h"
#include "class/pages.h"
#include "class/rubric.h"
#include "class/sql.h"
#include "commands/arguments.h"
#include "commands/numbers.h"
#include "report/screen.h"
#include "run/path.h"
#include "run/rundir.h"
#include "sockeye.h"

const char help_grade[] =
    "Grades what a class has handed in: SUBMISSION is a student's folder, a folder of them, an "
    "archive of one student or an "
    "archive of all as Moodle, Canvas and Gradescope give it out. Everything is kept in DIR: the "
    "gradebook, the class page and a "
    "feedback file for each student. A run that was broken off, however it ended, goes on where "
    "it was, and what was graded "
    "before is graded again only if it has changed; a program that is not there this time stays as it was. The status "
    "is 0 when every submission was "
    "graded, whatever the marks.\n"
    "\n"
    "  -o DIR\twhere the gradebook is, or is made\n"
    "  --rubric FILE\twhat counts: lessons, weights, due dates, hidden checks (docs/grading.md); kept "
    "for later runs, and changing it grades nothing again\n"
    "  --no-rubric\tforgets the rubric that was kept\n"
    "  --seed HEX\tthe random inputs; without it one is chosen for the whole class, and kept\n"
    "  --jobs N\tso many checks side by side at most, 1 to 64\n"
    "  --shard I/N\tonly the I-th of N parts, all with the same --seed; sockeye merge joins their gradebooks\n"
    "  --no-memcheck\tleaves valgrind out: faster, and memory is not graded\n"
    "  --plain\tuses this machine's own loopback; only with --trust\n"
    "  --trust\tgrades without a world that cages the programs, where none is to be had\n";

struct grade_options {
    const char *folder;
    const char *seed;
    const char *rubric_file;
    json_t *rubric; /* NULL: none */
    struct grading_plan plan;
    bool no_rubric;
    bool no_memcheck;
    bool plain;
    bool trust;
};

static int read_shard(const char *text, struct grading_plan *plan)
{
    char end;
    bool right = sscanf(text, "%d/%d%c", &plan->shard, &plan->shards, &end) == 2 && plan->shard >= 1 &&
                 plan->shard <= plan->shards;
    return right ? 0 : usage_error("--shard takes I/N, such as 1/4, not '%s'", text);
}

static int read_options(int argc, char *argv[], struct grade_options *options)
{
    static const struct option names[] = {
        {"output", required_argument, NULL, 'o'}, {"seed", required_argument, NULL, 's'},
        {"jobs", required_argument, NULL, 'J'},   {"shard", required_argument, NULL, 'h'},
        {"no-memcheck", no_argument, NULL, 'M'},  {"plain", no_argument, NULL, 'p'},
        {"trust", no_argument, NULL, 'T'},        {"rubric", required_argument, NULL, 'r'},
        {"no-rubric", no_argument, NULL, 'R'},    {NULL, 0, NULL, 0},
    };
    unsigned long long value;
    struct stat status;
    int name;
    while ((name = argument_option(argc, argv, "o:", names)) != -1) {
        switch (name) {
        case 'o': options->folder = optarg; break;
        case 'M': options->no_memcheck = true; break;
        case 'p': options->plain = true; break;
        case 'T': options->trust = true; break;
        case 'r': options->rubric_file = optarg; break;
        case 'R': options->no_rubric = true; break;
        case 's':
            if (number_read(optarg, 16, ~0ULL, &value) == -1)
                return usage_error("--seed takes a hexadecimal number, not '%s'", optarg);
            options->seed = optarg;
            break;
        case 'J':
            if (number_read(optarg, 10, 64, &value) == -1 || value == 0)
                return usage_error("--jobs takes a number from 1 to 64, not '%s'", optarg);
            options->plan.jobs = (int)value;
            break;
        case 'h':
            if (read_shard(optarg, &options->plan) != 0)
                return EXIT_USAGE;
            break;
        default: return EXIT_USAGE;
        }
    }
    if (options->folder == NULL || *options->folder == '\0')
        return usage_error("grade takes -o DIR: the folder for the gradebook and the pages");
    if (stat(options->folder, &status) == 0 && !S_ISDIR(status.st_mode))
        return usage_error("-o %s: that is a file, and grade takes a folder for the gradebook and the pages",
                           options->folder);
    if (optind == argc)
        return usage_error("grade takes what is to be graded: folders and archives");
    if (options->rubric_file != NULL && options->no_rubric)
        return usage_error("--rubric and --no-rubric contradict each other: take one");
    if (options->plan.shards > 0 && options->seed == NULL)
        return usage_error("--shard takes --seed HEX, too: all parts of a class have the same");
    if (options->plain && !options->trust)
        return usage_error("--plain cages nothing: programs would run as you do. --trust says that you know it");
    return 0;
}

/* The whole class has one seed: everybody had the same conversation. keep_seed() keeps it. */
static uint64_t class_seed(sqlite3 *db, const char *asked)
{
    char text[32] = "";
    char *kept = gradebook_get(db, "seed");
    if (asked != NULL)
        snprintf(text, sizeof text, "%s", asked);
    else if (kept != NULL)
        snprintf(text, sizeof text, "%s", kept);
    else {
        uint32_t fresh = 0;
        if (getrandom(&fresh, sizeof fresh, 0) == -1)
            fresh = 1;
        snprintf(text, sizeof text, "%x", fresh);
    }
    free(kept);
    return strtoull(text, NULL, 16);
}

static void keep_seed(sqlite3 *db, uint64_t seed)
{
    char text[32];
    snprintf(text, sizeof text, "%llx", (unsigned long long)seed);
    gradebook_set(db, "seed", text);
}

/* ------------------------------------------------ the rubric */

static int read_rubric(const struct kit *kit, struct grade_options *options)
{
    json_t *problems = json_array();
    options->rubric = rubric_read(options->rubric_file, kit, problems);
    size_t i;
    json_t *problem;
    json_array_foreach (problems, i, problem) {
        usage_error("%s", json_string_value(problem));
    }
    json_decref(problems);
    return options->rubric == NULL ? EXIT_USAGE : 0;
}

/* The lessons of the rubric are those that are graded, whether somebody has handed in a program of theirs or not. */
static int choose_lessons(const struct kit *kit, const json_t *rubric, struct terms *terms)
{
    size_t i;
    json_t *entry;
    json_array_foreach (json_object_get(rubric, "lessons"), i, entry) {
        const char *folder = json_string_value(json_object_get(entry, "lesson"));
        const struct lesson *lesson = kit_lesson(kit, folder);
        if (lesson == NULL)
            return usage_error(
                "the rubric that this gradebook keeps has the lesson %s, and it is not here: say where it "
                "is with --lessons DIR, or give another rubric with --rubric",
                folder);
        terms->lesson[terms->lessons++] = lesson;
    }
    return 0;
}

/* Without a rubric those are graded of which there is a program; a lesson that is not here would be gone without a word. */
static int miss_lessons(sqlite3 *db, const struct kit *kit)
{
    int missing = 0;
    sqlite3_stmt *row =
        sql_ask(db, "SELECT DISTINCT lesson FROM newest JOIN unit ON submission = newest.hash ORDER BY lesson", "");
    while (sql_next(row)) {
        if (kit_lesson(kit, sql_text(row, 0)) != NULL)
            continue;
        missing = usage_error("this gradebook has marks of the lesson %s, and it is not here: say where it is with "
                              "--lessons DIR; or that it does not count any more, with a --rubric that leaves it out",
                              sql_text(row, 0));
    }
    return missing;
}

/* Keeps the rubric that was given, and says what it changes. */
static void keep_rubric(sqlite3 *db, const struct grade_options *options)
{
    char *before = gradebook_get(db, "rubric");
    char *now = options->rubric == NULL ? NULL : json_dumps(options->rubric, JSON_COMPACT | JSON_SORT_KEYS);
    const char *shown = options->rubric_file == NULL ? "the one that the gradebook keeps" : options->rubric_file;
    if (options->no_rubric && before != NULL) {
        gradebook_forget(db, "rubric");
        puts("rubric      none any more: Sockeye's points count");
    } else if (now != NULL && before == NULL) {
        printf("rubric      %s\n", shown);
    } else if (now != NULL) {
        printf("rubric      %s%s\n", shown,
               strcmp(before, now) == 0 ? "" : ": it has changed, and marks with it; verdicts stay");
    }
    if (now != NULL)
        gradebook_set(db, "rubric", now);
    free(before);
    free(now);
}

/* Lateness can't be told where nothing says when something was handed in. */
static void tell_unknown_times(sqlite3 *db, const json_t *rubric)
{
    bool due = false;
    size_t i;
    json_t *entry;
    json_array_foreach (json_object_get(rubric, "lessons"), i, entry) {
        due = due || json_integer_value(json_object_get(entry, "due")) != 0;
    }
    int unknown = !due ? 0
                       : (int)sql_number(db,
                                         "SELECT count(*) FROM newest AS n JOIN submission AS s ON s.hash = n.hash"
                                         " WHERE s.handed_in = 0 AND EXISTS (SELECT 1 FROM file WHERE submission ="
                                         " n.hash)",
                                         "");
    if (unknown > 0)
        printf("It is not known when %d student%s handed in, so that counts as not late.\n", unknown,
               unknown == 1 ? "" : "s");
}

/* What we write would be read as a submission. */
static int keep_apart(const struct grade_options *options, int argc, char *argv[])
{
    for (int i = optind; i < argc; i++) {
        if (path_is_same(options->folder, argv[i]))
            return usage_error("-o %s is what is to be graded: give it a folder of its own", options->folder);
    }
    folder_pass_over(options->folder);
    return 0;
}

/* ------------------------------------------------ grading */

/* Returns EXIT_USAGE if an argument can't be read at all, EXIT_NOT_FULL if one is cut off, or 0. */
static int read_all(sqlite3 *db, const struct world *world, int argc, char *argv[], struct terms *terms,
                    struct taken *taken)
{
    struct intake *intake = intake_begin(db);
    int result = 0;
    for (int i = optind; i < argc; i++) {
        const char *problem;
        int students = intake_read(intake, world, argv[i], argc - optind > 1, &problem);
        if (students == -1) {
            usage_error("%s: %s", argv[i], problem);
            result = EXIT_USAGE;
        } else if (problem != NULL) {
            refusal("%s: %s: students behind that place are not graded. Is it whole?", argv[i], problem);
            result = result == 0 ? EXIT_NOT_FULL : result;
        }
    }
    intake_finish(intake, terms, taken);
    return result;
}

/* What an instructor would want to know at once of what was handed in. */
static void tell_of_taken(sqlite3 *db, const struct taken *taken)
{
    if (taken->together == 1)
        printf("%s came in more than one SUBMISSION: they were taken as one student's.\n", taken->one_together);
    else if (taken->together > 1)
        printf("%d students, such as %s, came in more than one SUBMISSION: they were taken together.\n",
               taken->together, taken->one_together);
    int without = (int)sql_number(db,
                                  "SELECT count(*) FROM newest AS n WHERE EXISTS (SELECT 1 FROM unit WHERE submission ="
                                  " n.hash) AND EXISTS (SELECT 1 FROM problem WHERE submission = n.hash) AND NOT "
                                  "EXISTS (SELECT 1 FROM file WHERE submission = n.hash AND program IS NOT NULL)",
                                  "");
    if (without > 0)
        printf("Of what %d handed in no program could be taken: the class page says why.\n", without);
}

static void tell(sqlite3 *db, const struct graded *graded, const struct taken *taken, const char *folder)
{
    int students = taken->students;
    printf("%d student%s: %d verdict%s in %.0f s", students, students == 1 ? "" : "s", graded->units,
           graded->units == 1 ? "" : "s", graded->seconds);
    if (graded->kept > 0)
        printf(", %d kept from before", graded->kept);
    puts(".");
    tell_of_taken(db, taken);
    if (graded->again > 0)
        printf("%d graded once more, alone, since the machine had been too busy to judge time.\n", graded->again);
    if (graded->faults > 0)
        printf(
            "%d could not be graded: a fault of this machine or the kit, never a student's. Run this again; %s doctor "
            "says what is missing.\n",
            graded->faults, sockeye_name());
    if (graded->open > 0)
        printf("%s: %d are open. The same command goes on from here.\n",
               graded->problem == NULL ? "Interrupted" : graded->problem, graded->open);
    printf("class page  %s/index.html\nfeedback    %s/feedback/\ngradebook   %s/gradebook.sqlite\n", folder, folder,
           folder);
}

static int grade_into(sqlite3 *db, const struct kit *kit, const struct world *world, struct grade_options *options,
                      int argc, char *argv[])
{
    static struct terms terms;
    terms = (struct terms){.kit = kit,
                           .seed = class_seed(db, options->seed),
                           .memcheck = !options->no_memcheck,
                           .is_private = world->is_private};
    if (options->rubric == NULL && !options->no_rubric)
        options->rubric = gradebook_rubric(db);
    if (choose_lessons(kit, options->rubric, &terms) != 0)
        return EXIT_USAGE;
    if (options->rubric == NULL && miss_lessons(db, kit) != 0)
        return EXIT_USAGE;
    struct taken taken;
    int read = read_all(db, world, argc, argv, &terms, &taken);
    if (read == EXIT_USAGE)
        return read;
    if (taken.students == 0)
        return refusal("there is nothing to grade: no student was found");
    keep_seed(db, terms.seed);
    keep_rubric(db, options);
    options->plan.db = db;
    options->plan.terms = &terms;
    options->plan.world = world;
    struct graded graded = grade_class(&options->plan);
    const char *problem;
    if (pages_write(db, terms.kit, options->folder, &problem) == -1)
        return fault_error("%s", problem);
    tell(db, &graded, &taken, options->folder);
    tell_unknown_times(db, options->rubric);
    if (taken.programs == 0)
        read = refusal("no lesson's program was found in what was handed in: a program lies in its lesson's folder "
                       "(01-tcp-client/tcp_client.c) or has its file's name (tcp_client.c)");
    return graded.faults + graded.open > 0 ? EXIT_FAULT : read;
}

/* Grades into the gradebook of the folder. One that is new, and into which nothing came, does not stay. */
static int grade_folder(const struct kit *kit, const struct world *world, struct grade_options *options, int argc,
                        char *argv[])
{
    const char *problem;
    struct path book = path_of("%s/gradebook.sqlite", options->folder);
    bool is_new = access(book.text, F_OK) == -1;
    sqlite3 *db = gradebook_open(book.text, GRADEBOOK_WRITE, &problem);
    if (db == NULL)
        return fault_error("%s", problem);
    int result = grade_into(db, kit, world, options, argc, argv);
    bool is_empty = sql_number(db, "SELECT count(*) FROM setting", "") == 0;
    sqlite3_close(db);
    if (is_new && is_empty)
        unlink(book.text);
    return result;
}

int command_grade(const struct kit *kit, int argc, char *argv[])
{
    struct grade_options options = {0};
    int wrong = read_options(argc, argv, &options);
    if (wrong == 0 && options.rubric_file != NULL)
        wrong = read_rubric(kit, &options);
    if (wrong != 0)
        return wrong;
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is a disk that is full: the gradebook says so */
    bool is_new = access(options.folder, F_OK) == -1;
    if (folder_make(options.folder, 0700) == -1)
        return fault_error("%s: %s", options.folder, strerror(errno));
    if (keep_apart(&options, argc, argv) != 0)
        return EXIT_USAGE;
    const char *problem;
    static struct world world;
    if (world_init(&world, kit, options.plain, &problem) == -1) {
        world_leave();
        return fault_error("%s", problem);
    }
    int result;
    if (!world.is_private && !options.trust)
        result = fault_error(
            "no cage for what was handed in (%s), so it is not run. %s doctor says how to mend that; if you "
            "trust all of it, grade with --trust.",
            world.why_plain, sockeye_name());
    else
        result = grade_folder(kit, &world, &options, argc, argv);
    if (is_new)
        rmdir(options.folder); /* only if nothing came into it */
    json_decref(options.rubric);
    world_leave();
    return result;
}
