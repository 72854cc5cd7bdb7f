#include "check/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct verdict verdict;
static jmp_buf ending;
static bool running;
static char because[2048];
static char reason[1024]; /* a fault may be 'no memory': it needs room of its own */

void verdict_because(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(because, sizeof because, format, list);
    va_end(list);
    verdict.because = because;
}

void verdict_because_also(const char *format, ...)
{
    va_list list;
    size_t used = verdict.because == NULL ? 0 : strlen(because);
    if (used > 0 && used < sizeof because - 1)
        because[used++] = ' ';
    va_start(list, format);
    vsnprintf(because + used, sizeof because - used, format, list);
    va_end(list);
    verdict.because = because;
}

void verdict_port_is_swapped(int got, int port)
{
    verdict_because("%d is %d with its two bytes swapped: a port goes into an address in network order, htons().", got,
                    port);
}

void verdict_is_whole(void)
{
    verdict.is_whole = true;
}

void verdict_where(const struct source *where)
{
    verdict.where = *where;
}

_Noreturn static void end(enum outcome outcome)
{
    verdict.outcome = outcome;
    if (!running) { /* no check to end: a mistake of ours */
        fprintf(stderr, "sockeye: %s\n", verdict.observed);
        abort();
    }
    longjmp(ending, 1);
}

_Noreturn void fails(const char *expected, const char *observed)
{
    verdict.expected = expected;
    verdict.observed = observed;
    end(FAILED);
}

_Noreturn static void end_with_reason(enum outcome outcome, const char *format, va_list list)
{
    vsnprintf(reason, sizeof reason, format, list);
    verdict.observed = reason;
    verdict.expected = NULL;
    end(outcome);
}

_Noreturn void not_graded(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    end_with_reason(NOT_GRADED, format, list);
}

_Noreturn void fault(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    end_with_reason(FAULT, format, list);
}

struct verdict verdict_of(void (*body)(void))
{
    memset(&verdict, 0, sizeof verdict);
    running = true;
    if (setjmp(ending) == 0) {
        body();
        verdict.outcome = PASSED;
    }
    running = false;
    return verdict;
}
