/* The program under test in verbs.c: does what its arguments say, one after the other, and ends with status 0.
 *
 *     actor connect 4242 send "knock knock" copy exit 3
 *
 * "fork A B parent C" lets a child do A and B and then end, while the parent goes on with C. A line that a test asks for is
 * found by the words of its comment. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int conn = -1;
static int listener = -1;
static char buffer[1 << 16];
static char **words; /* what is still to be done */

static void must(int done, const char *what)
{
    if (done == -1) {
        perror(what);
        exit(1);
    }
}

static struct sockaddr_in loopback(const char *port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons((in_port_t)atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* ---- connections */

static void connects(const char *port)
{
    struct sockaddr_in address = loopback(port);
    conn = socket(AF_INET, SOCK_STREAM, 0);
    must(connect(conn, (struct sockaddr *)&address, sizeof address), "connect");
}

static void listens_with(const char *port, int backlog)
{
    struct sockaddr_in address = loopback(port);
    int one = 1;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    must(bind(listener, (struct sockaddr *)&address, sizeof address), "bind");
    must(listen(listener, backlog), "listen");
}

static void listens(const char *port)
{
    listens_with(port, 100);
}

static void listens_with_no_queue(const char *port)
{
    listens_with(port, 0);
}

static struct sockaddr_un at_path(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    return address;
}

static void connects_to_path(const char *path)
{
    struct sockaddr_un address = at_path(path);
    conn = socket(AF_UNIX, SOCK_STREAM, 0);
    must(connect(conn, (struct sockaddr *)&address, sizeof address), "connect");
}

static void listens_at_path(const char *path)
{
    struct sockaddr_un address = at_path(path);
    listener = socket(AF_UNIX, SOCK_STREAM, 0);
    must(bind(listener, (struct sockaddr *)&address, sizeof address), "bind");
    must(listen(listener, 100), "listen");
}

/* Its socket file gets its name at last. */
static void renames(const char *path)
{
    must(rename(path, *words++), "rename");
}

static void removes(const char *path)
{
    must(unlink(path), "unlink");
}

static void accepts(const char *none)
{
    (void)none;
    conn = accept(listener, NULL, NULL);
    must(conn, "accept");
}

static void writes(int fd, const char *data, size_t length)
{
    for (ssize_t n; length > 0; data += n, length -= (size_t)n) {
        n = write(fd, data, length); /* here it writes */
        must((int)n, "write");
    }
}

static void sends(const char *text)
{
    writes(conn, text, strlen(text));
}

static void sends_its_nul(const char *text)
{
    writes(conn, text, strlen(text) + 1);
}

static void sends_many(const char *count)
{
    memset(buffer, 'x', sizeof buffer);
    for (size_t left = strtoul(count, NULL, 10), n; left > 0; left -= n) {
        n = left < sizeof buffer ? left : sizeof buffer;
        writes(conn, buffer, n);
    }
}

static ssize_t receives(void)
{
    return recv(conn, buffer, sizeof buffer, 0); /* here it receives */
}

static void receives_once(const char *none)
{
    (void)none;
    must((int)receives(), "recv");
}

static void prints_how_many_it_receives(const char *none)
{
    (void)none;
    dprintf(1, "%zd ", receives());
}

static void copies_to(int to)
{
    ssize_t n;
    while ((n = receives()) > 0)
        writes(to, buffer, (size_t)n);
    must((int)n, "recv");
}

static void copies(const char *none)
{
    (void)none;
    copies_to(1);
}

static void echoes(const char *none)
{
    (void)none;
    copies_to(conn);
}

static void shuts_down(const char *none)
{
    (void)none;
    shutdown(conn, SHUT_WR);
}

static void closes(const char *none)
{
    (void)none;
    close(conn);
}

static void resets(const char *none)
{
    struct linger abort_it = {1, 0};
    setsockopt(conn, SOL_SOCKET, SO_LINGER, &abort_it, sizeof abort_it);
    closes(none);
}

static void limits_its_patience(const char *seconds)
{
    struct timeval limit = {atoi(seconds), 0};
    setsockopt(conn, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

static void tells_an_interruption(const char *none)
{
    (void)none;
    dprintf(1, "%s", receives() == -1 ? strerrorname_np(errno) : "no error");
}

/* "pass r FILE ok": sends the word with a descriptor attached, "pass rr FILE ok" with two. */
static void passes(const char *modes)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(8 * sizeof(int))] = {0};
    const char *path = *words++;
    int fds[8];
    size_t count = 0;
    for (; modes[count] != '\0' && count < 8; count++) {
        fds[count] = open(path, modes[count] == 'w' ? O_RDWR : O_RDONLY);
        must(fds[count], path);
    }
    if (*modes == 's') /* "s" skips a byte */
        must((int)read(fds[0], buffer, 1), "read");
    struct iovec data = {*words, strlen(*words)};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){CMSG_LEN(count * sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(header), fds, count * sizeof(int));
    must((int)sendmsg(conn, &message, 0), "sendmsg");
    words++;
}

/* Prints what one recvmsg() brings, and how many descriptors came with it: "ok+2". */
static void tells_what_is_passed(const char *none)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(64 * sizeof(int))];
    struct iovec data = {buffer, sizeof buffer};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    (void)none;
    ssize_t n = recvmsg(conn, &message, 0);
    must((int)n, "recvmsg");
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    dprintf(1, "%.*s+%zu ", (int)n, buffer, header == NULL ? 0 : (header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
}

/* A forking server: "parent-closes", "child-closes" and "itself" tell what it does. */
static void serves(const char *manner)
{
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        accepts(NULL);
        if (strstr(manner, "itself") != NULL)
            continue;
        if (fork() == 0) {
            if (strstr(manner, "child-closes") != NULL)
                close(listener);
            echoes(NULL);
            exit(0);
        }
        if (strstr(manner, "parent-closes") != NULL)
            close(conn);
    }
}

/* Sends a datagram and prints the answer. */
static void asks(const char *port)
{
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    must((int)sendto(fd, "what?", 5, 0, (struct sockaddr *)&address, sizeof address), "sendto");
    ssize_t n = recv(fd, buffer, sizeof buffer, 0); /* here it waits for an answer */
    writes(1, buffer, (size_t)n);
}

/* Sends a datagram, and listens until nothing has come for so long: whatever comes starts that anew. */
static void hears_out(const char *port)
{
    struct sockaddr_in address = loopback(port);
    long n = atol(*words++);
    struct timeval patience = {n / 1000, n % 1000 * 1000};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    must((int)sendto(fd, "what?", 5, 0, (struct sockaddr *)&address, sizeof address), "sendto");
    while (recv(fd, buffer, sizeof buffer, 0) != -1)
        continue;
}

/* Sends datagrams, each to whoever has sent the last one, and waits 0.3 s for an answer to each: "\\1" is the byte 1. The
 * word "." ends them. */
static void converses(const char *port)
{
    struct sockaddr_in address = loopback(port);
    struct timeval patience = {0, 300000};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    for (const char *word = *words++; strcmp(word, ".") != 0; word = *words++) {
        char data[100];
        size_t length = 0;
        for (; *word != '\0' && length < sizeof data; word++)
            data[length++] = *word == '\\' ? (char)(*++word - '0') : *word;
        must((int)sendto(fd, data, length, 0, (struct sockaddr *)&address, sizeof address), "sendto");
        socklen_t size = sizeof address;
        recvfrom(fd, buffer, sizeof buffer, 0, (struct sockaddr *)&address, &size);
    }
}

static void floods_port(const char *port)
{
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    for (;;)
        sendto(fd, "what?", 5, 0, (struct sockaddr *)&address, sizeof address);
}

/* ---- words */

static void prints(const char *text)
{
    writes(1, text, strlen(text));
}

static void prints_into_a_buffer(const char *text)
{
    printf("%s", text);
}

static void complains(const char *text)
{
    writes(2, text, strlen(text));
}

static void copies_its_input(const char *none)
{
    ssize_t n;
    (void)none;
    while ((n = read(0, buffer, sizeof buffer)) > 0) /* here it reads its input */
        writes(1, buffer, (size_t)n);
}

static void waits_for_its_input(const char *none)
{
    (void)none;
    must((int)read(0, buffer, 1), "read");
}

static void floods(const char *fd)
{
    memset(buffer, 'x', sizeof buffer);
    for (;;)
        writes(atoi(fd), buffer, sizeof buffer);
}

/* What it was started with: its descriptors, and the signals among a few that are ignored or blocked. */
static void tells_its_start(const char *none)
{
    static const int signals[] = {SIGHUP, SIGINT, SIGPIPE, SIGCHLD, SIGUSR2};
    struct sigaction action;
    sigset_t mask;
    (void)none;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    for (int fd = 0; fd < 1000; fd++) {
        if (dup2(fd, fd) == fd)
            printf("%d ", fd);
    }
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        if (sigaction(signals[i], NULL, &action) == 0 && action.sa_handler == SIG_IGN)
            printf("ignores-%s ", sigabbrev_np(signals[i]));
        if (sigismember(&mask, signals[i]) == 1)
            printf("blocks-%s ", sigabbrev_np(signals[i]));
    }
    printf("PATH=%s", getenv("PATH") == NULL ? "" : getenv("PATH"));
    fflush(stdout);
}

/* ---- ends, and what goes before them */

static void exits(const char *status)
{
    exit(atoi(status));
}

static void raises(const char *number)
{
    raise(atoi(number));
}

static void crashes(const char *none)
{
    volatile int *volatile nowhere = NULL;
    (void)none;
    *nowhere = 1; /* here it crashes */
}

static void pauses(const char *none)
{
    (void)none;
    for (;;)
        pause(); /* here it pauses */
}

static void naps(const char *milliseconds)
{
    long n = atol(milliseconds);
    nanosleep(&(struct timespec){n / 1000, n % 1000 * 1000000}, NULL); /* here it naps */
}

static void spins(const char *none)
{
    (void)none;
    while (getppid() >= 0) /* here it spins */
        ;
}

static void works(const char *milliseconds)
{
    struct timespec start, t;
    clock_gettime(CLOCK_MONOTONIC, &start);
    do
        clock_gettime(CLOCK_MONOTONIC, &t);
    while ((t.tv_sec - start.tv_sec) * 1000 + (t.tv_nsec - start.tv_nsec) / 1000000 < atol(milliseconds));
}

static void ticks(const char *none)
{
    (void)none;
    for (;;)
        naps("25");
}

static void polls(const char *none)
{
    (void)none;
    for (;;)
        naps("5");
}

static int status_at_signal;

static void on_signal(int sig)
{
    (void)sig;
    _exit(status_at_signal);
}

/* SIGTERM ends it with that status. */
static void catches(const char *status)
{
    struct sigaction action = {.sa_handler = on_signal};
    status_at_signal = atoi(status);
    sigaction(SIGTERM, &action, NULL);
}

static void takes_memory(const char *megabytes)
{
    for (int i = 0; i < atoi(megabytes); i++) {
        char *more = malloc(1 << 20);
        memset(more, 'x', 1 << 20);
    }
}

/* True if this process is a child of our parent, and its descriptor 3 is seen to be a pipe. Who may see that may open it, too, if
   the pipe's owner is of its user. */
static int has_a_pipe_for_us(const char *pid)
{
    char path[300];
    char what[100] = "";
    int parent = 0;
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    FILE *file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%*d (%*[^)]) %*c %d", &parent) != 1)
        parent = 0;
    if (file != NULL)
        fclose(file);
    snprintf(path, sizeof path, "/proc/%s/fd/3", pid);
    return parent == getppid() && readlink(path, what, sizeof what - 1) > 0 && strncmp(what, "pipe:", 5) == 0;
}

/* Looks for such a process, such as one that is about to become another program. */
static void seizes_a_pipe(const char *none)
{
    (void)none;
    printf("seizes:\n");
    fflush(stdout);
    for (;;) {
        DIR *directory = opendir("/proc");
        for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
            if (strspn(entry->d_name, "0123456789") > 0 && has_a_pipe_for_us(entry->d_name)) {
                printf("%s\n", entry->d_name);
                exit(0);
            }
        }
        if (directory != NULL)
            closedir(directory);
    }
}

static void leaks(const char *none)
{
    (void)none;
    char *volatile lost = malloc(100); /* here it leaks */
    lost[0] = 'x';
    lost = NULL;
}

/* ---- processes */

static int is_child;

static void forks(const char *none)
{
    (void)none;
    fflush(stdout);
    pid_t pid = fork();
    must(pid, "fork");
    is_child = pid == 0;
    while (pid != 0 && *words != NULL && strcmp(*words, "parent") != 0)
        words++;
}

static void goes_on_as_parent(const char *none)
{
    (void)none;
    if (is_child)
        exit(0);
}

static void reaps(const char *none)
{
    (void)none;
    must(wait(NULL), "wait");
}

/* "keep 3 100000" keeps so many children, who pause, and takes so many microseconds to replace one that has ended. */
static void keeps_children(const char *count)
{
    useconds_t pause_for = (useconds_t)atol(*words++);
    for (int i = 0; i < atoi(count); i++) {
        if (fork() == 0)
            pauses(NULL);
    }
    while (wait(NULL) > 0) {
        usleep(pause_for);
        if (fork() == 0)
            pauses(NULL);
    }
}

static void says_its_number(const char *none)
{
    (void)none;
    dprintf(conn, "%d\r\n", (int)getpid());
}

static void forks_without_end(const char *none)
{
    (void)none;
    for (;;) {
        if (fork() == 0)
            pauses(NULL);
    }
}

static void tells_whether_it_can_fork(const char *none)
{
    (void)none;
    pid_t pid = fork();
    if (pid == 0)
        exit(0);
    dprintf(1, "%s", pid == -1 ? strerrorname_np(errno) : "forked");
}

/* Becomes a shell that has the connection as descriptors 0 to 2: "listener", "conn", "ignores", "blocks" and "environment"
 * tell what it takes along. */
static void becomes_a_shell(const char *manner)
{
    char *plain[] = {"PATH=/bin", NULL};
    char *more[] = {"PATH=/sbin", "HOME=/tmp", NULL};
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR2);
    for (int fd = 0; fd < 3; fd++)
        dup2(conn, fd);
    if (strstr(manner, "listener") == NULL)
        close(listener);
    if (strstr(manner, "conn") == NULL)
        close(conn);
    if (strstr(manner, "ignores") != NULL)
        signal(SIGPIPE, SIG_IGN);
    if (strstr(manner, "blocks") != NULL)
        sigprocmask(SIG_BLOCK, &mask, NULL);
    execle("/bin/sh", "sh", NULL, strstr(manner, "environment") == NULL ? plain : more);
    must(-1, "/bin/sh");
}

static void becomes_what_is_in_its_path(const char *name)
{
    execlp(name, name, NULL);
    must(-1, name);
}

/* ---- names */

static void prints_addresses(const char *name)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    char address[NI_MAXHOST];
    int reason = getaddrinfo(name, NULL, &hints, &list);
    if (reason != 0)
        printf("%s\n", gai_strerror(reason));
    for (struct addrinfo *entry = reason == 0 ? list : NULL; entry != NULL; entry = entry->ai_next) {
        getnameinfo(entry->ai_addr, entry->ai_addrlen, address, sizeof address, NULL, 0, NI_NUMERICHOST);
        printf("%s\n", address);
    }
    fflush(stdout);
}

static void prints_name(const char *address)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
    struct addrinfo *list;
    char name[NI_MAXHOST];
    int reason = getaddrinfo(address, NULL, &hints, &list);
    if (reason == 0)
        reason = getnameinfo(list->ai_addr, list->ai_addrlen, name, sizeof name, NULL, 0, NI_NAMEREQD);
    printf("%s\n", reason == 0 ? name : gai_strerror(reason));
    fflush(stdout);
}

/* Asks the name server for the address of a name, as RFC 1035 has it, and waits for ever. */
static void queries(const char *name)
{
    struct sockaddr_in server = loopback("53");
    char query[512] = "ab\1\0\0\1\0\0\0\0\0"; /* its number, "recursion desired", one question */
    size_t size = 12;
    for (const char *label = name; *label != '\0';) {
        size_t length = strcspn(label, ".");
        query[size++] = (char)length;
        memcpy(query + size, label, length);
        size += length;
        label += length + (label[length] == '.');
    }
    memcpy(query + size, "\0\0\1\0\1", 5); /* the root's label, type A, the internet */
    conn = socket(AF_INET, SOCK_DGRAM, 0);
    must(connect(conn, (struct sockaddr *)&server, sizeof server), "connect");
    must((int)send(conn, query, size + 5, 0), "send");
    must((int)recv(conn, buffer, sizeof buffer, 0), "recv");
}

/* ---- multicast: an argument is several words, such as "239.255.1.233 7015" */

static int datagrams = -1;

static void binds_datagrams(const char *address_and_port)
{
    char address[64];
    int port = 0;
    int one = 1;
    sscanf(address_and_port, "%63s %d", address, &port);
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
    inet_pton(AF_INET, address, &name.sin_addr);
    datagrams = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(datagrams, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    must(bind(datagrams, (struct sockaddr *)&name, sizeof name), "bind");
}

static void joins_on(const char *group_and_interface)
{
    char group[64] = "";
    char interface[64] = "";
    struct ip_mreq membership = {0};
    sscanf(group_and_interface, "%63s %63s", group, interface);
    inet_pton(AF_INET, group, &membership.imr_multiaddr);
    inet_pton(AF_INET, interface, &membership.imr_interface);
    must(setsockopt(datagrams, IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, sizeof membership), "join");
}

static void connects_datagrams(const char *port)
{
    struct sockaddr_in address = loopback(port);
    must(connect(datagrams, (struct sockaddr *)&address, sizeof address), "connect");
}

static void prints_datagrams(const char *none)
{
    (void)none;
    for (;;) {
        struct sockaddr_in from;
        socklen_t size = sizeof from;
        ssize_t n = recvfrom(datagrams, buffer, sizeof buffer, 0, (struct sockaddr *)&from, &size);
        must((int)n, "recvfrom");
        dprintf(1, "%s: %.*s\n", inet_ntoa(from.sin_addr), (int)n, buffer);
    }
}

/* "GROUP PORT INTERFACE TTL WORD" */
static void casts(const char *all)
{
    char group[64] = "";
    char interface[64] = "";
    char what[64] = "";
    int port = 0;
    int ttl = 1;
    struct in_addr out;
    sscanf(all, "%63s %d %63s %d %63s", group, &port, interface, &ttl, what);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
    inet_pton(AF_INET, group, &to.sin_addr);
    inet_pton(AF_INET, interface, &out);
    datagrams = socket(AF_INET, SOCK_DGRAM, 0);
    must(setsockopt(datagrams, IPPROTO_IP, IP_MULTICAST_IF, &out, sizeof out), "interface");
    must(setsockopt(datagrams, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof ttl), "ttl");
    must((int)sendto(datagrams, what, strlen(what), 0, (struct sockaddr *)&to, sizeof to), "sendto");
}

static const struct action {
    const char *word;
    int takes_argument;
    void (*act)(const char *argument);
} actions[] = {
    {"connect", 1, connects},
    {"listen", 1, listens},
    {"listen-no-queue", 1, listens_with_no_queue},
    {"connect-path", 1, connects_to_path},
    {"listen-path", 1, listens_at_path},
    {"rename", 1, renames},
    {"unlink", 1, removes},
    {"pass", 1, passes},
    {"passed", 0, tells_what_is_passed},
    {"accept", 0, accepts},
    {"send", 1, sends},
    {"send-nul", 1, sends_its_nul},
    {"send-many", 1, sends_many},
    {"recv", 0, receives_once},
    {"recv-count", 0, prints_how_many_it_receives},
    {"recv-error", 0, tells_an_interruption},
    {"copy", 0, copies},
    {"echo", 0, echoes},
    {"shutdown", 0, shuts_down},
    {"close", 0, closes},
    {"reset", 0, resets},
    {"timeout", 1, limits_its_patience},
    {"serve", 1, serves},
    {"ask", 1, asks},
    {"hear-out", 1, hears_out},
    {"converse", 1, converses},
    {"flood-port", 1, floods_port},
    {"addresses", 1, prints_addresses},
    {"name", 1, prints_name},
    {"query", 1, queries},
    {"bind-udp", 1, binds_datagrams},
    {"join", 1, joins_on},
    {"connect-udp", 1, connects_datagrams},
    {"print-udp", 0, prints_datagrams},
    {"cast", 1, casts},
    {"print", 1, prints},
    {"printf", 1, prints_into_a_buffer},
    {"complain", 1, complains},
    {"cat", 0, copies_its_input},
    {"gate", 0, waits_for_its_input},
    {"flood", 1, floods},
    {"start", 0, tells_its_start},
    {"exit", 1, exits},
    {"raise", 1, raises},
    {"crash", 0, crashes},
    {"pause", 0, pauses},
    {"nap", 1, naps},
    {"spin", 0, spins},
    {"work", 1, works},
    {"tick", 0, ticks},
    {"poll", 0, polls},
    {"catch", 1, catches},
    {"take-memory", 1, takes_memory},
    {"seize", 0, seizes_a_pipe},
    {"leak", 0, leaks},
    {"fork", 0, forks},
    {"parent", 0, goes_on_as_parent},
    {"reap", 0, reaps},
    {"keep", 1, keeps_children},
    {"send-pid", 0, says_its_number},
    {"bomb", 0, forks_without_end},
    {"become", 1, becomes_a_shell},
    {"exec", 1, becomes_what_is_in_its_path},
    {"can-fork", 0, tells_whether_it_can_fork},
};

static const struct action *action_named(const char *word)
{
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(actions[i].word, word) == 0)
            return &actions[i];
    }
    fprintf(stderr, "actor: no action %s\n", word);
    exit(9);
}

int main(int argc, char *argv[])
{
    (void)argc;
    words = argv + 1;
    while (*words != NULL) {
        const struct action *action = action_named(*words++);
        action->act(action->takes_argument ? *words++ : NULL);
    }
    return 0;
}
