/** sockeye merge: joins gradebooks. */
#include <getopt.h>
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
    sqlite3 *db = gradebook_open(target, GRADEBOOK_WRITE, &problem);
    if (db == NULL)
        return fault_error("%s", problem);
    int wrong = 0;
    for (int i = optind; i < argc && wrong == 0; i++) {
        if (gradebook_merge(db, argv[i], &problem) == -1)
            wrong = fault_error("%s", problem);
    }
    if (wrong == 0) {
        int open = units_collect(db, 0, 0);
        int total = units_total(db);
        printf("%s: %d of %d graded\n", target, total - open, total);
    }
    sqlite3_close(db);
    return wrong;
}
