/* look/source.h: the line that a program is at. */
#define _GNU_SOURCE
#include "look/source.h"

#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/bytes.h"
#include "look/proc.h"
#include "unit.h"

static const char *program; /* the executable */
static const char *argument;

static void runs_it(void *context)
{
    (void)context;
    execl(program, program, argument, NULL);
}

struct resting {
    pid_t pid;
    int threads;
};

static bool all_are_blocked(void *context)
{
    const struct resting *resting = context;
    struct thread thread[4];
    int count = proc_threads(resting->pid, thread, 4);
    int blocked = 0;
    for (int i = 0; i < count; i++)
        blocked += thread[i].state == 'S' && /* where it may not be looked into, that is all that is known */
                   (!thread[i].call_known || thread[i].call == SYS_recvfrom || thread[i].call == SYS_read);
    return blocked == resting->threads;
}

static bool is_program(void *context)
{
    char name[20];
    return proc_read(text("/proc/%d/comm", *(pid_t *)context), name, sizeof name) > 0 && strcmp(name, "blocked\n") == 0;
}

/* Compiles the program with @p flags and starts it; returns when it is blocked. */
static pid_t blocked_program_of(const char *source, const char *flags, const char *argument_of_it, int threads)
{
    program = text("%s/blocked", unit_folder());
    argument = argument_of_it;
    unit_compile(source, program, flags);
    pid_t pid = unit_child(runs_it, NULL);
    struct resting resting = {pid, threads};
    if (!eventually(is_program, &pid) || !eventually(all_are_blocked, &resting))
        CU_FAIL_FATAL("the program blocks");
    return pid;
}

static pid_t blocked_program(const char *flags, const char *argument_of_it, int threads)
{
    return blocked_program_of(unit_source("programs/blocked.c"), flags, argument_of_it, threads);
}

static void the_line_of_a_blocked_call_is_found(void)
{
    if (!unit_may_look())
        return;
    pid_t pid = blocked_program("-g -O1", NULL, 1);
    struct source source = {0};
    CU_ASSERT_FATAL(source_find(pid, pid, "blocked", &source));
    assert_text(source.file, "blocked.c");
    assert_number(source.line, unit_line_of(unit_source("programs/blocked.c"), "here it blocks"));
    assert_text(source.function, "receives");
    assert_text(source.call, "recv");
}

static void the_line_is_found_without_optimization_and_static(void)
{
    if (!unit_may_look())
        return;
    static const char *const flags[] = {"-g -O0", "-g -O2", "-g -O1 -static"};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        pid_t pid = blocked_program(flags[i], NULL, 1);
        struct source source = {0};
        if (!source_find(pid, pid, "blocked", &source))
            fail_test("%s: nothing found", flags[i]);
        assert_number(source.line, unit_line_of(unit_source("programs/blocked.c"), "here it blocks"));
        unit_tear_down();
    }
}

static void each_thread_has_a_line_of_its_own(void)
{
    if (!unit_may_look())
        return;
    pid_t pid = blocked_program("-g -O1", "thread", 2);
    struct thread thread[4];
    assert_number(proc_threads(pid, thread, 4), 2);
    struct source source = {0};
    CU_ASSERT_FATAL(source_find(pid, thread[1].tid, "blocked", &source));
    assert_text(source.function, "in_a_thread");
    assert_text(source.call, "read");
    assert_number(source.line, unit_line_of(unit_source("programs/blocked.c"), "here its thread blocks"));
    CU_ASSERT_FATAL(source_find(pid, pid, "blocked", &source));
    assert_text(source.function, "receives");
}

static void names_are_of_one_line_and_utf8(void)
{
    if (!unit_may_look())
        return;
    const char *source_of_it = text("%s/blocked.c", unit_folder());
    unit_write(source_of_it,
               "#include <unistd.h>\n"
               "#line 9 \"\\377\\n::error::\\033[2J.c\"\n"
               "static int äääääääääääääääääääääääääääääääää(void) { char c; return (int)read(0, &c, 1); }\n"
               "int main(void) { return äääääääääääääääääääääääääääääääää() + 1; }\n");
    int ends[2];
    CU_ASSERT_FATAL(pipe(ends) == 0 && dup2(ends[0], 0) == 0);
    pid_t pid = blocked_program_of(source_of_it, "-g -O0", NULL, 1);
    struct source source = {0};
    CU_ASSERT_FATAL(source_find(pid, pid, "blocked", &source));
    close(ends[0]);
    close(ends[1]);
    assert_number(source.line, 9);
    assert_text(source.file, "\\377\\012::error::\\033[2J.c");
    assert_text(source.function,
                "äääääääääääääääääääääääääääääää"); /* 31 characters of 2 bytes: there is room for 63 bytes */
}

static void without_debug_information_nothing_is_found(void)
{
    pid_t pid = blocked_program("-O1 -s", NULL, 1);
    struct source source = {0};
    CU_ASSERT(!source_find(pid, pid, "blocked", &source));
}

static void another_program_is_not_searched(void)
{
    pid_t pid = blocked_program("-g -O1", NULL, 1);
    struct source source = {0};
    CU_ASSERT(!source_find(pid, pid, "locked", &source));
    CU_ASSERT(!source_find(pid, pid + 1, "blocked", &source)); /* no thread of its */
}

static void who_is_gone_is_not_found(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    waitpid(pid, NULL, 0);
    struct source source = {0};
    CU_ASSERT(!source_find(pid, pid, "blocked", &source));
}

static void looks_as_nobody(pid_t pid)
{
    struct source source;
    if (geteuid() == 0 && setuid(65534) == -1)
        _exit(2);
    _exit(source_find(pid, pid, "blocked", &source));
}

/* A process that may not be traced, by one who is not root. */
static void where_tracing_is_not_permitted_nothing_is_found(void)
{
    pid_t pid = blocked_program("-g -O1", "private", 1);
    pid_t looker = fork();
    if (looker == 0)
        looks_as_nobody(pid);
    int status = 0;
    waitpid(looker, &status, 0);
    CU_ASSERT(WIFEXITED(status));
    assert_number(WEXITSTATUS(status), 0);
    struct process process;
    assert_number(proc_process(pid, &process), 0); /* and it goes on as before */
    CU_ASSERT(process.state == 'S');
}

static CU_TestInfo tests[] = {
    {"the line of a blocked call is found", the_line_of_a_blocked_call_is_found},
    {"the line is found without optimization, with more of it, and static",
     the_line_is_found_without_optimization_and_static},
    {"each thread has a line of its own", each_thread_has_a_line_of_its_own},
    {"names are of one line, and UTF-8", names_are_of_one_line_and_utf8},
    {"without debug information nothing is found", without_debug_information_nothing_is_found},
    {"another program is not searched", another_program_is_not_searched},
    {"who is gone is not found", who_is_gone_is_not_found},
    {"where tracing is not permitted nothing is found", where_tracing_is_not_permitted_nothing_is_found},
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo source_suite = {"source", NULL, NULL, NULL, unit_tear_down, tests};
