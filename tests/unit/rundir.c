/* run/rundir.h and run/path.h: the run's temporary folder, and folders that go. */
#define _GNU_SOURCE
#include "run/rundir.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/bytes.h"
#include "run/path.h"
#include "unit.h"

static bool is_there(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

static bool is_gone(void *context)
{
    return !is_there(context);
}

/* In a process of its own, so that TMPDIR and the janitor are that process's: fails by its exit status. */
static void makes_and_removes(void *context)
{
    setenv("TMPDIR", context, 1);
    if (rundir() != NULL)
        _exit(1);
    const char *path = rundir_make();
    if (path == NULL || rundir() == NULL || strcmp(rundir(), path) != 0 || strncmp(path, context, strlen(context)) != 0)
        _exit(2);
    unit_write(path_of("%s/deep/deeper/file", path).text, "x");
    char kept[PATH_MAX];
    snprintf(kept, sizeof kept, "%s", path);
    rundir_remove();
    if (is_there(kept) || rundir() != NULL) /* gone at once, not a little later */
        _exit(3);
    rundir_remove();      /* once more does no harm */
    path = rundir_make(); /* and it can be made anew */
    if (path == NULL || !is_there(path) || strcmp(path, kept) == 0)
        _exit(4);
    rundir_remove();
    _exit(7);
}

static int status_of(void (*body)(void *), void *context)
{
    pid_t pid = unit_child(body, context);
    siginfo_t info = {0};
    CU_ASSERT(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
    return info.si_code == CLD_EXITED ? info.si_status : -1;
}

static void it_is_gone_when_it_is_removed(void)
{
    assert_number(status_of(makes_and_removes, (void *)(uintptr_t)unit_folder()), 7);
}

static void makes_and_waits(void *context)
{
    setenv("TMPDIR", context, 1);
    const char *path = rundir_make();
    if (path == NULL)
        _exit(1);
    unit_write(path_of("%s/deep/deeper/file", path).text, "x");
    symlink("/", path_of("%s/everything", path).text);
    unit_write(path_of("%s/ready", (const char *)context).text, path);
    for (;;)
        pause();
}

static bool is_written(void *context)
{
    const char *words = unit_read(context);
    return words != NULL && *words != '\0';
}

static void it_is_gone_when_its_owner_is(int sig)
{
    const char *folder = unit_folder();
    const char *ready = text("%s/ready", folder);
    pid_t pid = unit_child(makes_and_waits, (void *)(uintptr_t)folder);
    CU_ASSERT_FATAL(eventually(is_written, (void *)(uintptr_t)ready));
    const char *path = unit_read(ready);
    CU_ASSERT(is_there(path));
    kill(pid, sig);
    CU_ASSERT(eventually(is_gone, (void *)(uintptr_t)path));
    CU_ASSERT(is_there("/tmp")); /* the link was not followed */
}

static void it_is_gone_when_its_owner_is_killed(void)
{
    it_is_gone_when_its_owner_is(SIGKILL);
}

static void it_is_gone_when_its_owner_is_ended_by_its_terminal(void)
{
    it_is_gone_when_its_owner_is(SIGINT);
}

static void cannot_make(void *context)
{
    setenv("TMPDIR", context, 1);
    _exit(rundir_make() == NULL && rundir() == NULL && errno != 0 ? 7 : 1);
}

static void without_a_place_for_it_there_is_a_reason(void)
{
    static char place[] = "/proc"; /* anybody may enter, nobody may write */
    assert_number(status_of(cannot_make, place), 7);
}

static void makes_elsewhere(void *context)
{
    setenv("TMPDIR", context, 1);
    const char *path = rundir_make();
    bool below = path != NULL && strncmp(path, context, strlen(context)) == 0;
    rundir_remove();
    _exit(path == NULL ? 1 : below ? 2 : 7);
}

/* Root's own temporary folder (pam_tmpdir): programs run as another user, who could not enter it. */
static void roots_folder_is_one_that_others_can_enter(void)
{
    if (geteuid() != 0) {
        unit_skip("root alone runs programs as another user");
        return;
    }
    CU_ASSERT(chmod(unit_folder(), 0700) == 0);
    assert_number(status_of(makes_elsewhere, (void *)(uintptr_t)unit_folder()), 7);
    CU_ASSERT(chmod(unit_folder(), 0755) == 0);
    assert_number(status_of(makes_elsewhere, (void *)(uintptr_t)unit_folder()), 2);
}

static void a_tree_is_removed_and_links_are_not_followed(void)
{
    const char *tree = text("%s/tree", unit_folder());
    const char *other = text("%s/other", unit_folder());
    unit_write(text("%s/kept", other), "x");
    unit_write(text("%s/a/b/c/file", tree), "x");
    CU_ASSERT(symlink(other, text("%s/a/link", tree)) == 0);
    CU_ASSERT(symlink("nowhere", text("%s/dangling", tree)) == 0);
    CU_ASSERT(mkfifo(text("%s/fifo", tree), 0600) == 0);
    CU_ASSERT(chmod(text("%s/a/b/c/file", tree), 0) == 0);
    remove_tree(tree);
    CU_ASSERT(!is_there(tree));
    CU_ASSERT(is_there(text("%s/kept", other)));
    remove_tree(tree); /* what is not there does no harm */

    CU_ASSERT(symlink(other, tree) == 0); /* a link alone is removed itself */
    remove_tree(tree);
    CU_ASSERT(!is_there(tree) && is_there(text("%s/kept", other)));
}

static void a_path_is_never_cut(void)
{
    assert_text(path_of("%s/%02d.c", "work", 7).text, "work/07.c");
    assert_text(path_of("/%s", repeated('x', PATH_MAX).data).text, "");
    assert_number(strlen(path_of("%s", repeated('x', PATH_MAX - 1).data).text), PATH_MAX - 1);
}

static void folders_and_copies_are_made(void)
{
    const char *deep = text("%s/a/b/c", unit_folder());
    assert_number(folder_make(deep, 0700), 0);
    struct stat status;
    CU_ASSERT(stat(deep, &status) == 0 && S_ISDIR(status.st_mode) && (status.st_mode & 0777) == 0700);
    assert_number(folder_make(deep, 0700), 0); /* it is there afterwards */
    unit_write(text("%s/file", deep), "content");
    assert_number(folder_make(text("%s/file", deep), 0700), -1);
    assert_number(folder_make(text("%s/file/below", deep), 0700), -1);

    assert_number(file_copy(text("%s/file", deep), text("%s/copy", deep), 0755), 0);
    assert_text(unit_read(text("%s/copy", deep)), "content");
    CU_ASSERT(stat(text("%s/copy", deep), &status) == 0 && (status.st_mode & 0700) == 0700);
    unit_write(text("%s/file", deep), "new");
    assert_number(file_copy(text("%s/file", deep), text("%s/copy", deep), 0755), 0);
    assert_text(unit_read(text("%s/copy", deep)), "new"); /* emptied first */
    assert_number(file_copy(text("%s/missing", deep), text("%s/copy", deep), 0755), -1);
    assert_number(errno, ENOENT);
    assert_number(file_copy("/dev/zero", "/dev/full", 0755), -1);
    assert_number(errno, ENOSPC);
}

static CU_TestInfo tests[] = {
    {"it is gone when it is removed", it_is_gone_when_it_is_removed},
    {"it is gone when its owner is killed", it_is_gone_when_its_owner_is_killed},
    {"it is gone when its owner is ended by Ctrl-C", it_is_gone_when_its_owner_is_ended_by_its_terminal},
    {"without a place for it there is a reason", without_a_place_for_it_there_is_a_reason},
    {"root's folder is one that others can enter", roots_folder_is_one_that_others_can_enter},
    {"a tree is removed, and links are not followed", a_tree_is_removed_and_links_are_not_followed},
    {"a path is never cut", a_path_is_never_cut},
    {"folders and copies are made", folders_and_copies_are_made},
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo rundir_suite = {"rundir", NULL, NULL, NULL, unit_tear_down, tests};
