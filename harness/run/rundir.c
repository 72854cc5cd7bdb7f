#define _GNU_SOURCE
#include "run/rundir.h"

#include "run/path.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[256];
static int lifeline = -1; /* the janitor reads its other end: end-of-file means that we are gone */
static pid_t janitor;

static _Noreturn void wait_and_remove(int end)
{
    setsid(); /* Ctrl-C at the terminal is not for it */
    for (int sig = 1; sig < NSIG; sig++)
        signal(sig, SIG_IGN);
    dup2(end, 0);
    close_range(1, ~0U, 0);
    char byte;
    while (read(0, &byte, 1) > 0)
        ;
    remove_tree(path);
    _exit(0);
}

/* As root we run programs as another user, who must get through to the folder. */
static bool others_can_enter(const char *folder)
{
    char prefix[PATH_MAX];
    struct stat status;
    snprintf(prefix, sizeof prefix, "%s/", folder);
    for (char *slash = prefix; (slash = strchr(slash + 1, '/')) != NULL; *slash = '/') {
        *slash = '\0';
        if (stat(prefix, &status) == -1 || (status.st_mode & S_IXOTH) == 0)
            return false;
    }
    return true;
}

const char *rundir_make(void)
{
    const char *base = getenv("TMPDIR");
    if (base == NULL || *base == '\0' || (geteuid() == 0 && !others_can_enter(base)))
        base = "/tmp";
    int n = snprintf(path, sizeof path, "%s/sockeye-XXXXXX", base);
    int ends[2];
    if (n >= (int)sizeof path || mkdtemp(path) == NULL)
        return NULL;
    if (pipe2(ends, O_CLOEXEC) == -1) {
        remove_tree(path);
        return NULL;
    }
    lifeline = ends[1];
    janitor = fork();
    if (janitor == 0)
        wait_and_remove(ends[0]);
    close(ends[0]);
    return path;
}

const char *rundir(void)
{
    return lifeline == -1 ? NULL : path;
}

int rundir_enter(void)
{
    struct path own = path_of("%s/unit-XXXXXX", path);
    struct stat outer;
    if (strlen(own.text) >= sizeof path || stat(path, &outer) == -1 || mkdtemp(own.text) == NULL ||
        chmod(own.text, 0711) == -1)
        return -1;
    if (geteuid() == 0 && chown(own.text, outer.st_uid, outer.st_gid) == -1)
        return -1;
    memcpy(path, own.text, strlen(own.text) + 1);
    return 0;
}

void rundir_remove(void)
{
    if (lifeline == -1)
        return;
    close(lifeline);
    lifeline = -1;
    while (waitpid(janitor, NULL, 0) == -1 && errno == EINTR)
        ;
}
