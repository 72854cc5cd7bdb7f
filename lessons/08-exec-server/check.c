/* Lesson 08: the server that becomes a command. The checks stand in the order in which they should turn green. */
#include "check/check.h"

#define PROGRAM "exec_server"
#define LOOPBACK "127.0.0.1"
#define COMMAND_PATH "PATH=/usr/local/bin:/usr/bin:/bin"

enum { CLIENTS = 12, CROWD = 70, MANY = 500 /* arguments */ };

/* A server of that command on a port of its own, ready for clients. */
#define serves(port, ...) is_ready(runs(PROGRAM, number(port), __VA_ARGS__), (port))

static struct program *is_ready(struct program *server, int port)
{
    is_listening(server, port);
    return server;
}

/* The command is cat: the client hears what it has said. */
static void is_echoed(struct conn *client)
{
    const char *line = text("%s\n", random_words());
    says(client, line);
    hears(client, line);
}

static struct conn *served_client(int port)
{
    struct conn *client = connects(port);
    is_echoed(client);
    return client;
}

static void leaves(struct conn *client)
{
    half_closes(client);
    hears_end(client);
}

/* The command of the client has this environment. */
static void is_told_who_calls(struct conn *client)
{
    command_has_environment(client, COMMAND_PATH, text("REMOTE_ADDR=%s", client_address(client)),
                            text("REMOTE_PORT=%d", client_port(client)));
}

static void is_served_at(const char *address, int port)
{
    struct conn *client = connects_to(address, port);
    is_echoed(client);
    leaves(client);
}

static const struct server the_server = {PROGRAM, .behind = "cat", .is_served = is_served_at};

CHECK(usage, "refuses wrong arguments with a message and status 2", POINTS(1))
{
    const char *port = number(free_port());
    refuses_all_but_address_and_port(the_server);
    refuses(PROGRAM, port);
    refuses(PROGRAM, LOOPBACK, port);
    refuses(PROGRAM, "cat");
    refuses(PROGRAM, LOOPBACK, "cat", port);
}

CHECK(no_socket, "makes no socket when the arguments are wrong", POINTS(1), AFTER(usage),
      BECAUSE("Look at all the arguments first: what is wrong with them is known before the network is needed."))
{
    refuses_without_socket(PROGRAM, "65536", "cat");
    refuses_without_socket(PROGRAM, "localhost", number(free_port()), "cat");
    refuses_without_socket(PROGRAM, LOOPBACK, number(free_port()));
}

CHECK(output, "runs COMMAND for a client, who gets what it prints", POINTS(2),
      BECAUSE("A child has the connection as descriptor 1 (dup2) and then becomes the command (exec). If exec returns, it has "
              "failed: errno says why."))
{
    int port = free_port();
    serves(port, "uname");
    hears(connects(port), "Linux\n");
}

CHECK(closes, "closes the connection when COMMAND has ended", POINTS(1), AFTER(output),
      BECAUSE("A connection ends when the last descriptor for it is closed: the server has one too, until it closes it."))
{
    int port = free_port();
    serves(port, "uname");
    struct conn *client = connects(port);
    hears(client, "Linux\n");
    hears_end(client);
}

CHECK(arguments, "passes the ARGUMENTs on, byte for byte", POINTS(2), AFTER(closes),
      BECAUSE("exec takes the arguments as they are, a list that begins with COMMAND itself and ends with NULL. A shell would "
              "take them apart again; and no argument behind COMMAND is an option of the server's."))
{
    int port = free_port();
    const char *words = random_words();
    serves(port, "printf", "[%s]", words, "", "-l", "--", "$HOME", "*", "a'b\"c\\", "; uname", " two\nlines\t", "h\xc3\xa9ron");
    struct conn *client = connects(port);
    hears(client, text("[%s][][-l][--][$HOME][*][a'b\"c\\][; uname][ two\nlines\t][h\xc3\xa9ron]", words));
    hears_end(client);

    const char *args[4 + MANY + 1] = {PROGRAM, NULL, "printf", "%s.", random_text(10000)};
    const char *all = text("%s.", args[4]);
    for (int i = 1; i < MANY; i++) {
        args[4 + i] = number(random_between(0, 9999));
        all = text("%s%s.", all, args[4 + i]);
    }
    int third = free_port();
    args[1] = number(third);
    is_ready(program_runs(AS_USUAL, args), third);
    client = connects(third);
    hears(client, all);
    hears_end(client);

    int other = free_port(); /* and behind an ADDRESS */
    words = random_words();
    is_ready(runs(PROGRAM, "127.0.0.2", number(other), "printf", "%s|", words, "7"), other);
    client = connects_to("127.0.0.2", other);
    hears(client, text("%s|7|", words));
    hears_end(client);
}

CHECK(input, "leaves every byte that the client sends to COMMAND", POINTS(2), AFTER(closes),
      BECAUSE("The command has the connection as descriptor 0, and the server reads nothing from it: what it read would be "
              "gone."))
{
    int port = free_port();
    struct program *server = serves(port, "cat");
    is_stopped(server); /* what the client says is there before the server has accepted it */
    struct conn *client = connects(port);
    struct bytes data = join(literal("\0\r\n\xff%s"), random_bytes(500));
    says(client, data);
    half_closes(client);
    is_continued(server);
    hears(client, data);
    hears_end(client);
}

CHECK(errors, "sends the client also what COMMAND says on stderr", POINTS(2), AFTER(arguments),
      BECAUSE("An error message goes to descriptor 2: that has to be the connection, too."))
{
    int port = free_port();
    const char *words = random_words();
    serves(port, "sh", "-c", text("echo '%s' >&2", words));
    struct conn *client = connects(port);
    hears(client, text("%s\n", words));
    hears_end(client);
}

CHECK(blocking, "gives COMMAND a connection that it can wait on", POINTS(1), AFTER(input),
      BECAUSE("O_NONBLOCK belongs to the connection, not to the descriptor: dup2() and exec do not change it, and most commands "
              "do not expect it. 'Resource temporarily unavailable' is the text of EAGAIN."))
{
    int port = free_port();
    serves(port, "cat");
    struct conn *client = connects(port);
    hears_nothing(client);
    is_echoed(client);
    hears_nothing(client);
    is_echoed(client);
    leaves(client);
}

CHECK(several, "runs COMMAND for another client while the first is silent", POINTS(2), AFTER(blocking),
      BECAUSE("A process for each client: while a child is the command, the server accepts the next."))
{
    int port = free_port();
    serves(port, "cat");
    struct conn *silent = connects(port);
    struct conn *second = served_client(port);
    struct conn *third = served_client(port);
    is_echoed(second);
    is_echoed(silent);
    is_echoed(third);
    leaves(second);
    leaves(silent);
}

CHECK(many, "runs COMMAND for seventy clients at once", POINTS(1), AFTER(several),
      BECAUSE("The limit of 64 was lesson 7's: this server has none but the machine's."))
{
    int port = free_port();
    serves(port, "cat");
    struct crowd *crowd = gathers(port, CROWD);
    is_echoed(one_of(crowd, CROWD - 1));
    is_echoed(one_of(crowd, 0));
}

CHECK(outlives_commands, "goes on when a command has ended", POINTS(1), AFTER(several),
      BECAUSE("SIGCHLD, if it is caught, interrupts accept(): it returns -1 with EINTR, which is no failure."))
{
    int port = free_port();
    struct program *server = serves(port, "cat");
    for (int i = 0; i < 3; i++) {
        struct conn *client = served_client(port);
        comes_to_rest(server); /* it waits for the next client when the command ends */
        leaves(client);
        comes_to_rest(server);
    }
    served_client(port);
}

CHECK(reaped, "leaves no zombies, and nothing open, when commands have ended", POINTS(2), AFTER(outlives_commands),
      BECAUSE("A child that has ended stays in the process table until its parent waits for it, also if it has become another "
              "program. One SIGCHLD may stand for many children. Or tell the kernel that nobody will wait: SIGCHLD ignored."))
{
    int port = free_port();
    struct program *server = serves(port, "cat");
    leaves(served_client(port));
    int before = descriptors_of(server);
    struct conn *client[CLIENTS];
    for (int i = 0; i < CLIENTS; i++)
        client[i] = served_client(port);
    comes_to_rest(server);
    is_stopped(server);
    for (int i = 0; i < CLIENTS; i++)
        half_closes(client[i]);
    is_continued(server);
    for (int i = 0; i < CLIENTS; i++)
        hears_end(client[i]);
    struct conn *last = served_client(port); /* who reaps before or after each accept does it now */
    has_no_zombies(server);
    leaves(last);
    has_no_more_descriptors(server, before);
}

CHECK(environment, "gives COMMAND an environment of PATH, REMOTE_ADDR and REMOTE_PORT", POINTS(3), AFTER(arguments, several),
      BECAUSE("What exec is given as the environment is all that the command has: make a list of these three. The client is the "
              "other end, getpeername()'s or accept()'s, and its port is in network byte order. An IPv4 client of an IPv6 socket is "
              "told without the ::ffff:."))
{
    int port = free_port();
    struct program *server = runs_as((struct how){.path = "/bin:/usr/bin"}, PROGRAM, number(port), "sh");
    is_listening(server, port);
    struct conn *first = connects(port);
    struct conn *second = connects_from("127.0.0.7", LOOPBACK, port);
    is_told_who_calls(first);
    is_told_who_calls(second);
}

CHECK(descriptors, "lets COMMAND see no other descriptor than the connection as 0, 1 and 2", POINTS(3), AFTER(errors, several))
{
    int port = free_port();
    serves(port, "sh");
    struct conn *first = connects(port);
    struct conn *second = connects(port);
    command_holds_only(first);
    command_holds_only(second);

    int other = free_port();
    is_ready(runs_as((struct how){.extra_descriptors = true}, PROGRAM, number(other), "sh"), other);
    command_holds_only(connects(other));
}

static void has_default_signals_when_started(struct how how)
{
    int port = free_port();
    is_ready(runs_as(how, PROGRAM, number(port), "cat"), port); /* a shell would change some signals itself */
    command_has_default_signals(connects(port));
}

CHECK(signals, "runs COMMAND with default signal actions and none blocked", POINTS(2), AFTER(several))
{
    has_default_signals_when_started(AS_USUAL);
    has_default_signals_when_started((struct how){.signals_ignored = true});
    has_default_signals_when_started((struct how){.signals_blocked = true});
}

CHECK(missing, "closes the connection, says why, and goes on when COMMAND can't be run", POINTS(2), AFTER(arguments, outlives_commands),
      BECAUSE("exec returns only when it has failed. By then descriptor 2 is the connection: keep a way to the server's own stderr "
              "that closes at exec. And a child whose exec has failed has nothing more to do: it must not go on as a server."))
{
    int port = free_port();
    struct program *server = serves(port, text("no-such-command-%ld", random_between(1000, 9999)));
    is_closed(connects(port));
    complains(server, "No such file|not found");
    is_closed(connects(port));

    int other = free_port();
    server = serves(other, "/dev/null");
    is_closed(connects(other));
    complains(server, "Permission denied");
    is_closed(connects(other));

    int third = free_port(); /* no shell: not a command with an argument, but one with a blank in its name */
    server = serves(third, "uname -s");
    is_closed(connects(third));
    complains(server, "No such file|not found");
}

CHECK(path, "looks for COMMAND in its own PATH", POINTS(1), AFTER(arguments, missing),
      BECAUSE("The PATH that the command gets is not the one that it is looked up in: that is the server's own, from its first "
              "folder to its last. A COMMAND with a slash in it is a path already, seen from the folder that the server was "
              "started in."))
{
    int port = free_port();
    const char *name = text("heron-%ld", random_between(1000, 9999));
    const char *words = random_words();
    const char *folder = makes_command(name, text("echo '%s'", words));
    is_ready(runs_as((struct how){.path = text("/usr/bin:/bin:%s", folder)}, PROGRAM, number(port), name), port);
    struct conn *client = connects(port);
    hears(client, text("%s\n", words));
    hears_end(client);

    int other = free_port(); /* the first of that name is meant */
    words = random_words();
    folder = makes_command_in(text("%0250d", 7), "uname", text("echo '%s'", words)); /* a long path */
    is_ready(runs_as((struct how){.path = text("%s:/usr/bin:/bin", folder)}, PROGRAM, number(other), "uname"), other);
    client = connects(other);
    hears(client, text("%s\n", words));
    hears_end(client);

    int third = free_port(); /* and with a slash no PATH is */
    makes_command("uname", text("echo '%s'", words));
    serves(third, "commands/uname");
    client = connects(third);
    hears(client, text("%s\n", words));
    hears_end(client);

    int fourth = free_port(); /* without one, what lies in the folder that it was started in is nothing to it */
    makes_command_in(".", "uname", "echo wrong");
    serves(fourth, "uname");
    client = connects(fourth);
    hears(client, "Linux\n");
    hears_end(client);
    int fifth = free_port();
    makes_command_in(".", "only-here", "echo wrong");
    serves(fifth, "only-here");
    hears_end(connects(fifth));
}

CHECK(fork_failure, "says why, and goes on, when no process can be had for a client", POINTS(1), AFTER(outlives_commands),
      BECAUSE("fork() returns -1 when there are too many processes. That client can't be served, the next one perhaps can; and "
              "errno says why."))
{
    int port = free_port();
    struct program *server = serves(port, "cat");
    cannot_fork(server);
    struct conn *unlucky = connects(port);
    half_closes(unlucky);
    is_closed(unlucky);
    served_client(port);

    int other = free_port();
    server = serves(other, "cat");
    can_never_fork(server);
    is_closed(connects(other));
    complains(server, "Resource temporarily unavailable");
}

CHECK(address, "listens on every interface, or on ADDRESS alone", POINTS(1), AFTER(several, in_use),
      BECAUSE("Without ADDRESS bind to INADDR_ANY (or to :: for both families); with one, to that address."))
{
    listens_where_told(the_server);
}

CHECK(address_ipv6, "listens on an IPv6 ADDRESS, and tells COMMAND who calls", POINTS(1),
      AFTER(address, environment, in_use, restarts),
      BECAUSE("inet_pton() reads IPv6 addresses when asked for AF_INET6; the socket's family must be the address's. What "
              "accept() fills in needs room for either: struct sockaddr_storage; and the text of one has up to 39 bytes. At :: an "
              "IPv6 socket takes IPv4 clients, too, unless its IPV6_V6ONLY is on: they come as ::ffff:a.b.c.d."))
{
    listens_where_told_in_ipv6(the_server);
    int port = free_port();
    is_ready(runs(PROGRAM, "::1", number(port), "sh"), port);
    is_told_who_calls(connects_to("::1", port));
    is_told_who_calls(connects_from(some_ipv6_client_address(), "::1", port));

    port = free_port();
    is_listening(runs(PROGRAM, "::", number(port), "sh"), port);
    struct conn *ipv4 = tries_to_connect(port);
    if (!was_refused(ipv4))
        is_told_who_calls(ipv4);
}

CHECK(in_use, "reports a port that is in use: which, and why", POINTS(1), AFTER(output),
      BECAUSE("The message belongs on stderr and names address, port and reason; the status is 1."))
{
    reports_port_in_use(the_server);
}

CHECK(vanishing_client, "survives clients that close or reset the connection", POINTS(1), AFTER(outlives_commands),
      BECAUSE("A client that is gone is its command's affair. If accept() fails, or getpeername(), there is still a next "
              "client."))
{
    int port = free_port();
    struct program *server = serves(port, "cat");
    is_stopped(server);
    resets(connects(port));
    hangs_up(connects(port));
    is_continued(server);
    resets(served_client(port));
    struct conn *deaf = connects_with_small_buffers(port);
    says_what_fits(deaf, random_bytes(300000));
    resets(deaf);
    hangs_up(served_client(port));
    served_client(port);
    served_client(port);
}

CHECK(terminates, "ends at SIGTERM and at SIGINT with status 0", POINTS(2), AFTER(outlives_commands),
      BECAUSE("The signal must end the server, or wake it: a flag is of no use while accept() is restarted behind the handler "
              "(SA_RESTART)."))
{
    int port = free_port();
    struct program *server = serves(port, "cat");
    is_sent(server, SIGTERM);
    exits_within(server, 1, 0);
    server = serves(port, "cat");
    leaves(served_client(port));
    comes_to_rest(server);
    is_sent(server, SIGINT);
    exits_within(server, 1, 0);
}

CHECK(restarts, "can be started again at once on the same port", POINTS(1), AFTER(terminates),
      BECAUSE("The side that closes first keeps the connection in TIME_WAIT for a minute; SO_REUSEADDR, set before bind(), "
              "lets a new listener share the port with it."))
{
    int port = free_port();
    struct program *server = serves(port, "uname");
    struct conn *client = connects(port);
    hears(client, "Linux\n");
    hears_end(client); /* the server's side has closed first */
    hangs_up(client);
    comes_to_rest(server);
    is_sent(server, SIGTERM);
    exits(server, 0);
    serves(port, "uname");
    hears(connects(port), "Linux\n");
}

CHECK(quiet, "uses no CPU while it waits, and prints nothing", POINTS(1), AFTER(terminates))
{
    int port = free_port();
    struct program *server = serves(port, "cat");
    uses_no_cpu(server);
    struct conn *first = served_client(port);
    struct conn *second = served_client(port);
    uses_no_cpu(server);
    time_passes(1.2);
    is_echoed(second); /* who is silent for a while is still a client */
    leaves(first);
    uses_no_cpu(server);
    leaves(second);
    is_sent(server, SIGTERM);
    prints(server, "");
}

static void works_when_started(struct how how, int sig)
{
    int port = free_port();
    const char *words = random_words();
    struct program *server = runs_as(how, PROGRAM, number(port), "sh");
    is_listening(server, port);
    struct conn *first = connects(port);
    struct conn *second = connects(port);
    command_holds_only(first);
    says(second, text("echo '%s' >&2; echo good; exit\n", words));
    hears(second, text("%s\ngood\n", words));
    hears_end(second);
    leaves(first);
    comes_to_rest(server);
    struct conn *third = connects(port);
    says(third, "echo here\n");
    hears(third, "here\n"); /* who reaps before or after each accept does it now */
    has_no_zombies(server);
    leaves(third);
    comes_to_rest(server);
    is_sent(server, sig);
    exits_within(server, 1, 0);
}

CHECK(odd_start, "keeps its contract however it was started", POINTS(1), AFTER(descriptors, signals, terminates, reaped),
      BECAUSE("Signals that were ignored or blocked stay so through exec: set what you need. And if descriptors 0 to 2 were "
              "closed, the listener and the connection get these numbers: fill them before you make a socket."))
{
    is_started_in_odd_ways(works_when_started);
}

CHECK(memory, "makes no memory error and leaks nothing", POINTS(2), AFTER(terminates, missing), UNDER_MEMCHECK)
{
    int port = free_port();
    struct program *server = serves(port, "cat", "-");
    leaves(served_client(port));
    leaves(served_client(port));
    comes_to_rest(server);
    is_sent(server, SIGTERM);
    exits(server, 0);

    server = serves(port, "no-such-command");
    is_closed(connects(port)); /* under valgrind posix_spawn() does not learn that exec has failed */
    comes_to_rest(server);
    is_sent(server, SIGTERM);
    exits(server, 0);
}
