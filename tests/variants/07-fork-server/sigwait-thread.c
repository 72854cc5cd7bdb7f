/* Different: two threads. The main one waits for signals with sigwait(), the other for clients in a blocking
   accept(); a semaphore with MAX places holds it back. Clients are still served by processes. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct server {
    int listener;
    sigset_t signals;
    sem_t places;
    pthread_mutex_t lock;       /* guards what follows, and fork() */
    bool stopping;
    pid_t *pids;
    size_t count, size;
};

static _Noreturn void usage(void)
{
    fprintf(stderr, "usage: fork_server [-m MAX] [ADDRESS] PORT\n");
    exit(2);
}

static long number_or_usage(const char *text, long top)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (strspn(text, "0123456789") == 0 || *end != '\0' || value < 1 || value > top)
        usage();
    return value;
}

static void echo(int conn)
{
    char data[4000];
    ssize_t n;
    while ((n = TEMP_FAILURE_RETRY(read(conn, data, sizeof data))) > 0)
        for (ssize_t sent = 0, k; sent < n; sent += k)
            if ((k = TEMP_FAILURE_RETRY(send(conn, data + sent, (size_t)(n - sent), MSG_NOSIGNAL))) == -1)
                return;
}

/* Called with the lock held. Returns whether the place of this client is taken now. */
static bool start_child(struct server *s, int conn)
{
    if (s->count == s->size) {
        pid_t *bigger = realloc(s->pids, (s->size + 100) * sizeof *bigger);
        if (bigger == NULL)
            return false;
        s->pids = bigger;
        s->size += 100;
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(s->listener);
        pthread_sigmask(SIG_UNBLOCK, &s->signals, NULL);
        echo(conn);
        _exit(0);
    }
    if (pid == -1) {
        perror("fork_server: fork");
        return false;
    }
    s->pids[s->count++] = pid;
    return true;
}

static void *accept_clients(void *argument)
{
    struct server *s = argument;
    for (;;) {
        TEMP_FAILURE_RETRY(sem_wait(&s->places));
        int conn = accept(s->listener, NULL, NULL);
        int why = errno;
        pthread_mutex_lock(&s->lock);
        bool stopping = s->stopping;
        bool started = !stopping && conn != -1 && start_child(s, conn);
        pthread_mutex_unlock(&s->lock);
        if (conn != -1)
            close(conn);
        if (stopping)
            return NULL;
        if (!started)
            sem_post(&s->places);
        if (conn == -1 && why != ECONNABORTED && why != EINTR)
            usleep(100000);
    }
}

static void reap(struct server *s)
{
    pid_t pid;
    pthread_mutex_lock(&s->lock);
    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
        for (size_t i = 0; i < s->count; i++)
            if (s->pids[i] == pid) {
                s->pids[i] = s->pids[--s->count];
                sem_post(&s->places);
                break;
            }
    pthread_mutex_unlock(&s->lock);
}

static int open_listener(const char *address, long port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    bool is_v4 = inet_pton(AF_INET, address, &v4.sin_addr) == 1;
    if (!is_v4 && inet_pton(AF_INET6, address, &v6.sin6_addr) != 1)
        usage();
    int on = 1, fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd != -1) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        int bound = is_v4 ? bind(fd, (struct sockaddr *)&v4, sizeof v4) : bind(fd, (struct sockaddr *)&v6, sizeof v6);
        if (bound == 0 && listen(fd, SOMAXCONN) == 0)
            return fd;
    }
    fprintf(stderr, "fork_server: %s, port %ld: %m\n", address, port);
    exit(1);
}

int main(int argc, char *argv[])
{
    struct server s = {.lock = PTHREAD_MUTEX_INITIALIZER};
    long max = 64;
    int c, signo, fd;

    while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= 2)
        continue;
    close(fd);
    while ((c = getopt(argc, argv, "m:")) != -1)
        max = c == 'm' ? number_or_usage(optarg, INT32_MAX) : (usage(), 0);
    if (optind != argc - 1 && optind != argc - 2)
        usage();
    long port = number_or_usage(argv[argc - 1], 65535);
    sigemptyset(&s.signals);
    for (const int *p = (const int[]){SIGCHLD, SIGTERM, SIGINT, 0}; *p != 0; p++) {
        sigaddset(&s.signals, *p);
        pthread_sigmask(SIG_BLOCK, &s.signals, NULL);
        signal(*p, SIG_DFL);
    }
    signal(SIGPIPE, SIG_IGN);
    s.listener = open_listener(optind == argc - 2 ? argv[optind] : "0.0.0.0", port);
    sem_init(&s.places, 0, (unsigned)max);
    pthread_t acceptor;
    if ((errno = pthread_create(&acceptor, NULL, accept_clients, &s)) != 0) {
        perror("fork_server: pthread_create");
        return 1;
    }
    while (sigwait(&s.signals, &signo) != 0 || signo == SIGCHLD)
        reap(&s);

    pthread_mutex_lock(&s.lock);
    s.stopping = true;
    pthread_mutex_unlock(&s.lock);
    shutdown(s.listener, SHUT_RDWR);    /* ends the accept() that the other thread waits in */
    sem_post(&s.places);
    pthread_join(acceptor, NULL);
    close(s.listener);
    for (size_t i = 0; i < s.count; i++)
        kill(s.pids[i], SIGKILL);
    for (size_t i = 0; i < s.count; i++)
        waitpid(s.pids[i], NULL, 0);
    free(s.pids);
    sem_destroy(&s.places);
    return 0;
}
