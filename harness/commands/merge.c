/** sockeye merge: joins gradebooks. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include "class/gradebook.h"
#include "class/units.h"
#include "sockeye.h"

const char help_merge[] = "Joins gradebooks, such as those of the parts that --shard has made on several machines. "
                          "Each row is named by its content, so "
                          "joining twice changes nothing. Then `grade` with the same submissions and -o the folder of "
                          "the joined one finds what is still open.\n"
                          "\n"
                          "  -o DB\tthe gradebook that they are joined into; it is made if it is not there\n";

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

int command_merge(const struct kit *kit, int argc, char *argv[])
{
    (void)kit;
    const char *target = NULL;
    int name;
    while ((name = getopt(argc, argv, "o:")) != -1) {
        if (name != 'o')
            return usage_error("see %s help merge", sockeye_name());
        target = optarg;
    }
    if (target == NULL || optind == argc)
        return usage_error("merge takes gradebooks, and -o DB, the one that they are joined into");
    const char *problem;
    bool rubrics_differ = false;
    sqlite3 *db = gradebook_open(target, GRADEBOOK_WRITE, &problem);
    if (db == NULL)
        return fault_error("%s", problem);
    int wrong = 0;
    for (int i = optind; i < argc && wrong == 0; i++) {
        if (gradebook_merge(db, argv[i], &problem) == -1)
            wrong = fault_error("%s", problem);
    }
    for (int i = optind; i < argc && wrong == 0; i++)
        rubrics_differ = rubrics_differ || has_another_rubric(db, argv[i]);
    if (rubrics_differ)
        refusal("they have different rubrics: %s keeps one; grade --rubric FILE gives it another", target);
    if (wrong == 0) {
        int open = units_collect(db, 0, 0);
        int total = units_total(db);
        printf("%s: %d of %d graded\n", target, total - open, total);
    }
    sqlite3_close(db);
    return wrong;
}
