/**
 * @file
 * The worker: plays one check and writes its outcome as JSON to descriptor 3, which no program ever gets.
 *
 *     worker LESSON CHECK SEED MODE PROGRAMS SCRATCH UID FLAGS
 *     worker serve
 *
 * `serve` plays one check after another, each in a process of its own with these arguments (run/server.h).
 * MODE is private (it is process 1 of a process table of its own) or plain. UID is the user that programs run as, -1 for
 * its own. FLAGS has m for "under memcheck", t for "trace the system calls", r for "a replay, to find where a crash is",
 * l for "the lesson is not built in": its checks are a shared object, descriptor 7,
 * c for "capture the packets", to descriptor 4, d for "stop PROGRAM in gdb", at the terminal of descriptors 5 and 6, where
 * PROGRAM is one more argument, "" for the first that is run. Not for people.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/bytes.h"
#include "check/capture.h"
#include "check/conn.h"
#include "check/debugger.h"
#include "check/findings.h"
#include "check/memcheck.h"
#include "check/program.h"
#include "check/record.h"
#include "check/registry.h"
#include "check/spawn.h"
#include "check/stage.h"
#include "check/story.h"
#include "check/verdict.h"
#include "check/wait.h"
#include "look/proc.h"
#include "record/utf8.h"
#include "run/jobs.h"
#include "run/network.h"
#include "run/path.h"
#include "run/server.h"

static const struct check *check;

static void play_check(void)
{
    if (stage.memcheck)
        memcheck_needed();
    check->run();
    if (stage.memcheck)
        memcheck_judge();
}

/* Any bytes may be said, and of what is no UTF-8 there is no JSON. */
static json_t *words(const char *said)
{
    char *mended = said == NULL ? NULL : strdup(said);
    if (mended == NULL)
        return json_null();
    utf8_mend(mended);
    json_t *string = json_string(mended);
    free(mended);
    return string;
}

static json_t *wire(void)
{
    json_t *list = json_array();
    size_t dropped;
    size_t count = record_count(&dropped);
    for (size_t i = 0; i < count; i++) {
        const struct event *event = record_get(i);
        bool is_text = event->to == NULL && strcmp(event->event, "stdout") != 0;
        const char *data = is_text ? event->data.data : quoted(event->data, RECORD_DATA_MAX);
        json_t *entry = json_pack("{s:f, s:o, s:o, s:o, s:o}", "t", event->t, "from", words(event->from), "to",
                                  words(event->to), "event", words(event->event), "data",
                                  event->bytes == 0 ? json_null() : words(data));
        if (event->bytes > 0 && !is_text)
            json_object_set_new(entry, "bytes", json_integer((json_int_t)event->bytes));
        json_array_append_new(list, entry);
    }
    if (dropped > 0)
        json_array_append_new(list, json_pack("{s:f, s:s, s:n, s:s, s:o}", "t", now(), "from", "check", "to", "event",
                                              "more", "data", words(text("%zu more events are not kept", dropped))));
    return list;
}

static json_t *where_json(const struct source *where)
{
    if (where->line == 0)
        return json_null();
    return json_pack("{s:o, s:i, s:o, s:o}", "file", words(where->file), "line", where->line, "function",
                     words(where->function), "call", words(where->call));
}

static bool is_crash_signal(int status)
{
    int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return sig == SIGSEGV || sig == SIGBUS || sig == SIGABRT || sig == SIGFPE || sig == SIGILL;
}

static bool has_crashed(void)
{
    for (int i = 0; program_number(i) != NULL; i++) {
        if (program_number(i)->ended && is_crash_signal(program_number(i)->status))
            return true;
    }
    return false;
}

static json_t *capture_json(void)
{
    struct capture capture = capture_end();
    return json_pack("{s:I, s:I, s:I}", "packets", (json_int_t)capture.packets, "cut", (json_int_t)capture.cut, "lost",
                     (json_int_t)capture.lost);
}

/* What the last program did may have to do with how it was started. */
static const char *observed_words(const struct verdict *verdict)
{
    const char *oddity = NULL;
    for (int i = 0; verdict->outcome == FAILED && program_number(i) != NULL; i++)
        oddity = program_number(i)->oddity;
    return oddity == NULL ? verdict->observed : text("%s (started with: %s)", verdict->observed, oddity);
}

static void write_result(const struct verdict *verdict, double seconds)
{
    static const char *const names[] = {"passed", "failed", "not-graded", "fault"};
    json_t *result = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:f, s:f, s:b, s:b}", "status", names[verdict->outcome],
                               "expected", words(verdict->expected), "observed", words(observed_words(verdict)),
                               "because", words(verdict->because), "where", where_json(&verdict->where), "wire", wire(),
                               "seconds", seconds, "cpu_seconds", programs_cpu_seconds(), "crashed", verdict->crashed,
                               "whole", verdict->is_whole);
    if (stage.trace && verdict->outcome == FAILED && findings() != NULL)
        json_object_set_new(result, "calls", words(findings()));
    if (stage.capture)
        json_object_set_new(result, "capture", capture_json());
    jobs_hand_back(ENDS_RESULT, result);
    json_decref(result);
}

static bool has_died_of_a_signal(void)
{
    bool died = false;
    for (int i = 0; program_number(i) != NULL; i++) {
        const struct program *program = program_number(i);
        int sig = program->ended && WIFSIGNALED(program->status) ? WTERMSIG(program->status) : 0;
        died = died || (sig != 0 && (program->sent & (1UL << sig)) == 0);
    }
    return died;
}

/* A program whose system call valgrind refused did not have its chance. But what was found all the same counts. */
static void excuse_unknown_calls(struct verdict *verdict)
{
    const char *call = verdict->outcome == FAILED && !has_died_of_a_signal() ? memcheck_unknown_call() : NULL;
    if (call == NULL)
        return;
    *verdict = (struct verdict){
        .outcome = NOT_GRADED,
        .observed = text("this valgrind does not know a system call that the program uses (%s)", call)};
}

/* Descriptors that are on their way in messages are counted for a user, on the whole machine (unix(7)): the program of
   somebody else may have used them up. */
static bool can_pass_descriptors(void)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
        return true;
    union {
        char space[CMSG_SPACE(sizeof(int))];
        struct cmsghdr header;
    } control = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    memcpy(CMSG_DATA(&control.header), &ends[0], sizeof(int));
    struct iovec data = {.iov_base = "", .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    bool can = sendmsg(ends[1], &message, 0) != -1 || errno != ETOOMANYREFS;
    close(ends[0]);
    close(ends[1]);
    return can;
}

/* Called when this check's own programs have ended. */
static void excuse_lack_of_descriptors(struct verdict *verdict)
{
    for (int i = 0; i < 20 && !can_pass_descriptors(); i++) {
        if (i == 19)
            *verdict = (struct verdict){
                .outcome = FAULT, .observed = "another program of this user has too many descriptors on their way"};
        poll(NULL, 0, 5); /* the kernel frees what has become unreachable by and by */
    }
}

/* In a replay under memcheck only the place of the crash counts. */
static void find_crash(struct verdict *verdict)
{
    const char *cause;
    verdict->crashed = memcheck_crash(&verdict->where, &cause);
    if (verdict->crashed)
        verdict->because = cause;
}

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "worker: could not %s: %s\n", what, strerror(errno));
    exit(3);
}

/* The folder of this check alone, which holds the programs' working directory. */
static struct path check_folder(void)
{
    struct path folder = path_of("%s", stage.scratch);
    *strrchr(folder.text, '/') = '\0';
    return folder;
}

static void make_scratch(void)
{
    if (mkdir(check_folder().text, 0755) == -1 && errno != EEXIST)
        give_up("make a folder for the programs");
    if (mkdir(stage.scratch, 0777) == -1 || chmod(stage.scratch, 0777) == -1)
        give_up("make a folder for the programs");
}

/* How many processes the programs' user may have. The kernel counts all that a user has on the machine, threads too;
   in a user namespace since Linux 5.14 those inside alone (setrlimit(2)). */
static int process_limit(void)
{
    enum { OWN = 512 };
    struct utsname kernel;
    int major = 0;
    int minor = 0;
    uname(&kernel);
    sscanf(kernel.release, "%d.%d", &major, &minor);
    if (stage.private_network)
        return major > 5 || (major == 5 && minor >= 14) ? OWN * 2 : 0; /* else kill(-1) has to do */
    return OWN + proc_tasks_of(stage.run_as == (uid_t)-1 ? getuid() : stage.run_as);
}

static void set_stage(char *argv[])
{
    stage = (struct stage){
        .private_network = strcmp(argv[4], "private") == 0,
        .programs = argv[5],
        .scratch = argv[6],
        .run_as = (uid_t)strtol(argv[7], NULL, 10),
        .seed = strtoull(argv[3], NULL, 16),
        .memcheck = strchr(argv[8], 'm') != NULL,
        .trace = strchr(argv[8], 't') != NULL,
        .debug = strchr(argv[8], 'd') == NULL ? NULL : argv[9],
        .capture = strchr(argv[8], 'c') != NULL,
    };
    if (stage.private_network) {
        const char *undone = network_prepare();
        if (undone != NULL)
            give_up(undone);
    } else {
        prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0); /* programs_attend() sees it and ends the check */
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    }
    stage.processes = process_limit();
    make_scratch();
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* programs run as the same user: they may not look into it */
    fcntl(ENDS_RESULT, F_SETFD, FD_CLOEXEC);
    if (stage.capture) {
        fcntl(ENDS_CAPTURE, F_SETFD, FD_CLOEXEC);
        const char *undone = capture_begin(ENDS_CAPTURE);
        if (undone != NULL)
            give_up(undone);
    }
    if (!stage.private_network) { /* process 1 of a table does not get it from inside, and needs none from outside */
        sigset_t kept;
        sigemptyset(&kept);
        sigaddset(&kept, SIGTERM);
        sigprocmask(SIG_BLOCK, &kept, NULL);
    }
    signal(SIGPIPE, SIG_IGN);
    setenv("RES_OPTIONS", RESOLVER, 1);
}

/* Is a network of our own to be had? Tried once a run; what is missing is said on stderr. */
static int probe(void)
{
    const char *undone = network_prepare();
    if (undone != NULL)
        give_up(undone);
    return dprintf(ENDS_RESULT, PROBE_PASSED) > 0 ? 0 : 3;
}

/* strace may be a call behind what the programs did; a fault in here only ends the wait. */
static void let_settle(void)
{
    wait_settled(0.3);
}

static bool is_a_crowd(void)
{
    enum { CROWD = 128 };
    pid_t pids[CROWD];
    return programs_pids(pids, CROWD) == CROWD;
}

/* The checks register themselves. They come by a descriptor, so that no program finds a file with them in its world. */
static void load_checks(void)
{
    if (dlopen(path_of("/proc/self/fd/%d", ENDS_CHECKS).text, RTLD_NOW | RTLD_LOCAL) == NULL) {
        fprintf(stderr, "worker: could not load the lesson's checks: %s\n", dlerror());
        exit(3);
    }
    close(ENDS_CHECKS);
}

static int play(int argc, char *argv[])
{
    if (argc == 2 && strcmp(argv[1], "probe") == 0)
        return probe();
    if (argc != 9 && argc != 10) {
        fprintf(stderr, "worker: it is run by sockeye, not by people\n");
        return 2;
    }
    if (strchr(argv[8], 'l') != NULL)
        load_checks();
    check = check_named(argv[1], argv[2]);
    if (check == NULL) {
        fprintf(stderr, "worker: no check %s in %s\n", argv[2], argv[1]);
        return 2;
    }
    set_stage(argv);
    random_seed(stage.seed, text("%s/%s", argv[1], argv[2]));
    record_begin();
    struct verdict verdict = verdict_of(play_check);
    double seconds = now();
    verdict_of(debugger_leave); /* a fault in it, such as an end from outside, only ends the wait */
    if (stage.memcheck)
        excuse_unknown_calls(&verdict);
    verdict.crashed = verdict.outcome == FAILED && has_crashed();
    bool replay = strchr(argv[8], 'r') != NULL;
    if (replay)
        find_crash(&verdict);
    if (stage.trace) {
        verdict_of(let_settle);
        story_record();
    }
    /* What programs take to end is theirs. But a bomb's verdict does not wait until it has ended. */
    if (!is_a_crowd()) {
        programs_kill_all();
        if (verdict.outcome == FAILED)
            excuse_lack_of_descriptors(&verdict);
    }
    write_result(&verdict, seconds);
    programs_kill_all();
    conns_close();
    if (!stage.private_network)
        remove_tree(check_folder().text);
    keep_release();
    return 0;
}

int main(int argc, char *argv[])
{
    if (argc == 2 && strcmp(argv[1], "serve") == 0)
        return serve(ENDS_RESULT, play);
    return play(argc, argv);
}
