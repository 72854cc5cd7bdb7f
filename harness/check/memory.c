/* The verbs that look at how much memory a program has in use. */
#define _GNU_SOURCE
#include "check/check.h"
#include "check/record.h"
#include "check/verdict.h"
#include "check/wait.h"
#include "look/proc.h"

static size_t count_memory(const struct program *program)
{
    static pid_t pids[PROC_MAX];
    int processes = programs_pids(pids, PROC_MAX);
    size_t memory = 0;
    for (int i = 0; i < processes; i++)
        memory += program_of(pids[i]) == program ? proc_memory(pids[i]) : 0;
    return memory;
}

size_t memory_of(struct program *program)
{
    wait_settled(1);
    return count_memory(program);
}

void has_no_more_memory(struct program *program, size_t before, size_t more)
{
    size_t memory = memory_of(program);
    if (memory <= before + more) {
        record(YOU, NULL, "uses no more memory than before", bytes(""));
        return;
    }
    fails(text("%s uses about as much memory as before: %zu KiB", program->name, before >> 10),
          text("it uses %zu KiB now", memory >> 10));
}
