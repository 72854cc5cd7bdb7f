#define _GNU_SOURCE
#include "class/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <resolv.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "class/submission.h"
#include "run/jobs.h"
#include "run/path.h"
#include "run/rundir.h"

enum { LINE_MAX_BYTES = 1 << 20 };

struct unpacking {
    const struct world *world;
    unpacked_function *tell;
    void *context;
    int lines;           /* our end of its descriptor 3 */
    double left;         /* seconds that we still wait */
    char *buffer;        /* what came and is not read yet */
    size_t begin, end;   /* of that */
    struct unpacked now; /* the entry that is being told */
    json_t *entry;       /* its line, which holds its texts; NULL: none */
    size_t next;         /* the least number that the next one may have */
    char *data;
    size_t room;
    char problem[300];
    bool enough, ended; /* nobody wants more; it has told the end */
};

static void set_problem(struct unpacking *u, const char *words)
{
    char *shown = name_shown(words, strlen(words));
    snprintf(u->problem, sizeof u->problem, "%s", shown == NULL ? "no memory" : shown);
    free(shown);
}

/* Tells the entry that is complete now. */
static void entry_ends(struct unpacking *u)
{
    if (u->entry != NULL && !u->enough) {
        u->now.data = u->data == NULL ? "" : u->data;
        u->enough = !u->tell(u->context, &u->now);
    }
    json_decref(u->entry);
    u->entry = NULL;
}

static enum entry_kind kind_of(const char *word)
{
    static const char *const kinds[] = {
        [ENTRY_FILE] = "file",         [ENTRY_FOLDER] = "folder", [ENTRY_SYMLINK] = "symlink",
        [ENTRY_HARDLINK] = "hardlink", [ENTRY_DEVICE] = "device", [ENTRY_FIFO] = "fifo",
        [ENTRY_SOCKET] = "socket"};
    for (int i = 0; word != NULL && i < ENTRY_UNKNOWN; i++) {
        if (strcmp(word, kinds[i]) == 0)
            return (enum entry_kind)i;
    }
    return ENTRY_UNKNOWN;
}

static bool entry_begins(struct unpacking *u, json_t *line)
{
    json_int_t number = json_integer_value(json_object_get(line, "entry"));
    const char *path = json_string_value(json_object_get(line, "path"));
    if (number < (json_int_t)u->next || number >= UNPACK_ENTRIES_MAX || path == NULL)
        return false;
    entry_ends(u);
    u->next = (size_t)number + 1;
    u->entry = json_incref(line);
    u->now = (struct unpacked){
        .number = (size_t)number,
        .path = path,
        .kind = kind_of(json_string_value(json_object_get(line, "kind"))),
        .size = json_integer_value(json_object_get(line, "size")),
        .time = json_integer_value(json_object_get(line, "time")),
        .problem = json_string_value(json_object_get(line, "problem")),
    };
    return true;
}

static bool data_comes(struct unpacking *u, const char *text)
{
    enum { MOST = HANDED_IN_TOTAL_MAX + 1 };
    if (u->entry == NULL)
        return false;
    size_t most = strlen(text) / 4 * 3 + 3;
    if (u->now.length + most > u->room) {
        size_t room = (u->now.length + most) * 2;
        char *larger = realloc(u->data, room);
        if (larger == NULL)
            return false;
        u->data = larger;
        u->room = room;
    }
    int n = b64_pton(text, (unsigned char *)u->data + u->now.length, u->room - u->now.length);
    if (n < 0 || u->now.length + (size_t)n > MOST)
        return false;
    u->now.length += (size_t)n;
    return true;
}

/* Reads one line. False: no line is as this one. */
static bool line_comes(struct unpacking *u, const char *text, size_t length)
{
    json_t *line = json_loadb(text, length, 0, NULL);
    const char *data = json_string_value(json_object_get(line, "data"));
    json_t *problem = json_object_get(line, "problem");
    json_t *end = json_object_get(line, "end");
    bool right = true;
    if (json_object_get(line, "entry") != NULL) {
        right = entry_begins(u, line);
    } else if (data != NULL) {
        right = data_comes(u, data);
    } else if (json_string_value(problem) != NULL && u->entry != NULL) {
        json_object_set(u->entry, "broken", problem);
        u->now.problem = json_string_value(problem);
    } else if (json_object_get(line, "submission") != NULL) {
        u->enough = u->enough || !u->tell(u->context, &(struct unpacked){.metadata = line, .data = ""});
    } else if (end != NULL) {
        entry_ends(u);
        u->ended = true;
        if (json_string_value(end) != NULL)
            set_problem(u, json_string_value(end));
    } else {
        right = false;
    }
    json_decref(line);
    return right;
}

/* ------------------------------------------------ listening */

/* Waits for more and reads it: what comes, 0 at the end, -1 with the problem set. */
static ssize_t more(struct unpacking *u)
{
    struct pollfd ready = {.fd = u->lines, .events = POLLIN};
    double began = jobs_now();
    int n = poll(&ready, 1, (int)(u->left * 1000) + 1);
    u->left -= jobs_now() - began;
    if (jobs_interrupted())
        set_problem(u, "interrupted");
    else if (u->left <= 0)
        set_problem(u, "it takes too much time or memory to unpack");
    if (u->problem[0] != '\0')
        return -1;
    if (n <= 0)
        return errno == EINTR ? more(u) : -1;
    memmove(u->buffer, u->buffer + u->begin, u->end - u->begin);
    u->end -= u->begin;
    u->begin = 0;
    ssize_t got = read(u->lines, u->buffer + u->end, LINE_MAX_BYTES - u->end);
    u->end += got > 0 ? (size_t)got : 0;
    return got;
}

static void listen_to_it(struct unpacking *u)
{
    while (!u->ended && !u->enough) {
        char *line = u->buffer + u->begin;
        char *newline = memchr(line, '\n', u->end - u->begin);
        if (newline == NULL) {
            if (more(u) <= 0)
                return;
            continue;
        }
        u->begin = (size_t)(newline + 1 - u->buffer);
        if (!line_comes(u, line, (size_t)(newline - line))) {
            set_problem(u, "the unpacker lost its way in it");
            return;
        }
    }
}

/* ------------------------------------------------ the process */

/* A copy that the unprivileged user can read, wherever the kit lies; made once a run. */
static const char *own_copy(const struct world *world)
{
    static struct path copy;
    static const char *made_in;
    if (made_in != NULL && strcmp(made_in, rundir()) == 0)
        return copy.text;
    copy = path_of("%s/unpacker", rundir());
    if (file_copy(world->unpacker.text, copy.text, 0755) == -1)
        return NULL;
    made_in = rundir();
    return copy.text;
}

static pid_t start(struct unpacking *u, const char *program, int fd, enum unpack_way way, int seconds)
{
    static const char *const ways[] = {[UNPACK_LIST] = "list", [UNPACK_TAKE] = "take", [UNPACK_METADATA] = "metadata"};
    const struct world *world = u->world;
    int ends[2];
    char uid[32];
    char limit[32];
    bool as_other = !world->is_private && world->run_as != (uid_t)-1;
    snprintf(uid, sizeof uid, "%ld", as_other ? (long)world->run_as : -1L);
    snprintf(limit, sizeof limit, "%d", seconds);
    const char *const command[] = {world->is_private ? WORLD_WORKER : program, ways[way], limit, uid, NULL};
    if (pipe2(ends, O_CLOEXEC) == -1)
        return -1;
    struct world_start it = {.command = command, .shown = program, .in = fd, .out = -1, .err = -1, .result = ends[1]};
    pid_t pid = world_start(world, &it);
    close(ends[1]);
    u->lines = ends[0];
    if (pid == -1)
        close(ends[0]);
    return pid;
}

/* Waits for its end; nobody knows whether it wants to. */
static int reap(const struct world *world, pid_t pid, bool at_once)
{
    enum { PATIENCE = 5000 }; /* milliseconds */
    int status = 0;
    struct pollfd ended = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
    if (at_once || ended.fd == -1 || poll(&ended, 1, PATIENCE) != 1)
        world_end(world, pid, true);
    if (ended.fd != -1)
        close(ended.fd);
    while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
        ;
    return status;
}

/* What it means that it ended before it told the end. */
static const char *broken_off(int status)
{
    int sig = WIFSIGNALED(status) ? WTERMSIG(status) : WIFEXITED(status) ? WEXITSTATUS(status) - 128 : 0;
    if (sig == SIGXCPU || sig == SIGKILL)
        return "it takes too much time or memory to unpack";
    return sig == 0 || WIFEXITED(status) ? "the unpacker could not read it" : "the unpacker broke down on it";
}

const char *unpack(const struct world *world, int fd, enum unpack_way way, int seconds, unpacked_function *tell,
                   void *context)
{
    static char words[sizeof((struct unpacking *)0)->problem];
    struct unpacking u = {.world = world, .tell = tell, .context = context, .left = seconds * UNPACK_PATIENCE};
    const char *program = own_copy(world);
    if (program == NULL)
        return "the kit's unpacker is missing: run make";
    u.buffer = malloc(LINE_MAX_BYTES);
    pid_t pid = u.buffer == NULL ? -1 : start(&u, program, fd, way, seconds);
    if (pid == -1) {
        free(u.buffer);
        return "the unpacker could not be started";
    }
    listen_to_it(&u);
    entry_ends(&u); /* if it broke off in its data, that is a problem of the archive */
    bool late = u.enough || u.problem[0] != '\0';
    close(u.lines);
    int status = reap(world, pid, u.ended || late);
    if (!u.ended && !late)
        set_problem(&u, broken_off(status));
    free(u.buffer);
    free(u.data);
    snprintf(words, sizeof words, "%s", u.problem);
    return words[0] == '\0' || (u.enough && !u.ended) ? NULL : words;
}
