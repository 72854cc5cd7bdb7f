/* What every TCP server of the course owes, whatever it says to its clients. */
#include <signal.h>

#include "check/check.h"
#include "check/stage.h"

#define LOOPBACK "127.0.0.1"
#define NOT_OURS "192.0.2.1" /* no machine's: for documentation (RFC 5737) */
#define IN_USE "Address already in use"

struct arguments {
    const char *list[5];
};

/* @p address: NULL for none. */
static struct arguments arguments_of(struct server server, const char *address, const char *port)
{
    struct arguments arguments = {.list = {server.program}};
    size_t n = 1;
    if (address != NULL)
        arguments.list[n++] = address;
    arguments.list[n++] = port;
    arguments.list[n] = server.behind;
    return arguments;
}

static struct program *starts(struct server server, const char *address, const char *port)
{
    return program_runs(AS_USUAL, arguments_of(server, address, port).list);
}

static struct program *listens_as_told(struct server server, const char *address, int port)
{
    struct program *program = starts(server, address, number(port));
    is_listening(program, port);
    return program;
}

static void refuses_to_start(struct server server, const char *address, const char *port)
{
    program_refuses(arguments_of(server, address, port).list);
}

void refuses_all_but_address_and_port(struct server server)
{
    const char *port = number(free_port());
    const char *const no_ports[] = {"",
                                    "0",
                                    "65536",
                                    "99999999999999999999",
                                    "echo",
                                    "-h", /* who wants help gets it at status 0 in other programs */
                                    number(65536 + free_port()),
                                    number(4294967296 + free_port()),               /* whose low 32 bits are right */
                                    text("18446744073%d", 709551616 + free_port()), /* and whose low 64 */
                                    text("%sx", port),
                                    text("%s ", port),
                                    text(" %s", port),
                                    text("+%s", port),
                                    text("-%s", port),
                                    text("0x%x", free_port())};
    const char *const no_addresses[] = {"", "localhost", "256.0.0.1", "127.0.0.1x", "127.0.0.1 x", "::g", "-x"};
    for (size_t i = 0; i < sizeof no_ports / sizeof *no_ports; i++)
        refuses_to_start(server, NULL, no_ports[i]);
    refuses_to_start(server, LOOPBACK, "65536");
    refuses_to_start(server, LOOPBACK, text("%sx", port));
    refuses_to_start(server, LOOPBACK, text("-%s", port));
    for (size_t i = 0; i < sizeof no_addresses / sizeof *no_addresses; i++)
        refuses_to_start(server, no_addresses[i], port);
    program_refuses((const char *const[]){server.program, NULL});
    if (server.behind == NULL) {
        program_refuses((const char *const[]){server.program, LOOPBACK, port, "more", NULL});
        program_refuses((const char *const[]){server.program, LOOPBACK, port, number(free_port()), NULL});
    }
}

static void has_no_port(struct server server, const char *address, int port, const char *why)
{
    struct program *program = starts(server, address, number(port));
    const char *const words[] = {number(port), why, address, NULL};
    prints(program, "");
    program_complains(program, words);
    exits(program, 1);
}

void listens_where_told(struct server server)
{
    int port = free_port();
    listens_as_told(server, NULL, port);
    server.is_served(LOOPBACK, port);
    server.is_served("127.0.0.3", port);

    port = highest_port();
    listens_as_told(server, "127.0.0.2", port);
    server.is_served("127.0.0.2", port);
    finds_nobody(LOOPBACK, port);

    port = well_known_port();
    listens_as_told(server, "0.0.0.0", port); /* every interface, said in so many words */
    server.is_served("127.0.0.3", port);

    has_no_port(server, NOT_OURS, free_port(), "Cannot assign requested address");
}

void listens_where_told_in_ipv6(struct server server)
{
    needs_ipv6();
    int port = free_port();
    struct program *program = listens_as_told(server, "::1", port);
    server.is_served("::1", port);
    finds_nobody(LOOPBACK, port);
    struct conn *client = connects_to("::1", port);
    is_accepted(client);
    is_killed(program); /* so the server's side closes first */
    is_closed(client);
    hangs_up(client);
    listens_as_told(server, "::1", port);

    port = free_port();
    listens_as_told(server, "::", port);
    server.is_served("::1", port);

    if (stage.private_network) { /* where this machine has such an address */
        port = free_port();
        listens_as_told(server, LONG_IPV6, port);
        server.is_served(LONG_IPV6, port);
    }

    port = free_port();
    listens_at("::1", port);
    has_no_port(server, "::1", port, IN_USE);
}

void reports_port_in_use(struct server server)
{
    int port = free_port();
    listens(port);
    has_no_port(server, LOOPBACK, port, IN_USE);
    has_no_port(server, NULL, port, IN_USE);
}

void is_started_in_odd_ways(void (*works)(struct how how, int sig))
{
    works((struct how){.closed = {true, true, true}}, SIGTERM);
    works((struct how){.closed = {true, false, false}, .signals_ignored = true}, SIGINT);
    works((struct how){.closed = {false, true, true}, .signals_blocked = true}, SIGINT);
    works((struct how){.signals_ignored = true, .extra_descriptors = true}, SIGTERM);
    works((struct how){.signals_blocked = true}, SIGTERM);
}
