/* The worker (harness/run/worker.c) under another name: a copy of this program that is called `worker` is one, and plays
 * the checks of played.c. See main.c. */
#define main worker_main
#include "run/worker.c"
