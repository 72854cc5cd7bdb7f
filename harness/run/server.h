/**
 * @file
 * The server of a lesson's private world: a worker that forks for each check, as lesson 7's server does for each client.
 *
 * A world (run/world.h) takes milliseconds to make, most of them for what all checks of a program have in common: the
 * files that it shows, and a worker that is loaded. So it is made once for a lesson, and each check gets in it, by one
 * clone(2), what must be its own: a user namespace, a process table, a network with only loopback, System V and POSIX
 * queues, and an empty /tmp. A check neither sees the server nor another check.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "run/ends.h"
#include "run/jobs.h"
#include "run/world.h"

/** The runner's side of one. */
struct server {
    pid_t pid;  /**< its world's; 0: there is none */
    int socket; /**< -1: it has been told that nothing more will come */
};

/** What is asked of a server; the descriptors go beside it (SCM_RIGHTS), in their order. */
struct server_request {
    int place;             /**< of the check among those under way, below JOBS_MAX */
    unsigned int ends;     /**< bit i: descriptor i of the check is among those that go along */
    unsigned int length;   /**< of its command line; 0: the check at this place shall end */
    char words[16 * 1024]; /**< the command line, each word with its NUL */
};

/** Starts a server, in a world that shows what @p start says; its words go to start->err. False with errno. */
bool server_begin(struct server *server, const struct world *world, const struct world_start *start);
/** Has it fork for start->command, with the descriptors of @p start. Who holds the other end of start->result sees its
 *  end. False with errno. */
bool server_play(const struct server *server, int place, const struct world_start *start);
/** Ends the check at a place, with all its processes. */
void server_stop(const struct server *server, int place);
/** No more checks come: it ends what is left of them, and its world with it. */
void server_close(struct server *server);
/** Closes it, and waits until its world has ended. @p at_once: its checks are of no interest any more. */
void server_end(struct server *server, const struct world *world, bool at_once);

/** The server itself, in its world: plays what is asked at descriptor @p fd, by @p play, in a process and namespaces of its
 *  own, until nothing more comes. Returns its exit status. */
int serve(int fd, int (*play)(int argc, char *argv[]));
