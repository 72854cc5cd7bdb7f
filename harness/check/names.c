#define _GNU_SOURCE
#include "check/names.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/address.h"
#include "check/check.h"
#include "check/program.h"
#include "check/stage.h"
#include "check/verdict.h"
#include "check/wait.h"
#include "look/proc.h"
#include "look/sockets.h"

enum { DNS_PORT = 53 };
enum { PATIENCE = 3000 /* ms: less than a verb waits for a program that looks a name up */, TOO_LONG = -1 };

/* What @p look_up returns, negated (0 or an EAI_ code), or TOO_LONG. */
static int in_time(int (*look_up)(const char *host), const char *host)
{
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        _exit(-look_up(host));
    }
    int pidfd = pid == -1 ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd == -1)
        fault("no process to look a name up in");
    struct pollfd end = {.fd = pidfd, .events = POLLIN};
    bool ended = poll(&end, 1, PATIENCE) == 1;
    int status;
    if (!ended)
        kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    close(pidfd);
    return ended && WIFEXITED(status) ? WEXITSTATUS(status) : TOO_LONG;
}

static int address_of_name(const char *host)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM};
    struct addrinfo *list;
    return getaddrinfo(host, NULL, &hints, &list);
}

/* The sockets of this machine that wait for a name server. */
struct queries {
    unsigned long inode[256];
    int count;
};

static bool add_query(const struct socket_row *row, void *context)
{
    struct queries *queries = context;
    if (row->remote_port == DNS_PORT && queries->count < 256)
        queries->inode[queries->count++] = row->inode;
    return false;
}

static bool has_a_query(pid_t pid, const struct queries *queries)
{
    static struct descriptor descriptors[PROC_DESCRIPTORS_MAX];
    int count = proc_descriptors(pid, descriptors, PROC_DESCRIPTORS_MAX);
    for (int i = 0; i < count; i++) {
        unsigned long inode = proc_socket_inode(&descriptors[i]);
        for (int k = 0; inode != 0 && k < queries->count; k++) {
            if (queries->inode[k] == inode)
                return true;
        }
    }
    return false;
}

bool names_are_looked_up(void)
{
    static pid_t pids[PROC_MAX];
    if (stage.private_network) /* where the name server is ours, and answers in time */
        return false;
    struct queries queries = {.count = 0};
    sockets_find(SOCKET_UDP, add_query, &queries);
    sockets_find(SOCKET_TCP, add_query, &queries);
    int count = queries.count == 0 ? 0 : programs_pids(pids, PROC_MAX);
    for (int i = 0; i < count; i++) {
        if (has_a_query(pids[i], &queries))
            return true;
    }
    return false;
}

static int name_of_address(const char *host)
{
    struct address address = address_of(host, 0);
    char name[NI_MAXHOST];
    return getnameinfo((struct sockaddr *)&address.storage, address.length, name, sizeof name, NULL, 0, NI_NAMEREQD);
}

void needs_name_of(const char *address)
{
    if (!stage.private_network && in_time(name_of_address, address) != 0)
        not_graded("this machine has no name for %s, or takes too long to find it", address);
}

static struct addrinfo *addresses_of_localhost(void)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    return getaddrinfo("localhost", NULL, &hints, &list) == 0 ? list : NULL;
}

static int localhost_is_unknown(const char *unused)
{
    (void)unused;
    return addresses_of_localhost() == NULL ? EAI_NONAME : 0;
}

struct listener *listens_at_localhost(void)
{
    if (in_time(localhost_is_unknown, "") != 0)
        not_graded("this machine does not know the name localhost");
    struct addrinfo *list = addresses_of_localhost();
    struct sockaddr_storage first = {0};
    if (list == NULL)
        fault("the name localhost has no address any more");
    memcpy(&first, list->ai_addr, list->ai_addrlen);
    freeaddrinfo(list);
    return listens_at(address_host(&first), ANY_PORT);
}

const char *does_not_resolve(const char *host)
{
    nobody_has_another_name();
    int error = stage.private_network ? EAI_NONAME : in_time(address_of_name, host);
    if (error == TOO_LONG)
        not_graded("this machine's name server takes too long to say that %s does not exist", host);
    if (error == 0)
        not_graded("this machine's name server has an address for %s, which does not exist", host);
    /* A second look-up may fail otherwise than the first. */
    return text("%s|%s|%s|%s", gai_strerror(EAI_NONAME), gai_strerror(EAI_AGAIN), gai_strerror(EAI_FAIL),
                gai_strerror(EAI_NODATA));
}
