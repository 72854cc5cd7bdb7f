/* A dual-stack listener, signals by a signalfd in poll(), O_CLOEXEC everywhere; the command's process group is its own. */
#define _GNU_SOURCE     /* execvpe(), close_range() */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_number(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* Returns the port that the text names, or 0 if it names none: a port is a decimal number from 1 to 65535. */
static uint16_t parse_port(const char *text)
{
    long port = is_number(text) ? strtol(text, NULL, 10) : 0;
    return port <= UINT16_MAX ? (uint16_t)port : 0;
}

/* Makes a socket address of a numeric address, IPv4 or IPv6. Returns its length, or 0 if `text` is none. */
static socklen_t socket_address(const char *text, uint16_t port, struct sockaddr_storage *addr)
{
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)addr;
    struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)addr;

    memset(addr, 0, sizeof *addr);
    if (inet_pton(AF_INET, text, &ipv4->sin_addr) == 1) {
        ipv4->sin_family = AF_INET;
        ipv4->sin_port = htons(port);
        return sizeof *ipv4;
    }
    if (inet_pton(AF_INET6, text, &ipv6->sin6_addr) == 1) {
        ipv6->sin6_family = AF_INET6;
        ipv6->sin6_port = htons(port);
        return sizeof *ipv6;
    }
    return 0;
}

/* Fills the gaps in descriptors 0 to 2: a client's socket must not be among them before we put it there. */
static int fill_standard_descriptors(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= STDIN_FILENO && fd <= STDERR_FILENO);
    if (fd != -1)
        close(fd);
    return fd == -1 ? -1 : 0;
}

/* Returns a listening socket, or -1 with errno set. */
static int open_listener(const struct sockaddr_storage *addr, socklen_t length)
{
    int fd = socket(addr->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;
    int off = 0;

    if (fd == -1)
        return -1;
    if (addr->ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
        bind(fd, (const struct sockaddr *)addr, length) == -1 || listen(fd, SOMAXCONN) == -1) {
        int reason = errno;
        close(fd);
        errno = reason;
        return -1;
    }
    return fd;
}

/* Returns a descriptor that can be read when SIGTERM, SIGINT or SIGCHLD has come. */
static int catch_signals(void)
{
    sigset_t ours;

    sigemptyset(&ours);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGCHLD);
    sigprocmask(SIG_BLOCK, &ours, NULL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGCHLD, SIG_DFL);
    return signalfd(-1, &ours, SFD_CLOEXEC);
}

/* Gives a child the signals as a new program expects them: exec keeps what is ignored, and what is blocked. */
static void restore_signals(void)
{
    sigset_t none;

    for (int signo = 1; signo < NSIG; signo++)
        signal(signo, SIG_DFL);     /* fails for those that nobody can change, which is no harm */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The life of a child: it becomes the command. The connection is neither 0, 1 nor 2. */
static _Noreturn void become(char *command[], int conn, const struct sockaddr *client, socklen_t length)
{
    char address[NI_MAXHOST + 16] = "REMOTE_ADDR=";
    char port[NI_MAXSERV + 16] = "REMOTE_PORT=";
    char *environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", address, port, NULL};
    int log = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);     /* closes at exec: the command does not see it */

    struct sockaddr_in6 ipv6;
    struct sockaddr_in ipv4 = { .sin_family = AF_INET };
    memcpy(&ipv6, client, sizeof ipv6);
    if (client->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&ipv6.sin6_addr)) {
        ipv4.sin_port = ipv6.sin6_port;
        memcpy(&ipv4.sin_addr, &ipv6.sin6_addr.s6_addr[12], sizeof ipv4.sin_addr);
        client = (struct sockaddr *)&ipv4;
        length = sizeof ipv4;
    }
    setpgid(0, 0);
    getnameinfo(client, length, address + strlen(address), NI_MAXHOST, port + strlen(port), NI_MAXSERV,
                NI_NUMERICHOST | NI_NUMERICSERV);
    if (dup2(conn, STDIN_FILENO) != -1 && dup2(conn, STDOUT_FILENO) != -1 && dup2(conn, STDERR_FILENO) != -1 &&
        close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != -1) {
        restore_signals();
        execvpe(command[0], command, environment);     /* looks in our PATH, not in the command's */
    }
    dprintf(log, "exec_server: cannot run %s: %s\n", command[0], strerror(errno));
    _exit(127);
}

static void serve_one(int listener, char *command[])
{
    struct sockaddr_storage client;
    socklen_t length = sizeof client;
    int conn = accept4(listener, (struct sockaddr *)&client, &length, SOCK_CLOEXEC);
    if (conn == -1)
        return;
    pid_t pid = fork();
    if (pid == 0)
        become(command, conn, (struct sockaddr *)&client, length);
    if (pid == -1)
        warn("fork");
    close(conn);
}

static void accept_clients(int listener, int signals, char *command[])
{
    struct pollfd ready[] = {{ .fd = listener, .events = POLLIN }, { .fd = signals, .events = POLLIN }};

    for (;;) {
        if (poll(ready, 2, -1) == -1)
            continue;
        if (ready[1].revents != 0) {
            struct signalfd_siginfo info;
            if (read(signals, &info, sizeof info) == sizeof info && info.ssi_signo != SIGCHLD)
                return;
            while (waitpid(-1, NULL, WNOHANG) > 0)
                continue;
        }
        if (ready[0].revents != 0)
            serve_one(listener, command);
    }
}

static int usage(void)
{
    fprintf(stderr, "usage: exec_server [ADDRESS] PORT COMMAND [ARGUMENT...]\n");
    return 2;
}

int main(int argc, char *argv[])
{
    /* Is there an ADDRESS? PORT is a number, and an address never is one. */
    char *address = argc > 1 && !is_number(argv[1]) ? argv[1] : NULL;
    char **rest = address == NULL ? argv + 1 : argv + 2;    /* PORT COMMAND [ARGUMENT...] */
    if (argc - (rest - argv) < 2)
        return usage();

    const char *port = rest[0];
    char **command = rest + 1;      /* ends with NULL, as argv does */
    struct sockaddr_storage addr;
    if (parse_port(port) == 0)
        errx(2, "not a port from 1 to 65535: %s", port);
    socklen_t length = socket_address(address == NULL ? "::" : address, parse_port(port), &addr);
    if (length == 0)
        errx(2, "neither an IPv4 nor an IPv6 address: %s", address);

    if (fill_standard_descriptors() == -1)
        err(1, "/dev/null");
    int signals = catch_signals();
    int listener = open_listener(&addr, length);
    if (listener == -1)
        err(1, "cannot listen on %s port %s", address == NULL ? "every interface," : address, port);
    accept_clients(listener, signals, command);
    close(listener);
    close(signals);
    return 0;
}
