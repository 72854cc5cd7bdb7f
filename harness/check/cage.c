#define _GNU_SOURCE
#include "check/cage.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
    __rlimit_resource_t resource; /* the type that glibc gives it */
    struct rlimit limit;
} limits[] = {
    {RLIMIT_CPU, {20, 21}},               /* seconds; at both at once it gets SIGKILL, which does not say why */
    {RLIMIT_FSIZE, {64 << 20, 64 << 20}}, /* bytes */
    {RLIMIT_CORE, {0, 0}},
    {RLIMIT_MEMLOCK, {1 << 20, 1 << 20}},
};

/* What looks into other processes, makes namespaces, or takes memory that no limit counts; io_uring does what it is told behind a
   filter's back. */
static const int denied[] = {
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(kcmp),
    SCMP_SYS(process_madvise),
    SCMP_SYS(process_mrelease),
    SCMP_SYS(move_pages),
    SCMP_SYS(migrate_pages),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(bpf),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(open_tree),
    SCMP_SYS(move_mount),
    SCMP_SYS(fsopen),
    SCMP_SYS(fspick),
    SCMP_SYS(mount_setattr),
    SCMP_SYS(kexec_load),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(memfd_secret),
    SCMP_SYS(shmget),
    SCMP_SYS(msgget),
    SCMP_SYS(semget),
    SCMP_SYS(ioprio_set),
};

/* A filter sees the 64 bits of a register, of which the kernel takes the lower half where it wants an int: what stands above must
   not make another number of it. */
#define IS_INT(argument, value) SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, 0xffffffff, 0xffffffff & (scmp_datum_t)(value))

/* What a process may do to itself alone: the argument that names another one is 0 then, in all of its bits. The worker is of the
   same user. */
static const struct {
    int call;
    unsigned int argument;
} own_alone[] = {
    {SCMP_SYS(prlimit64), 0},          {SCMP_SYS(sched_setaffinity), 0}, {SCMP_SYS(sched_setparam), 0},
    {SCMP_SYS(sched_setscheduler), 0}, {SCMP_SYS(sched_setattr), 0},     {SCMP_SYS(setpriority), 0},
    {SCMP_SYS(setpriority), 1},
};

/* clone(2) makes namespaces, too. clone3(2) keeps its flags where no filter sees them; in a world no namespace can be made anyway
   (run/network.c). */
static void deny_new_namespaces(scmp_filter_ctx context)
{
    static const unsigned long flags[] = {CLONE_NEWUSER, CLONE_NEWNS,  CLONE_NEWPID,   CLONE_NEWNET,
                                          CLONE_NEWIPC,  CLONE_NEWUTS, CLONE_NEWCGROUP};
    for (unsigned int i = 0; i < sizeof flags / sizeof *flags; i++)
        seccomp_rule_add(context, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                         SCMP_A0(SCMP_CMP_MASKED_EQ, flags[i], flags[i]));
}

/* Of the kernel's protocols those that the course is about. Others have been holes, and vsock(7) leads to the machine that a
   virtual machine runs on. packet(7) is not for programs without privileges anyway. */
static void deny_other_families(scmp_filter_ctx context)
{
    static const int known[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET};
    for (int family = 1; family < AF_MAX; family++) {
        bool is_known = false;
        for (unsigned int i = 0; i < sizeof known / sizeof *known; i++)
            is_known = is_known || known[i] == family;
        const int calls[] = {SCMP_SYS(socket), SCMP_SYS(socketpair)};
        for (unsigned int i = 0; !is_known && i < sizeof calls / sizeof *calls; i++)
            seccomp_rule_add(context, SCMP_ACT_ERRNO(EAFNOSUPPORT), calls[i], 1, IS_INT(0, family));
    }
}

/* A program that makes itself undumpable is told that it is. It stays one that the worker can look into. */
static void keep_dumpable(scmp_filter_ctx context)
{
    seccomp_rule_add(context, SCMP_ACT_ERRNO(0), SCMP_SYS(prctl), 2, IS_INT(0, PR_SET_DUMPABLE),
                     SCMP_CMP(1, SCMP_CMP_EQ, 0, 0));
}

static void add_rules(scmp_filter_ctx context, bool private_table)
{
    for (unsigned int i = 0; i < sizeof denied / sizeof *denied; i++)
        seccomp_rule_add(context, SCMP_ACT_ERRNO(EPERM), denied[i], 0);
    for (unsigned int i = 0; i < sizeof own_alone / sizeof *own_alone; i++)
        seccomp_rule_add(context, SCMP_ACT_ERRNO(EPERM), own_alone[i].call, 1,
                         SCMP_CMP(own_alone[i].argument, SCMP_CMP_NE, 0, 0));
    deny_new_namespaces(context);
    deny_other_families(context);
    keep_dumpable(context);
    if (!private_table) /* kill(-1) would reach everything that the user has */
        seccomp_rule_add(context, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(kill), 1, IS_INT(0, -1));
}

static struct sock_fprog filter; /* of length 0 until it has been made */

void cage_prepare(bool private_table)
{
    static struct sock_filter code[BPF_MAXINSNS];
    scmp_filter_ctx context = filter.len > 0 ? NULL : seccomp_init(SCMP_ACT_ALLOW);
    int file = context == NULL ? -1 : memfd_create("filter", MFD_CLOEXEC);
    if (file != -1) {
        add_rules(context, private_table);
        ssize_t n = seccomp_export_bpf(context, file) == 0 ? pread(file, code, sizeof code, 0) : 0;
        if (n > 0)
            filter = (struct sock_fprog){.len = (unsigned short)((size_t)n / sizeof *code), .filter = code};
        close(file);
    }
    if (context != NULL)
        seccomp_release(context);
}

static bool drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {0};
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return syscall(SYS_capset, &header, none) == 0;
}

const char *cage_become(unsigned int uid)
{
    if (setgroups(0, NULL) == -1 || setresgid(uid, uid, uid) == -1 || setresuid(uid, uid, uid) == -1)
        return "give up root";
    return NULL;
}

static const char *limit_memory(void)
{
    struct rlimit memory = {1UL << 30,
                            1UL << 30}; /* of one process; what all use together is looked at while we wait */
    return setrlimit(RLIMIT_DATA, &memory) == -1 ? "limit the memory" : NULL;
}

const char *cage_limits(bool big, int processes)
{
    for (unsigned int i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct rlimit limit = limits[i].limit;
        struct rlimit old;
        if (getrlimit(limits[i].resource, &old) == 0 && old.rlim_max < limit.rlim_max)
            limit.rlim_max = old.rlim_max;
        if (limit.rlim_cur > limit.rlim_max)
            limit.rlim_cur = limit.rlim_max;
        if (setrlimit(limits[i].resource, &limit) == -1)
            return "set limits";
    }
    struct rlimit tasks = {(rlim_t)processes, (rlim_t)processes};
    if (processes > 0 && setrlimit(RLIMIT_NPROC, &tasks) == -1)
        return "limit the processes";
    return big ? NULL : limit_memory();
}

const char *cage_enter(bool private_table, bool big, int processes)
{
    const char *undone = cage_limits(true, processes);
    if (undone != NULL)
        return undone;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
        return "set no_new_privs";
    if (!drop_capabilities())
        return "drop capabilities";
    cage_prepare(private_table);
    if (filter.len > 0)
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
    return big ? NULL
               : limit_memory(); /* last: making a filter takes memory, which a sanitizer has none of below the limit */
}
