/* Makes a namespace in which it would be root. Says: its stderr: "made: 0 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
    int made = unshare(CLONE_NEWUSER) == 0;
    long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0)
        _exit(0);
    made += pid > 0;
    made += mount("none", "/tmp", "tmpfs", 0, "") == 0;
    fprintf(stderr, "made: %d\n", made);
    return 3;
}
