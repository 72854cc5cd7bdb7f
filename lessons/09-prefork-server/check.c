/* Lesson 09: the preforking server. The checks stand in the order in which they should turn green. */
#include "check/check.h"

#define PROGRAM "prefork_server"
#define LOOPBACK "127.0.0.1"

enum {
    DEFAULT_WORKERS = 4,
    CLIENTS = 120,     /* more than a worker that ends after so many serves */
    TRIES = 32,        /* with a listener for each worker, a client may come to one who is busy */
    MANY = 30,         /* for whom more would come at once than may in a second */
    TOGETHER = 20,     /* more than may be replaced in a second, of those that die young */
    YOUNG_A_SECOND = 10
};

static struct program *serves_with(const char *workers, int port)
{
    struct program *server = runs(PROGRAM, "-n", workers, number(port));
    is_listening(server, port);
    return server;
}

/* A server on a port of its own, ready for clients. */
static struct program *serves(int port)
{
    struct program *server = runs(PROGRAM, number(port));
    is_listening(server, port);
    return server;
}

static void is_echoed(struct conn *client)
{
    const char *line = text("%s\n", random_words());
    says(client, line);
    hears(client, line);
}

/* A client who is served while nobody else is; it has heard by whom. */
static struct conn *served_client(int port, long *pid)
{
    struct conn *client = connects(port);
    *pid = hears_number(client);
    is_echoed(client);
    return client;
}

static struct conn *somebody_served(int port)
{
    long pid;
    return served_client(port, &pid);
}

/* A client who is served though others are, too. */
static struct conn *served_beside_others(int port, long *pid)
{
    struct conn *client = connects_until_answered(port, TRIES);
    *pid = hears_number(client);
    is_echoed(client);
    return client;
}

static void leaves(struct conn *client)
{
    half_closes(client);
    hears_end(client);
}

static void is_served_at(const char *address, int port)
{
    struct conn *client = connects_to(address, port);
    hears_number(client);
    is_echoed(client);
    leaves(client);
}

static const struct server the_server = {PROGRAM, .is_served = is_served_at};

CHECK(usage, "refuses wrong arguments with a message and status 2", POINTS(1))
{
    const char *port = number(free_port());
    refuses_all_but_address_and_port(the_server);
    refuses(PROGRAM, "-n");
    refuses(PROGRAM, "-n", "2");
    refuses(PROGRAM, "-n", "0", port);
    refuses(PROGRAM, "-n", "65", port);
    refuses(PROGRAM, "-n", "-1", port);
    refuses(PROGRAM, "-n", "+2", port);
    refuses(PROGRAM, "-n", " 2", port);
    refuses(PROGRAM, "-n", "", port);
    refuses(PROGRAM, "-n", "2x", port);
    refuses(PROGRAM, "-n", "4294967298", port);
}

CHECK(no_socket, "makes no socket when the arguments are wrong", POINTS(1), AFTER(usage),
      BECAUSE("Look at all the arguments first: what is wrong with them is known before the network is needed."))
{
    refuses_without_socket(PROGRAM, "65536");
    refuses_without_socket(PROGRAM, "localhost", number(free_port()));
    refuses_without_socket(PROGRAM, "-n", "65", number(free_port()));
}

CHECK(in_use, "reports a port that is in use: which, and why", POINTS(1),
      BECAUSE("The message belongs on stderr and names address, port and reason; the status is 1."))
{
    reports_port_in_use(the_server);
}

CHECK(tells_its_id, "sends each client the id of the process that serves it", POINTS(1),
      BECAUSE("Who serves says its own getpid(), asked for after fork(), as soon as it has accepted the client. The first "
              "process only watches."))
{
    int port = free_port();
    serves(port);
    struct conn *client = connects(port);
    is_served_by(client, hears_number(client));
    hears_nothing(client);
}

CHECK(echoes, "then sends back every byte that the client sends", POINTS(1), AFTER(tells_its_id))
{
    int port = free_port();
    serves(port);
    struct conn *client = connects(port);
    hears_number(client);
    is_echoed(client);
    struct bytes binary = join(literal("\0\r\n\xff%s"), random_bytes(500));
    says(client, binary);
    hears(client, binary);
    is_echoed(client);
}

CHECK(closes, "closes the connection when the client has no more to say", POINTS(1), AFTER(echoes),
      BECAUSE("read() returns 0 when the client has closed its sending direction. A worker goes on: close() is what ends the "
              "connection."))
{
    int port = free_port();
    serves(port);
    struct conn *client = connects(port);
    const char *line = random_words();
    hears_number(client);
    says(client, line);
    half_closes(client);
    hears(client, line);
    hears_end(client);
}

CHECK(stays, "serves one client after the other in the same worker", POINTS(1), AFTER(closes),
      BECAUSE("A client that goes does not end its worker: accept() belongs in a loop in each of them."))
{
    int port = free_port();
    struct program *server = serves_with("1", port);
    long worker;
    leaves(served_client(port, &worker));
    for (int i = 0; i < CLIENTS; i++) {
        struct conn *client = somebody_served(port);
        is_served_by(client, worker);
        leaves(client);
    }
    hangs_up(somebody_served(port));
    is_served_by(somebody_served(port), worker);
    has_children(server, 1, 1);
}

CHECK(workers, "has WORKERS processes before any client comes, 4 if not told", POINTS(1), AFTER(tells_its_id),
      BECAUSE("One process listens, then forks the workers: each inherits the listener, and calls accept() on it."))
{
    has_children(serves(free_port()), DEFAULT_WORKERS, 1);
    has_children(serves_with("1", free_port()), 1, 1);
    has_children(serves_with("7", free_port()), 7, 1);
    has_children(serves_with("64", free_port()), 64, 5); /* so many take some machines more than a second */
}

CHECK(serves_several, "serves as many clients at once as it has workers", POINTS(1), AFTER(workers, echoes),
      BECAUSE("One worker that serves a silent client must not keep the others: all of them accept on the listener, and who "
              "holds a lock while it accepts gives it back before it serves."))
{
    int port = free_port();
    struct program *server = serves_with("3", port);
    long pid[3];
    struct conn *client[3];
    for (int i = 0; i < 3; i++)
        client[i] = served_beside_others(port, &pid[i]);
    for (int i = 2; i >= 0; i--) {
        is_echoed(client[i]);
        is_served_by(client[i], pid[i]);
    }
    has_children(server, 3, 1);
}

CHECK(only_watches, "serves nobody in its first process, however many wait", POINTS(1), AFTER(serves_several),
      BECAUSE("The first process must be there when a worker dies, and at SIGTERM: it never waits for a client."))
{
    int port = free_port();
    struct program *server = serves_with("1", port);
    somebody_served(port);
    for (int i = 0; i < 3; i++)
        connects(port);
    serves_nobody_itself(server);
    has_children(server, 1, 1);
}

CHECK(address, "listens on every interface, or on ADDRESS alone", POINTS(1), AFTER(stays, in_use),
      BECAUSE("Without ADDRESS bind to INADDR_ANY (or to :: for both families); with one, to that address."))
{
    listens_where_told(the_server);
}

CHECK(address_ipv6, "listens on an IPv6 ADDRESS", POINTS(1), AFTER(address, in_use, restarts),
      BECAUSE("inet_pton() reads IPv6 addresses when asked for AF_INET6; the socket's family must be the address's. All else is as "
              "with IPv4: SO_REUSEADDR, and a message that names the address."))
{
    listens_where_told_in_ipv6(the_server);
}

CHECK(bulk, "echoes megabytes to a client that reads slowly", POINTS(1), AFTER(stays),
      BECAUSE("write() waits while a client reads slowly, and a read() that fills the buffer is followed by others: only 0 says "
              "that the client has no more to send."))
{
    int port = free_port();
    serves(port);
    struct conn *slow = connects_with_small_buffers(port);
    hears_number(slow);
    struct bytes data = random_bytes((size_t)random_between(300000, 310000));
    says_what_fits(slow, data);
    exchanges(slow, rest_of(slow, data), data);
    leaves(slow);
    struct conn *brief = connects_with_small_buffers(port);
    hears_number(brief);
    hears_all_behind_its_end(brief, data);
    struct conn *client = connects(port);
    hears_number(client);
    data = random_bytes((size_t)random_between(5 << 20, 6 << 20));
    exchanges(client, data, data);
    leaves(client);
}

CHECK(short_write, "loses nothing when stopped and continued while it sends", POINTS(1), AFTER(bulk),
      BECAUSE("write() and send() return how many bytes the kernel took; it may be fewer than you gave."))
{
    int port = free_port();
    struct program *server = serves(port);
    struct conn *client = connects_with_small_buffers(port);
    hears_number(client);
    struct bytes data = random_bytes((size_t)random_between(300000, 310000));
    says_what_fits(client, data);
    is_stopped_and_continued(server);
    exchanges(client, rest_of(client, data), data);
    leaves(client);
}

CHECK(stopped, "goes on when stopped and continued while it waits", POINTS(1), AFTER(workers, stays),
      BECAUSE("A call that waits may return -1 with EINTR when the process is stopped and continued. And a child that stops "
              "raises SIGCHLD as well: it has not died."))
{
    int port = free_port();
    struct program *server = serves_with("2", port);
    struct conn *client = somebody_served(port);
    is_stopped_and_continued(server);
    comes_to_rest(server);
    is_echoed(client);
    other_children_are_sent(server, 0, SIGSTOP);
    comes_to_rest(server);
    other_children_are_sent(server, 0, SIGCONT);
    is_echoed(client);
    leaves(client);
    leaves(somebody_served(port));
    has_children(server, 2, 1);
}

CHECK(vanishing_client, "keeps a worker whose clients reset the connection", POINTS(1), AFTER(stays),
      BECAUSE("read() fails with ECONNRESET and write() with EPIPE (and SIGPIPE) when a client has gone: that is the end of "
              "this client, not of the worker."))
{
    int port = free_port();
    struct program *server = serves_with("1", port);
    long worker;
    leaves(served_client(port, &worker));
    resets(connects(port));
    hangs_up(connects(port));
    resets(somebody_served(port));
    struct conn *deaf = connects_with_small_buffers(port);
    hears_number(deaf);
    says_what_fits(deaf, random_bytes(300000));
    resets(deaf);
    struct conn *hasty = connects_with_small_buffers(port);
    hears_number(hasty);
    says_what_fits(hasty, random_bytes(300000));
    hangs_up(hasty);
    is_served_by(somebody_served(port), worker);
    has_children(server, 1, 1);
}

/* The worker finds @p data and end-of-file, and when it sends back, nobody is there any more. */
static void closes_meanwhile(struct program *server, struct conn *client, struct bytes data)
{
    other_children_are_sent(server, 0, SIGSTOP);
    says_what_fits(client, data);
    hangs_up(client);
    comes_to_rest(server);
    other_children_are_sent(server, 0, SIGCONT);
}

CHECK(aborted, "keeps a worker when a client has gone before it was accepted", POINTS(1), AFTER(stays),
      BECAUSE("accept() returns -1 with ECONNABORTED when a client has gone before its turn: try the next."))
{
    int port = free_port();
    struct program *server = serves_with("1", port);
    long worker;
    leaves(served_client(port, &worker));
    cannot_accept(server);
    leaves(somebody_served(port)); /* whom it waited for already */
    is_served_by(somebody_served(port), worker);
}

CHECK(sigpipe, "keeps a worker whose client closes while there is more to send", POINTS(1), AFTER(vanishing_client, bulk, stopped),
      BECAUSE("The first write() to a client that has closed brings a reset, the second one the signal SIGPIPE, which kills who "
              "does not ignore it (or use MSG_NOSIGNAL)."))
{
    int port = free_port();
    struct program *server = serves_with("1", port);
    long worker;
    closes_meanwhile(server, served_client(port, &worker), random_bytes(40000));
    struct conn *client = somebody_served(port);
    struct bytes data = random_bytes(3 << 20);
    exchanges(client, data, data); /* from now on its kernel takes much at once */
    closes_meanwhile(server, client, part(data, 0, 200000)); /* a worker with a large buffer writes twice, too */
    is_served_by(somebody_served(port), worker);
    has_children(server, 1, 1);
}

CHECK(descriptors, "keeps nothing of the clients and the workers that have gone", POINTS(1), AFTER(vanishing_client, replaced),
      BECAUSE("Each accept() opens a descriptor, and each has to be closed: on every way on which a client can go. So has what the "
              "parent has opened for a worker, when that has died."))
{
    int port = free_port();
    struct program *server = serves_with("1", port);
    leaves(somebody_served(port));
    int before = descriptors_of(server);
    for (int i = 0; i < 4; i++) {
        leaves(somebody_served(port));
        resets(somebody_served(port));
        hangs_up(connects(port));
    }
    leaves(somebody_served(port));
    has_no_more_descriptors(server, before);
    for (int i = 0; i < 3; i++) {
        other_children_are_sent(server, 0, SIGKILL);
        has_children(server, 1, 1);
        if (i == 0)
            before = descriptors_of(server); /* the first worker may have been forked before the parent had all of its own */
    }
    has_no_more_descriptors(server, before);
}

CHECK(replaced, "replaces a worker that dies, within a second", POINTS(2), AFTER(workers, stays),
      BECAUSE("The parent is told by SIGCHLD, and waitpid() says who has died. Then it forks again."))
{
    int port = free_port();
    struct program *server = serves_with("2", port);
    has_children(server, 2, 1);
    long pid;
    struct conn *client = served_client(port, &pid);
    child_is_sent(server, pid, SIGKILL); /* one that serves */
    is_closed(client);
    has_children(server, 2, 1);
    leaves(served_client(port, &pid));
    comes_to_rest(server);
    child_is_sent(server, pid, SIGKILL); /* and one that waits */
    has_children(server, 2, 1);
}

CHECK(replaced_together, "replaces workers that die together, all of them", POINTS(1), AFTER(replaced),
      BECAUSE("Several that die together can raise one SIGCHLD: a signal that is pending already is not counted. For each "
              "signal, call waitpid() until there is nobody left to wait for."))
{
    int port = free_port();
    struct program *server = serves_with("5", port);
    has_children(server, 5, 1);
    is_stopped(server);
    other_children_are_sent(server, 0, SIGKILL);
    is_continued(server);
    has_children(server, 5, 1);
}

CHECK(replacements_serve, "serves in the new workers as in the old ones", POINTS(1), AFTER(replaced_together, serves_several),
      BECAUSE("A new worker has what its parent has at that moment: the parent keeps the listener open, and no lock may be lost "
              "with who held it."))
{
    int port = free_port();
    struct program *server = serves_with("2", port);
    has_children(server, 2, 1);
    other_children_are_sent(server, 0, SIGKILL);
    has_children(server, 2, 1);
    long first, second;
    struct conn *one = served_beside_others(port, &first);
    struct conn *other = served_beside_others(port, &second);
    is_served_by(one, first);
    is_served_by(other, second);
}

CHECK(loses_nobody, "serves those who wait though the workers die", POINTS(1), AFTER(replacements_serve, stopped),
      BECAUSE("Who has connected waits in the queue of a listening socket. That is closed when nobody has it open any more, and "
              "then all who wait are reset: the parent keeps every one open."))
{
    int port = free_port();
    struct program *server = serves_with("2", port);
    has_children(server, 2, 1);
    other_children_are_sent(server, 0, SIGSTOP);
    comes_to_rest(server);
    struct conn *client[6];
    const char *line[6];
    for (int i = 0; i < 6; i++) {
        client[i] = connects(port);
        line[i] = text("%s\n", random_words());
        says(client[i], line[i]);
        half_closes(client[i]);
    }
    other_children_are_sent(server, 0, SIGKILL);
    for (int i = 0; i < 6; i++) {
        hears_number(client[i]);
        hears(client[i], line[i]);
        hears_end(client[i]);
    }
}

/* Four clients at once, of a server with four workers: the ids of those that serve them. */
static void who_serve_together(int port, long pids[4])
{
    struct conn *clients[4];
    for (int i = 0; i < 4; i++)
        clients[i] = served_beside_others(port, &pids[i]);
    for (int i = 0; i < 4; i++)
        leaves(clients[i]);
}

CHECK(undisturbed, "disturbs no client and no worker when others die", POINTS(1), AFTER(any_end, only_watches),
      BECAUSE("Each worker is a process of its own: what happens to one is the business of nobody but the parent."))
{
    int port = free_port();
    struct program *server = serves_with("4", port);
    has_children(server, 4, 1);
    long pid;
    struct conn *client = served_client(port, &pid);
    other_children_are_sent(server, pid, SIGSEGV);
    has_children(server, 4, 1);
    is_echoed(client);
    other_children_are_sent(server, pid, SIGKILL);
    has_children(server, 4, 1);
    is_echoed(client);
    is_served_by(client, pid);
    leaves(client);

    /* Nor does one that is asked to end take others with it. */
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        long before[4], after[4];
        who_serve_together(port, before);
        child_is_sent(server, before[0], signals[i]);
        comes_to_rest(server);
        has_children(server, 4, 1);
        who_serve_together(port, after); /* one that was only told to end would do so now */
        comes_to_rest(server);
        for (int k = 1; k < 4; k++) {
            if (before[k] != before[0]) /* a worker may serve several at once */
                has_still_its_child(server, before[k]);
        }
    }
}

CHECK(any_end, "replaces a worker whatever has ended it", POINTS(1), AFTER(replacements_serve),
      BECAUSE("A worker that was asked to end, and one that ends by itself, with status 0 or another, is missing as much as one "
              "that has crashed. (It may ignore SIGTERM, too.)"))
{
    static const int signals[] = {SIGTERM, SIGABRT, SIGINT, SIGHUP, SIGUSR1};
    int port = free_port();
    struct program *server = serves_with("1", port);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        other_children_are_sent(server, 0, signals[i]);
        comes_to_rest(server);
        has_children(server, 1, 1);
        leaves(somebody_served(port));
    }
}

CHECK(fork_failure, "replaces a worker though fork fails at first", POINTS(1), AFTER(replaced, stopped),
      BECAUSE("fork() returns -1 when there are too many processes: the parent goes on, and tries again a moment later. No "
              "signal will come to remind it."))
{
    int port = free_port();
    struct program *server = serves_with("2", port);
    has_children(server, 2, 1);
    long pid;
    leaves(served_client(port, &pid));
    cannot_fork(server);
    comes_to_rest(server); /* strace has interrupted its wait */
    child_is_sent(server, pid, SIGKILL); /* one alone: the end of another would remind it */
    has_children(server, 2, 2);
}

CHECK(respawn_limit, "replaces workers that die young ten times a second at most", POINTS(1), AFTER(replaced_together),
      BECAUSE("If something makes each worker die at once, a parent that forks again at once does nothing else any more. Note "
              "when each was started; of those that die within a second, at most ten are replaced a second, whoever they are."))
{
    int told_nothing = MANY;
    for (int i = 0; i < 3 && told_nothing > YOUNG_A_SECOND / 2; i++) {
        struct program *server = serves_with(number(MANY), free_port());
        has_children(server, MANY, 2);
        time_passes(0.55); /* not only who dies at once has died young */
        told_nothing = children_die_young(server, 2.9, YOUNG_A_SECOND);
    }
}

CHECK(respawn_goes_on, "has all its workers again when they no longer die", POINTS(1), AFTER(respawn_limit, replacements_serve),
      BECAUSE("The limit only delays: when there is room again, all that are missing are replaced."))
{
    int port = free_port();
    struct program *server = serves_with("3", port);
    has_children(server, 3, 1);
    children_die_young(server, 1.2, YOUNG_A_SECOND);
    has_children(server, 3, 2);
    leaves(somebody_served(port));
}

CHECK(grown_up, "replaces twenty within a second that were older than that", POINTS(1), AFTER(respawn_limit),
      BECAUSE("The limit is for those alone that die within a second of their start."))
{
    struct program *server = serves_with(number(TOGETHER), free_port());
    has_children(server, TOGETHER, 1);
    time_passes(2.2);
    other_children_are_sent(server, 0, SIGKILL);
    has_children(server, TOGETHER, 1);
}

CHECK(terminates, "ends with its workers at SIGTERM and at SIGINT, with status 0", POINTS(1), AFTER(stays, replaced_together),
      BECAUSE("Workers don't end with their parent: it ends each of them, waits for each, and ends itself."))
{
    struct program *server = serves(free_port());
    has_children(server, DEFAULT_WORKERS, 1);
    is_sent(server, SIGTERM);
    exits_within(server, 1, 0);

    int port = free_port();
    server = serves(port);
    long pid;
    leaves(served_client(port, &pid));
    child_is_sent(server, pid, SIGKILL);
    has_children(server, DEFAULT_WORKERS, 1);
    comes_to_rest(server);
    is_sent(server, SIGINT);
    exits_within(server, 1, 0);
}

CHECK(missing_at_end, "ends within a second though workers are missing", POINTS(1),
      AFTER(terminates, respawn_goes_on, loses_nobody, fork_failure),
      BECAUSE("The wait for the moment when the next worker may come, or when fork() may work again, is one in which the "
              "parent hears of SIGTERM, too."))
{
    int port = free_port();
    struct program *server = serves_with(number(MANY), port);
    has_children(server, MANY, 2);
    is_stopped(server); /* it shall hear of all of them at once */
    other_children_are_sent(server, 0, SIGKILL);
    is_continued(server);
    long pid;
    leaves(served_beside_others(port, &pid)); /* one is there again: the others are three seconds' work */
    is_sent(server, SIGTERM);
    exits_within(server, 1, 0);

    server = serves_with("2", free_port());
    has_children(server, 2, 1);
    can_never_fork(server);
    comes_to_rest(server); /* strace has interrupted its wait */
    other_children_are_sent(server, 0, SIGKILL);
    comes_to_rest(server);
    is_sent(server, SIGTERM);
    exits_within(server, 1, 0);
}

CHECK(no_output, "prints nothing on stdout", POINTS(1), AFTER(terminates, only_watches),
      BECAUSE("What a server logs goes to stderr: whoever reads its stdout takes it for data."))
{
    int port = free_port();
    struct program *server = serves(port);
    long pid;
    leaves(served_client(port, &pid));
    child_is_sent(server, pid, SIGKILL); /* a death is what a parent likes to tell */
    has_children(server, DEFAULT_WORKERS, 1);
    comes_to_rest(server);
    is_sent(server, SIGTERM);
    prints(server, "");
}

CHECK(finishes_clients, "finishes a client that is being served at SIGTERM", POINTS(2), AFTER(terminates),
      BECAUSE("A worker that serves must not die in the middle of it: let SIGTERM wait while it does (sigprocmask), or only "
              "set a flag."))
{
    int port = free_port();
    struct program *server = serves_with("2", port);
    struct conn *client = somebody_served(port);
    is_sent(server, SIGTERM);
    comes_to_rest(server);
    is_echoed(client);
    comes_to_rest(server);
    is_echoed(client);
    leaves(client);
    exits_within(server, 5, 0);
}

CHECK(finishes_slowly, "loses nothing of what it is sending at SIGTERM", POINTS(1), AFTER(finishes_clients, bulk),
      BECAUSE("A signal that a process catches interrupts write(), which then returns fewer bytes than you gave, or -1 with "
              "EINTR."))
{
    int port = free_port();
    struct program *server = serves_with("2", port);
    struct conn *client = connects_with_small_buffers(port);
    hears_number(client);
    struct bytes data = random_bytes((size_t)random_between(300000, 310000));
    says_what_fits(client, data);
    is_sent(server, SIGTERM);
    comes_to_rest(server);
    exchanges(client, rest_of(client, data), data);
    leaves(client);
    exits_within(server, 5, 0);
}

CHECK(waits_for_workers, "does not end before its last worker", POINTS(1), AFTER(terminates, finishes_clients),
      BECAUSE("The parent waits for its workers, as every parent should: who has started the server takes its end for the end of "
              "all."))
{
    int port = free_port();
    struct program *server = serves_with("2", port);
    struct conn *client = somebody_served(port);
    is_sent(server, SIGTERM);
    runs_on(server);
    leaves(client);
    exits_within(server, 5, 0);
}

CHECK(turns_away, "sends no byte to who connects after SIGTERM", POINTS(1), AFTER(finishes_clients),
      BECAUSE("The workers that are idle end at once, one that has served its client does not accept another, and none comes in "
              "the place of a worker that has ended."))
{
    int port = free_port();
    struct program *server = serves_with("3", port);
    struct conn *client = somebody_served(port);
    is_sent(server, SIGTERM);
    for (int i = 0; i < 3; i++)
        comes_to_rest(server); /* on a busy machine the news takes its time */
    struct conn *late = tries_to_connect(port);
    struct conn *later = tries_to_connect(port);
    comes_to_rest(server);
    leaves(client);
    is_turned_away(late);
    is_turned_away(later);
    exits_within(server, 5, 0);
}

CHECK(patient, "gives a client that is being served up to 5 seconds", POINTS(1), AFTER(finishes_clients),
      BECAUSE("5 seconds are not 3: who is served at SIGTERM may take its time to come to an end."))
{
    int port = free_port();
    struct program *server = serves_with("2", port);
    struct conn *client = somebody_served(port);
    is_sent(server, SIGTERM);
    time_passes(3.5);
    is_echoed(client);
    leaves(client);
    exits_within(server, 3, 0);
}

CHECK(time_is_up, "ends after 5 seconds though clients stay", POINTS(1), AFTER(waits_for_workers, serves_several),
      BECAUSE("The wait for the workers needs a limit, and each worker that ends meanwhile wakes the parent: then it waits for "
              "the rest of the time. When that is over, SIGKILL ends those that are left, whatever they wait for."))
{
    int port = free_port();
    struct program *server = serves_with("4", port);
    long pid;
    struct conn *silent = served_beside_others(port, &pid);
    struct conn *brief = served_beside_others(port, &pid);
    struct conn *deaf = served_beside_others(port, &pid);
    says_what_fits(deaf, random_bytes(12 << 20));
    is_sent(server, SIGTERM);
    time_passes(2);
    leaves(brief);
    exits_within(server, 3, 0); /* 5 seconds from SIGTERM on */
    is_closed(silent);
    finds_nobody(LOOPBACK, port);
}

CHECK(restarts, "can be started again at once on the same port", POINTS(1), AFTER(replaced, terminates),
      BECAUSE("The side that closes first keeps the connection in TIME_WAIT for a minute; SO_REUSEADDR, set before bind(), "
              "lets a new listener share the port with it."))
{
    int port = free_port();
    struct program *server = serves(port);
    long pid;
    struct conn *client = served_client(port, &pid);
    child_is_sent(server, pid, SIGKILL);
    is_closed(client); /* the server's side has closed first */
    hangs_up(client);
    comes_to_rest(server);
    is_sent(server, SIGTERM);
    exits_within(server, 1, 0);
    serves(port);
    somebody_served(port);
}

CHECK(quiet, "uses no CPU while it waits", POINTS(1), AFTER(serves_several))
{
    int port = free_port();
    struct program *server = serves_with("2", port);
    uses_no_cpu(server);
    somebody_served(port);
    uses_no_cpu(server);
    connects(port);
    connects(port);
    uses_no_cpu(server);
    is_sent(server, SIGTERM);
    uses_no_cpu(server);
}

static void works_when_started(struct how how, int sig)
{
    int port = free_port();
    struct program *server = runs_as(how, PROGRAM, "-n", "2", number(port));
    is_listening(server, port);
    long pid;
    struct conn *client = served_client(port, &pid);
    is_served_by(client, pid);
    child_is_sent(server, pid, SIGKILL);
    is_closed(client);
    has_children(server, 2, 1);
    client = somebody_served(port);
    is_sent(server, sig);
    comes_to_rest(server);
    is_echoed(client);
    leaves(client);
    exits_within(server, 5, 0);
}

CHECK(odd_start, "keeps its contract however it was started", POINTS(1), AFTER(replaced, finishes_clients),
      BECAUSE("Signals that were ignored or blocked stay so through exec and fork: set what you need. And a socket that gets "
              "the number 2 is sent every message."))
{
    is_started_in_odd_ways(works_when_started);
}

CHECK(memory, "makes no memory error and leaks nothing", POINTS(1), AFTER(replacements_serve, terminates, bulk),
      UNDER_MEMCHECK)
{
    int port = free_port();
    struct program *server = serves_with("2", port);
    long pid;
    leaves(served_client(port, &pid));
    comes_to_rest(server);
    child_is_sent(server, pid, SIGKILL);
    struct conn *client = somebody_served(port);
    struct bytes data = random_bytes(100000); /* more than most buffers hold */
    exchanges(client, data, data);
    leaves(client);
    resets(somebody_served(port));
    comes_to_rest(server);
    is_sent(server, SIGTERM);
    exits(server, 0);
}
