/*
 * exec_server - runs a command for each client, with the connection as its stdin, stdout and stderr.
 *
 * usage: exec_server [ADDRESS] PORT COMMAND [ARGUMENT...]        exec_server 7777 bc -l
 *
 * Ends with status 0 at SIGTERM or SIGINT, 1 when it cannot listen, 2 when the arguments are wrong.
 *
 * What is new: a process that becomes another program, and what it takes along: its descriptors, its
 * environment, and what it does about signals.
 *
 * See also: execve(2), exec(3), dup2(2), close_range(2), environ(7), signal(7), inetd(8).
 */
#define _GNU_SOURCE     /* execvpe(), close_range() */
#include <arpa/inet.h>
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
    /* TODO 4: who buries the commands that have ended? wait(2), under NOTES, has a way without any waiting. */
    signal(SIGPIPE, SIG_IGN);   /* who reads our messages may have gone */
}

/* Gives a child the signals as a new program expects them: exec keeps what is ignored, and what is blocked. */
static void restore_signals(void)
{
    /* TODO 7: set every signal, from 1 to NSIG - 1, to its default action; then empty the mask. In this order:
       why? */
}

/* The life of a child: it becomes the command. The connection is neither 0, 1 nor 2. */
static _Noreturn void become(char *command[], int conn, const struct sockaddr *client, socklen_t length)
{
    /* TODO 5: the environment: PATH, REMOTE_ADDR and REMOTE_PORT, with NULL behind them. getnameinfo(3) writes
       the client's address and port as text. Then exec with it: execvpe(3). */
    (void)client;
    (void)length;

    /* TODO 8: if exec fails, the reason must go to the server's stderr. Which descriptor will lead there, when 2
       is the connection? It must not be there any more when exec has worked. */

    /* TODO 3: make the connection descriptors 0, 1 and 2 with dup2(2). Then become the command: execvp(3). */
    errx(3, "step 3 is still to do: see TODO 3");
    (void)command;
    (void)conn;

    /* TODO 6: let everything above 2 be closed at exec: close_range(2), with CLOSE_RANGE_CLOEXEC. */
    restore_signals();

    _exit(127);     /* exec returns only if it has failed */
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
        /* TODO 2: fork, as in lesson 7. The child calls become(); the server closes conn, and goes on. And if
           fork() fails? */
        errx(3, "step 2 is still to do: see TODO 2");
        become(command, conn, (struct sockaddr *)&client, length);
    }
}

static int usage(void)
{
    fprintf(stderr, "usage: exec_server [ADDRESS] PORT COMMAND [ARGUMENT...]\n");
    return 2;
}

int main(int argc, char *argv[])
{
    /* TODO 1: is argv[1] an ADDRESS, or is it PORT already? Set `address` (NULL: there is none), `port`, and
       `command`: the rest of argv, which begins with COMMAND. Too few arguments are a usage error. */
    errx(3, "step 1 is still to do: see TODO 1");
    if (argc < 3)
        return usage();
    const char *address = NULL;
    const char *port = argv[1];
    char **command = argv + 2;      /* ends with NULL, as argv does */
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
