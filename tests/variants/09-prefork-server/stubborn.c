/* Another style: the workers ignore SIGTERM and die with their parent (PR_SET_PDEATHSIG). They wait with poll for a client or
   for the end of a pipe, which says that it is over; a non-blocking accept takes what another has not. The parent wakes up
   every 50 ms, looks for the dead, and paces those that died young by that. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct child {
    pid_t pid;
    long long start;
    int young;
};

static int usage(void)
{
    static const char words[] = "usage: prefork_server [-n WORKERS] [ADDRESS] PORT\n";
    return write(2, words, sizeof words - 1) == -1 ? 2 : 2;
}

static long long milliseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static int all_digits(const char *s)
{
    return *s != '\0' && strspn(s, "0123456789") == strlen(s) && strlen(s) < 9;
}

static void talk(int c)
{
    FILE *out = fdopen(dup(c), "w");
    char byte[30000];
    ssize_t n;
    if (out == NULL)
        return;
    fprintf(out, "%d\r\n", (int)getpid());
    fflush(out);
    while ((n = read(c, byte, sizeof byte)) > 0) {
        if (fwrite(byte, 1, (size_t)n, out) != (size_t)n || fflush(out) != 0)
            break;
    }
    fclose(out);
}

static void child(int listener, int over, pid_t parent)
{
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    for (;;) {
        struct pollfd p[2] = {{.fd = listener, .events = POLLIN}, {.fd = over, .events = POLLIN}};
        if (poll(p, 2, -1) == -1)
            continue;
        if (p[1].revents != 0)
            _exit(0);
        int c = accept4(listener, NULL, NULL, 0);
        if (c == -1)
            continue;
        talk(c);
        close(c);
    }
}

int main(int argc, char **argv)
{
    int workers = 4, opt, fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd < 2);
    while ((opt = getopt(argc, argv, "n:")) != -1) {
        if (opt != 'n' || !all_digits(optarg) || atoi(optarg) < 1 || atoi(optarg) > 64)
            return usage();
        workers = atoi(optarg);
    }
    argv += optind;
    argc -= optind;
    if (argc < 1 || argc > 2 || !all_digits(argv[argc - 1]))
        return usage();
    int port = atoi(argv[argc - 1]);
    if (port < 1 || port > 65535)
        return usage();
    struct sockaddr_in6 a6 = {.sin6_family = AF_INET6, .sin6_port = htons((in_port_t)port)};
    struct sockaddr_in a4 = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
    int is6 = argc == 2 && inet_pton(AF_INET6, argv[0], &a6.sin6_addr) == 1;
    if (argc == 2 && !is6 && inet_pton(AF_INET, argv[0], &a4.sin_addr) != 1)
        return usage();

    int l = socket(is6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), yes = 1, ends[2];
    setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if ((is6 ? bind(l, (void *)&a6, sizeof a6) : bind(l, (void *)&a4, sizeof a4)) != 0 || listen(l, 200) != 0 ||
        pipe(ends) != 0) {
        fprintf(stderr, "prefork_server: can't serve on %s%sport %d (%m)\n", argc == 2 ? argv[0] : "",
                argc == 2 ? ", " : "", port);
        return 1;
    }
    sigset_t told, none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    sigemptyset(&told);
    sigaddset(&told, SIGTERM);
    sigaddset(&told, SIGINT);
    sigprocmask(SIG_BLOCK, &told, NULL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGCHLD, SIG_DFL);

    struct child *c = calloc((size_t)workers, sizeof *c);
    const struct timespec nap = {.tv_nsec = 50 * 1000 * 1000};
    pid_t self = getpid();
    long long last = 0;
    do {
        for (int i = 0; i < workers; i++) {
            if (c[i].pid > 0 && waitpid(c[i].pid, NULL, WNOHANG) == c[i].pid) {
                c[i].pid = 0;
                c[i].young = milliseconds() - c[i].start <= 1000;
            }
            if (c[i].pid > 0 || (c[i].young && milliseconds() < last + 100))
                continue;
            c[i].pid = fork();
            if (c[i].pid == 0) {
                close(ends[1]);
                free(c);
                child(l, ends[0], self);
            }
            c[i].start = milliseconds();
            if (c[i].young)
                last = c[i].start;
        }
    } while (sigtimedwait(&told, NULL, &nap) == -1);

    long long limit = milliseconds() + 5000;
    int alive;
    close(ends[1]);
    close(l);
    do {
        alive = 0;
        for (int i = 0; i < workers; i++) {
            if (c[i].pid > 0 && milliseconds() >= limit)
                kill(c[i].pid, SIGKILL);
            if (c[i].pid > 0 && waitpid(c[i].pid, NULL, WNOHANG) == c[i].pid)
                c[i].pid = 0;
            alive += c[i].pid > 0;
        }
        if (alive > 0)
            nanosleep(&nap, NULL);
    } while (alive > 0);
    free(c);
    return 0;
}
