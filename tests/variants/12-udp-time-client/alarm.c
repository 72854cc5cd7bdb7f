/* The wait is ended by SIGALRM, which is unblocked first and ticks on: one that comes just before recv() is not the last. */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t rang;

static void ring(int signal_number)
{
    (void)signal_number;
    rang = 1;
}

static void set_alarm(void)
{
    struct sigaction act;
    sigset_t only;
    struct itimerval timer = {{0, 10000}, {0, 500000}};
    memset(&act, 0, sizeof act);
    act.sa_handler = ring;
    sigaction(SIGALRM, &act, NULL);
    sigemptyset(&only);
    sigaddset(&only, SIGALRM);
    sigprocmask(SIG_UNBLOCK, &only, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
}

/* 1: an answer; 0: none; -1: errno says why. */
static int listen_for(int fd, uint32_t *answer)
{
    char bytes[16];
    for (;;) {
        ssize_t n = recv(fd, bytes, sizeof bytes, rang ? MSG_DONTWAIT : 0);
        if (n == 4) {
            memcpy(answer, bytes, 4);
            return 1;
        }
        if (n == -1 && errno == EAGAIN)
            return 0;
        if (n == -1 && errno != EINTR)
            return -1;
    }
}

static int ask(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM}, *first, *it;
    int error = getaddrinfo(host, port, &hints, &first);
    if (error != 0)
        errx(1, "%s, port %s: %s", host, port, gai_strerror(error));
    int fd = -1;
    for (it = first; it != NULL; it = it->ai_next) {
        fd = socket(it->ai_family, SOCK_DGRAM, 0);
        if (fd != -1 && connect(fd, it->ai_addr, it->ai_addrlen) == 0 && write(fd, "?", 1) == 1)
            break;
        error = errno;
        if (fd != -1)
            close(fd);
        fd = -1;
    }
    freeaddrinfo(first);
    if (fd == -1) {
        errno = error;
        err(1, "%s, port %s", host, port);
    }
    return fd;
}

int main(int argc, char **argv)
{
    int fd = open("/dev/null", O_RDWR);
    while (fd != -1 && fd < 3)
        fd = dup(fd);
    close(fd);

    const char *port = argc > 2 ? argv[2] : "37";
    if (argc != 2 && argc != 3)
        errx(2, "usage: udp_time HOST [PORT]");
    if (*port == '+' || *port == '-' || *port == ' ')
        errx(1, "%s, port %s: %s", argv[1], port, gai_strerror(EAI_SERVICE));
    if (strchr("0123456789", *port) != NULL) {
        char *end;
        errno = 0;
        long number = strtol(port, &end, 10);
        if (errno != 0 || end == port || *end || number < 1 || number > 65535)
            errx(2, "%s is not a port", port);
    }

    fd = ask(argv[1], port);
    set_alarm();
    uint32_t theirs = 0;
    int heard = listen_for(fd, &theirs);
    if (heard == -1)
        err(1, "%s, port %s", argv[1], port);
    close(fd);
    if (heard == 0)
        errx(1, "%s, port %s: silence", argv[1], port);
    int32_t ahead = (int32_t)(ntohl(theirs) - (uint32_t)time(NULL) - 2208988800u);
    if (printf("Clock on %s is %d seconds ahead of this one.\n", argv[1], ahead) < 0 || fflush(stdout) != 0)
        err(1, "stdout");
    return 0;
}
