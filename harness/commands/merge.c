/** sockeye merge: joins gradebooks. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "class/gradebook.h"
#include "class/units.h"
#include "commands/arguments.h"
#include "run/path.h"
#include "sockeye.h"

const char help_merge[] = "Joins gradebooks, such as those of the parts that --shard has made on several machines. "
                          "DB is a gradebook, or the folder that it is in. "
                          "Each row is named by its content, so "
                          "joining twice changes nothing. Then `grade` with the same submissions and -o the folder of "
                          "the joined one finds what is still open.\n"
                          "\n"
                          "  -o DB\tthe gradebook that they are joined into; it is made if it is not there\n";

/* A folder stands for the gradebook in it. */
static struct path book_of(const char *word)
{
    struct stat status;
    bool is_folder = stat(word, &status) == 0 && S_ISDIR(status.st_mode);
    return is_folder ? path_of("%s/gradebook.sqlite", word) : path_of("%s", word);
}

/* A part that can be joined: it is sound, and has the seed of the others, which is kept in @p seed. */
static int examine(const char *part, const char *first, char **seed)
{
    const char *problem;
    sqlite3 *db = gradebook_open(part, GRADEBOOK_READ, &problem);
    if (db == NULL)
        return fault_error("%s", problem);
    int wrong = gradebook_examine(db, part, &problem) == -1 ? fault_error("%s", problem) : 0;
    char *own = wrong == 0 ? gradebook_get(db, "seed") : NULL;
    sqlite3_close(db);
    if (own != NULL && *seed == NULL)
        *seed = strdup(own);
    else if (own != NULL && strcmp(own, *seed) != 0)
        wrong = usage_error("%s was graded with seed %s, and %s with %s: parts of a class have the same --seed, so "
                            "nothing is joined",
                            part, own, first, *seed);
    free(own);
    return wrong;
}

/* Before the target is touched, or made. */
static int examine_all(int count, char *parts[], const char *target, char **seed)
{
    for (int i = 0; i < count; i++) {
        struct path part = book_of(parts[i]);
        if (path_is_same(part.text, target))
            return usage_error("%s is the gradebook that the others are joined into: leave it out before -o",
                               part.text);
        int wrong = examine(part.text, book_of(parts[0]).text, seed);
        if (wrong != 0)
            return wrong;
    }
    return 0;
}

/* A class that goes on with another seed: what was read with the first one is older, and no longer counts. */
static void tell_seeds(sqlite3 *db, const char *target, const char *before, const char *joined)
{
    char *now = gradebook_get(db, "seed");
    if (before != NULL && joined != NULL && strcmp(before, joined) != 0)
        refusal("%s was graded with seed %s before, and what is joined with %s: what was read later counts, and the "
                "next run goes on with seed %s",
                target, before, joined, now);
    free(now);
}

/* A gradebook without a rubric agrees with any. */
static bool has_another_rubric(sqlite3 *db, const char *path)
{
    const char *problem;
    sqlite3 *other = gradebook_open(path, GRADEBOOK_READ, &problem);
    if (other == NULL)
        return false;
    json_t *ours = gradebook_rubric(db);
    json_t *theirs = gradebook_rubric(other);
    bool differ = theirs != NULL && !json_equal(ours, theirs);
    json_decref(ours);
    json_decref(theirs);
    sqlite3_close(other);
    return differ;
}

static int join(sqlite3 *db, const char *target, int count, char *parts[])
{
    const char *problem;
    bool rubrics_differ = false;
    for (int i = 0; i < count; i++) {
        if (gradebook_merge(db, book_of(parts[i]).text, &problem) == -1)
            return fault_error("%s", problem);
    }
    for (int i = 0; i < count; i++)
        rubrics_differ = rubrics_differ || has_another_rubric(db, book_of(parts[i]).text);
    if (rubrics_differ)
        refusal("they have different rubrics: %s keeps one; grade --rubric FILE gives it another", target);
    int open = units_collect(db, 0, 0);
    int total = units_total(db);
    printf("%s: %d of %d graded\n", target, total - open, total);
    return 0;
}

int command_merge(const struct kit *kit, int argc, char *argv[])
{
    (void)kit;
    static const struct option names[] = {{"output", required_argument, NULL, 'o'}, {NULL, 0, NULL, 0}};
    const char *to = NULL;
    int name;
    while ((name = argument_option(argc, argv, "o:", names)) != -1) {
        if (name != 'o')
            return EXIT_USAGE;
        to = optarg;
    }
    if (to == NULL || *to == '\0' || optind == argc)
        return usage_error("merge takes gradebooks, and -o DB, the one that they are joined into");
    struct path target = book_of(to);
    char *seed = NULL;
    int wrong = examine_all(argc - optind, argv + optind, target.text, &seed);
    const char *problem;
    sqlite3 *db = wrong == 0 ? gradebook_open(target.text, GRADEBOOK_WRITE, &problem) : NULL;
    if (db != NULL) {
        char *before = gradebook_get(db, "seed");
        wrong = join(db, target.text, argc - optind, argv + optind);
        tell_seeds(db, target.text, before, seed);
        free(before);
    } else if (wrong == 0) {
        wrong = fault_error("%s", problem);
    }
    sqlite3_close(db);
    free(seed);
    return wrong;
}
