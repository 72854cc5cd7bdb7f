#define _GNU_SOURCE
#include "run/world.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/cage.h"
#include "look/proc.h"
#include "run/jobs.h"
#include "run/path.h"
#include "run/rundir.h"
#include "run/server.h"

enum {
    ARGS_MAX = 160,
    FREE_UID = 60600, /* in a range that systemd leaves to nobody (its docs/UIDS-GIDS.md) */
    SYMBOLS_MAX = sizeof((struct world *)NULL)->symbols / sizeof((struct world *)NULL)->symbols[0]
};

/* The /etc of a private world. The names are those that the lessons' peers go by. */
static const struct {
    const char *name;
    const char *content;
} etc[] = {
    {"hosts", "127.0.0.1 localhost\n::1 localhost\n"
              "127.0.0.2 heron.sockeye.test\n127.0.0.3 osprey.sockeye.test\n127.0.0.4 tern.sockeye.test\n"},
    {"host.conf", "multi on\n"}, /* as all systems have it: localhost is 127.0.0.1 and ::1 */
    {"nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n"},
    {"resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"},
    {"services", "echo 7/tcp\necho 7/udp\ndiscard 9/tcp\ndiscard 9/udp\ndaytime 13/tcp\ndaytime 13/udp\n"
                 "ftp-data 20/tcp\nftp 21/tcp\nssh 22/tcp\ntelnet 23/tcp\nsmtp 25/tcp\ntime 37/tcp\ntime 37/udp\n"
                 "domain 53/tcp\ndomain 53/udp\ntftp 69/udp\nhttp 80/tcp\npop3 110/tcp\nntp 123/udp\nhttps 443/tcp\n"
                 "mysql 3306/tcp\n"},
    {"protocols", "ip 0 IP\nicmp 1 ICMP\ntcp 6 TCP\nudp 17 UDP\n"},
    {"passwd", "student:x:60600:60600:student:/tmp:/bin/sh\n"},
    {"group", "student:x:60600:\n"},
};

static int write_file(const char *path, const char *content)
{
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return -1;
    fputs(content, file);
    return fclose(file);
}

static int make_etc(void)
{
    char path[400];
    snprintf(path, sizeof path, "%s/etc", rundir());
    if (mkdir(path, 0755) == -1)
        return -1;
    for (size_t i = 0; i < sizeof etc / sizeof *etc; i++) {
        snprintf(path, sizeof path, "%s/etc/%s", rundir(), etc[i].name);
        if (write_file(path, etc[i].content) == -1)
            return -1;
    }
    /* Places where this machine's own are put. */
    snprintf(path, sizeof path, "%s/etc/ld.so.cache", rundir());
    if (write_file(path, "") == -1)
        return -1;
    snprintf(path, sizeof path, "%s/etc/alternatives", rundir());
    return mkdir(path, 0755);
}

/* ------------------------------------------------ bubblewrap's command line */

struct args {
    const char *list[ARGS_MAX];
    int count;
};

static void add(struct args *args, const char *const *words)
{
    for (; *words != NULL && args->count < ARGS_MAX - 1; words++)
        args->list[args->count++] = *words;
}

#define ADD(args, ...) add((args), (const char *const[]){__VA_ARGS__, NULL})

/* /bin, /lib and so on are links into /usr on most systems, folders of their own on some. */
static void add_system_folder(struct args *args, const char *path)
{
    struct stat status;
    static char targets[8][64];
    static int used;
    if (lstat(path, &status) == -1)
        return;
    if (!S_ISLNK(status.st_mode)) {
        ADD(args, "--ro-bind", path, path);
        return;
    }
    char *target = targets[used++ % 8];
    ssize_t n = readlink(path, target, sizeof targets[0] - 1);
    if (n > 0) {
        target[n] = '\0';
        ADD(args, "--symlink", target, path);
    }
}

static void add_device(struct args *args, const char *path)
{
    ADD(args, "--dev-bind-try", path, path);
}

static const char *const system_folders[] = {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"};
static const char *const installed_kits[] = {"/usr/share/sockeye", "/usr/local/share/sockeye"};
static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"};

static bool lies_in(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && path[length] == '/';
}

/* Puts an empty folder over one that the world would show. */
static void hide(struct args *args, const char *path)
{
    bool is_shown = lies_in(path, "/usr");
    for (size_t i = 0; i < sizeof system_folders / sizeof *system_folders; i++)
        is_shown = is_shown || lies_in(path, system_folders[i]);
    struct stat status;
    if (is_shown && stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        ADD(args, "--tmpfs", path, "--remount-ro", path);
}

/* Where this machine has the debugging information of which a file holds the symbols. */
static struct path whole_of(const char *symbols)
{
    const char *id = strrchr(symbols, '/') + 1;
    return path_of("/usr/lib/debug/.build-id/%.2s/%s", id, id + 2);
}

static void add_symbols(struct args *args, const struct world *world)
{
    static struct path shown[SYMBOLS_MAX];
    for (size_t i = 0; i < SYMBOLS_MAX && world->symbols[i][0] != '\0'; i++) {
        shown[i] = whole_of(world->symbols[i]);
        ADD(args, "--ro-bind", world->symbols[i], shown[i].text);
    }
}

static void bubblewrap(struct args *args, const struct world *world, const struct world_start *start)
{
    ADD(args, "bwrap", "--unshare-all", "--unshare-user", "--die-with-parent", "--as-pid-1", "--clearenv", "--setenv",
        "PATH", "/usr/local/bin:/usr/bin:/bin", "--setenv", "LANG", "C.UTF-8", "--setenv", "TMPDIR", "/tmp",
        "--ro-bind", "/usr", "/usr");
    for (size_t i = 0; i < sizeof system_folders / sizeof *system_folders; i++)
        add_system_folder(args, system_folders[i]);
    hide(args, world->kit.text);
    hide(args, world->own.text);
    for (size_t i = 0; i < sizeof installed_kits / sizeof *installed_kits; i++)
        hide(args, installed_kits[i]);
    ADD(args, "--ro-bind", world->etc, "/etc", "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache", "--ro-bind-try",
        "/etc/alternatives", "/etc/alternatives", "--proc", "/proc", "--dir", "/dev");
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
        add_device(args, devices[i]);
    /* A tmpfs counts as memory: bounded. */
    if (!world->old_bubblewrap)
        ADD(args, "--size", "268435456");
    ADD(args, "--tmpfs", "/tmp", "--ro-bind", start->shown == NULL ? world->worker : start->shown, WORLD_WORKER);
    const char *terminal = getenv("TERM");
    if (!start->terminal)
        ADD(args, "--new-session");
    else if (terminal != NULL)
        ADD(args, "--setenv", "TERM", terminal);
    if (!start->terminal) /* gdb is to have the whole */
        add_symbols(args, world);
    if (start->folder != NULL)
        ADD(args, "--ro-bind", start->folder, WORLD_FOLDER, "--chdir", WORLD_FOLDER);
    ADD(args, "--remount-ro", "/", "--"); /* what a check changed there, the next one would find */
}

/* ------------------------------------------------ starting and ending */

static void become_world(const struct world *world, const struct world_start *start)
{
    struct args args = {.count = 0};
    if (world->is_private) {
        bubblewrap(&args, world, start);
    } else if (start->folder != NULL && chdir(start->folder) == -1) {
        dprintf(2, "sockeye: %s: %s\n", start->folder, strerror(errno));
        _exit(127);
    }
    add(&args, start->command);
    const char *undone = start->limits ? cage_limits(false, 0) : NULL;
    bool lesser = world->run_as != (uid_t)-1 && (world->is_private || start->limits);
    if (undone == NULL && lesser)
        undone = cage_become(world->run_as);
    if (undone != NULL) {
        dprintf(2, "sockeye: could not %s: %s\n", undone, strerror(errno));
        _exit(127);
    }
    if (!world->is_private && start->scratch != NULL)
        setenv("TMPDIR", start->scratch, 1);
    execvp(args.list[0], (char *const *)(uintptr_t)args.list);
    dprintf(2, "sockeye: could not run %s: %s\n", args.list[0], strerror(errno));
    _exit(127);
}

struct ends world_ends(const struct world_start *start)
{
    return (struct ends){{[ENDS_IN] = start->in > 0 ? start->in : -1,
                          [ENDS_OUT] = start->out,
                          [ENDS_ERR] = start->err,
                          [ENDS_RESULT] = start->result,
                          [ENDS_CAPTURE] = start->capture > 0 ? start->capture : -1,
                          [ENDS_TERMINAL_IN] = start->terminal ? 0 : -1,
                          [ENDS_TERMINAL_OUT] = start->terminal ? 1 : -1,
                          [ENDS_CHECKS] = start->checks > 0 ? start->checks : -1}};
}

pid_t world_start(const struct world *world, const struct world_start *start)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, world->is_private ? SIGKILL : SIGTERM, 0, 0, 0);
    if (!start->terminal)
        setsid(); /* Ctrl-C is for the runner, which ends its worlds itself */
    struct ends ends = world_ends(start);
    ends_place(&ends);
    close_range(ENDS_COUNT, ~0U, CLOSE_RANGE_CLOEXEC);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    become_world(world, start);
    _exit(127);
}

void world_end(const struct world *world, pid_t pid, bool at_once)
{
    if (world->is_private || at_once)
        proc_kill_tree(pid);
    else
        kill(pid, SIGTERM);
    kill(pid, SIGCONT); /* a program of the same user may have stopped it */
}

/* ------------------------------------------------ choosing the mode */

/* Reads a line, or what there is until its end. */
static void read_line(int fd, char *line, size_t size)
{
    size_t length = 0;
    ssize_t n;
    while (length < size - 1 && (n = read(fd, line + length, size - 1 - length)) > 0)
        length += (size_t)n;
    line[length] = '\0';
    line[strcspn(line, "\n")] = '\0';
}

/* Has the run's server, which goes on if all is well, try what each check needs; returns NULL or the first line of what
   went wrong. */
static const char *try_private(struct world *world)
{
    static char words[512];
    char result[16] = "";
    static const char *const command[] = {WORLD_WORKER, "probe", NULL};
    struct job_pipes pipes;
    if (!jobs_open_pipes(&pipes))
        return strerror(errno);
    struct world_start start = {.command = command, .out = -1, .err = pipes.errors[1], .result = pipes.result[1]};
    world->is_private = true;
    pid_t pid = server_play(world, 0, &start);
    close(pipes.result[1]);
    close(pipes.errors[1]);
    read_line(pipes.result[0], result, sizeof result);
    bool works = strcmp(result, PROBE_PASSED) == 0;
    if (!works) {
        server_end(false); /* who may hold the other end of errors */
        read_line(pipes.errors[0], words, sizeof words);
    }
    close(pipes.result[0]);
    close(pipes.errors[0]);
    if (works || words[0] != '\0')
        return works ? NULL : words;
    return pid == -1 ? "no process can be started for it" : "it broke off";
}

/* Copies that the unprivileged user can read, wherever the kit lies; of those alone that this machine has a use for. */
static void copy_symbols(struct world *world, const char *kept)
{
    glob_t found;
    int count = 0;
    if (glob(path_of("%s/*.debug", kept).text, 0, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc && count < SYMBOLS_MAX; i++) {
        const char *file = found.gl_pathv[i];
        char *copy = world->symbols[count];
        snprintf(copy, sizeof world->symbols[0], "%s%s", rundir(), strrchr(file, '/'));
        if (access(whole_of(file).text, R_OK) == 0 && file_copy(file, copy, 0644) == 0)
            count++;
        else
            *copy = '\0';
    }
    globfree(&found);
}

/* What lies beside the worker. */
static struct path helper(const struct kit *kit, const char *name)
{
    const char *slash = strrchr(kit->worker.text, '/');
    return path_of("%.*s/%s", slash == NULL ? 0 : (int)(slash - kit->worker.text), kit->worker.text, name);
}

int world_init(struct world *world, const struct kit *kit, bool plain, const char **problem)
{
    *world = (struct world){.run_as = (uid_t)-1};
    if (realpath(kit->root.text, world->kit.text) == NULL)
        world->kit = kit->root;
    world->own = kit->own;
    if (rundir_make() == NULL) {
        *problem = "no temporary folder can be made: set TMPDIR to a folder that can be written";
        return -1;
    }
    snprintf(world->worker, sizeof world->worker, "%s/worker", rundir());
    snprintf(world->etc, sizeof world->etc, "%s/etc", rundir());
    world->unpacker = helper(kit, "unpacker");
    /* A copy that the unprivileged user can read, wherever the kit lies. */
    if (access(kit->worker.text, R_OK) == -1) {
        *problem = "the kit is not built: run make";
        return -1;
    }
    if (file_copy(kit->worker.text, world->worker, 0755) == -1 || make_etc() == -1) {
        static char words[400];
        snprintf(words, sizeof words, "can't prepare %.300s: %s", rundir(), strerror(errno));
        *problem = words;
        return -1;
    }
    copy_symbols(world, helper(kit, "symbols").text);
    if (geteuid() == 0) {
        world->run_as = FREE_UID + (uid_t)(getpid() % 256);
        if (chown(rundir(), world->run_as, world->run_as) == -1)
            world->run_as = (uid_t)-1;
    }
    world->why_plain = plain ? "asked for with --plain" : try_private(world);
    if (!plain && world->why_plain != NULL && strstr(world->why_plain, "--size") != NULL) {
        world->old_bubblewrap = true; /* before 0.7 it has no such option */
        world->why_plain = try_private(world);
    }
    world->is_private = world->why_plain == NULL;
    if (world->run_as != (uid_t)-1)
        chmod(rundir(), 0711); /* several users run programs from it */
    return 0;
}

void world_leave(void)
{
    server_end(false);
    rundir_remove();
}
