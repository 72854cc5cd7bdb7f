/* Another way: the older functions, gethostbyaddr() and gethostbyname2(), a listener for IPv4 alone, getpeername()
 * for the client's end, stdio for the line. A name is given with a dot at its end, which says that it is complete. */
#define _DEFAULT_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int self_pipe[2];

static void wake(int sig)
{
    (void)sig;
    ssize_t n = write(self_pipe[1], "", 1);
    (void)n;
}

static int is_numeric(const char *name)
{
    struct addrinfo hints, *list;
    memset(&hints, 0, sizeof hints);
    hints.ai_flags = AI_NUMERICHOST;
    if (getaddrinfo(name, NULL, &hints, &list) != 0)
        return 0;
    freeaddrinfo(list);
    return 1;
}

static const char *verdict(const char *name, int family, const void *address, size_t size)
{
    if (is_numeric(name))
        return "unconfirmed";
    struct hostent *host = gethostbyname2(name, family);
    if (host == NULL || host->h_length != (int)size)
        return "unconfirmed";
    for (char **a = host->h_addr_list; *a != NULL; a++) {
        if (memcmp(*a, address, size) == 0)
            return "verified";
    }
    return "unconfirmed";
}

static void tell(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } peer;
    socklen_t length = sizeof peer;
    if (getpeername(fd, &peer.any, &length) == -1)
        return;                                 /* gone already */
    const void *address = &peer.v4.sin_addr;
    size_t size = sizeof peer.v4.sin_addr;
    int port = ntohs(peer.v4.sin_port);
    if (peer.any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&peer.v6.sin6_addr)) {
        struct sockaddr_in unmapped = { .sin_family = AF_INET, .sin_port = peer.v6.sin6_port };
        memcpy(&unmapped.sin_addr, &peer.v6.sin6_addr.s6_addr[12], 4);
        peer.v4 = unmapped;
    }
    if (peer.any.sa_family == AF_INET6) {
        address = &peer.v6.sin6_addr;
        size = sizeof peer.v6.sin6_addr;
        port = ntohs(peer.v6.sin6_port);
    }
    char text[INET6_ADDRSTRLEN];
    if (inet_ntop(peer.any.sa_family, address, text, sizeof text) == NULL)
        return;

    char name[NI_MAXHOST + 1] = "-";
    const char *word = "unnamed";
    struct hostent *host = gethostbyaddr(address, (socklen_t)size, peer.any.sa_family);
    if (host != NULL && strlen(host->h_name) < NI_MAXHOST) {
        strcpy(name, host->h_name);             /* the next look-up overwrites it */
        word = verdict(name, peer.any.sa_family, address, size);
        strcat(name, ".");
    }
    FILE *out = fdopen(dup(fd), "w");
    if (out == NULL)
        return;
    fprintf(out, "%s %d %s %s\r\n", text, port, name, word);
    fclose(out);
}

static int bad(const char *what)
{
    fprintf(stderr, "peer_name: bad argument: %s\nusage: peer_name [ADDRESS] PORT\n", what);
    return 2;
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 3)
        return bad("one or two are wanted");
    const char *digits = argv[argc - 1];
    if (*digits == '\0' || strspn(digits, "0123456789") != strlen(digits) || strlen(digits) > 9)
        return bad(digits);
    int port = atoi(digits);
    if (port < 1 || port > 65535)
        return bad(digits);

    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY), .sin_port = htons((in_port_t)port) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons((in_port_t)port) };
    struct sockaddr *local = (struct sockaddr *)&v4;
    socklen_t length = sizeof v4;
    if (argc == 3 && inet_pton(AF_INET, argv[1], &v4.sin_addr) != 1) {
        if (inet_pton(AF_INET6, argv[1], &v6.sin6_addr) != 1)
            return bad(argv[1]);
        local = (struct sockaddr *)&v6;
        length = sizeof v6;
    }

    int null = open("/dev/null", O_RDWR);
    while (null >= 0 && null < 3)
        null = dup(null);
    close(null);
    if (pipe(self_pipe) == -1)
        return 1;
    fcntl(self_pipe[1], F_SETFL, O_NONBLOCK);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = wake;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);

    int server = socket(local->sa_family, SOCK_STREAM, 0);
    int one = 1;
    if (server == -1 || setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == -1 ||
        bind(server, local, length) == -1 || listen(server, 200) == -1) {
        fprintf(stderr, "peer_name: %s port %d: %s\n", argc == 3 ? argv[1] : "*", port, strerror(errno));
        return 1;
    }
    fcntl(server, F_SETFL, O_NONBLOCK);
    struct pollfd p[2] = { { .fd = server, .events = POLLIN }, { .fd = self_pipe[0], .events = POLLIN } };
    for (;;) {
        if (poll(p, 2, -1) == -1)
            continue;
        if (p[1].revents != 0)
            break;
        int client = accept(server, NULL, NULL);
        if (client == -1)
            continue;
        fcntl(client, F_SETFL, 0);
        tell(client);
        close(client);
    }
    close(server);
    close(self_pipe[0]);
    close(self_pipe[1]);
    return 0;
}
