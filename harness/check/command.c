/* The verbs that look at a command that the program has become for a connection: what it was given, and what not. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check/check.h"
#include "check/conn.h"
#include "check/files.h"
#include "check/lines.h"
#include "check/program.h"
#include "check/record.h"
#include "check/stage.h"
#include "check/verdict.h"
#include "check/wait.h"
#include "look/proc.h"
#include "look/sockets.h"

enum { ENVIRONMENT_MAX = 64 << 10 };

static const char *also(const char *list, const char *more)
{
    return list == NULL ? more : text("%s; %s", list, more);
}

static const char *executable_of(pid_t pid)
{
    char target[512];
    ssize_t n = readlink(text("/proc/%d/exe", pid), target, sizeof target - 1);
    return text("%.*s", n > 0 ? (int)n : 0, target);
}

struct finding {
    const struct conn *conn;
    pid_t pid;
};

/* A process of the program's that has the connection as its stdin, and runs another file than the program. Before it sleeps
 * exec may not have got to its end: the file is another already, the environment not there yet. */
static bool is_found(void *context)
{
    struct finding *finding = context;
    static pid_t pids[PROC_MAX];
    int count = programs_pids(pids, PROC_MAX);
    for (int i = 0; i < count; i++) {
        struct process process;
        if (proc_process(pids[i], &process) == -1 || process.state != 'S' ||
            !conn_is_held_by(finding->conn, pids[i], 0))
            continue;
        const char *executable = executable_of(pids[i]);
        if (*executable == '\0' || strcmp(executable, executable_of(program_of(pids[i])->pid)) == 0)
            continue;
        finding->pid = pids[i];
        return true;
    }
    return false;
}

static pid_t command_of(const struct conn *conn)
{
    struct finding finding = {.conn = conn};
    struct awaited awaited = {.come = is_found, .context = &finding, .until_end = true, .conn = conn};
    enum waited waited = wait_until(&awaited);
    if (waited != CAME)
        wait_fails(waited, &awaited,
                   text("a command that has the connection of %s as its stdin, and waits for what it says",
                        the(conn->name)),
                   "there is none");
    return finding.pid;
}

/* ------------------------------------------------ descriptors */

struct looking {
    const struct conn *conn;
    pid_t pid;
    const char *observed;
    const char *because;
};

/* "the listening socket", for people; @p because gets what to think about. */
static const char *describe(const struct looking *looking, const struct descriptor *descriptor, const char **because)
{
    static struct socket_row row;
    unsigned long inode = proc_socket_inode(descriptor);
    const char *conn = conn_of_descriptor(looking->pid, descriptor->fd);
    if (inode != 0 && inode == conn_inode(looking->conn)) {
        *because =
            "What was copied by dup2() is still there under its old number: it must be closed too, by close() or by "
            "the flag FD_CLOEXEC.";
        return "the connection once more";
    }
    *because =
        "What is open stays open through exec, unless it has the flag FD_CLOEXEC; a socket gets it by SOCK_CLOEXEC, "
        "everything at once by close_range(). So does what the program was started with.";
    if (inode != 0 && sockets_listener(SOCKET_TCP, looking->conn->program_port, &row) && row.inode == inode)
        return "the listening socket";
    if (conn != NULL)
        return text("%s's connection", conn);
    return descriptor->target;
}

static bool holds_only_its_connection(void *context)
{
    static struct descriptor descriptors[PROC_DESCRIPTORS_MAX];
    struct looking *looking = context;
    bool has[3] = {false};
    int count = proc_descriptors(looking->pid, descriptors, PROC_DESCRIPTORS_MAX);
    looking->observed = NULL;
    looking->because = NULL;
    for (int i = 0; i < count; i++) {
        bool is_standard = descriptors[i].fd <= 2;
        bool is_connection = proc_socket_inode(&descriptors[i]) == conn_inode(looking->conn);
        if (is_standard)
            has[descriptors[i].fd] = true;
        if (is_standard && is_connection)
            continue;
        const char *because;
        const char *what = describe(looking, &descriptors[i], &because);
        looking->observed = also(looking->observed, text("descriptor %d is %s", descriptors[i].fd, what));
        if (looking->because == NULL && !is_standard)
            looking->because = because;
    }
    for (int fd = 0; fd < 3; fd++) {
        if (!has[fd])
            looking->observed = also(looking->observed, text("descriptor %d is closed", fd));
    }
    return looking->observed == NULL;
}

void command_holds_only(struct conn *conn)
{
    struct looking looking = {.conn = conn, .pid = command_of(conn)};
    /* The loader opens and closes files when a command starts. */
    struct awaited awaited = {.come = holds_only_its_connection, .context = &looking};
    if (wait_until(&awaited) != CAME) {
        if (looking.because != NULL)
            verdict_because("%s", looking.because);
        fails(text("%s's command has its connection as descriptors 0, 1 and 2, and nothing else", the(conn->name)),
              looking.observed);
    }
    record(YOU, NULL, "the command has nothing else open", bytes(""));
}

/* ------------------------------------------------ signals */

static unsigned long long field_of(pid_t pid, const char *name)
{
    char status[4096];
    if (proc_read(text("/proc/%d/status", pid), status, sizeof status) <= 0)
        return 0;
    const char *field = strstr(status, text("\n%s:", name));
    return field == NULL ? 0 : strtoull(field + strlen(name) + 2, NULL, 16);
}

/* "SIGINT; SIGPIPE; and 3 more", or NULL if there is none. 32 and 33 are glibc's own. */
static const char *names_of(unsigned long long signals)
{
    enum { NAMED_MAX = 6 };
    const char *list = NULL;
    int count = 0;
    for (int sig = 1; sig <= 64; sig++) {
        if ((signals >> (sig - 1) & 1) == 0 || sig == 32 || sig == 33)
            continue;
        const char *name = sigabbrev_np(sig);
        if (++count <= NAMED_MAX)
            list = also(list, name == NULL ? text("signal %d", sig) : text("SIG%s", name));
    }
    return count > NAMED_MAX ? text("%s; and %d more", list, count - NAMED_MAX) : list;
}

void command_has_default_signals(struct conn *conn)
{
    pid_t pid = command_of(conn);
    const char *ignored = names_of(field_of(pid, "SigIgn"));
    const char *blocked = names_of(field_of(pid, "SigBlk"));
    const char *expected = text("%s's command ignores no signal, and blocks none", the(conn->name));
    if (ignored != NULL) {
        verdict_because(
            "Through exec a signal that is caught becomes a default again, but one that is ignored stays "
            "ignored: set each of them to SIG_DFL in the child, also those that the server was started with.");
        fails(expected, text("it ignores %s%s", ignored, blocked == NULL ? "" : text(", and blocks %s", blocked)));
    }
    if (blocked != NULL) {
        verdict_because(
            "The mask of blocked signals stays as it is through exec: the child must empty it, even if the server "
            "was started with it.");
        fails(expected, text("it blocks %s", blocked));
    }
    record(YOU, NULL, "the command ignores and blocks no signal", bytes(""));
}

/* ------------------------------------------------ environment */

static size_t name_length(const char *variable)
{
    return strcspn(variable, "=");
}

static bool has_same_name(const char *a, const char *b)
{
    return name_length(a) == name_length(b) && strncmp(a, b, name_length(a)) == 0;
}

/* An IPv6 address may be written in more than one way. */
static bool is_same_variable(const char *variable, const char *wanted)
{
    long long unused;
    struct line form = line(wanted);
    return strcmp(variable, wanted) == 0 || line_fits(&form, variable, &unused);
}

/* What is wrong with one variable that the command has, or NULL. */
static const char *wrong_variable(const char *variable, const char *const *wanted)
{
    for (; *wanted != NULL; wanted++) {
        if (is_same_variable(variable, *wanted))
            return NULL;
        if (has_same_name(variable, *wanted))
            return text("%s where %s was expected", quoted(bytes(variable), 100), quoted(bytes(*wanted), 100));
    }
    return text("%s, which it should not have", quoted(bytes(variable), 100));
}

void command_environment(struct conn *conn, const char *const *wanted)
{
    char *all = keep(ENVIRONMENT_MAX);
    pid_t pid = command_of(conn);
    ssize_t length = proc_read(text("/proc/%d/environ", pid), all, ENVIRONMENT_MAX);
    const char *wrong = NULL;
    const char *missing = NULL;
    const char *expected = "";
    for (const char *const *variable = wanted; *variable != NULL; variable++) {
        int times = 0;
        bool is_there = false;
        for (const char *each = all; each < all + length; each += strlen(each) + 1) {
            times += is_same_variable(each, *variable);
            is_there = is_there || has_same_name(each, *variable);
        }
        if (!is_there)
            missing = also(missing, text("no %.*s", (int)name_length(*variable), *variable));
        if (times > 1)
            wrong = also(wrong, text("%s %d times", quoted(bytes(*variable), 100), times));
        expected = text("%s%s%s", expected, *expected == '\0' ? "" : ", ", *variable);
    }
    int shown = 0;
    for (const char *each = all; each < all + length && shown < 5; each += strlen(each) + 1) {
        const char *words = wrong_variable(each, wanted);
        shown += words != NULL;
        if (words != NULL)
            wrong = also(wrong, shown == 5 ? "and more" : words);
    }
    if (wrong != NULL || missing != NULL)
        fails(text("%s's command has in its environment exactly %s", the(conn->name), expected),
              text("it has %s", missing == NULL ? wrong
                                : wrong == NULL ? missing
                                                : also(missing, wrong)));
    record(YOU, NULL, "the command has this environment", bytes(expected));
}

/* ------------------------------------------------ a command of the check's own */

const char *makes_command(const char *name, const char *script)
{
    return makes_command_in("commands", name, script);
}

const char *makes_command_in(const char *below, const char *name, const char *script)
{
    const char *folder = text("%s/%s", stage.scratch, below);
    const char *path = text("%s/%s", folder, name);
    if (mkdir(folder, 0755) == 0)
        chmod(folder, 0755); /* whatever the umask */
    else if (errno != EEXIST)
        files_trouble("make a folder for a command");
    FILE *file = fopen(path, "we");
    if (file == NULL)
        files_trouble("make a file for a command");
    fprintf(file, "#!/bin/sh\n%s\n", script);
    if (fclose(file) == EOF || chmod(path, 0755) == -1)
        files_trouble("make a file for a command");
    record("check", NULL, "command", bytes(text("%s: %s", name, script)));
    return folder;
}
