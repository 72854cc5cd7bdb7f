/* One process, an alarm for each time-out: setitimer() and a blocking recvfrom() that the signal interrupts. Answers old
   blocks, too; holds LOCAL's new content in an unnamed file until it is whole. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

static volatile sig_atomic_t rang;

static void ring(int sig)
{
    (void)sig;
    rang = 1;
}

/* Rings in 0.6 s, and every 10 ms from then on: a ring just before recvfrom() would be missed otherwise. */
static void set_alarm(int on)
{
    struct itimerval timer = {{0, on ? 10000 : 0}, {0, on ? 600000 : 0}};
    rang = 0;
    setitimer(ITIMER_REAL, &timer, NULL);
}

static int sock;
static struct sockaddr_in peer;
static int locked;
static char last[516], got[65536];
static size_t last_size;
static const char *host, *port;

static void transmit(void)
{
    sendto(sock, last, last_size, 0, (struct sockaddr *)&peer, sizeof peer);
}

static int word(const char *p)
{
    unsigned short value;
    memcpy(&value, p, 2);
    return ntohs(value);
}

static void header(int op, int number, size_t data)
{
    unsigned short words[2] = {htons((unsigned short)op), htons((unsigned short)number)};
    memcpy(last, words, 4);
    last_size = 4 + data;
}

static ssize_t wait_for(int op, int number)
{
    struct sockaddr_in from;
    for (;;) {
        socklen_t size = sizeof from;
        if (rang)
            return -1;
        ssize_t n = recvfrom(sock, got, sizeof got, 0, (struct sockaddr *)&from, &size);
        if (n < 4)
            continue;
        if (locked && (from.sin_port != peer.sin_port || from.sin_addr.s_addr != peer.sin_addr.s_addr)) {
            static const char unknown[] = "\0\5\0\5Unknown transfer ID";
            if (word(got) != 5)
                sendto(sock, unknown, sizeof unknown, 0, (struct sockaddr *)&from, size);
            continue;
        }
        int fits = word(got) == op && word(got + 2) == number && n <= 516;
        if (fits || word(got) == 5) {
            peer = from;
            locked = 1;
            return n;
        }
        if (locked && op == 3 && word(got) == 3) {
            unsigned short ack[2] = {htons(4), htons((unsigned short)word(got + 2))};
            if ((unsigned short)(number - word(got + 2)) < 1000)
                sendto(sock, ack, 4, 0, (struct sockaddr *)&peer, sizeof peer);
        }
    }
}

static ssize_t ask(int op, int number)
{
    transmit();
    for (int i = 0; i < 6; i++) {
        if (i)
            transmit();
        set_alarm(1);
        ssize_t n = wait_for(op, number);
        set_alarm(0);
        if (n < 0)
            continue;
        if (word(got) == 5)
            errx(1, "%s port %s: %.*s", host, port, (int)n - 4, got + 4);
        return n - 4;
    }
    errx(1, "%s port %s: timed out", host, port);
}

static void save(FILE *whole, const char *local)
{
    char temporary[4200];
    snprintf(temporary, sizeof temporary, "%s.XXXXXX", local);
    int fd = mkstemp(temporary);
    if (fd == -1)
        err(1, "%s", local);
    fchmod(fd, 0644);
    FILE *file = fdopen(fd, "w");
    rewind(whole);
    for (int c; (c = getc(whole)) != EOF;)
        putc(c, file);
    int bad = ferror(whole) || ferror(file);
    errno = bad ? EFBIG : 0;
    if (fclose(file) == EOF || bad || rename(temporary, local) == -1) {
        int why = errno;
        unlink(temporary);
        errno = why;
        err(1, "%s", local);
    }
}

int main(int argc, char *argv[])
{
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) == -1)
            open("/dev/null", O_RDWR);
    if (argc != 6)
        errx(2, "five arguments, please");
    int put = strcmp(argv[1], "put") == 0;
    if (!put && strcmp(argv[1], "get") != 0)
        errx(2, "get or put, not %s", argv[1]);
    host = argv[2];
    port = argv[3];
    char *end;
    if (*port >= '0' && *port <= '9') {
        errno = 0;
        long value = strtol(port, &end, 10);
        if (*end || value < 1 || value > 65535)
            errx(2, "no port: %s", port);
    } else if (strchr("+- \t", *port))
        errx(2, "no port: %s", port);

    FILE *file = put ? fopen(argv[5], "r") : tmpfile();
    if (file == NULL)
        err(1, "%s", argv[5]);
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM}, *info;
    int bad = getaddrinfo(host, port, &hints, &info);
    if (bad)
        errx(1, "%s port %s: %s", host, port, gai_strerror(bad));
    memcpy(&peer, info->ai_addr, sizeof peer);
    freeaddrinfo(info);
    sock = socket(AF_INET, SOCK_DGRAM, 0);

    struct sigaction action = {.sa_handler = ring};
    sigaction(SIGALRM, &action, NULL);
    sigset_t alarm_only;
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    sigprocmask(SIG_UNBLOCK, &alarm_only, NULL);

    last_size = 2 + (size_t)snprintf(last + 2, sizeof last - 2, "%s%coctet", argv[4], 0) + 1;
    last[1] = put ? 2 : 1;
    if (put) {
        ask(4, 0);
        size_t n = 512;
        for (int block = 1; n == 512; block = (block + 1) & 0xffff) {
            n = fread(last + 4, 1, 512, file);
            if (ferror(file))
                err(1, "%s", argv[5]);
            header(3, block, n);
            ask(4, block);
        }
    } else {
        ssize_t n = 512;
        for (int block = 1; n == 512; block = (block + 1) & 0xffff) {
            n = ask(3, block);
            if (fwrite(got + 4, 1, (size_t)n, file) != (size_t)n)
                err(1, "%s", argv[5]);
            header(4, block, 0);
        }
        if (fflush(file) == EOF)
            err(1, "%s", argv[5]);
        save(file, argv[5]);
        transmit();
        set_alarm(1);
        wait_for(3, (word(last + 2) + 1) & 0xffff);
        set_alarm(0);
    }
    fclose(file);
    close(sock);
    return 0;
}
