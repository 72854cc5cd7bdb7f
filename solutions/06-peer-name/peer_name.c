/*
 * peer_name - tells each client who it is: its address, port and name, and whether the name can be believed.
 *
 * usage: peer_name [ADDRESS] PORT        peer_name 7777
 *
 * The line is ADDRESS PORT NAME VERDICT. The verdict is verified, unconfirmed or unnamed.
 *
 * Ends with status 0 at SIGTERM or SIGINT, 1 when it cannot listen, 2 when the arguments are wrong.
 *
 * What is new: the address of the other end; from an address to a name, which is a claim and no more; one
 * listener for both families, to which IPv4 clients come in IPv6 clothes.
 *
 * See also: accept(2), getpeername(2), getnameinfo(3), getaddrinfo(3), ipv6(7), RFC 1912.
 */
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

/* Returns the port that the text names, or 0 if it names none: a port is a decimal number from 1 to 65535. */
static uint16_t parse_port(const char *text)
{
    if (text[strspn(text, "0123456789")] != '\0')
        return 0;
    long port = strtol(text, NULL, 10);
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

/* Fills the gaps in descriptors 0 to 2: a client whose socket became number 2 would be sent our messages. */
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

/* Returns a listening socket, or -1 with errno set. One for :: takes IPv4 clients, too. */
static int open_listener(const struct sockaddr_storage *addr, socklen_t length)
{
    int fd = socket(addr->ss_family, SOCK_STREAM, 0);
    int on = 1;
    int off = 0;

    if (fd == -1)
        return -1;
    if (addr->ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
        bind(fd, (const struct sockaddr *)addr, length) == -1 || listen(fd, SOMAXCONN) == -1) {
        int reason = errno;
        close(fd);
        errno = reason;
        return -1;
    }
    return fd;
}

/* Listens on every interface: for both families, or for IPv4 alone on a machine that has no IPv6. */
static int listen_everywhere(uint16_t port)
{
    struct sockaddr_storage any;
    socklen_t length = socket_address("::", port, &any);

    int fd = open_listener(&any, length);
    if (fd != -1 || (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL))
        return fd;
    length = socket_address("0.0.0.0", port, &any);
    return open_listener(&any, length);
}

/* Nothing is left to be done at the end: the kernel closes what is open. */
static void on_signal(int signo)
{
    (void)signo;
    _exit(0);   /* not exit(), which a signal handler may not call */
}

/* Lets SIGTERM and SIGINT end us with status 0, even if we were started with them ignored or blocked. */
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
    signal(SIGPIPE, SIG_IGN);   /* a write to a client that has gone shall fail, not kill */
}

/* Undresses an IPv4 client that came to an IPv6 socket, as ::ffff:192.0.2.1: it becomes 192.0.2.1 again. */
static void unmap(struct sockaddr_storage *addr, socklen_t *length)
{
    struct sockaddr_in6 ipv6;
    struct sockaddr_in ipv4 = { .sin_family = AF_INET };

    memcpy(&ipv6, addr, sizeof ipv6);
    if (addr->ss_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&ipv6.sin6_addr))
        return;
    ipv4.sin_port = ipv6.sin6_port;
    memcpy(&ipv4.sin_addr, &ipv6.sin6_addr.s6_addr[12], sizeof ipv4.sin_addr);
    memcpy(addr, &ipv4, sizeof ipv4);
    *length = sizeof ipv4;
}

/* Compares two addresses, and not what else stands in a socket address: a port, a zone. */
static bool is_same_host(const struct sockaddr *a, const struct sockaddr *b)
{
    const struct in_addr *a4 = &((const struct sockaddr_in *)a)->sin_addr;
    const struct in_addr *b4 = &((const struct sockaddr_in *)b)->sin_addr;
    const struct in6_addr *a6 = &((const struct sockaddr_in6 *)a)->sin6_addr;
    const struct in6_addr *b6 = &((const struct sockaddr_in6 *)b)->sin6_addr;

    if (a->sa_family != b->sa_family)
        return false;
    return a->sa_family == AF_INET ? a4->s_addr == b4->s_addr : IN6_ARE_ADDR_EQUAL(a6, b6);
}

/* Is the client's address among those of the name? Flags are getaddrinfo()'s. */
static bool has_address(const char *name, int flags, const struct sockaddr *client)
{
    struct addrinfo hints = { .ai_family = client->sa_family, .ai_socktype = SOCK_STREAM, .ai_flags = flags };
    struct addrinfo *list;
    bool found = false;

    if (getaddrinfo(name, NULL, &hints, &list) != 0)
        return false;
    for (struct addrinfo *entry = list; entry != NULL && !found; entry = entry->ai_next)
        found = is_same_host(entry->ai_addr, client);
    freeaddrinfo(list);
    return found;
}

/* The name comes from whoever owns the client's address, and may be any text. Who owns the name must agree. A
   name that is a number proves nothing: it would be "looked up" without anybody being asked. */
static bool can_be_believed(const char *name, const struct sockaddr *client)
{
    return !has_address(name, AI_NUMERICHOST, client) && has_address(name, 0, client);
}

static int write_all(int conn, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t sent = write(conn, data, length);
        if (sent == -1)
            return -1;
        data += sent;
        length -= (size_t)sent;
    }
    return 0;
}

/* Sends a client its line. Who is gone by now does not get it, and that is all. */
static void tell(int conn, const struct sockaddr *client, socklen_t length)
{
    char address[NI_MAXHOST];
    char port[NI_MAXSERV];
    char name[NI_MAXHOST];
    const char *verdict;
    char line[2 * NI_MAXHOST + NI_MAXSERV + 32];

    if (getnameinfo(client, length, address, sizeof address, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return;
    if (getnameinfo(client, length, name, sizeof name, NULL, 0, NI_NAMEREQD) != 0) {
        strcpy(name, "-");
        verdict = "unnamed";
    } else {
        verdict = can_be_believed(name, client) ? "verified" : "unconfirmed";
    }
    int n = snprintf(line, sizeof line, "%s %s %s %s\r\n", address, port, name, verdict);
    write_all(conn, line, (size_t)n);
}

/* Serves one client after the other, for ever. */
static void accept_clients(int listener)
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
        unmap(&client, &length);
        tell(conn, (struct sockaddr *)&client, length);
        close(conn);
    }
}

int main(int argc, char *argv[])
{
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: peer_name [ADDRESS] PORT\n");
        return 2;
    }
    const char *address = argc == 3 ? argv[1] : NULL;       /* NULL: every interface */
    const char *port = argv[argc - 1];
    struct sockaddr_storage addr;
    socklen_t length = 0;

    if (parse_port(port) == 0)
        errx(2, "not a port from 1 to 65535: %s", port);
    if (address != NULL && (length = socket_address(address, parse_port(port), &addr)) == 0)
        errx(2, "neither an IPv4 nor an IPv6 address: %s", address);

    if (fill_standard_descriptors() == -1)
        err(1, "/dev/null");
    catch_signals();
    int listener = address == NULL ? listen_everywhere(parse_port(port)) : open_listener(&addr, length);
    if (listener == -1)
        err(1, "cannot listen on %s port %s", address == NULL ? "every interface," : address, port);
    accept_clients(listener);
}
