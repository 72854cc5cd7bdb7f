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
#include "check/stage.h"
#include "check/verdict.h"
#include "check/wait.h"

enum { PATIENCE = 1000 /* ms: programs wait longer, but a check has better to do */, TOO_LONG = -1 };

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

static int name_of_address(const char *host)
{
    struct address address = address_of(host, 0);
    char name[NI_MAXHOST];
    return getnameinfo((struct sockaddr *)&address.storage, address.length, name, sizeof name, NULL, 0, NI_NAMEREQD);
}

static int address_of_name(const char *host)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM};
    struct addrinfo *list;
    return getaddrinfo(host, NULL, &hints, &list);
}

static int all_names(const char *unused)
{
    (void)unused;
    name_of_address("127.0.0.2");
    name_of_address("127.0.0.3");
    name_of_address("127.0.0.4");
    return 0;
}

bool names_are_quick(void)
{
    static bool known;
    static bool quick;
    if (!known)
        quick = stage.private_network || in_time(all_names, "") != TOO_LONG;
    known = true;
    return quick;
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
