#define _GNU_SOURCE
#include "run/work.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/result.h"
#include "run/grade.h"

struct path work_folder(const struct kit *kit)
{
    const char *own = getenv("SOCKEYE_WORK");
    struct path in_kit = path_of("%s/work", kit->root.text);
    if (own != NULL && *own != '\0')
        return path_of("%s", own);
    if (kit->is_installed)
        return path_of("work");
    if (access(in_kit.text, W_OK) == 0 || access(kit->root.text, W_OK) == 0)
        return in_kit;
    return path_of("work");
}

/* One small file a lesson: {"kit": "0.1.0", "result": …, "hints": {"answer-in-pieces": 1}}. */
static struct path memory_file(const struct kit *kit, const struct lesson *lesson)
{
    return path_of("%s/.sockeye/%s.json", work_folder(kit).text, lesson->folder);
}

static json_t *read_memory(const struct kit *kit, const struct lesson *lesson)
{
    json_t *memory = json_load_file(memory_file(kit, lesson).text, 0, NULL);
    if (json_is_object(memory))
        return memory;
    json_decref(memory);
    return json_object();
}

static void write_memory(const struct kit *kit, const struct lesson *lesson, const json_t *memory)
{
    struct path work = work_folder(kit);
    mkdir(work.text, 0777);
    mkdir(path_of("%s/.sockeye", work.text).text, 0777);
    struct path file = memory_file(kit, lesson);
    struct path temporary = path_of("%s.new", file.text);
    if (json_dump_file(memory, temporary.text, JSON_INDENT(1)) == 0)
        rename(temporary.text, file.text);
}

bool work_is_started(const struct kit *kit, const struct lesson *lesson)
{
    struct path work = work_folder(kit);
    for (int i = 0; i < lesson->programs; i++) {
        if (access(path_of("%s/%s/%s.c", work.text, lesson->folder, lesson->program[i]).text, F_OK) == -1)
            return false;
    }
    return true;
}

json_t *work_recall(const struct kit *kit, const struct lesson *lesson)
{
    json_t *memory = read_memory(kit, lesson);
    json_t *result = json_incref(json_object_get(memory, "result"));
    json_decref(memory);
    return result;
}

bool work_is_outdated(const struct kit *kit, const struct lesson *lesson)
{
    json_t *memory = read_memory(kit, lesson);
    bool outdated = json_object_get(memory, "result") != NULL && strcmp(result_text(memory, "kit"), kit_version()) != 0;
    json_decref(memory);
    return outdated;
}

const struct lesson *work_current(const struct kit *kit)
{
    const struct lesson *first = NULL;
    for (int i = 0; i < kit->lessons; i++) {
        const struct lesson *lesson = &kit->lesson[i];
        json_t *last = work_recall(kit, lesson);
        bool passed = last != NULL && result_has_status(last, "passed");
        json_decref(last);
        if (passed)
            continue;
        if (work_is_started(kit, lesson))
            return lesson;
        if (first == NULL)
            first = lesson;
    }
    return first == NULL ? &kit->lesson[0] : first;
}

/* A check that passes starts anew with its hints if it should fail again one day. */
static void forget_hints(json_t *memory, const json_t *result)
{
    json_t *hints = json_object_get(memory, "hints");
    size_t i;
    json_t *check;
    json_array_foreach (json_object_get(result, "checks"), i, check) {
        const char *dot = strchr(result_text(check, "id"), '.');
        if (dot != NULL && result_has_status(check, "passed"))
            json_object_del(hints, dot + 1);
    }
    if (result_number(result, "score") > 0)
        json_object_del(hints, "start");
}

void work_remember(const struct kit *kit, const json_t *document)
{
    size_t i;
    json_t *result;
    json_array_foreach (json_object_get(document, "lessons"), i, result) {
        char number[16];
        snprintf(number, sizeof number, "%d", result_number(result, "number"));
        const struct lesson *lesson = kit_lesson(kit, number);
        json_t *memory = read_memory(kit, lesson);
        json_object_set(memory, "kit", json_object_get(document, "kit"));
        json_object_set(memory, "result", result);
        forget_hints(memory, result);
        write_memory(kit, lesson, memory);
        json_decref(memory);
    }
}

int work_hints(const struct kit *kit, const struct lesson *lesson, const char *key)
{
    json_t *memory = read_memory(kit, lesson);
    int count = result_number(json_object_get(memory, "hints"), key);
    json_decref(memory);
    return count;
}

void work_set_hints(const struct kit *kit, const struct lesson *lesson, const char *key, int count)
{
    json_t *memory = read_memory(kit, lesson);
    json_t *hints = json_object_get(memory, "hints");
    if (!json_is_object(hints)) {
        hints = json_object();
        json_object_set_new(memory, "hints", hints);
    }
    json_object_set_new(hints, key, json_integer(count));
    write_memory(kit, lesson, memory);
    json_decref(memory);
}
