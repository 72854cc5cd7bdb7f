/* A grandchild becomes the command, so that nobody is its parent for long; its name and descriptors come from getpeername() and /proc. */
#define _GNU_SOURCE     /* execvpe(), close_range() */
#include <arpa/inet.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
    int fd = socket(addr->ss_family, SOCK_STREAM, 0);
    int on = 1;

    if (fd == -1)
        return -1;
    if (addr->ss_family == AF_INET6)    /* or an IPv4 client would come as ::ffff:192.0.2.1: see lesson 6 */
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
        bind(fd, (const struct sockaddr *)addr, length) == -1 || listen(fd, SOMAXCONN) == -1) {
        int reason = errno;
        close(fd);
        errno = reason;
        return -1;
    }
    return fd;
}

/* Nothing is left to be done at the end: the kernel closes what is open. */
static void on_signal(int signo)
{
    (void)signo;
    _exit(0);   /* not exit(), which a signal handler may not call */
}

/* Sets what the server does about signals, whatever it was started with. */
static void catch_signals(void)
{
    struct sigaction action = { .sa_handler = on_signal };
    sigset_t ours;

    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigemptyset(&ours);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    sigprocmask(SIG_UNBLOCK, &ours, NULL);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);   /* who reads our messages may have gone */
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

/* Lets all above 2 be closed at exec, one by one. */
static void close_others(void)
{
    DIR *folder = opendir("/proc/self/fd");
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        if (atoi(entry->d_name) > 2)
            fcntl(atoi(entry->d_name), F_SETFD, FD_CLOEXEC);
    }
    if (folder != NULL)
        closedir(folder);
}

static _Noreturn void become(char *command[], int conn)
{
    char address[INET6_ADDRSTRLEN];
    char remote[2][64];
    char *environment[] = {remote[0], remote[1], "PATH=/usr/local/bin:/usr/bin:/bin", NULL};
    union {
        struct sockaddr_storage storage;
        struct sockaddr_in ipv4;
        struct sockaddr_in6 ipv6;
    } client;
    socklen_t length = sizeof client;
    int log = dup(2);

    if (getpeername(conn, (struct sockaddr *)&client, &length) == -1)
        _exit(0);       /* gone already */
    if (client.storage.ss_family == AF_INET)
        inet_ntop(AF_INET, &client.ipv4.sin_addr, address, sizeof address);
    else
        inet_ntop(AF_INET6, &client.ipv6.sin6_addr, address, sizeof address);
    sprintf(remote[0], "REMOTE_ADDR=%s", address);
    sprintf(remote[1], "REMOTE_PORT=%d", ntohs(client.ipv4.sin_port));
    for (int fd = 0; fd < 3; fd++)
        dup2(conn, fd);
    close_others();
    restore_signals();
    execvpe(command[0], command, environment);
    int reason = errno;
    dup2(log, 2);
    fprintf(stderr, "%s: %s\n", command[0], strerror(reason));
    _exit(127);
}

/* Starts the command for one client after the other, for ever. */
static void accept_clients(int listener, char *command[])
{
    for (;;) {
        struct sockaddr_storage client;
        socklen_t length = sizeof client;
        int conn = accept(listener, (struct sockaddr *)&client, &length);
        if (conn == -1) {
            if (errno != ECONNABORTED) {    /* a client that was gone before we accepted it */
                warn("accept");
                sleep(1);                   /* no memory, say: it may be better soon, but don't spin */
            }
            continue;
        }
        pid_t pid = fork();
        if (pid == 0) {
            signal(SIGTERM, SIG_DFL);
            pid_t grandchild = fork();
            if (grandchild == 0)
                become(command, conn);
            if (grandchild == -1)
                warn("fork");
            _exit(0);
        }
        while (pid > 0 && waitpid(pid, NULL, 0) == -1 && errno == EINTR)
            continue;
        if (pid == -1)
            warn("cannot run %s: fork", command[0]);
        close(conn);    /* the command has its own; while ours is open, the client sees no end-of-file */
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
    socklen_t length = socket_address(address == NULL ? "0.0.0.0" : address, parse_port(port), &addr);
    if (length == 0)
        errx(2, "neither an IPv4 nor an IPv6 address: %s", address);

    if (fill_standard_descriptors() == -1)
        err(1, "/dev/null");
    catch_signals();
    int listener = open_listener(&addr, length);
    if (listener == -1)
        err(1, "cannot listen on %s port %s", address == NULL ? "every interface," : address, port);
    accept_clients(listener, command);
}
