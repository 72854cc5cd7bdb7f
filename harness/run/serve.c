#define _GNU_SOURCE
#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/cage.h"
#include "check/netlink.h"
#include "look/proc.h"
#include "run/jobs.h"
#include "run/server.h"

enum { WORDS_MAX = 16 };

static pid_t checks[JOBS_MAX]; /* those under way, by their places; 0: none */

/* ------------------------------------------------ in the check's own process */

/* Who we are outside is who we are inside (user_namespaces(7)). */
static bool map_ids(uid_t uid, gid_t gid)
{
    char line[64];
    if (netlink_set("/proc/self/setgroups", "deny") == -1)
        return false;
    snprintf(line, sizeof line, "%u %u 1", uid, uid);
    if (netlink_set("/proc/self/uid_map", line) == -1)
        return false;
    snprintf(line, sizeof line, "%u %u 1", gid, gid);
    return netlink_set("/proc/self/gid_map", line) == 0;
}

static bool mount_own(const char *folder)
{
    char programs[sizeof WORLD_FOLDER + sizeof((struct server_request *)NULL)->folder];
    snprintf(programs, sizeof programs, "%s/%s", WORLD_FOLDER, folder);
    if (*folder != '\0' && (mount(programs, WORLD_FOLDER, NULL, MS_BIND, NULL) == -1 || chdir(WORLD_FOLDER) == -1))
        return false;
    /* A tmpfs counts as memory: bounded, and so is what the names in it take. */
    return mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0 &&
           mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=256m,nr_inodes=20k") == 0;
}

/* Of all that the first process of a user namespace may, a worker keeps what it needs: to set up its network, to look into
   programs, to set limits, and to hear packets if it is to. What it runs to look with (strace) keeps them, too; a program
   loses them (check/cage.h). */
static bool keep_few_capabilities(bool captures)
{
    static const int kept[] = {CAP_NET_ADMIN, CAP_SYS_PTRACE, CAP_SYS_RESOURCE, CAP_NET_RAW};
    int count = captures ? 4 : 3;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2] = {0};
    for (int i = 0; i < count; i++)
        sets[0].permitted |= 1U << kept[i];
    sets[0].effective = sets[0].inheritable = sets[0].permitted;
    if (syscall(SYS_capset, &header, sets) == -1)
        return false;
    for (int i = 0; i < count; i++)
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, kept[i], 0, 0);
    return true;
}

static const char *take_over(uid_t uid, gid_t gid, const struct ends *ends, const char *folder)
{
    bool has_terminal = ends->fd[ENDS_TERMINAL_IN] != -1;
    signal(SIGCHLD, SIG_DFL);
    ends_place(ends);
    close_range(ENDS_COUNT, ~0U, 0);
    if (!has_terminal)
        setsid();
    if (!map_ids(uid, gid))
        return "map its user";
    if (!mount_own(folder))
        return "mount its folders";
    return keep_few_capabilities(ends->fd[ENDS_CAPTURE] != -1) ? NULL : "drop capabilities";
}

static int split(struct server_request *request, char *words[WORDS_MAX + 1])
{
    int count = 0;
    for (char *at = request->words; at < request->words + request->length && count < WORDS_MAX; at += strlen(at) + 1)
        words[count++] = at;
    words[count] = NULL;
    return count;
}

/* ------------------------------------------------ the server */

static void begin(struct server_request *request, const struct ends *ends, int (*play)(int argc, char *argv[]))
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    unsigned long own = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC;
    pid_t pid = (pid_t)syscall(SYS_clone, own | SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid == 0) {
        char *words[WORDS_MAX + 1];
        const char *undone = take_over(uid, gid, ends, request->folder);
        if (undone == NULL)
            exit(play(split(request, words), words));
        dprintf(2, "worker: could not %s: %s\n", undone, strerror(errno));
        _exit(3);
    }
    if (pid == -1 && ends->fd[ENDS_ERR] != -1)
        dprintf(ends->fd[ENDS_ERR], "worker: could not make namespaces for a check: %s\n", strerror(errno));
    checks[request->place] = pid == -1 ? 0 : pid;
}

static void end(int place)
{
    if (checks[place] != 0)
        proc_kill_tree(checks[place]);
}

static void reap(bool all)
{
    pid_t pid;
    while ((pid = waitpid(-1, NULL, all ? 0 : WNOHANG)) > 0) {
        for (int i = 0; i < JOBS_MAX; i++) {
            if (checks[i] == pid)
                checks[i] = 0;
        }
    }
}

/* Takes one request. Returns its size, 0 at the end, -1 with errno. */
static ssize_t receive(int fd, struct server_request *request, struct ends *ends)
{
    union {
        char space[CMSG_SPACE(sizeof ends->fd)];
        struct cmsghdr header;
    } control;
    struct iovec data = {request, sizeof *request};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    if (n < (ssize_t)offsetof(struct server_request, words))
        return n < 0 ? -1 : 0;
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    const unsigned char *passed = header == NULL ? NULL : CMSG_DATA(header);
    for (int i = 0; i < ENDS_COUNT; i++) {
        ends->fd[i] = -1;
        if ((request->ends & 1U << i) == 0 || passed == NULL)
            continue;
        memcpy(&ends->fd[i], passed, sizeof ends->fd[i]);
        passed += sizeof ends->fd[i];
    }
    return n;
}

static void on_child(int sig)
{
    (void)sig; /* it has come to break off recvmsg() */
}

int serve(int fd, int (*play)(int argc, char *argv[]))
{
    static struct server_request request;
    struct ends ends;
    struct sigaction action = {.sa_handler = on_child};
    sigaction(SIGCHLD, &action, NULL);
    cage_prepare(true);
    ssize_t n;
    while ((n = receive(fd, &request, &ends)) != 0) {
        if (n == -1 && errno != EINTR)
            break;
        if (n > 0) {
            end(request.place); /* it has told its result, or is to end */
            if (request.length > 0)
                begin(&request, &ends, play);
            for (int i = 0; i < ENDS_COUNT; i++) {
                if (ends.fd[i] != -1)
                    close(ends.fd[i]);
            }
        }
        reap(false);
    }
    for (int i = 0; i < JOBS_MAX; i++)
        end(i);
    reap(true);
    return 0;
}
