/* read_submissions [--plain] SUBMISSION: reads it and prints what is told, a JSON object a line. For tests/suites/submissions.
 *
 * The last line has "students": how many there were, or a problem. Sources come as base64. */
#define _GNU_SOURCE
#include <jansson.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "class/submission.h"
#include "run/path.h"
#include "run/rundir.h"
#include "run/world.h"

static void print(json_t *line)
{
    if (line == NULL)
        puts("{\"broken\": true}"); /* a text that is no UTF-8 */
    else
        json_dumpf(line, stdout, JSON_COMPACT | JSON_SORT_KEYS);
    putchar('\n');
    json_decref(line);
}

static void on_found(void *context, const struct handed_in *found)
{
    (void)context;
    size_t room = found->length / 3 * 4 + 8;
    char *text = malloc(room);
    if (text == NULL ||
        (found->data != NULL && b64_ntop((const unsigned char *)found->data, found->length, text, room) == -1))
        exit(3);
    const struct student *who = found->student;
    print(json_pack("{ss ss ss ss ss ss ss sI ss* ss*}", "key", who->key, "name", who->name, "id", who->id, "login",
                    who->login, "email", who->email, "place", found->place, "path", found->path, "time",
                    (json_int_t)found->time, "data", found->data == NULL ? NULL : text, "problem", found->problem));
    free(text);
}

int main(int argc, char *argv[])
{
    struct world world;
    static struct kit kit;
    char own[PATH_MAX];
    const char *problem = "";
    bool plain = argc == 3 && strcmp(argv[1], "--plain") == 0;
    if (argc != 2 + plain || realpath("/proc/self/exe", own) == NULL) {
        fprintf(stderr, "usage: read_submissions [--plain] SUBMISSION\n");
        return 2;
    }
    *strrchr(own, '/') = '\0';
    kit.root = path_of("%s", own);
    kit.worker = path_of("%s/worker", own);
    if (world_init(&world, &kit, plain, &problem) == -1) {
        fprintf(stderr, "read_submissions: %s\n", problem);
        return 3;
    }
    int students = submissions_read(&world, argv[argc - 1], false, on_found, NULL, &problem);
    print(json_pack("{si sb ss*}", "students", students, "private", world.is_private, "problem", problem));
    rundir_remove();
    return 0;
}
