/* Different: select(); a table by descriptor; sockets that block, sent to and read from with MSG_DONTWAIT; one accept a
   wake-up; who does not fit into a set is told so and closed; a spare descriptor, given up for a moment to close whoever
   comes when there is none; pselect() lets the signals in. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE = 4096, QUEUE = 1 << 20 };

struct guest {
    int here;
    int half; /* it has said all */
    int gone;
    char line[LINE + 2];
    size_t length;
    char *queue;
    size_t queued;
};

static struct guest *guests[FD_SETSIZE];
static volatile sig_atomic_t told_to_stop;

static void note(int sig)
{
    (void)sig;
    told_to_stop = 1;
}

static void push(int fd)
{
    struct guest *g = guests[fd];
    size_t done = 0;
    while (done < g->queued) {
        ssize_t n = send(fd, g->queue + done, g->queued - done, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0) {
            if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
                g->gone = 1;
            break;
        }
        done += (size_t)n;
    }
    g->queued -= done;
    if (g->queued > 0) {
        memmove(g->queue, g->queue + done, g->queued);
    } else {
        free(g->queue);
        g->queue = NULL;
    }
}

static void tell(int fd, const char *line, size_t length)
{
    struct guest *g = guests[fd];
    if (g->gone)
        return;
    if (g->queued + length > QUEUE)
        push(fd);
    if (g->queued + length > QUEUE) {
        g->gone = 1;
        return;
    }
    if (g->queue == NULL && (g->queue = malloc(QUEUE)) == NULL) {
        g->gone = 1;
        return;
    }
    memcpy(g->queue + g->queued, line, length);
    g->queued += length;
}

static void end_of_line(int from)
{
    struct guest *g = guests[from];
    size_t n = g->length;
    g->length = 0;
    if (n > LINE + 1)
        return;
    if (n > 0 && g->line[n - 1] == '\r')
        n--;
    if (n > LINE)
        return;
    g->line[n++] = '\r';
    g->line[n++] = '\n';
    for (int fd = 0; fd < FD_SETSIZE; fd++)
        if (fd != from && guests[fd] != NULL)
            tell(fd, g->line, n);
}

static void hear(int fd)
{
    struct guest *g = guests[fd];
    char piece[3000];
    ssize_t n = recv(fd, piece, sizeof piece, MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        g->gone = 1;
    if (n == 0)
        g->half = 1;
    for (ssize_t i = 0; i < n; i++) {
        if (piece[i] == '\n')
            end_of_line(fd);
        else if (g->length++ <= LINE)
            g->line[g->length - 1] = piece[i];
    }
}

static void welcome(int door, int *spare)
{
    int fd = accept(door, NULL, NULL);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE) && *spare >= 0) {
        close(*spare);
        fd = accept(door, NULL, NULL);
        if (fd >= 0)
            close(fd);
        *spare = open("/dev/null", O_RDONLY);
        return;
    }
    if (fd < 0)
        return;
    struct guest *g = fd < FD_SETSIZE ? calloc(1, sizeof *g) : NULL;
    if (g == NULL) {
        send(fd, "full, sorry\r\n", 13, MSG_DONTWAIT | MSG_NOSIGNAL);
        close(fd);
        return;
    }
    guests[fd] = g;
}

static int port_number(const char *s)
{
    if (*s == '\0' || strspn(s, "0123456789") != strlen(s) || strlen(s) > 9)
        return 0;
    int port = atoi(s);
    return port < 65536 ? port : 0;
}

int main(int argc, char **argv)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    struct sockaddr *where = (struct sockaddr *)&v4;
    socklen_t size = sizeof v4;
    if (argc < 2 || argc > 3 || port_number(argv[argc - 1]) == 0) {
        fprintf(stderr, "usage: select_server [ADDRESS] PORT\n");
        return 2;
    }
    if (argc == 3 && inet_pton(AF_INET, argv[1], &v4.sin_addr) != 1) {
        if (inet_pton(AF_INET6, argv[1], &v6.sin6_addr) != 1) {
            fprintf(stderr, "no address: %s\n", argv[1]);
            return 2;
        }
        where = (struct sockaddr *)&v6;
        size = sizeof v6;
    }
    v4.sin_port = v6.sin6_port = htons((unsigned short)port_number(argv[argc - 1]));

    int spare;
    while ((spare = open("/dev/null", O_RDWR)) >= 0 && spare < 3)
        continue;
    struct sigaction act = {.sa_handler = note};
    sigset_t closed, open_mask;
    sigemptyset(&closed);
    sigaddset(&closed, SIGTERM);
    sigaddset(&closed, SIGINT);
    sigprocmask(SIG_BLOCK, &closed, &open_mask);
    sigdelset(&open_mask, SIGTERM);
    sigdelset(&open_mask, SIGINT);
    sigaction(SIGTERM, &act, NULL);
    sigaction(SIGINT, &act, NULL);

    int door = socket(where->sa_family, SOCK_STREAM, 0), yes = 1;
    if (door >= 0)
        setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (door < 0 || bind(door, where, size) < 0 || listen(door, 128) < 0 || fcntl(door, F_SETFL, O_NONBLOCK) < 0) {
        fprintf(stderr, "%s %s: %s\n", argc == 3 ? argv[1] : "port", argv[argc - 1], strerror(errno));
        return 1;
    }
    while (!told_to_stop) {
        fd_set in, out;
        int top = door;
        FD_ZERO(&in);
        FD_ZERO(&out);
        FD_SET(door, &in);
        for (int fd = 0; fd < FD_SETSIZE; fd++) {
            if (guests[fd] == NULL)
                continue;
            if (!guests[fd]->half)
                FD_SET(fd, &in);
            if (guests[fd]->queued > 0)
                FD_SET(fd, &out);
            if (fd > top)
                top = fd;
        }
        if (pselect(top + 1, &in, &out, NULL, NULL, &open_mask) < 0)
            continue;
        for (int fd = 0; fd <= top; fd++) {
            if (guests[fd] == NULL)
                continue;
            if (FD_ISSET(fd, &in))
                hear(fd);
            if (FD_ISSET(fd, &out))
                push(fd);
        }
        for (int fd = 0; fd <= top; fd++) {
            struct guest *g = guests[fd];
            if (g != NULL && (g->gone || (g->half && g->queued == 0))) {
                free(g->queue);
                free(g);
                guests[fd] = NULL;
                close(fd);
            }
        }
        if (FD_ISSET(door, &in))
            welcome(door, &spare);
    }
    for (int fd = 0; fd < FD_SETSIZE; fd++) {
        if (guests[fd] == NULL)
            continue;
        close(fd);
        free(guests[fd]->queue);
        free(guests[fd]);
    }
    close(door);
    return 0;
}
