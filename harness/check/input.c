#define _GNU_SOURCE
#include "check/input.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "check/check.h"
#include "check/record.h"
#include "check/verdict.h"
#include "check/wait.h"

/* So long we wait for a program to fall asleep: one that never does (it spins) is judged by another check. */
static const double PATIENCE = 0.05;

static void close_input(struct program *program)
{
    if (program->input != -1)
        close(program->input);
    program->input = -1;
    program->typed = bytes("");
}

void input_goes_on(struct program *program)
{
    while (program->input != -1 && program->typed.length > 0) {
        ssize_t n = write(program->input, program->typed.data, program->typed.length);
        if (n == -1 && errno == EAGAIN)
            return;
        if (n == -1)
            close_input(program); /* it reads no more: what it does next shows whether that was right */
        else
            program->typed = part(program->typed, (size_t)n, program->typed.length);
    }
    if (program->input_ends)
        close_input(program);
}

int input_waits_on(const struct program *program)
{
    return program->typed.length > 0 ? program->input : -1;
}

void program_is_typed(struct program *program, struct bytes what)
{
    record("stdin", YOU, "data", what);
    program->typed = program->typed.length == 0 ? what : join(program->typed, what);
    input_goes_on(program);
}

void input_ends(struct program *program)
{
    record("stdin", YOU, "end-of-file", bytes(""));
    program->input_ends = true;
    input_goes_on(program);
}

struct reading {
    struct program *program;
    double since; /* when the pipe was first seen empty; 0: not yet */
};

static bool all_is_read(void *context)
{
    struct reading *reading = context;
    int unread = 0;
    if (reading->program->input == -1)
        return true;
    if (reading->program->typed.length > 0 || ioctl(reading->program->input, FIONREAD, &unread) == -1 || unread > 0)
        return false;
    if (reading->since == 0)
        reading->since = now();
    return programs_sleep() || now() - reading->since > PATIENCE;
}

void program_is_typed_when_read(struct program *program, struct bytes what)
{
    struct reading reading = {.program = program};
    struct awaited awaited = {
        .come = all_is_read, .context = &reading, .until_end = true, .who_waits = "more is to come on its stdin"};
    enum waited waited = wait_until(&awaited);
    if (waited == STUCK || waited == LATE)
        wait_fails(waited, &awaited, text("%s reads its stdin", program->name), "it does not read what is there");
    program_is_typed(program, what);
}
