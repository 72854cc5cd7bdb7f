/* alike GRADEBOOK: prints what is alike in a class, a JSON document a line, for tests/suites/alike. */
#include <stdio.h>
#include <string.h>

#include "class/gradebook.h"
#include "class/similar.h"

static void print(void *context, json_t *program)
{
    (void)context;
    json_dumpf(program, stdout, JSON_COMPACT);
    puts("");
}

int main(int argc, char *argv[])
{
    static struct kit kit;
    const char *problem = "alike takes a gradebook";
    sqlite3 *db = argc == 2 && kit_find(&kit, &problem) == 0 ? gradebook_open(argv[1], GRADEBOOK_READ, &problem) : NULL;
    if (db == NULL) {
        fprintf(stderr, "%s\n", problem);
        return 2;
    }
    similar_programs(db, &kit, print, NULL);
    sqlite3_close(db);
    return 0;
}
