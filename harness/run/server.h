/**
 * @file
 * The server of a run: a worker in a private world that forks for each check, as lesson 7's server does for each client.
 *
 * A world (run/world.h) takes milliseconds to make, most of them for what all checks have in common: the files that it
 * shows, and a worker that is loaded. So it is made once, and each check gets in it, by one clone(2), what must be its own:
 * a user namespace, a process table, a network with only loopback, System V and POSIX queues, the folder of its lesson's
 * programs and an empty /tmp. A check sees neither the server nor another check.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "run/ends.h"
#include "run/world.h"

/** The runner's side. A process has one server at most, which is started when the first check is to be played, and again
 *  if it was lost. Has it fork for start->command, with the descriptors of @p start; start->folder is a folder below
 *  server_folder(). Who holds the other end of start->result sees its end. @p place tells it from the others under way, below
 *  JOBS_MAX. Returns the server's pid, -1 with errno. */
pid_t server_play(const struct world *world, int place, const struct world_start *start);
/** Ends the check at a place, with all its processes. */
void server_stop(int place);
/** Its pid, that of its world; 0: there is none. */
pid_t server_pid(void);
/** Ends it and what is left of its checks, and waits for that. @p at_once: its checks are of no interest any more. */
void server_end(bool at_once);
/** For a process that was forked: the server is its parent's. */
void server_leave(void);
/** The folder of the run that its world shows; it is there when a server is. */
struct path server_folder(void);

/** What is asked of a server; the descriptors go beside it (SCM_RIGHTS), in their order. */
struct server_request {
    int place;             /**< of the check among those under way */
    unsigned int ends;     /**< bit i: descriptor i of the check is among those that go along */
    unsigned int length;   /**< of its command line; 0: the check at this place shall end */
    char folder[32];       /**< its lesson's programs, by the name that they have below server_folder(); "": none */
    char words[16 * 1024]; /**< the command line, each word with its NUL */
};

/** The server itself, in its world: plays what is asked at descriptor @p fd, by @p play, in a process and namespaces of its
 *  own, until nothing more comes. Returns its exit status. */
int serve(int fd, int (*play)(int argc, char *argv[]));
