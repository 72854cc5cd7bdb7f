#define _GNU_SOURCE
#include "check/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check/bytes.h"
#include "check/verdict.h"

enum { RELAYS_MAX = 256 };

static struct relay {
    int from;
    int to;
    int ours; /* the end that the worker has */
    atomic_bool passing;
    atomic_bool ended;
} relays[RELAYS_MAX];
static int relay_count;

bool relay_is_needed(const char *path)
{
    static const char *const names[] = {"\0splice", "\0syscall"}; /* among those that it has from libc */
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1 || fstat(fd, &status) == -1 || status.st_size == 0) {
        close(fd);
        return false;
    }
    size_t size = (size_t)status.st_size;
    void *content = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (content == MAP_FAILED)
        return false;
    bool found = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        found = found || memmem(content, size, names[i], 1 + strlen(names[i] + 1) + 1) != NULL;
    munmap(content, size);
    return found;
}

/* Allocates nothing: the worker forks while it runs. */
static void *pass_on(void *argument)
{
    struct relay *relay = argument;
    struct pollfd ready = {.fd = relay->from, .events = POLLIN};
    char buffer[65536];
    do {
        poll(&ready, 1, -1);
        relay->passing = true; /* before it is taken: relay_goes_on() sees it here or there */
        ssize_t n = read(relay->from, buffer, sizeof buffer);
        relay->ended = n <= 0;
        for (ssize_t done = 0, written; done < n && !relay->ended; done += written) {
            written = write(relay->to, buffer + done, (size_t)(n - done));
            relay->ended = written == -1; /* nobody reads any more */
        }
        relay->passing = false;
    } while (!relay->ended);
    close(relay->from);
    close(relay->to);
    return NULL;
}

static void start(int from, int to, int ours)
{
    if (relay_count == RELAYS_MAX)
        fault("more than %d pipes for programs that call splice()", RELAYS_MAX);
    struct relay *relay = &relays[relay_count++];
    relay->from = from;
    relay->to = to;
    relay->ours = ours;
    sigset_t all;
    sigset_t before;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the worker's own thread */
    int error = pthread_create(&thread, NULL, pass_on, relay);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0)
        fault("no thread between a program's pipe and us: %s", strerror(error));
    pthread_detach(thread);
}

static void make_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) == -1)
        fault("no pipe for a program: %s", strerror(errno));
}

bool relay_goes_on(int fd)
{
    for (int i = relay_count - 1; i >= 0; i--) { /* the newest has the number now */
        struct pollfd ready = {.fd = relays[i].from, .events = POLLIN};
        if (relays[i].ours == fd)
            return !relays[i].ended &&
                   (relays[i].passing || (poll(&ready, 1, 0) == 1 && (ready.revents & POLLIN) != 0));
    }
    return false;
}

bool relays_have_work(void)
{
    for (int i = 0; i < relay_count; i++) {
        if (relays[i].ended)
            continue;
        bool passing = relays[i].passing;
        struct pollfd ready = {.fd = passing ? relays[i].to : relays[i].from, .events = passing ? POLLOUT : POLLIN};
        if (poll(&ready, 1, 0) == 1)
            return true;
    }
    return false;
}

int relay_from(int from)
{
    int ends[2];
    make_pipe(ends);
    start(from, ends[1], ends[0]);
    return ends[0];
}

int relay_to(int to)
{
    int ends[2];
    make_pipe(ends);
    start(ends[0], to, ends[1]);
    return ends[1];
}
