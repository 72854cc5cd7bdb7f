#define _GNU_SOURCE
#include "run/grade.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/registry.h"
#include "check/wait.h"
#include "look/proc.h"
#include "record/result.h"
#include "record/utf8.h"
#include "run/build.h"
#include "run/jobs.h"
#include "run/path.h"
#include "run/rundir.h"
#include "run/server.h"

#ifndef KIT_VERSION
#define KIT_VERSION "unknown"
#endif

enum { CHECKS_MAX = 1024 };

enum progress { WAITING, RUNNING, DONE };

struct check_run {
    const struct check *check;
    struct lesson_run *lesson;
    enum progress progress;
    json_t *result; /* the check's entry in the document, which owns it */
    bool early;     /* the plan wants it first, or it must pass before that one */
    bool replaying; /* it has crashed, and is played again under memcheck to see where */
};

struct lesson_run {
    const struct lesson *lesson;
    enum progress progress; /* of its build */
    bool built;
    char folder[300]; /* of the executables */
    json_t *result;
};

struct grading {
    const struct plan *plan;
    struct lesson_run lesson[LESSONS_MAX];
    struct check_run check[CHECKS_MAX];
    int checks;
    struct job job[JOBS_MAX];
    int jobs;
    int cores;
    pid_t not_ours[PROC_MAX]; /* children that this process had before: a shell may have left us some by exec */
    int not_ours_count;
};

const char *kit_version(void)
{
    return KIT_VERSION;
}

struct path source_path(const char *work, const struct lesson *lesson, int program)
{
    struct path in_folder = path_of("%s/%s/%s.c", work, lesson->folder, lesson->program[program]);
    struct path flat = path_of("%s/%s.c", work, lesson->program[program]);
    struct stat status;
    return stat(in_folder.text, &status) == -1 && stat(flat.text, &status) == 0 ? flat : in_folder;
}

/* ------------------------------------------------ the document */

static char *check_id(const struct check *check, const struct lesson *lesson)
{
    static char id[128];
    snprintf(id, sizeof id, "%02d.%s", lesson->number, check->name);
    for (char *c = id; *c != '\0'; c++) {
        if (*c == '_')
            *c = '-';
    }
    return id;
}

static json_t *new_check(const struct check *check, const struct lesson *lesson)
{
    return json_pack("{s:s, s:s, s:s, s:i, s:i, s:n, s:n, s:n, s:n, s:s, s:[], s:f, s:f}", "id",
                     check_id(check, lesson), "title", check->title, "status", "waiting", "points", 0, "max_points",
                     check->points, "expected", "observed", "because", "where", "hint", "", "wire", "seconds", 0.0,
                     "cpu_seconds", 0.0);
}

static void set_outcome(json_t *check, const char *status, const char *observed)
{
    json_object_set_new(check, "status", json_string(status));
    json_object_set_new(check, "observed", json_string(observed));
}

static struct check_run *named(struct grading *grading, const struct lesson_run *lesson, const char *name)
{
    for (int i = 0; i < grading->checks; i++) {
        if (grading->check[i].lesson == lesson && strcmp(grading->check[i].check->name, name) == 0)
            return &grading->check[i];
    }
    return NULL;
}

static bool is_wanted(const struct plan *plan, const struct check *check)
{
    for (int i = 0; plan->only[i] != NULL; i++) {
        if (strcmp(plan->only[i], check->name) == 0)
            return true;
    }
    return plan->only[0] == NULL;
}

/* A check that is wanted early is, with all that must pass before it. */
static void mark_early(struct grading *grading, struct check_run *run)
{
    char names[256];
    char *rest = names;
    run->early = true;
    snprintf(names, sizeof names, "%s", run->check->after == NULL ? "" : run->check->after);
    for (char *name; (name = strsep(&rest, ", ")) != NULL;) {
        struct check_run *before = *name == '\0' ? NULL : named(grading, run->lesson, name);
        if (before != NULL && !before->early)
            mark_early(grading, before);
    }
}

static void prepare(struct grading *grading, json_t *document)
{
    const struct plan *plan = grading->plan;
    for (int i = 0; i < plan->lessons; i++) {
        struct lesson_run *run = &grading->lesson[i];
        const struct lesson *lesson = plan->lesson[i];
        *run = (struct lesson_run){.lesson = lesson};
        snprintf(run->folder, sizeof run->folder, "%.250s/%d", server_folder().text, lesson->number);
        run->result = json_pack("{s:i, s:s, s:s, s:i, s:i, s:{s:s, s:i, s:s}, s:[]}", "number", lesson->number, "name",
                                lesson->name, "status", "failed", "score", 0, "max_score", 0, "build", "status",
                                "built", "warnings", 0, "output", "", "checks");
        json_array_append_new(json_object_get(document, "lessons"), run->result);
        const struct check *check = checks_of(lesson->folder);
        for (; check != NULL && strcmp(check->lesson, lesson->folder) == 0; check = check->next) {
            if (!is_wanted(plan, check) || grading->checks == CHECKS_MAX)
                continue;
            json_t *entry = new_check(check, lesson);
            json_array_append_new(json_object_get(run->result, "checks"), entry);
            grading->check[grading->checks++] = (struct check_run){.check = check, .lesson = run, .result = entry};
        }
        struct check_run *first = plan->first == NULL ? NULL : named(grading, run, plan->first);
        if (first != NULL)
            mark_early(grading, first);
    }
}

/* ------------------------------------------------ starting jobs */

static struct job *free_job(struct grading *grading)
{
    for (int i = 0; i < grading->jobs; i++) {
        if (grading->job[i].pid == 0)
            return &grading->job[i];
    }
    return NULL;
}

static struct path source_of(const struct plan *plan, const struct lesson *lesson, int program)
{
    return source_path(plan->work == NULL ? lesson_solutions(plan->kit, lesson).text : plan->work, lesson, program);
}

/* Builds all programs of a lesson; the first that can't be built is what is told. */
static json_t *build_lesson(const struct plan *plan, const struct lesson_run *run)
{
    static const char *const names[] = {"built", "failed", "missing", "fault"};
    json_t *result = json_pack("{s:s, s:i, s:s}", "status", "built", "warnings", 0, "output", "");
    for (int i = 0; i < run->lesson->programs; i++) {
        const char *name = run->lesson->program[i];
        struct build build = build_program(plan->world, source_of(plan, run->lesson, i).text, name,
                                           path_of("%s/%s", run->folder, name).text);
        const char *words = build.output == NULL ? "" : build.output;
        json_object_set_new(result, "warnings", json_integer(result_number(result, "warnings") + build.warnings));
        json_object_set_new(result, "output", json_sprintf("%s%s", result_text(result, "output"), words));
        json_object_set_new(result, "status", json_string(names[build.status]));
        free(build.output);
        if (build.status != BUILT)
            break;
        if (plan->debug != NULL) /* gdb shows it, from there */
            file_copy(source_of(plan, run->lesson, i).text, path_of("%s/%s.c", run->folder, name).text, 0644);
    }
    return result;
}

static bool start_build(struct grading *grading, struct lesson_run *run, struct job *job)
{
    struct job_pipes pipes;
    if (!jobs_open_pipes(&pipes))
        return false;
    folder_make(run->folder, 0755);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        signal(SIGINT, SIG_IGN); /* the runner ends us */
        json_t *result = build_lesson(grading->plan, run);
        jobs_hand_back(pipes.result[1], result);
        _exit(0);
    }
    if (!jobs_begin(job, pid, &pipes, 120, run))
        return false;
    run->progress = RUNNING;
    return true;
}

static bool start_check(struct grading *grading, struct check_run *run, struct job *job)
{
    const struct plan *plan = grading->plan;
    const struct world *world = plan->world;
    char seed[32];
    char uid[32];
    char flags[8];
    bool memcheck = run->check->memcheck || run->replaying;
    snprintf(seed, sizeof seed, "%llx", (unsigned long long)plan->seed);
    /* In plain mode, as root, each check's programs are a user of their own: a limit on processes is a user's. */
    long place = job - grading->job;
    bool as_other = !world->is_private && world->run_as != (uid_t)-1;
    snprintf(uid, sizeof uid, "%ld", as_other ? (long)world->run_as + place : -1L);
    int capture = run->replaying ? 0 : plan->capture;
    const char *debug = run->replaying ? NULL : plan->debug;
    bool own = run->lesson->lesson->is_own;
    snprintf(flags, sizeof flags, "-%s%s%s%s%s%s", memcheck ? "m" : "", run->replaying ? "r" : "",
             plan->trace && !memcheck ? "t" : "", capture > 0 ? "c" : "", debug != NULL ? "d" : "", own ? "l" : "");

    struct path scratch = path_of("/tmp/check/work"); /* in a private world the worker makes it itself */
    if (!world->is_private) {
        scratch = path_of("%s/check-XXXXXX", rundir());
        if (mkdtemp(scratch.text) == NULL || chmod(scratch.text, 0755) == -1)
            return false;
        scratch = path_of("%s/work", scratch.text);
    }
    const char *const command[] = {world->is_private ? WORLD_WORKER : world->worker,
                                   run->lesson->lesson->folder,
                                   run->check->name,
                                   seed,
                                   world->is_private ? "private" : "plain",
                                   world->is_private ? WORLD_FOLDER : run->lesson->folder,
                                   scratch.text,
                                   uid,
                                   flags,
                                   debug,
                                   NULL};
    struct job_pipes pipes;
    if (!jobs_open_pipes(&pipes))
        return false;
    struct world_start start = {.command = command,
                                .folder = run->lesson->folder,
                                .out = pipes.errors[1],
                                .err = pipes.errors[1],
                                .result = pipes.result[1],
                                .capture = capture,
                                .checks = own ? run->lesson->lesson->checks : 0,
                                .terminal = debug != NULL};
    double limit = debug != NULL ? 1e7 : CHECK_SECONDS * (memcheck ? 4 : 1) + 20;
    pid_t pid = world->is_private ? server_play(world, (int)place, &start) : world_start(world, &start);
    if (!jobs_begin(job, pid, &pipes, limit, run))
        return false;
    job->served = world->is_private;
    run->progress = RUNNING;
    return true;
}

/* Memcheck is CPU alone: more than one a core only makes all of them late. */
static bool too_many_memchecks(const struct grading *grading)
{
    int count = 0;
    for (int i = 0; i < grading->checks; i++)
        count += grading->check[i].progress == RUNNING && grading->check[i].check->memcheck;
    return count >= grading->cores;
}

static bool cannot_be_graded(const struct grading *grading, struct check_run *run)
{
    const struct check *check = run->check;
    if (check->memcheck && !grading->plan->memcheck)
        set_outcome(run->result, "not-graded", "switched off with --no-memcheck");
    else if (check->private_network && !grading->plan->world->is_private)
        set_outcome(run->result, "not-graded", "needs a private network, which this machine or --plain does not give");
    else
        return false;
    return true;
}

enum prerequisites { PASSED_ALL, NOT_YET, MISSED };

/* Looks at the checks that must pass first; one that is not graded here, or not played (--only), does not count. */
static enum prerequisites prerequisites(struct grading *grading, struct check_run *run)
{
    char names[256];
    char *rest = names;
    enum prerequisites all = PASSED_ALL;
    snprintf(names, sizeof names, "%s", run->check->after == NULL ? "" : run->check->after);
    for (char *name; (name = strsep(&rest, ", ")) != NULL;) {
        const struct check_run *first = *name == '\0' ? NULL : named(grading, run->lesson, name);
        if (first == NULL || result_has_status(first->result, "passed") ||
            result_has_status(first->result, "not-graded"))
            continue;
        if (first->progress != DONE) {
            all = NOT_YET;
            continue;
        }
        char words[200];
        snprintf(words, sizeof words, "needs the check \"%s\" first", first->check->title);
        set_outcome(run->result, "skipped", words);
        run->progress = DONE;
        return MISSED;
    }
    return all;
}

/* Settles what needs no playing; true if the check can be played now. */
static bool is_ready(struct grading *grading, struct check_run *run)
{
    if (run->progress != WAITING || run->lesson->progress != DONE)
        return false;
    if (cannot_be_graded(grading, run)) { /* of no program, or a lesson would have more points for who hands in none */
        run->progress = DONE;
        return false;
    }
    if (!run->lesson->built) {
        run->progress = DONE;
        set_outcome(run->result, "skipped", "the program could not be built");
        return false;
    }
    return prerequisites(grading, run) == PASSED_ALL;
}

/* Which of the checks that can be played goes first: the one with the least. What takes longest begins first, but not
   before the eyes of somebody who waits. */
static int rank(const struct grading *grading, const struct check_run *run)
{
    if (run->early)
        return 0;
    return run->check->memcheck == (grading->plan->first == NULL) ? 1 : 2;
}

static int checks_done(const struct grading *grading)
{
    int done = 0;
    for (int i = 0; i < grading->checks; i++)
        done += grading->check[i].progress == DONE;
    return done;
}

/* One that is skipped may be what an earlier one in the list has waited for: so it is gone through until nothing is settled
   any more. */
static struct check_run *next_check(struct grading *grading)
{
    struct check_run *next = NULL;
    int settled;
    do {
        settled = checks_done(grading);
        for (int i = 0; i < grading->checks; i++) {
            struct check_run *run = &grading->check[i];
            if (!is_ready(grading, run))
                continue;
            if (run->check->memcheck && too_many_memchecks(grading))
                continue;
            if (next == NULL || rank(grading, run) < rank(grading, next))
                next = run;
        }
    } while (next == NULL && checks_done(grading) > settled);
    return next;
}

static bool start_next(struct grading *grading)
{
    struct job *job = free_job(grading);
    if (job == NULL)
        return false;
    struct check_run *check = next_check(grading);
    if (check != NULL) {
        if (start_check(grading, check, job))
            return true;
        check->progress = DONE;
        set_outcome(check->result, "fault", "the check could not be started");
        return true;
    }
    for (int i = 0; i < grading->plan->lessons; i++) {
        if (grading->lesson[i].progress == WAITING)
            return start_build(grading, &grading->lesson[i], job);
    }
    return false;
}

/* ------------------------------------------------ ending jobs */

static void end_build(struct lesson_run *run, json_t *value, const struct job *job)
{
    run->progress = DONE;
    if (value == NULL)
        value = json_pack("{s:s, s:i, s:s}", "status", "fault", "warnings", 0, "output",
                          job->overdue ? "the build did not end" : "the build broke off");
    run->built = result_has_status(value, "built");
    if (result_has_status(value, "missing"))
        json_object_set_new(run->result, "status", json_string("missing"));
    else if (result_has_status(value, "fault"))
        json_object_set_new(run->result, "status", json_string("fault"));
    else if (!run->built)
        json_object_set_new(run->result, "status", json_string("not-built"));
    json_object_set_new(run->result, "build", value);
}

static void take_result(struct check_run *run, json_t *value, const struct job *job)
{
    static const char *const members[] = {"status", "expected", "observed",    "because", "where",
                                          "wire",   "seconds",  "cpu_seconds", "calls",   "capture"};
    json_t *result = run->result;
    if (value == NULL) {
        char words[2300];
        snprintf(words, sizeof words, "the worker %s%s%.2000s",
                 job->overdue ? "did not end in time and was ended" : "broke off without a result",
                 job->words[0] == '\0' ? "" : ": ", job->words);
        utf8_mend(words);
        set_outcome(result, "fault", words);
    }
    for (size_t i = 0; value != NULL && i < sizeof members / sizeof *members; i++)
        json_object_set(result, members[i], json_object_get(value, members[i])); /* nothing, if it is not there */
    if (result_has_status(result, "passed"))
        json_object_set_new(result, "points", json_integer(run->check->points));
    const char *because = result_text(result, "because");
    bool whole = *because != '\0' && json_is_true(json_object_get(value, "whole"));
    if (result_has_status(result, "failed") && run->check->because != NULL && !whole)
        json_object_set_new(result, "because",
                            *because == '\0' ? json_string(run->check->because)
                                             : json_sprintf("%s %s", because, run->check->because));
}

static void point_to_step(json_t *result)
{
    const char *said = strstr(result_text(result, "observed"), STILL_TO_DO);
    int step = said == NULL ? 0 : atoi(said + strlen(STILL_TO_DO));
    const char *expected = result_text(result, "expected");
    bool should_have_ended = strstr(expected, "status 1") != NULL || strstr(expected, "status 2") != NULL;
    if (step == 0)
        return;
    json_object_set_new(
        result, "because",
        step > 1 && should_have_ended
            ? json_sprintf("It went on as far as TODO %d, whose message that is. If one of the steps that "
                           "you have done should have ended it before, mend that first. Else do what step "
                           "%d of the chapter says, and take the line that says so out.",
                           step, step)
            : json_sprintf("That is the skeleton's own message: find TODO %d in your file, do what step "
                           "%d of the chapter says, and take the line that says so out.",
                           step, step));
}

/* A replay under memcheck only adds where it crashed, and why. */
static void take_replay(struct check_run *run, const json_t *value)
{
    json_t *where = json_object_get(value, "where");
    if (!json_is_object(where) || !json_is_true(json_object_get(value, "crashed")))
        return;
    json_object_set(run->result, "where", where);
    json_object_set_new(run->result, "because",
                        json_sprintf("%s at %s:%d, in %s().", result_text(value, "because"), result_text(where, "file"),
                                     result_number(where, "line"), result_text(where, "function")));
}

static void finish_check(struct grading *grading, struct check_run *run, json_t *value, const struct job *job)
{
    run->progress = DONE;
    if (run->replaying) {
        take_replay(run, value);
    } else {
        take_result(run, value, job);
        point_to_step(run->result);
        bool crashed = json_is_true(json_object_get(value, "crashed"));
        if (crashed && !run->check->memcheck && grading->plan->memcheck) {
            run->replaying = true;
            struct job *place = free_job(grading);
            if (place != NULL && start_check(grading, run, place)) {
                json_decref(value);
                return;
            }
        }
    }
    json_decref(value);
}

static struct grading under_way;

static void end_job(const struct job *job)
{
    if (job->served)
        server_stop((int)(job - under_way.job));
    else
        world_end(under_way.plan->world, job->pid, job->overdue);
}

/* In plain mode a worker that was killed leaves its programs to us (PR_SET_CHILD_SUBREAPER). */
static void end_orphans(const struct grading *grading)
{
    pid_t children[PROC_MAX];
    bool found;
    do { /* the children of one that was ended come to us, too */
        found = false;
        int count = proc_children(getpid(), children, PROC_MAX);
        for (int i = 0; i < count; i++) {
            bool known = children[i] == server_pid();
            /* One that was there before, and has ended meanwhile, may have been a lost server's. */
            for (int k = 0; k < grading->not_ours_count; k++)
                known = known || (grading->not_ours[k] == children[i] && waitpid(children[i], NULL, WNOHANG) == 0);
            for (int k = 0; k < grading->jobs; k++)
                known = known || grading->job[k].pid == children[i];
            if (known)
                continue;
            kill(children[i], SIGKILL);
            waitpid(children[i], NULL, 0);
            found = true;
        }
    } while (found);
}

static void stop_all(struct grading *grading)
{
    server_end(true);
    for (int i = 0; i < grading->jobs; i++) {
        if (grading->job[i].pid != 0)
            end_job(&grading->job[i]);
    }
    for (int i = 0; i < grading->jobs; i++) {
        if (grading->job[i].pid == 0)
            continue;
        if (!grading->job[i].served)
            jobs_reap(grading->job[i].pid);
        close(grading->job[i].result);
        close(grading->job[i].errors);
        free(grading->job[i].data);
    }
}

static void settle_status(struct lesson_run *run)
{
    result_sum_lesson(run->result);
    if (!run->built)
        return;
    bool passed = true;
    size_t i;
    json_t *check;
    json_array_foreach (json_object_get(run->result, "checks"), i, check)
        passed = passed && (result_has_status(check, "passed") || result_has_status(check, "not-graded"));
    json_object_set_new(run->result, "status", json_string(passed ? "passed" : "failed"));
}

static void tell_progress(const struct grading *grading, json_t *document)
{
    for (int i = 0; i < grading->plan->lessons; i++)
        result_sum_lesson(grading->lesson[i].result);
    grading->plan->progress(grading->plan->context, document);
}

/* The kernel stamps what comes as long as any socket asks for that (SO_TIMESTAMPNS), but begins a while after the first has
   asked. What comes until then has the time at which it is read. This one asks before there is a check. */
static int begin_stamps(void)
{
    int on = 1;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    return fd;
}

json_t *grade(const struct plan *plan)
{
    struct grading *grading = &under_way;
    char seed[32];
    snprintf(seed, sizeof seed, "%llx", (unsigned long long)plan->seed);
    json_t *document = result_new(kit_version(), seed, plan->world->is_private, plan->submission);
    memset(grading, 0, sizeof *grading);
    grading->plan = plan;
    grading->cores = jobs_cores();
    grading->jobs = plan->jobs > 0 ? plan->jobs : grading->cores * 8; /* checks mostly wait */
    if (grading->jobs > JOBS_MAX)
        grading->jobs = JOBS_MAX;
    grading->not_ours_count = proc_children(getpid(), grading->not_ours, PROC_MAX); /* the janitor among them */
    jobs_catch_signals();
    if (plan->debug != NULL) { /* what the terminal sends is gdb's */
        signal(SIGINT, SIG_IGN);
        signal(SIGQUIT, SIG_IGN);
    }
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    int stamps = begin_stamps();
    prepare(grading, document);
    bool ended_early = false;

    for (;;) {
        while (!jobs_interrupted() && start_next(grading))
            ;
        bool busy = false;
        for (int i = 0; i < grading->jobs; i++)
            busy = busy || grading->job[i].pid != 0;
        if (!busy)
            break;
        json_t *value = NULL;
        struct job *job = jobs_wait(grading->job, grading->jobs, &value, end_job, plan->event);
        if (job == NULL) {
            ended_early = true;
            break;
        }
        struct lesson_run *first = &grading->lesson[0];
        bool is_build = job->context >= (void *)first && job->context < (void *)(first + LESSONS_MAX);
        if (is_build)
            end_build(job->context, value, job);
        else
            finish_check(grading, job->context, value, job);
        if (!plan->world->is_private)
            end_orphans(grading);
        if (plan->progress != NULL)
            tell_progress(grading, document);
    }
    ended_early = ended_early || jobs_interrupted();
    if (ended_early)
        stop_all(grading);
    end_orphans(grading); /* of a world that was killed the last processes end a little later */
    close(stamps);
    if (ended_early) {
        json_decref(document);
        return NULL;
    }
    for (int i = 0; i < plan->lessons; i++)
        settle_status(&grading->lesson[i]);
    result_sum(document);
    return document;
}
