#define _GNU_SOURCE
#include "class/grading.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "class/progress.h"
#include "class/units.h"
#include "record/result.h"
#include "run/grade.h"
#include "run/jobs.h"
#include "run/path.h"
#include "run/rundir.h"
#include "run/server.h"

/* Many checks wait rather than work, so there are more of them under way than the machine has processors. A unit
   that takes longer than UNIT_SECONDS hangs by a fault of ours: its checks have deadlines of their own. */
enum { UNITS_A_CORE = 4, JOBS_A_UNIT = 4, UNIT_SECONDS = 3600 };

struct class_run {
    const struct grading_plan *plan;
    struct job job[JOBS_MAX];
    struct unit unit[JOBS_MAX]; /* of the job at the same place */
    double began[JOBS_MAX];
    int places;
    struct progress progress;
    struct graded graded;
};

/* ------------------------------------------------ a unit, in its own process */

static double cpu_of(int who)
{
    struct rusage usage;
    getrusage(who, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* What is said of a program that is missing names the folder that its unit had for a while: nobody knows that one. */
static void forget_folder(const json_t *document, const char *work)
{
    json_t *build = json_object_get(json_array_get(json_object_get(document, "lessons"), 0), "build");
    const char *output = result_text(build, "output");
    size_t length = strlen(work);
    if (strncmp(output, work, length) == 0 && output[length] == '/')
        json_object_set_new(build, "output", json_string(output + length + 1));
}

static _Noreturn void be_unit(const struct class_run *run, int place, int result, int errors, const char *work)
{
    const struct grading_plan *class = run->plan;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGXFSZ, SIG_DFL); /* as under sockeye check */
    dup2(errors, 2);
    struct world world = *class->world;
    server_leave();
    gradebook_leave();
    if (world.run_as != (uid_t)-1) /* users that no other unit has: the kernel counts some things for each user */
        world.run_as += (uid_t)(place * JOBS_A_UNIT);
    struct plan plan = {.kit = class->terms->kit,
                        .world = &world,
                        .lesson = {kit_lesson(class->terms->kit, run->unit[place].lesson)},
                        .lessons = 1,
                        .work = work,
                        .submission = run->unit[place].student,
                        .seed = class->terms->seed,
                        .jobs = JOBS_A_UNIT,
                        .memcheck = class->terms->memcheck};
    json_t *document = rundir_enter() == -1 ? NULL : grade(&plan);
    forget_folder(document, work);
    server_end(false);
    remove_tree(rundir());
    remove_tree(work);
    json_t *back = json_pack("{s:o?, s:f}", "document", document, "cpu_seconds",
                             cpu_of(RUSAGE_SELF) + cpu_of(RUSAGE_CHILDREN));
    jobs_hand_back(result, back);
    _exit(0);
}

/* ------------------------------------------------ the class */

static int free_place(const struct class_run *run)
{
    for (int i = 0; i < run->places; i++) {
        if (run->job[i].pid == 0)
            return i;
    }
    return -1;
}

/* The machine's fault, with errno: what is under way goes on to its end, and nothing more is begun. */
static bool cannot_go_on(struct class_run *run, const char *what)
{
    static char words[200];
    snprintf(words, sizeof words, "%s: %s", what, strerror(errno));
    run->graded.problem = words;
    return false;
}

/* False if there is none left, or it can't be started. */
static bool start_unit(struct class_run *run, int place)
{
    struct unit *unit = &run->unit[place];
    if (!units_next(run->plan->db, unit))
        return false;
    struct path work = path_of("%s/handed-in-XXXXXX", rundir());
    struct job_pipes pipes;
    if (mkdtemp(work.text) == NULL || unit_write(run->plan->db, unit, work.text) == -1)
        return cannot_go_on(run, "no place in the temporary folder");
    if (!jobs_open_pipes(&pipes))
        return cannot_go_on(run, "no pipe");
    pid_t pid = fork();
    if (pid == 0)
        be_unit(run, place, pipes.result[1], pipes.errors[1], work.text);
    run->began[place] = jobs_now();
    return jobs_begin(&run->job[place], pid, &pipes, UNIT_SECONDS, NULL) || cannot_go_on(run, "no new process");
}

/* What a unit is that has broken off: no verdict on the student. */
static json_t *broken(const struct class_run *run, int place, const struct job *job)
{
    const struct lesson *lesson = kit_lesson(run->plan->terms->kit, run->unit[place].lesson);
    return json_pack("{s:i, s:s, s:s, s:i, s:i, s:{s:s, s:i, s:s}, s:[]}", "number", lesson->number, "name",
                     lesson->name, "status", "fault", "score", 0, "max_score", lesson_points(lesson), "build", "status",
                     "fault", "warnings", 0, "output", job->words[0] == '\0' ? "its grading broke off" : job->words,
                     "checks");
}

static void end_unit(struct class_run *run, const struct job *job, json_t *value)
{
    int place = (int)(job - run->job);
    const struct unit *unit = &run->unit[place];
    const json_t *document = json_object_get(value, "document");
    json_t *result = json_incref(json_array_get(json_object_get(document, "lessons"), 0));
    if (result == NULL)
        result = broken(run, place, job);
    char seed[32];
    snprintf(seed, sizeof seed, "%llx", (unsigned long long)run->plan->terms->seed);
    struct verdict_row row = {.student = unit->student,
                              .lesson = unit->lesson,
                              .unit = unit->hash.hex,
                              .seed = seed,
                              .kit = kit_version(),
                              .mode = run->plan->world->is_private ? "private" : "plain",
                              .result = result,
                              .seconds = jobs_now() - run->began[place],
                              .cpu_seconds = json_real_value(json_object_get(value, "cpu_seconds"))};
    gradebook_keep(run->plan->db, &row);
    run->graded.units++;
    char what[320];
    snprintf(what, sizeof what, "%s, %s", unit->student, unit->lesson);
    progress_step(&run->progress, what);
    json_decref(result);
    json_decref(value);
}

static void end_job(const struct job *job)
{
    kill(job->pid, job->overdue ? SIGKILL : SIGTERM);
}

static void stop_units(struct class_run *run)
{
    for (int i = 0; i < run->places; i++) {
        if (run->job[i].pid != 0)
            kill(run->job[i].pid, SIGTERM);
    }
    for (int i = 0; i < run->places; i++) {
        if (run->job[i].pid != 0)
            jobs_reap(run->job[i].pid);
    }
}

static int collect(const struct grading_plan *plan)
{
    return units_collect(plan->db, plan->shard, plan->shards);
}

/* All that is in the list, once. */
static void grade_list(struct class_run *run, int count, int places)
{
    run->places = places;
    run->progress = progress_begin(count);
    for (;;) {
        int place;
        while (!jobs_interrupted() && run->graded.problem == NULL && (place = free_place(run)) != -1 &&
               start_unit(run, place))
            ;
        bool busy = false;
        for (int i = 0; i < run->places; i++)
            busy = busy || run->job[i].pid != 0;
        if (!busy)
            break;
        json_t *value = NULL;
        struct job *job = jobs_wait(run->job, run->places, &value, end_job, NULL);
        if (job == NULL)
            break;
        end_unit(run, job, value);
    }
    gradebook_settle(run->plan->db);
    progress_clear(&run->progress);
    if (jobs_interrupted())
        stop_units(run);
}

struct graded grade_class(const struct grading_plan *plan)
{
    static struct class_run run;
    memset(&run, 0, sizeof run);
    run.plan = plan;
    int places = plan->jobs > 0 ? (plan->jobs + JOBS_A_UNIT - 1) / JOBS_A_UNIT : jobs_cores() * UNITS_A_CORE;
    double began = jobs_now();
    jobs_catch_signals();
    int open = units_collect(plan->db, 0, 0);
    run.graded.kept = units_total(plan->db) - open;
    if (plan->shards > 0)
        open = collect(plan);
    grade_list(&run, open, places > JOBS_MAX ? JOBS_MAX : places);
    int faults = collect(plan);
    if (faults > 0 && !jobs_interrupted() &&
        run.graded.problem == NULL) { /* time can't be judged on a machine that is too busy: alone, it can */
        run.graded.again = faults;
        grade_list(&run, faults, 1);
        faults = collect(plan);
    }
    bool stopped = jobs_interrupted() || run.graded.problem != NULL;
    run.graded.faults = stopped ? 0 : faults;
    run.graded.open = stopped ? faults : 0;
    run.graded.seconds = jobs_now() - began;
    return run.graded;
}
