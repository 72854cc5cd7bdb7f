#include "class/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "run/jobs.h"

/* Seconds between two lines: what a person still takes for movement, and what a log still holds. */
static const double on_terminal = 0.1;
static const double in_log = 30;

/* So many must be done before what is left can be said: units come in an order that mixes short and long. */
enum { ENOUGH = 20 };

struct progress progress_begin(int total)
{
    const char *terminal = getenv("TERM");
    bool dumb = terminal == NULL || *terminal == '\0' || terminal[0] == 'd'; /* "dumb" */
    return (struct progress){
        .total = total, .began = jobs_now(), .told = jobs_now(), .on_terminal = isatty(2) && !dumb};
}

static void print_time_left(const struct progress *progress, double elapsed)
{
    if (progress->done < ENOUGH && progress->done * 20 < progress->total) {
        fputs("time left: not known yet", stderr);
        return;
    }
    double left = elapsed / progress->done * (progress->total - progress->done);
    if (left < 90)
        fprintf(stderr, "about %.0f s left", left);
    else
        fprintf(stderr, "about %.0f min left", left / 60);
}

void progress_step(struct progress *progress, const char *what)
{
    progress->done++;
    double now = jobs_now();
    bool last = progress->done == progress->total;
    if (now - progress->told < (progress->on_terminal ? on_terminal : in_log) && !last)
        return;
    progress->told = now;
    double elapsed = now - progress->began;
    progress_clear(progress);
    fprintf(stderr, "graded %d of %d, %.1f a second, ", progress->done, progress->total, progress->done / elapsed);
    print_time_left(progress, elapsed);
    if (!progress->on_terminal)
        fputc('\n', stderr);
    else
        fprintf(stderr, "   %.30s", what);
    fflush(stderr);
}

void progress_clear(const struct progress *progress)
{
    if (progress->on_terminal)
        fputs("\r\033[K", stderr);
}
