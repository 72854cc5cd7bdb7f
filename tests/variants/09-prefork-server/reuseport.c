/* Another style: a listener for each worker (SO_REUSEPORT), all opened and kept by the parent, so that who waits in the
   queue of a worker that dies is served by the next one. Which of them gets a client is the kernel's choice. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 64, RATE = 10 };

static struct {
    pid_t pid;
    int listener;
    double since;
    bool young;
} slot[MOST];
static int slots = 4;
static double replaced[RATE]; /* when the last ten of those that died young were replaced */
static int next_replaced;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int listen_at(const struct sockaddr *address, socklen_t length)
{
    int one = 1;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd == -1)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) == 0 && bind(fd, address, length) == 0 &&
        listen(fd, SOMAXCONN) == 0)
        return fd;
    return -1;
}

static bool send_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, data, length, MSG_NOSIGNAL);
        if (sent == -1)
            return false;
        data += sent;
        length -= (size_t)sent;
    }
    return true;
}

static _Noreturn void run_worker(int listener)
{
    sigset_t term;
    for (int i = 0; i < slots; i++) {
        if (slot[i].listener != listener)
            close(slot[i].listener);
    }
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    for (;;) {
        char data[8192];
        sigprocmask(SIG_UNBLOCK, &term, NULL);
        int conn = accept(listener, NULL, NULL);
        if (conn == -1)
            continue;
        sigprocmask(SIG_BLOCK, &term, NULL);
        ssize_t length = snprintf(data, sizeof data, "%d\r\n", getpid());
        while (length > 0 && send_all(conn, data, (size_t)length))
            length = recv(conn, data, sizeof data, 0);
        close(conn);
    }
}

/* Returns the milliseconds for poll(2). */
static int fill_slots(void)
{
    int again = -1;
    for (int i = 0; i < slots; i++) {
        if (slot[i].pid != 0)
            continue;
        if (slot[i].young && replaced[next_replaced] > 0 && seconds() - replaced[next_replaced] < 1) {
            again = 20;
            continue;
        }
        pid_t pid = fork();
        if (pid == 0)
            run_worker(slot[i].listener);
        if (pid == -1)
            return 100;
        if (slot[i].young) {
            replaced[next_replaced] = seconds();
            next_replaced = (next_replaced + 1) % RATE;
        }
        slot[i].pid = pid;
        slot[i].since = seconds();
    }
    return again;
}

static int bury(void)
{
    int left = 0;
    for (int i = 0; i < slots; i++) {
        if (slot[i].pid != 0 && waitpid(slot[i].pid, NULL, WNOHANG) == slot[i].pid) {
            slot[i].pid = 0;
            slot[i].young = seconds() - slot[i].since < 1;
        }
        left += slot[i].pid != 0;
    }
    return left;
}

static void tell_all(int signal_number)
{
    for (int i = 0; i < slots; i++) {
        if (slot[i].pid != 0)
            kill(slot[i].pid, signal_number);
    }
}

static long parse(const char *text, long most)
{
    if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
        return 0;
    long value = strtol(text, NULL, 10);
    return value > most ? 0 : value;
}

int main(int argc, char *argv[])
{
    static const char usage[] = "usage: prefork_server [-n WORKERS] [ADDRESS] PORT";
    int option;
    while (open("/dev/null", O_RDWR) < 2)
        continue;
    while ((option = getopt(argc, argv, "n:")) == 'n') {
        slots = (int)parse(optarg, MOST);
        if (slots == 0)
            errx(2, "%s", usage);
    }
    if (option != -1 || argc < optind + 1 || argc > optind + 2)
        errx(2, "%s", usage);
    long port = parse(argv[argc - 1], 65535);
    if (port == 0)
        errx(2, "%s", usage);
    struct sockaddr_storage address = {.ss_family = AF_INET6};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;
    const char *host = argc == optind + 2 ? argv[optind] : NULL;
    if (host == NULL || inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((in_port_t)port);
    } else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_port = htons((in_port_t)port);
    } else {
        errx(2, "%s", usage);
    }
    socklen_t length = address.ss_family == AF_INET ? sizeof *v4 : sizeof *v6;
    for (int i = 0; i < slots; i++) {
        slot[i].listener = listen_at((struct sockaddr *)&address, length);
        if (slot[i].listener == -1)
            err(1, "%s %s", host == NULL ? "port" : host, argv[argc - 1]);
    }

    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    struct pollfd events = {.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC), .events = POLLIN};
    bool over = false;
    while (!over) {
        struct signalfd_siginfo info;
        bury();
        poll(&events, 1, fill_slots());
        while (read(events.fd, &info, sizeof info) == sizeof info)
            over = over || info.ssi_signo != SIGCHLD;
    }
    for (int i = 0; i < slots; i++)
        close(slot[i].listener);
    tell_all(SIGTERM);
    for (double end = seconds() + 5; bury() > 0 && seconds() < end;) {
        struct signalfd_siginfo info;
        poll(&events, 1, (int)((end - seconds()) * 1000) + 1);
        while (read(events.fd, &info, sizeof info) == sizeof info)
            continue;
    }
    tell_all(SIGKILL);
    while (waitpid(-1, NULL, 0) > 0)
        continue;
    return 0;
}
