#define _GNU_SOURCE
#include "run/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/debugger.h"
#include "run/build.h"
#include "run/jobs.h"
#include "run/package.h"
#include "run/rundir.h"
#include "run/work.h"

enum { PATIENCE_SECONDS = 20, SPACE_NEEDED_MB = 100 };

/* What a command in a world said, and how it ended: 127 if it is not there. */
struct answer {
    int status;
    char words[1500];
};

struct machine {
    const struct kit *kit;
    struct world world;
    const char *problem; /* why there is no world at all, not even a plain one */
    char folder[300];    /* of the program that is built for trying */
    bool built;
    struct finding *findings;
    int count;
};

static struct finding *finds(struct machine *machine, const char *name, enum finding_state state, const char *format,
                             ...) __attribute__((format(printf, 4, 5)));

static struct finding *finds(struct machine *machine, const char *name, enum finding_state state, const char *format,
                             ...)
{
    struct finding *finding = &machine->findings[machine->count++];
    *finding = (struct finding){.name = name, .state = state};
    va_list list;
    va_start(list, format);
    vsnprintf(finding->words, sizeof finding->words, format, list);
    va_end(list);
    finding->words[strcspn(finding->words, "\n")] = '\0';
    return finding;
}

static void mend(struct finding *finding, const char *line)
{
    size_t used = strlen(finding->mend);
    snprintf(finding->mend + used, sizeof finding->mend - used, "%s%s", used > 0 ? "\n" : "", line);
}

static void mend_package(struct finding *finding, const char *debian, const char *fedora, const char *arch)
{
    char line[300];
    package_command(&(struct package){debian, fedora, arch}, line, sizeof line);
    mend(finding, line);
}

/* ": " and the first line of an answer, or nothing. */
static const char *said(struct answer *answer)
{
    static char words[300];
    answer->words[strcspn(answer->words, "\n")] = '\0';
    snprintf(words, sizeof words, "%s%.250s", answer->words[0] == '\0' ? "" : ": ", answer->words);
    return words;
}

/* False if it takes too long. */
static bool listen_to(int fd, struct answer *answer)
{
    double deadline = jobs_now() + PATIENCE_SECONDS;
    size_t length = 0;
    for (;;) {
        char more[512];
        struct pollfd fds = {.fd = fd, .events = POLLIN};
        double left = deadline - jobs_now();
        if (left <= 0 || poll(&fds, 1, (int)(left * 1000) + 1) <= 0)
            return false;
        ssize_t n = read(fd, more, sizeof more);
        if (n <= 0)
            return true;
        for (ssize_t i = 0; i < n && length < sizeof answer->words - 1; i++)
            answer->words[length++] = more[i];
    }
}

static struct answer ask(const struct machine *machine, const char *script)
{
    struct answer answer = {.status = -1};
    const char *const command[] = {"/bin/sh", "-c", script, NULL};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) == -1)
        return answer;
    struct world_start start = {
        .command = command, .folder = machine->folder, .out = ends[1], .err = ends[1], .result = ends[1]};
    pid_t pid = world_start(&machine->world, &start);
    close(ends[1]);
    bool heard_all = listen_to(ends[0], &answer);
    close(ends[0]);
    if (pid == -1)
        return answer;
    int status = 0;
    if (!heard_all)
        kill(-pid, SIGKILL);
    if (waitpid(pid, &status, 0) != -1 && WIFEXITED(status))
        answer.status = WEXITSTATUS(status);
    return answer;
}

static bool is_on_path(const char *name)
{
    char path[4096];
    const char *folders = getenv("PATH");
    snprintf(path, sizeof path, "%s", folders == NULL ? "/usr/local/bin:/usr/bin:/bin" : folders);
    char *rest = path;
    for (char *folder; (folder = strsep(&rest, ":")) != NULL;) {
        if (access(path_of("%s/%s", folder, name).text, X_OK) == 0)
            return true;
    }
    return false;
}

/* A setting of the kernel's, -1 if it does not have it. */
static int setting(const char *path)
{
    FILE *file = fopen(path, "re");
    int value = -1;
    if (file != NULL && fscanf(file, "%d", &value) != 1)
        value = -1;
    if (file != NULL)
        fclose(file);
    return value;
}

static bool in_container(void)
{
    return access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0 || getenv("container") != NULL;
}

static void examine_temp(struct machine *machine)
{
    struct statvfs space;
    if (machine->problem != NULL) {
        struct finding *finding = finds(machine, "kit", BROKEN, "%s", machine->problem);
        if (rundir() != NULL)
            mend(finding, "make");
        return;
    }
    struct path base = path_of("%s", rundir());
    *strrchr(base.text, '/') = '\0';
    unsigned long long free_mb = statvfs(rundir(), &space) == -1 ? 0 : space.f_bavail * space.f_frsize >> 20;
    if (free_mb < SPACE_NEEDED_MB)
        mend(finds(machine, "temporary folder", NOT_GRADED, "%s has only %llu MB free: big checks may break off",
                   base.text, free_mb),
             "make room there, or set TMPDIR to another folder");
    else
        finds(machine, "temporary folder", WORKS, "%s", base.text);
}

static void mend_container(struct finding *finding)
{
    mend(finding, "This is a container. Start it so that it may make namespaces of its own:");
    mend(finding, "docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined "
                  "--security-opt systempaths=unconfined ...");
    mend(finding, "podman run --security-opt seccomp=unconfined --security-opt unmask=ALL ...");
}

static void mend_apparmor(struct finding *finding)
{
    mend(finding, "AppArmor keeps bubblewrap from user namespaces (Ubuntu 24.04 and later). Allow them to it:");
    mend(finding, "printf 'abi <abi/4.0>,\\ninclude <tunables/global>\\nprofile bwrap /usr/bin/bwrap "
                  "flags=(unconfined) {\\n  userns,\\n}\\n' | sudo tee /etc/apparmor.d/bwrap");
    mend(finding, "sudo systemctl reload apparmor");
    mend(finding, "Or, for all programs and until the next boot:");
    mend(finding, "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0");
}

static void examine_private(struct machine *machine)
{
    struct finding *finding;
    const char *why = machine->world.why_plain;
    if (machine->world.is_private) {
        finds(machine, "private network", WORKS, "bubblewrap gives each check a world of its own");
        return;
    }
    if (!is_on_path("bwrap")) {
        finding = finds(machine, "private network", NOT_GRADED, "bubblewrap is not installed");
        mend_package(finding, "bubblewrap", "bubblewrap", "bubblewrap");
        return;
    }
    finding = finds(machine, "private network", NOT_GRADED, "%s", why == NULL ? "bubblewrap does not work" : why);
    bool execution = strstr(finding->words, "execvp") != NULL;
    bool restricted = setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1;
    if (execution)
        mend(finding, "set TMPDIR to a folder where programs may run");
    else if (setting("/proc/sys/kernel/unprivileged_userns_clone") == 0)
        mend(finding, "sudo sysctl kernel.unprivileged_userns_clone=1");
    else if (setting("/proc/sys/user/max_user_namespaces") == 0)
        mend(finding, "sudo sysctl user.max_user_namespaces=15000");
    else if (in_container())
        mend_container(finding);
    else if (!restricted)
        mend(finding, "See whether this says more: bwrap --unshare-all --ro-bind / / true");
    if (restricted && !execution)
        mend_apparmor(finding);
}

/* A build that was kept would prove nothing. */
static struct build build_anew(const struct machine *machine, const char *source, const char *target)
{
    const char *given = getenv("SOCKEYE_CACHE");
    char *before = given == NULL ? NULL : strdup(given);
    setenv("SOCKEYE_CACHE", machine->folder, 1);
    struct build build = build_program(&machine->world, source, "hello", target);
    if (before == NULL)
        unsetenv("SOCKEYE_CACHE");
    else
        setenv("SOCKEYE_CACHE", before, 1);
    free(before);
    return build;
}

static void examine_compiler(struct machine *machine)
{
    struct path source = path_of("%s/hello.c", machine->folder);
    struct path target = path_of("%s/hello", machine->folder);
    FILE *file = fopen(source.text, "we");
    if (file != NULL) {
        fputs("#include <stdio.h>\nint main(void)\n{\n    return puts(\"hello\") == EOF;\n}\n", file);
        fclose(file);
    }
    struct build build = build_anew(machine, source.text, target.text);
    machine->built = build.status == BUILT;
    if (machine->built) {
        struct answer version = ask(machine, "cc --version");
        struct answer hello = ask(machine, "./hello");
        if (strstr(hello.words, "hello\n") != NULL)
            finds(machine, "compiler", WORKS, "%s", version.words);
        else
            mend(finds(machine, "compiler", BROKEN, "what was built can't be run%s", said(&hello)),
                 "set TMPDIR to a folder where programs may run");
    } else {
        struct answer words = {.status = 1};
        snprintf(words.words, sizeof words.words, "%.1000s", build.output == NULL ? "" : build.output);
        struct finding *finding = finds(machine, "compiler", BROKEN, "cc does not build a program%s", said(&words));
        mend_package(finding, "gcc libc6-dev", "gcc glibc-devel", "gcc");
    }
    free(build.output);
}

static void examine_valgrind(struct machine *machine)
{
    struct answer answer = ask(machine, "command -v valgrind > /dev/null || exit 127; valgrind -q ./hello");
    if (machine->built && answer.status == 0) {
        answer = ask(machine, "valgrind --version");
        finds(machine, "memcheck", WORKS, "%s", answer.words);
    } else if (answer.status == 127) {
        struct finding *finding = finds(machine, "memcheck", NOT_GRADED,
                                        "valgrind is not installed: memory is not graded");
        mend_package(finding, "valgrind", "valgrind", "valgrind");
    } else {
        bool symbols = strstr(answer.words, "redirection") != NULL;
        struct finding *finding = finds(machine, "memcheck", NOT_GRADED, "valgrind does not work%s",
                                        symbols ? ": it needs the symbols of the C library" : said(&answer));
        if (symbols)
            mend_package(finding, "libc6-dbg", "--enablerepo='*debuginfo' glibc-debuginfo", "debuginfod");
        else if (machine->built)
            mend(finding, "See whether this says more: valgrind true");
        else
            mend(finding, "mend the compiler first");
    }
}

static void mend_tracing(struct finding *finding)
{
    if (setting("/proc/sys/kernel/yama/ptrace_scope") > 1)
        mend(finding, "sudo sysctl kernel.yama.ptrace_scope=1   (3 stays until the next boot)");
    else if (in_container())
        mend(finding, "This is a container. Start it with: docker run --cap-add SYS_PTRACE ...");
    else
        mend(finding, "See whether this says more: strace true");
}

static void examine_strace(struct machine *machine)
{
    struct answer answer = ask(machine, "command -v strace > /dev/null || exit 127; strace -o /dev/null true");
    if (answer.status == 0) {
        answer = ask(machine, "strace --version | head -n 1");
        finds(machine, "strace", WORKS, "%s", answer.words);
        return;
    }
    struct finding *finding = finds(machine, "strace", NOT_GRADED, "strace %s",
                                    answer.status == 127 ? "is not installed: failing system calls are not graded"
                                                         : "may not trace: failing system calls are not graded, and "
                                                           "reports do not name the line where a program waits");
    if (answer.status == 127)
        mend_package(finding, "strace", "strace", "strace");
    else
        mend_tracing(finding);
}

/* A system call that can be seen tells at once that a program is stuck; else only the deadline does. */
static void examine_syscall(struct machine *machine)
{
    struct answer answer = ask(machine, "sleep 9 & cat /proc/$!/syscall; status=$?; kill $!; exit $status");
    if (answer.status == 0 && answer.words[0] != '\0')
        finds(machine, "/proc/PID/syscall", WORKS, "a program that is stuck is seen at once");
    else
        mend_tracing(finds(machine, "/proc/PID/syscall", NOT_GRADED,
                           "can't be read: a program that is stuck is only found by its time limit"));
}

static void examine_ipv6(struct machine *machine)
{
    /* In a world of its own if there is one: what this machine's lo has does not matter then. */
    struct answer answer = ask(machine, "grep -q '^00000000000000000000000000000001 ' /proc/net/if_inet6");
    if (answer.status == 0) {
        finds(machine, "IPv6", WORKS, "::1 is there");
        return;
    }
    struct finding *finding = finds(machine, "IPv6", NOT_GRADED, "lo has no address ::1: IPv6 is not graded");
    if (access("/proc/net/if_inet6", F_OK) == 0)
        mend(finding, "sudo sysctl net.ipv6.conf.lo.disable_ipv6=0");
    else
        mend(finding, "start the kernel without ipv6.disable=1");
}

/* Tries to write into a folder, or into the nearest one above it that is there. */
static const char *cannot_write(const char *path)
{
    static char data[65536];
    struct path folder = path_of("%s", path);
    struct stat status;
    while (stat(folder.text, &status) == -1 && strchr(folder.text, '/') != NULL &&
           strrchr(folder.text, '/') != folder.text)
        *strrchr(folder.text, '/') = '\0';
    if (stat(folder.text, &status) == -1)
        folder = path_of(".");
    struct path file = path_of("%s/.sockeye-doctor-%d", folder.text, getpid());
    int fd = open(file.text, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd == -1)
        return strerror(errno);
    bool wrote = write(fd, data, sizeof data) == (ssize_t)sizeof data;
    const char *reason = wrote ? NULL : errno == 0 ? strerror(ENOSPC) : strerror(errno);
    if (close(fd) == -1 && wrote)
        reason = strerror(errno);
    unlink(file.text);
    return reason;
}

static void examine_folders(struct machine *machine)
{
    struct path work = work_folder(machine->kit);
    struct path cache;
    errno = 0;
    const char *reason = cannot_write(work.text);
    if (reason == NULL)
        finds(machine, "work folder", WORKS, "%s", path_shown(work.text).text);
    else
        mend(finds(machine, "work folder", NOT_GRADED, "can't write %s: %s", path_shown(work.text).text, reason),
             "make room, or set SOCKEYE_WORK to a folder of your own");
    bool there = build_cache(&cache);
    errno = 0;
    reason = there ? cannot_write(cache.text) : "there is no folder for it";
    if (reason == NULL)
        finds(machine, "cache of builds", WORKS, "%s", path_shown(cache.text).text);
    else
        mend(finds(machine, "cache of builds", SPARED, "%s: every check compiles anew", reason),
             "set SOCKEYE_CACHE to a folder that can be written");
}

static void examine_tools(struct machine *machine)
{
    static const struct {
        const char *name;
        const char *debian, *fedora, *arch;
    } tools[] = {{"nc", "netcat-openbsd", "nmap-ncat", "openbsd-netcat"},
                 {"socat", "socat", "socat", "socat"},
                 {"ss", "iproute2", "iproute", "iproute2"}};
    if (access(GDB, X_OK) == 0)
        finds(machine, "gdb", WORKS, "for sockeye check N --debug");
    else
        mend_package(finds(machine, "gdb", SPARED, "not installed: only for sockeye check N --debug"), "gdb", "gdb",
                     "gdb");
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++) {
        if (is_on_path(tools[i].name))
            finds(machine, tools[i].name, WORKS, "for experiments by hand");
        else
            mend_package(finds(machine, tools[i].name, SPARED, "not installed: only for experiments by hand"),
                         tools[i].debian, tools[i].fedora, tools[i].arch);
    }
}

int machine_examine(const struct kit *kit, struct finding *findings)
{
    struct machine machine = {.kit = kit, .findings = findings};
    if (world_init(&machine.world, kit, false, &machine.problem) == 0) {
        snprintf(machine.folder, sizeof machine.folder, "%.250s/doctor", rundir());
        mkdir(machine.folder, 0755);
    }
    examine_temp(&machine);
    if (machine.problem == NULL) {
        examine_compiler(&machine);
        examine_private(&machine);
        examine_valgrind(&machine);
        examine_strace(&machine);
        examine_syscall(&machine);
        examine_ipv6(&machine);
    }
    examine_folders(&machine);
    examine_tools(&machine);
    world_leave();
    return machine.count;
}
