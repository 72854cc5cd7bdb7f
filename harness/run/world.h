/**
 * @file
 * Worlds: where compilers and workers run.
 *
 * A private world is made by bubblewrap: a network with only loopback, a process table in which the command is
 * process 1, and a file system that shows /usr, a small /etc, the given folders read-only and an empty /tmp. When
 * its first process ends, all in it ends. A kit that lies below /usr is hidden there, with its solutions. All checks
 * share one, in which each has namespaces of its own (run/server.h). A plain world is just a process on this
 * machine, with limits: it is what is left where namespaces are not to be had.
 *
 * As root, everything in a world runs as an unprivileged user that no account has: in a user namespace the kernel
 * would still let root write to /proc/sys.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "run/ends.h"
#include "run/lesson.h"

struct world {
    bool is_private;
    const char *why_plain; /**< the reason, for people; NULL when private */
    bool old_bubblewrap;   /**< it can't bound the size of /tmp */
    uid_t run_as;          /**< who programs run as; (uid_t)-1: as ourselves */
    char etc[300];         /**< the small /etc of private worlds */
    char worker[300];      /**< the worker's executable, as this machine sees it */
    char symbols[2][300];  /**< files that stand in for libraries' debugging information (scripts/symbols); "": none */
    struct path kit;       /**< the kit's folder, which no private world shows */
    struct path own;       /**< nor that of lessons which are not the kit's; "" if there is none */
    struct path unpacker;  /**< the kit's own (class/unpack.h), beside its worker */
};

/** What one process in a world gets. */
struct world_start {
    const char *const *command; /**< NULL-terminated; paths as the world has them */
    const char *folder;         /**< shown read-only at WORLD_FOLDER and the working directory; may be NULL */
    const char *shown;          /**< the executable at WORLD_WORKER, as this machine sees it; NULL: the worker */
    const char *scratch;        /**< plain only: its $TMPDIR */
    int in;                     /**< its descriptor 0; 0: /dev/null */
    int out, err, result;       /**< its descriptors 1, 2 and 3; -1: /dev/null */
    int capture;                /**< its descriptor 4, and it may hear all packets; 0: none */
    int checks;                 /**< its descriptor 7: a lesson's checks that are not built in; 0: none */
    bool terminal; /**< its descriptors 5 and 6 are our stdin and stdout, and their terminal stays its own */
    bool limits;   /**< the limits of cage.h from the start (a compiler); a worker sets them later */
};

#define WORLD_FOLDER "/lesson"
#define WORLD_WORKER "/sockeye/worker"
#define PROBE_PASSED "private" /* what the worker's probe says */

/**
 * Chooses the mode and prepares the run's folder. @p plain: do not try for more. Returns -1 with *problem
 * set if nothing can be run at all (no temporary folder, no worker).
 */
int world_init(struct world *world, const struct kit *kit, bool plain, const char **problem);
/** The run is over: what world_init() made goes, and the run's folder. */
void world_leave(void);
/** Its descriptors 0 to 7. */
struct ends world_ends(const struct world_start *start);
/** Starts a process in a world of its own; returns its pid on this machine, or -1 with errno. */
pid_t world_start(const struct world *world, const struct world_start *start);
/** Ends a world, whatever runs in it. In plain mode its worker cleans up behind itself when told to end: @p at_once is
 *  for one that has had its chance. */
void world_end(const struct world *world, pid_t pid, bool at_once);
