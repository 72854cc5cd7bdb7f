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

enum { DNS_PORT = 53, DNS_HEADER = 12, DNS_MESSAGE_MAX = 512 };

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

/* The end of the only question in a query, 0 if it is none (RFC 1035, section 4.1). */
static size_t end_of_question(const unsigned char *query, size_t size)
{
    size_t at = DNS_HEADER;
    while (at < size && query[at] != 0)
        at += (size_t)query[at] + 1;
    at += 5; /* the root label, type and class */
    return at <= size && query[4] == 0 && query[5] == 1 && (query[2] & 0x80) == 0 ? at : 0;
}

/* "There is no such name": the query's header and question, as an answer with the code 3 (NXDOMAIN). */
static void answer_queries(int fd)
{
    unsigned char message[DNS_MESSAGE_MAX];
    struct sockaddr_storage from;
    socklen_t length = sizeof from;
    ssize_t n;
    while ((n = recvfrom(fd, message, sizeof message, MSG_DONTWAIT, (struct sockaddr *)&from, &length)) >= 0) {
        size_t size = end_of_question(message, (size_t)n);
        message[2] |= 0x80;     /* an answer */
        message[3] = 0x80 | 3;  /* recursion is available; no such name */
        memset(message + 6, 0, 6);
        if (size > 0)
            sendto(fd, message, size, MSG_DONTWAIT, (struct sockaddr *)&from, length);
        length = sizeof from;
    }
}

void nobody_has_another_name(void)
{
    if (!stage.private_network)
        return;
    struct address address = address_of("127.0.0.1", DNS_PORT);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd == -1 || bind(fd, (struct sockaddr *)&address.storage, address.length) == -1)
        fault("can't be a name server: %s", strerror(errno));
    wait_attends(fd, answer_queries);
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
