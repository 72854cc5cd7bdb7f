/**
 * refuse COMMAND [ARGUMENT...]: runs a command as in a container with default settings, where no namespaces can be made
 * and no process may trace another or look into it.
 *
 * The calls fail as they do there: EPERM, but ENOSYS for clone3, so that libc takes clone instead, whose flags a filter
 * can see. The kernel keeps the filter for all that the command starts.
 *
 * See also: seccomp(2), capabilities(7); moby's profiles/seccomp/default.json is the model.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int refuse(scmp_filter_ctx filter)
{
    static const int calls[] = {
        SCMP_SYS(unshare),
        SCMP_SYS(setns),
        SCMP_SYS(mount),
        SCMP_SYS(umount2),
        SCMP_SYS(pivot_root),
        SCMP_SYS(ptrace),
        SCMP_SYS(process_vm_readv),
        SCMP_SYS(process_vm_writev),
        SCMP_SYS(pidfd_getfd),
    };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        int result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), calls[i], 0);
        if (result != 0)
            return result;
    }
    int result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    static const unsigned long namespaces[] = {CLONE_NEWUSER, CLONE_NEWNS,  CLONE_NEWNET,   CLONE_NEWPID,
                                               CLONE_NEWIPC,  CLONE_NEWUTS, CLONE_NEWCGROUP};
    for (size_t i = 0; result == 0 && i < sizeof namespaces / sizeof *namespaces; i++)
        result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                                  SCMP_A0(SCMP_CMP_MASKED_EQ, namespaces[i], namespaces[i]));
    return result == 0 ? seccomp_load(filter) : result;
}

int main(int argc, char *argv[])
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s COMMAND [ARGUMENT...]\n", argv[0]);
        return 2;
    }
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int result = filter == NULL ? -ENOMEM : refuse(filter);
    if (result != 0) {
        fprintf(stderr, "%s: no filter: %s\n", argv[0], strerror(-result));
        return 126;
    }
    seccomp_release(filter);
    execvp(argv[1], argv + 1);
    fprintf(stderr, "%s: %s: %s\n", argv[0], argv[1], strerror(errno));
    return 127;
}
