/* The verbs of check.h, and grade(): checks that programs/actor.c meets, and checks that it does not meet.
 *
 * PLAY is a CHECK with the ending that it must have: its status, and for a failure what the report must say. All are graded
 * by grade() at the set-up, side by side, in plain mode and in private worlds, with this program as the worker; then each is
 * a test of its own. In an expected text "*" stands for anything. */
#define _GNU_SOURCE
#define LESSON_FOLDER "99-unit"
#include "check/check.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "check/conn.h"
#include "check/program.h"
#include "check/record.h"
#include "check/stage.h"
#include "check/strace.h"
#include "check/verdict.h"
#include "check/wait.h"
#include "look/proc.h"
#include "record/result.h"
#include "run/grade.h"
#include "run/rundir.h"
#include "run/server.h"
#include "unit.h"

struct ending {
    const char *name; /* the check's */
    const char *status;
    const char *plain_status; /* if it is another in plain mode */
    const char *expected;     /* NULL: not looked at; "": nothing */
    const char *observed;
    const char *because;
    const char *at;   /* where: the words of a comment in actor.c */
    const char *call; /* what is called there */
    bool by_strace;   /* may not be graded where strace can't trace */
    bool by_looking;  /* can't be seen where no process may look into another */
};

enum { ENDINGS_MAX = 350 };

static const struct ending *endings[ENDINGS_MAX];
static CU_TestInfo tests[ENDINGS_MAX + 8];
static int ending_count;

static void ends_as_it_should(void);

static void add(const struct ending *ending)
{
    endings[ending_count] = ending;
    tests[ending_count++] = (CU_TestInfo){ending->name, ends_as_it_should};
}

#define ENDING(check, ...)                                                                                             \
    static const struct ending ending_##check = {.name = #check, __VA_ARGS__};                                         \
    __attribute__((constructor)) static void add_##check(void)                                                         \
    {                                                                                                                  \
        add(&ending_##check);                                                                                          \
    }
#define PLAY(check, ...)                                                                                               \
    ENDING(check, __VA_ARGS__)                                                                                         \
    CHECK(check, #check, POINTS(1))

#define PASSES .status = "passed", .expected = "", .observed = "", .because = ""
#define FAILS .status = "failed"

#define ACTOR "actor"

/* ------------------------------------------------ accepts, nobody_came */

PLAY(accepts_a_connection, PASSES)
{
    struct listener *server = listens(ANY_PORT);
    struct program *actor = runs(ACTOR, "connect", port_of(server));
    accepts(server);
    exits(actor, 0);
}

PLAY(accepts_nothing_from_one_who_ends, FAILS, .expected = "a connection to 127.0.0.1 port ",
     .observed = "no connection came*actor ended with status 1; its stderr: \"not today\"")
{
    struct listener *server = listens(ANY_PORT);
    runs(ACTOR, "complain", "not today", "exit", "1");
    accepts(server);
}

PLAY(accepts_nothing_from_one_who_asks_elsewhere, FAILS, .observed = "no connection came*Connection refused",
     .because = "Somebody listens on 127.0.0.1 port *, so the connection that was refused went elsewhere. "
                "Address and port stand in a struct sockaddr_in")
{
    struct listener *server = listens(ANY_PORT);
    runs(ACTOR, "complain", "127.0.0.1: Connection refused", "exit", "1");
    accepts(server);
}

PLAY(accepts_nothing_from_one_who_is_stuck, FAILS,
     .observed = "no connection came*your program is waiting in pause() at actor.c:",
     .because = "It waits for a signal, while the server waits for a connection", .at = "here it pauses",
     .call = "pause")
{
    struct listener *server = listens(ANY_PORT);
    runs(ACTOR, "pause");
    accepts(server);
}

PLAY(nobody_comes, PASSES)
{
    struct listener *server = listens(ANY_PORT);
    exits(runs(ACTOR), 0);
    nobody_came(server);
}

PLAY(somebody_comes, FAILS, .expected = "no connection", .observed = "your program made a connection")
{
    struct listener *server = listens(ANY_PORT);
    exits(runs(ACTOR, "connect", port_of(server)), 0);
    nobody_came(server);
}

/* ------------------------------------------------ hears */

/* A program that connects to a server of ours, and goes on with one action. */
static struct conn *from_actor(const char *action, const char *argument)
{
    struct listener *server = listens(ANY_PORT);
    if (argument == NULL)
        runs(ACTOR, "connect", port_of(server), action);
    else
        runs(ACTOR, "connect", port_of(server), action, argument);
    return accepts(server);
}

PLAY(hears_what_is_sent, PASSES)
{
    const char *words = random_words();
    hears(from_actor("send", words), words);
}

PLAY(hears_other_bytes, FAILS, .expected = "the server hears \"knock\\n\" (6 bytes)",
     .observed = "it heard \"knack\\n\" (6 bytes): at byte 2 \"ack\\n\" where \"ock\\n\" was expected")
{
    hears(from_actor("send", "knack\n"), "knock\n");
}

PLAY(hears_nothing_from_one_who_is_stuck, FAILS, .expected = "the server hears \"knock\\n\"",
     .observed =
         "it heard nothing, of 6 bytes*your program is waiting in recv() at actor.c:*, on its connection to the server",
     .because = "It waits for bytes that nobody will send, while the server waits for an answer",
     .at = "here it receives", .call = "recv")
{
    hears(from_actor("recv", NULL), "knock\n");
}

PLAY(hears_nothing_from_one_who_ends, FAILS,
     .observed = "it heard nothing, of 6 bytes, then end-of-file*actor ended with status 3")
{
    hears(from_actor("exit", "3"), "knock\n");
}

PLAY(hears_the_beginning_alone, FAILS, .observed = "it heard only the first 5 of 6 bytes: \"knock\"*waiting in pause()")
{
    struct listener *server = listens(ANY_PORT);
    runs(ACTOR, "connect", port_of(server), "send", "knock", "pause");
    hears(accepts(server), "knock\n");
}

/* The cause is told, and what it waits for. */
PLAY(hears_a_string_for_bytes, FAILS, .observed = "it heard only the first 5 of 8 bytes",
     .because = "It stops exactly before a NUL byte*It waits for a signal")
{
    struct listener *server = listens(ANY_PORT);
    runs(ACTOR, "connect", port_of(server), "send", "knock", "pause");
    hears(accepts(server), literal("knock\0ed"));
}

PLAY(hears_a_reset, FAILS, .observed = "it heard nothing, of 6 bytes, then the connection was reset")
{
    hears(from_actor("reset", NULL), "knock\n");
}

/* The end of the connection is seen before the end of its program: the crash is what matters. */
PLAY(hears_nothing_from_one_who_crashes, FAILS, .observed = "actor was ended by SIGSEGV",
     .because = "Invalid write of size 4", .at = "here it crashes")
{
    hears(from_actor("crash", NULL), "knock\n");
}

PLAY(hears_crlf_for_lf, FAILS, .because = "The line ends in CR LF where LF alone was asked for")
{
    hears(from_actor("send", "knock\r\n"), "knock\n");
}

PLAY(hears_slowly_what_is_large, PASSES)
{
    struct listener *server = listens_with_small_buffers(ANY_PORT);
    struct program *actor = runs(ACTOR, "connect", port_of(server), "send-many", "300000");
    struct conn *conn = accepts(server);
    hears_slowly(conn, repeated('x', 300000));
    hears_end(conn);
    exits(actor, 0);
}

/* ------------------------------------------------ hears_end, is_closed, hears_nothing */

PLAY(hears_the_end, PASSES)
{
    hears_end(from_actor("shutdown", NULL));
}

PLAY(hears_more_before_the_end, FAILS, .expected = "the server hears end-of-file",
     .observed = "it heard more: \"\\000\"", .because = "the terminating NUL of a C string")
{
    struct conn *conn = from_actor("send-nul", "knock\n");
    hears(conn, "knock\n");
    hears_end(conn);
}

PLAY(hears_a_reset_for_an_end, FAILS, .expected = "the server hears end-of-file",
     .observed = "the connection was reset; actor ended with status 0", .because = "bytes are still unread")
{
    hears_end(from_actor("reset", NULL));
}

PLAY(hears_no_end_while_a_child_holds_it, FAILS,
     .observed = "the connection is still open in child *(descriptor 3)*waiting in ")
{
    struct listener *server = listens(ANY_PORT);
    runs(ACTOR, "connect", port_of(server), "fork", "pause", "parent", "close", "pause");
    hears_end(accepts(server));
}

PLAY(hears_no_end_from_one_who_holds_it, FAILS,
     .observed = "the connection is still open in your program itself (descriptor 3)*waiting in recv()",
     .because = "while the server waits for end-of-file", .at = "here it receives")
{
    hears_end(from_actor("recv", NULL));
}

PLAY(hears_nothing_now, PASSES)
{
    hears_nothing(from_actor("recv", NULL));
}

PLAY(hears_something, FAILS, .expected = "hears nothing for now", .observed = "it heard \"knock\"")
{
    hears_nothing(from_actor("send", "knock"));
}

PLAY(hears_an_end, FAILS, .expected = "hears nothing for now", .observed = "it heard end-of-file")
{
    hears_nothing(from_actor("shutdown", NULL));
}

PLAY(is_closed_by_an_end, PASSES)
{
    struct listener *server = listens(ANY_PORT);
    runs(ACTOR, "connect", port_of(server), "send-many", "100000", "close", "pause");
    is_closed(accepts(server));
}

PLAY(is_closed_by_a_reset, PASSES)
{
    is_closed(from_actor("reset", NULL));
}

PLAY(is_not_closed, FAILS, .expected = "the connection of the server is closed",
     .observed = "it stays open in your program itself *waiting in recv()")
{
    is_closed(from_actor("recv", NULL));
}

/* ------------------------------------------------ says, exchanges */

PLAY(says_and_hears_it_back, PASSES)
{
    struct bytes large = random_bytes(3000000);
    struct conn *conn = from_actor("echo", NULL);
    exchanges(conn, large, large);
    half_closes(conn);
    hears_end(conn);
}

PLAY(says_to_one_who_does_not_read, FAILS, .expected = "the program reads what the server sends",
     .observed = "it has not read the last * of 16777216 bytes*your program is waiting in pause() at actor.c:",
     .because = "while the server has more to send", .at = "here it pauses")
{
    says(from_actor("pause", NULL), repeated('x', 16 << 20));
}

PLAY(says_each_piece_when_the_last_is_taken, PASSES)
{
    struct listener *server = listens(ANY_PORT);
    struct program *actor = runs(ACTOR, "connect", port_of(server), "recv-count", "recv-count", "recv-count");
    struct conn *conn = accepts(server);
    says(conn, "who's ");
    says_when_taken(conn, "there");
    says_when_taken(conn, "?");
    prints(actor, "6 5 1 ");
    exits(actor, 0);
}

PLAY(says_what_fits_and_then_the_rest, PASSES)
{
    struct listener *server = listens(ANY_PORT);
    struct bytes large = random_bytes(16 << 20);
    struct program *actor = runs_as((struct how){.input = true}, ACTOR, "connect", port_of(server), "gate", "copy");
    struct conn *conn = accepts(server);
    says_what_fits(conn, large);
    if (rest_of(conn, large).length == 0 || rest_of(conn, large).length == large.length)
        fault("some of it should fit, and not all");
    is_typed(actor, "x");
    says(conn, rest_of(conn, large));
    hangs_up(conn);
    prints(actor, large);
    exits(actor, 0);
}

PLAY(a_reset_reaches_the_program, PASSES)
{
    struct listener *server = listens(ANY_PORT);
    struct program *actor = runs(ACTOR, "connect", port_of(server), "copy");
    struct conn *conn = accepts(server);
    says(conn, "before");
    is_taken(conn);
    resets(conn);
    complains(actor, "recv", "RESET BY peer|broken");
    prints(actor, "before");
    exits(actor, 1);
}

/* ------------------------------------------------ what else lies there */

PLAY(links_pipes_and_sockets_lie_there, PASSES)
{
    there_is_a_folder("files");
    there_is_a_link("files/l", "a");
    there_is_a_fifo("files/p");
    there_is_a_dead_socket("files/s");
    there_is_a_file("files/a", "x");
    struct program *actor = runs(ACTOR, "rename", "files/s", "c", "unlink", "files/p", "unlink", "files/l");
    exits(actor, 0);
    file_is(actor, "files/a", "x");
    has_no_file(actor, "files/p");
    has_no_file(actor, "files/l");
    has_no_file(actor, "files/s");
    file_is_deleted("files/a");
    has_no_file(actor, "files/a");
}

PLAY(a_socket_takes_the_place_of_a_file, FAILS, .expected = "the file a is", .observed = "there is no such file")
{
    there_is_a_file("a", "x");
    struct program *actor = runs(ACTOR, "unlink", "a", "listen-path", "a");
    exits(actor, 0);
    file_is(actor, "a", "x");
}

PLAY(a_secret_file_is_not_opened, FAILS, .observed = "Permission denied")
{
    there_is_a_secret_file("secret");
    struct listener *server = listens_at_path("door");
    struct program *actor = runs(ACTOR, "connect-path", "door", "pass", "r", "secret", "ok");
    accepts(server);
    exits(actor, 0);
}

/* ------------------------------------------------ Unix-domain streams */

#define LONG_PATH                                                                                                      \
    "d/345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"

PLAY(listens_at_a_path, PASSES)
{
    there_is_a_folder("d");
    struct listener *server = listens_at_path(LONG_PATH);
    struct program *actor = runs(ACTOR, "connect-path", LONG_PATH, "send", "knock", "copy");
    struct conn *conn = accepts(server);
    hears(conn, "knock");
    says(conn, "who's ");
    says_when_taken(conn, "there?");
    hangs_up(conn);
    prints(actor, "who's there?");
    exits(actor, 0);
}

PLAY(accepts_nothing_at_a_path, FAILS, .expected = "a connection to socket door",
     .observed = "no connection came*actor ended with status 0")
{
    struct listener *server = listens_at_path("door");
    runs(ACTOR);
    accepts(server);
}

PLAY(hears_nothing_from_one_who_is_stuck_at_a_path, FAILS,
     .observed = "it heard nothing, of 6 bytes*waiting in recv() at actor.c:*", .at = "here it receives",
     .call = "recv")
{
    struct listener *server = listens_at_path("door");
    runs(ACTOR, "connect-path", "door", "recv");
    hears(accepts(server), "knock\n");
}

PLAY(is_listening_at_a_path, PASSES)
{
    there_is_a_folder("d");
    struct program *server = runs(ACTOR, "listen-path", LONG_PATH, "accept", "echo", "accept", "echo");
    is_listening_at_path(server, LONG_PATH);
    struct conn *client = connects_to_path(LONG_PATH);
    exchanges(client, "knock", "knock");
    half_closes(client);
    hears_nothing(connects_to_path(LONG_PATH));
}

/* Until the file has its name, a dead server's socket is in its place. */
PLAY(is_listening_when_it_is_renamed, PASSES)
{
    there_is_a_dead_socket("door");
    struct program *server = runs(ACTOR, "listen-path", "other", "nap", "150", "rename", "other", "door", "accept",
                                  "send", "knock", "pause");
    is_listening_at_path(server, "door");
    hears(connects_to_path("door"), "knock");
}

PLAY(is_not_listening_at_a_path, FAILS, .expected = "actor listens at the socket door",
     .observed = "nothing listens there*waiting in pause()")
{
    there_is_a_dead_socket("door");
    is_listening_at_path(runs(ACTOR, "listen-path", "other", "pause"), "door");
}

PLAY(ends_before_it_listens_at_a_path, FAILS, .observed = "nothing listens there; actor ended with status 0")
{
    is_listening_at_path(runs(ACTOR), "door");
}

PLAY(nobody_is_at_a_dead_socket, FAILS, .expected = "a connection to the socket door", .observed = "Connection refused")
{
    there_is_a_dead_socket("door");
    connects_to_path("door");
}

PLAY(nobody_is_at_no_socket, FAILS, .observed = "No such file or directory")
{
    connects_to_path("door");
}

PLAY(the_connection_of_a_path_stays_open, FAILS, .observed = "the connection is still open in ")
{
    is_listening_at_path(runs(ACTOR, "listen-path", "door", "accept", "pause"), "door");
    hears_end(connects_to_path("door"));
}

PLAY(descriptors_are_passed_on, PASSES)
{
    there_is_a_file("a", "x");
    struct listener *server = listens_at_path("door");
    struct program *actor = runs(ACTOR, "connect-path", "door", "passed", "passed", "passed", "passed");
    struct conn *conn = accepts(server);
    int file = descriptor_of("a");
    file_is_deleted("a");
    says_with(conn, "one", file);
    says_when_taken(conn, "none");
    is_taken(conn);
    says_with(conn, "three", file, pipe_with("y"), open_pipe());
    is_taken(conn);
    says_with(conn, "two", file, file);
    prints(actor, "one+1 none+0 three+3 two+2 ");
    exits(actor, 0);
}

static struct conn *passed(const char *modes, const char *path)
{
    there_is_a_file("a", "knock\n");
    there_is_a_file("b", "knock\n");
    struct listener *server = listens_at_path("door");
    runs(ACTOR, "connect-path", "door", "pass", modes, path, "ok\n", "pause");
    struct conn *conn = accepts(server);
    hears(conn, "ok\n");
    return conn;
}

PLAY(a_descriptor_comes, PASSES)
{
    struct conn *conn = passed("r", "a");
    one_descriptor_came(conn);
    descriptor_leads_to(conn, "a");
    descriptor_reads(conn, "knock\n");
    descriptor_is_read_only(conn);
}

PLAY(a_descriptor_comes_that_was_not_asked_for, FAILS, .expected = "no descriptor comes to the server",
     .observed = "1 came")
{
    no_descriptor_came(passed("r", "a"));
}

PLAY(two_descriptors_come, FAILS, .expected = "a descriptor comes with what the server hears", .observed = "2 came")
{
    one_descriptor_came(passed("rr", "a"));
}

PLAY(no_descriptor_comes, FAILS, .observed = "none came", .because = "in a control message (SCM_RIGHTS)")
{
    struct listener *server = listens_at_path("door");
    runs(ACTOR, "connect-path", "door", "send", "ok\n", "pause");
    struct conn *conn = accepts(server);
    hears(conn, "ok\n");
    no_descriptor_came(conn);
    one_descriptor_came(conn);
}

PLAY(another_descriptor_comes, FAILS, .expected = "the descriptor is that of b", .observed = "that of another file")
{
    descriptor_leads_to(passed("r", "a"), "b");
}

PLAY(a_descriptor_is_not_at_its_start, FAILS, .expected = "can be read", .observed = "there was \"nock\\n\"")
{
    descriptor_reads(passed("s", "a"), "knock\n");
}

PLAY(a_descriptor_is_no_file, FAILS, .observed = "it is that of a directory")
{
    descriptor_reads(passed("r", "."), "knock\n");
}

PLAY(a_descriptor_may_be_written, FAILS, .expected = "for reading alone", .observed = "it is for reading and writing")
{
    descriptor_is_read_only(passed("w", "a"));
}

PLAY(hears_a_line_that_begins_so, PASSES)
{
    hears_line_that_begins(from_actor("send", "error no\n"), "error ");
}

PLAY(hears_a_line_that_begins_otherwise, FAILS,
     .expected = "hears \"error \" (6 bytes), more behind that, and a newline", .observed = "it heard \"ok\\n\"")
{
    hears_line_that_begins(from_actor("send", "ok\n"), "error ");
}

PLAY(hears_a_line_that_does_not_go_on, FAILS, .observed = "it heard \"error \\n\"")
{
    hears_line_that_begins(from_actor("send", "error \n"), "error ");
}

PLAY(hears_a_line_without_its_end, FAILS, .observed = "it heard \"error no\", then end-of-file")
{
    hears_line_that_begins(from_actor("send", "error no"), "error ");
}

PLAY(hears_no_more_than_an_end, PASSES)
{
    hears_no_more_bytes(from_actor("shutdown", NULL));
    hears_no_more_bytes(from_actor("recv", NULL));
}

PLAY(hears_more_bytes, FAILS, .observed = "it heard \"knock\"")
{
    hears_no_more_bytes(from_actor("send", "knock"));
}

/* ------------------------------------------------ playing clients */

static void serves_in(const char *manner, int port)
{
    is_listening(runs(ACTOR, "listen", number(port), "serve", manner), port);
}

static struct conn *served_client(int port)
{
    struct conn *client = connects(port);
    says(client, "hello");
    hears(client, "hello");
    return client;
}

PLAY(connects_to_a_server, PASSES)
{
    int port = free_port();
    serves_in("parent-closes child-closes", port);
    struct conn *client = served_client(port);
    half_closes(client);
    hears_end(client);
}

PLAY(connects_to_nobody, FAILS, .expected = "a connection to 127.0.0.1 port ",
     .observed = "Connection refused; actor ended with status 4")
{
    struct program *actor = runs(ACTOR, "exit", "4");
    finishes(actor);
    connects(free_port());
}

PLAY(connects_to_a_full_queue, FAILS, .observed = "the connection is not taken",
     .because = "the second argument of listen()")
{
    int port = free_port();
    is_listening(runs(ACTOR, "listen-no-queue", number(port), "pause"), port);
    for (int i = 0; i < 5; i++)
        connects(port);
}

PLAY(finds_nobody_there, PASSES)
{
    finds_nobody("127.0.0.1", free_port());
}

PLAY(finds_somebody, FAILS, .expected = "nobody listens on 127.0.0.1 port ", .observed = "the connection was taken")
{
    int port = free_port();
    is_listening(runs(ACTOR, "listen", number(port), "pause"), port);
    finds_nobody("127.0.0.1", port);
}

PLAY(nobody_listens_who_has_ended, FAILS, .expected = "actor listens on TCP port ",
     .observed = "nothing listens there; actor ended with status 0")
{
    is_listening(runs(ACTOR), free_port());
}

PLAY(listens_at_the_swapped_port, FAILS, .expected = "actor listens on TCP port ", .observed = "it listens on port ",
     .because = "with its two bytes swapped")
{
    int port, swapped;
    do {
        port = free_port();
        swapped = (port & 0xff) << 8 | port >> 8;
    } while (swapped == port || swapped < 1024);
    is_listening(runs(ACTOR, "listen", number(swapped), "pause"), port);
}

PLAY(nobody_listens_who_is_stuck, FAILS, .observed = "nothing listens there; your program is waiting in pause()",
     .at = "here it pauses")
{
    is_listening(runs(ACTOR, "pause"), free_port());
}

PLAY(accepted_who_is_let_in, PASSES)
{
    int port = free_port();
    is_listening(runs(ACTOR, "listen", number(port), "accept", "pause"), port);
    is_accepted(connects(port));
}

PLAY(not_accepted_who_waits, FAILS, .expected = "client 1 is accepted",
     .observed = "it still waits in the listener's queue; your program is waiting in pause()", .at = "here it pauses")
{
    int port = free_port();
    is_listening(runs(ACTOR, "listen", number(port), "pause"), port);
    is_accepted(connects(port));
}

PLAY(closed_by_the_program, PASSES)
{
    int port = free_port();
    struct program *server = runs(ACTOR, "listen", number(port), "accept", "close", "pause");
    is_listening(server, port);
    struct conn *client = connects(port);
    comes_to_rest(server);
    if (!has_been_closed(client))
        fails("a connection that was closed", "has_been_closed() says that it was not");
}

PLAY(not_closed_by_the_program, PASSES)
{
    int port = free_port();
    struct program *server = runs(ACTOR, "listen", number(port), "accept", "pause");
    is_listening(server, port);
    struct conn *client = connects(port);
    comes_to_rest(server);
    if (has_been_closed(client))
        fails("a connection that is open", "has_been_closed() says that it was closed");
}

PLAY(runs_out_of_descriptors, PASSES)
{
    int port = free_port();
    struct program *server = runs_as((struct how){.descriptors = 8}, ACTOR, "listen", number(port), "serve", "");
    is_listening(server, port);
    knocks(port, 8);
    complains(server, "Too many open files");
}

/* ------------------------------------------------ crowds */

enum { CROWD = 20 };

static struct crowd *served_crowd(void)
{
    int port = free_port();
    serves_in("parent-closes child-closes", port);
    return gathers(port, CROWD);
}

PLAY(a_crowd_hears, PASSES)
{
    struct crowd *crowd = served_crowd();
    for (int i = 1; i < size_of(crowd); i++)
        says(one_of(crowd, i), "hello");
    each_hears(crowd, one_of(crowd, 0), "hello");
    hears_nothing(one_of(crowd, 0));
}

PLAY(one_of_a_crowd_hears_something_else, FAILS, .expected = "each of the 20 clients hears \"hello\"",
     .observed = "client 4 (number 4 of them) heard \"help!\"")
{
    struct crowd *crowd = served_crowd();
    for (int i = 0; i < size_of(crowd); i++)
        says(one_of(crowd, i), i == 3 ? "help!" : "hello");
    each_hears(crowd, NULL, "hello");
}

PLAY(one_of_a_crowd_hears_nothing, FAILS, .expected = "each of the 20 clients but the speaker hears \"hello\"",
     .observed = "client 20 (number 20 of them) heard nothing*is waiting in")
{
    struct crowd *crowd = served_crowd();
    for (int i = 0; i < CROWD - 1; i++)
        says(one_of(crowd, i), "hello");
    each_hears(crowd, one_of(crowd, 0), "hello");
}

PLAY(a_crowd_finds_nobody, FAILS, .expected = "3 clients connect to 127.0.0.1 port ",
     .observed = "0 of them could connect, the next could not: Connection refused")
{
    runs(ACTOR, "pause");
    gathers(free_port(), 3);
}

PLAY(a_crowd_is_not_let_in, FAILS, .expected = "10 clients connect to 127.0.0.1 port ",
     .observed = "of them could connect; your program is waiting in pause()", .because = "clients wait to be accepted",
     .at = "here it pauses", .call = "pause")
{
    int port = free_port();
    is_listening(runs(ACTOR, "listen", number(port), "pause"), port);
    gathers(port, 10);
}

PLAY(who_waits_is_not_served, PASSES)
{
    int port = free_port();
    is_listening(runs(ACTOR, "listen", number(port), "accept", "pause"), port);
    struct crowd *crowd = knocks(port, 3);
    if (size_of(are_served(crowd)) != 1)
        fails("one of three is served", text("are_served() says %d", size_of(are_served(crowd))));
    all_hang_up(crowd);
    if (size_of(are_served(crowd)) != 0)
        fails("who has gone is not served", text("are_served() says %d", size_of(are_served(crowd))));
}

PLAY(one_process_with_one_thread, PASSES)
{
    int port = free_port();
    struct program *server = runs(ACTOR, "listen", number(port), "accept", "pause");
    is_listening(server, port);
    is_one_thread(server);
}

PLAY(two_processes, FAILS, .expected = "actor is one process with one thread", .observed = "it has 2 processes")
{
    int port = free_port();
    struct program *server = runs(ACTOR, "listen", number(port), "serve", "parent-closes child-closes");
    is_listening(server, port);
    served_client(port);
    is_one_thread(server);
}

/* ------------------------------------------------ ports again */

PLAY(no_port_is_given_twice, PASSES)
{
    int ports[20];
    for (int i = 0; i < 20; i++) {
        ports[i] = free_port();
        for (int k = 0; k < i; k++) {
            if (ports[i] == ports[k])
                fault("port %d is given twice", ports[i]);
        }
    }
}

/* ------------------------------------------------ prints, complains, refuses */

PLAY(prints_what_it_should, PASSES)
{
    struct program *actor = runs(ACTOR, "print", "who's ", "print", "there?\n");
    prints(actor, "who's there?\n");
    exits(actor, 0);
}

PLAY(prints_something_else, FAILS, .expected = "stdout is \"who's there?\\n\" (13 bytes)",
     .observed = "it printed only the first 5 of 13 bytes: \"who's\"; actor ended with status 0; its stderr is empty")
{
    prints(runs(ACTOR, "print", "who's"), "who's there?\n");
}

PLAY(prints_where_nothing_belongs, FAILS, .expected = "stdout is empty", .observed = "then 5 more: \"noise\"",
     .because = "goes to stderr")
{
    prints(runs(ACTOR, "print", "noise"), "");
}

PLAY(prints_it_and_goes_on, FAILS, .expected = "stdout is \"there\" (5 bytes), and the program ends",
     .observed = "so far it printed exactly that*waiting in pause()", .at = "here it pauses")
{
    prints(runs(ACTOR, "print", "there", "pause"), "there");
}

PLAY(prints_before_it_ends, PASSES)
{
    struct program *actor = runs_as((struct how){.input = true}, ACTOR, "print", "there", "gate");
    prints_at_once(actor, "there");
    input_ends(actor);
    exits(actor, 0);
}

PLAY(prints_into_a_buffer, FAILS, .expected = "stdout is \"there\" (5 bytes), at once",
     .observed = "so far it printed nothing", .because = "fflush(stdout). It waits for input on its stdin.")
{
    prints_at_once(runs_as((struct how){.input = true}, ACTOR, "printf", "there", "gate"), "there");
}

PLAY(complains_of_it, PASSES)
{
    struct program *actor = runs(ACTOR, "complain", "127.0.0.1 port 7: Connection Refused\n", "exit", "1");
    complains(actor, "127.0.0.1", "7", "connection refused|no route");
    exits(actor, 1);
}

PLAY(ends_wrongly_after_an_odd_start, FAILS,
     .observed = "actor ended with status 1; its stderr is empty (started with: 2 closed; all signals blocked)")
{
    struct how how = {.closed = {[2] = true}, .signals_blocked = true};
    exits(runs_as(how, ACTOR, "exit", "1"), 0);
}

PLAY(complains_of_something_else, FAILS,
     .because = "There is a message, but it lacks the words \"refused\" or \"reset\".",
     .expected = "a message on stderr that names \"7777\" and \"refused\" or \"reset\"",
     .observed = "stderr is \"7777: oops\\n\", without \"refused\" or \"reset\"; actor ended with status 1")
{
    complains(runs(ACTOR, "complain", "7777: oops\n", "exit", "1"), "7777", "refused|reset");
}

PLAY(complains_on_stdout, FAILS, .observed = "stderr is empty; actor ended with status 1",
     .because = "It printed \"refused\" on stdout: messages belong on stderr")
{
    complains(runs(ACTOR, "print", "refused", "exit", "1"), "refused");
}

PLAY(complains_of_nothing_and_is_stuck, FAILS, .observed = "stderr is empty; your program is waiting in pause()")
{
    complains(runs(ACTOR, "pause"), "refused");
}

PLAY(refuses_wrong_arguments, PASSES)
{
    refuses(ACTOR, "complain", "usage: actor", "exit", "2");
}

PLAY(refuses_with_another_status, FAILS, .expected = "actor complain usage exit 1: a message on stderr and status 2",
     .observed = "actor ended with status 1; its stderr: \"usage\"")
{
    refuses(ACTOR, "complain", "usage", "exit", "1");
}

PLAY(refuses_without_a_word, FAILS, .observed = "status 2, but nothing on stderr")
{
    refuses(ACTOR, "exit", "2");
}

PLAY(refuses_on_stdout_too, FAILS, .expected = "nothing on stdout", .observed = "it printed \"usage\"")
{
    refuses(ACTOR, "complain", "usage", "print", "usage", "exit", "2");
}

PLAY(rejects_with_either_status, PASSES)
{
    rejects(ACTOR, "complain", "no such service", "exit", "1");
    rejects(ACTOR, "complain", "usage", "exit", "2");
}

PLAY(rejects_with_a_third_status, FAILS, .expected = "a message on stderr and status 2 or 1",
     .observed = "actor ended with status 3")
{
    rejects(ACTOR, "complain", "usage", "exit", "3");
}

PLAY(rejects_nothing, FAILS, .expected = "a message on stderr and status 2 or 1",
     .observed = "actor ended with status 0")
{
    rejects(ACTOR, "complain", "fine");
}

PLAY(refuses_nothing_and_waits, FAILS, .expected = "a message on stderr and status 2",
     .observed = "your program is waiting in pause()", .at = "here it pauses")
{
    refuses(ACTOR, "pause");
}

PLAY(refuses_before_it_makes_a_socket, PASSES, .by_strace = true)
{
    refuses_without_socket(ACTOR, "complain", "usage", "exit", "2");
}

PLAY(leaves_no_pipe_of_ours_to_others, PASSES, .by_strace = true)
{
    struct program *other = runs(ACTOR, "seize");
    prints_at_once(other, "seizes:\n");
    refuses_without_socket(ACTOR, "complain", "usage", "exit", "2");
    is_killed(other);
    prints(other, "seizes:\n");
}

PLAY(forgets_a_helper_that_has_ended, PASSES)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    programs_helper(pid);
    for (int i = 0; i < 1000 && programs_are_traced(); i++) {
        usleep(10000);
        programs_attend();
    }
    if (programs_are_traced())
        fails("no helper", "one that has ended");
}

PLAY(refuses_after_it_made_a_socket, FAILS, .observed = "the program made an internet socket first", .by_strace = true)
{
    refuses_without_socket(ACTOR, "listen", number(free_port()), "complain", "usage", "exit", "2");
}

/* ------------------------------------------------ ends */

PLAY(exits_as_it_should, PASSES)
{
    exits(runs(ACTOR, "exit", "5"), 5);
}

PLAY(exits_with_another_status, FAILS, .expected = "actor ends with status 0",
     .observed = "actor ended with status 5; its stderr: \"why\"")
{
    exits(runs(ACTOR, "complain", "why", "exit", "5"), 0);
}

PLAY(exits_never, FAILS, .expected = "actor ends with status 0", .observed = "your program is waiting in pause()",
     .at = "here it pauses")
{
    exits(runs(ACTOR, "pause"), 0);
}

PLAY(exits_later_than_it_may, FAILS, .expected = "actor ends with status 0 within 0.1 second",
     .observed = "after 1.1 s your program is still at work")
{
    exits_within(runs(ACTOR, "nap", "100000"), 0.1, 0);
}

/* It spins: it never gets there, and is no standstill either. */
PLAY(exits_never_and_spins, FAILS,
     .observed = "after 1.1 s your program is running in circles at actor.c:", .because = "a loop that never waits",
     .at = "here it spins")
{
    exits_within(runs(ACTOR, "spin"), 0.1, 0);
}

PLAY(works_and_then_sleeps, FAILS, .observed = "your program is still at work")
{
    exits_within(runs(ACTOR, "work", "800", "nap", "100000"), 2, 0);
}

PLAY(exits_and_leaves_a_daemon, FAILS, .expected = "actor ends and leaves no process behind",
     .observed = "it left 1 process (", .because = "A child that nobody waits for goes on")
{
    exits(runs(ACTOR, "fork", "pause", "parent", "exit", "0"), 0);
}

PLAY(exits_by_a_signal_of_its_own, FAILS, .observed = "actor was ended by SIGPIPE",
     .because = "ignore SIGPIPE or use MSG_NOSIGNAL")
{
    exits(runs(ACTOR, "raise", number(SIGPIPE)), 0);
}

PLAY(exits_at_a_signal, PASSES)
{
    struct program *actor = runs(ACTOR, "catch", "3", "pause");
    comes_to_rest(actor);
    is_sent(actor, SIGTERM);
    exits(actor, 3);
}

PLAY(exits_by_the_signal_it_is_sent, FAILS, .expected = "actor ends with status 0",
     .observed = "actor was ended by SIGTERM", .because = "the program must catch it")
{
    struct program *actor = runs(ACTOR, "pause");
    comes_to_rest(actor);
    is_sent(actor, SIGTERM);
    exits(actor, 0);
}

/* Played again under memcheck, which knows the line. */
PLAY(crashes, FAILS, .observed = "actor was ended by SIGSEGV",
     .because = "Invalid write of size 4 through a NULL pointer at actor.c:", .at = "here it crashes")
{
    exits(runs(ACTOR, "crash"), 0);
}

/* ------------------------------------------------ what it suffers */

PLAY(is_interrupted_by_a_stop, PASSES)
{
    struct listener *server = listens(ANY_PORT);
    struct program *actor = runs(ACTOR, "connect", port_of(server), "timeout", "100", "recv-error");
    accepts(server);
    is_stopped_and_continued(actor);
    prints(actor, "EINTR");
    exits(actor, 0);
}

PLAY(does_nothing_while_it_is_stopped, PASSES)
{
    struct listener *server = listens(ANY_PORT);
    struct program *actor = runs(ACTOR, "connect", port_of(server), "echo");
    struct conn *conn = accepts(server);
    comes_to_rest(actor);
    is_stopped(actor);
    says(conn, "hello");
    hears_nothing(conn);
    is_continued(actor);
    hears(conn, "hello");
}

PLAY(sleeps, PASSES)
{
    struct program *actor = runs(ACTOR, "pause");
    uses_no_cpu(actor);
}

PLAY(wakes_up_now_and_then, PASSES)
{
    struct program *actor = runs(ACTOR, "tick");
    uses_no_cpu(actor);
}

PLAY(polls, FAILS, .expected = "a program that waits sleeps, and uses no CPU",
     .observed = "it woke up * times a second", .because = "A loop asks again and again")
{
    struct program *actor = runs(ACTOR, "poll");
    uses_no_cpu(actor);
}

PLAY(spins, FAILS, .expected = "a program that waits sleeps, and uses no CPU",
     .observed = "it ran, or was ready to run, * % of the time", .because = "A loop asks again and again",
     .at = "here it spins")
{
    struct program *actor = runs(ACTOR, "spin");
    uses_no_cpu(actor);
}

PLAY(is_typed_to, PASSES)
{
    struct program *actor = runs_as((struct how){.input = true}, ACTOR, "cat");
    is_typed(actor, literal("a\0b"));
    prints_at_once(actor, literal("a\0b"));
    is_typed(actor, "\nc");
    input_ends(actor);
    prints(actor, literal("a\0b\nc"));
    exits(actor, 0);
}

PLAY(waits_for_input_that_nobody_types, FAILS, .because = "It waits for input on its stdin")
{
    exits(runs_as((struct how){.input = true}, ACTOR, "cat"), 0);
}

PLAY(is_not_read_at_first, PASSES)
{
    const char *text = random_text(200000);
    struct how unread = {.input = true, .output_waits = true};
    struct program *actor = runs_as(unread, ACTOR, "cat");
    is_typed(actor, text);
    input_ends(actor);
    runs_on(actor);
    output_is_read(actor);
    prints(actor, text);
    exits(actor, 0);
}

PLAY(is_never_read, FAILS, .expected = "actor ends with status 0",
     .observed = "waiting in write()*started with: stdout waits to be read")
{
    struct how unread = {.input = true, .output_waits = true};
    struct program *actor = runs_as(unread, ACTOR, "cat");
    is_typed(actor, random_text(200000));
    input_ends(actor);
    exits(actor, 0);
}

PLAY(prints_on_a_full_disk, PASSES)
{
    struct program *actor = runs_as((struct how){.output_full = true}, ACTOR, "print", "there");
    complains(actor, "No space left on device");
    finishes(actor);
}

PLAY(reads_a_file, PASSES)
{
    there_is_a_file("letter", literal("a\0b"));
    prints(runs_as((struct how){.input_file = "letter"}, ACTOR, "cat"), literal("a\0b"));
}

PLAY(starts_as_usual, PASSES)
{
    prints(runs(ACTOR, "start"), "0 1 2 PATH=/usr/local/bin:/usr/bin:/bin");
}

PLAY(starts_with_descriptors_closed, PASSES)
{
    static const struct how without = {.closed = {true, false, true}};
    prints(runs_as(without, ACTOR, "start"), "1 PATH=/usr/local/bin:/usr/bin:/bin");
}

PLAY(starts_with_more_descriptors, PASSES)
{
    prints(runs_as((struct how){.extra_descriptors = true}, ACTOR, "start"),
           "0 1 2 3 4 5 6 7 100 300 900 PATH=/usr/local/bin:/usr/bin:/bin");
}

PLAY(starts_with_signals_ignored, PASSES)
{
    prints(runs_as((struct how){.signals_ignored = true}, ACTOR, "start"),
           "0 1 2 ignores-HUP ignores-INT ignores-PIPE ignores-CHLD ignores-USR2 PATH=/usr/local/bin:/usr/bin:/bin");
}

PLAY(starts_with_signals_blocked, PASSES)
{
    prints(runs_as((struct how){.signals_blocked = true}, ACTOR, "start"),
           "0 1 2 blocks-HUP blocks-INT blocks-PIPE blocks-CHLD blocks-USR2 PATH=/usr/local/bin:/usr/bin:/bin");
}

/* ------------------------------------------------ processes */

PLAY(reaps_its_child, PASSES)
{
    struct program *actor = runs(ACTOR, "fork", "exit", "0", "parent", "reap", "pause");
    has_no_zombies(actor);
}

PLAY(does_not_reap_its_children, FAILS, .expected = "actor leaves no zombie", .observed = "2 zombies (processes ")
{
    struct program *actor = runs(ACTOR, "fork", "exit", "0", "parent", "fork", "exit", "0", "parent", "pause");
    has_no_zombies(actor);
}

PLAY(has_a_process_for_each, PASSES)
{
    int port = free_port();
    struct program *server = runs(ACTOR, "listen", number(port), "serve", "parent-closes child-closes");
    is_listening(server, port);
    for (int i = 0; i < 3; i++)
        served_client(port);
    serves_each_in_its_own_process(server);
    shares_no_descriptors(port);
}

PLAY(serves_all_itself, FAILS, .expected = "2 clients are served by 2 processes, none of them the first",
     .observed = "the first process holds one itself")
{
    int port = free_port();
    struct program *server = runs(ACTOR, "listen", number(port), "serve", "itself");
    is_listening(server, port);
    connects(port);
    connects(port);
    serves_each_in_its_own_process(server);
}

PLAY(a_child_keeps_the_listener, FAILS, .expected = "who serves a client does not hold the listener",
     .observed = "holds the listening socket and 1 client's socket", .because = "fork() copies every descriptor")
{
    int port = free_port();
    serves_in("parent-closes", port);
    served_client(port);
    shares_no_descriptors(port);
}

PLAY(a_parent_keeps_the_clients, FAILS, .observed = "holds the *client", .because = "fork() copies every descriptor")
{
    int port = free_port();
    serves_in("child-closes", port);
    served_client(port);
    served_client(port);
    shares_no_descriptors(port);
}

PLAY(hears_nothing_and_a_child_says_why, FAILS,
     .observed = "it heard nothing, of 6 bytes, then end-of-file; its stderr so far: \"no time\"")
{
    int port = free_port();
    is_listening(runs(ACTOR, "listen", number(port), "fork", "accept", "complain", "no time", "exit", "1", "parent",
                      "pause"),
                 port);
    hears(connects(port), "knock\n");
}

/* ------------------------------------------------ commands */

/* A client of a server whose child becomes a shell. */
static struct conn *client_of_a_shell(const char *manner)
{
    int port = free_port();
    is_listening(runs(ACTOR, "listen", number(port), "fork", "accept", "become", manner, "parent", "pause"), port);
    return connects(port);
}

PLAY(a_command_is_as_it_should_be, PASSES)
{
    struct conn *client = client_of_a_shell("well");
    command_holds_only(client);
    command_has_default_signals(client);
    command_has_environment(client, "PATH=/bin");
    says(client, "echo $PATH\n");
    hears(client, "/bin\n");
}

PLAY(a_command_holds_more, FAILS,
     .expected = "client 1's command has its connection as descriptors 0, 1 and 2, and nothing",
     .observed = "descriptor 3 is the listening socket; descriptor 4 is the connection once more",
     .because = "What is open stays open through exec")
{
    command_holds_only(client_of_a_shell("listener conn"));
}

PLAY(a_command_holds_its_connection_twice, FAILS, .observed = "descriptor 4 is the connection once more",
     .because = "What was copied by dup2() is still there")
{
    command_holds_only(client_of_a_shell("conn"));
}

PLAY(a_command_ignores_a_signal, FAILS, .expected = "client 1's command ignores no signal, and blocks none",
     .observed = "it ignores SIGPIPE, and blocks SIGUSR2", .because = "one that is ignored stays ignored")
{
    command_has_default_signals(client_of_a_shell("ignores blocks"));
}

PLAY(a_command_blocks_a_signal, FAILS, .observed = "it blocks SIGUSR2",
     .because = "The mask of blocked signals stays as it is")
{
    command_has_default_signals(client_of_a_shell("blocks"));
}

PLAY(a_command_has_another_environment, FAILS,
     .expected = "client 1's command has in its environment exactly PATH=/bin, TERM=vt100",
     .observed =
         "it has no TERM; \"PATH=/sbin\" where \"PATH=/bin\" was expected; \"HOME=/tmp\", which it should not have")
{
    command_has_environment(client_of_a_shell("environment"), "PATH=/bin", "TERM=vt100");
}

PLAY(there_is_no_command, FAILS, .expected = "a command that has the connection of client 1 as its stdin",
     .observed = "there is none*your program is waiting in pause() at actor.c:")
{
    int port = free_port();
    is_listening(runs(ACTOR, "listen", number(port), "accept", "pause"), port);
    command_holds_only(connects(port));
}

PLAY(makes_a_command_for_its_path, PASSES)
{
    const char *words = random_words();
    const char *folder = makes_command("heron", text("echo '%s'", words));
    prints(runs_as((struct how){.path = text("/sockeye/none:%s", folder)}, ACTOR, "exec", "heron"),
           text("%s\n", words));
    prints(runs_as((struct how){.path = "/sockeye/none"}, ACTOR, "start"), "0 1 2 PATH=/sockeye/none");
}

PLAY(cannot_fork_once, PASSES, .by_strace = true)
{
    struct program *actor = runs_as((struct how){.input = true}, ACTOR, "gate", "can-fork", "can-fork", "reap");
    cannot_fork(actor);
    is_typed(actor, "x");
    prints(actor, "EAGAINforked");
    exits(actor, 0);
}

PLAY(can_never_fork_again, PASSES, .by_strace = true)
{
    struct program *actor = runs_as((struct how){.input = true}, ACTOR, "gate", "can-fork", "can-fork");
    can_never_fork(actor);
    is_typed(actor, "x");
    prints(actor, "EAGAINEAGAIN");
    exits(actor, 0);
}

/* ------------------------------------------------ children */

PLAY(has_three_children, PASSES)
{
    struct program *actor = runs(ACTOR, "keep", "3", "1000");
    has_children(actor, 3, 1);
    runs_on(actor);
}

PLAY(has_children_too_few, FAILS, .expected = "beside its first process actor has 3 others within 0.1 second",
     .observed = "it has 2 (")
{
    has_children(runs(ACTOR, "complain", "sorry", "keep", "2", "1000"), 3, 0.1);
}

PLAY(has_children_too_many, FAILS, .expected = "beside its first process actor has 1 other", .observed = "it has *(")
{
    struct program *actor = runs(ACTOR, "keep", "2", "1000");
    comes_to_rest(actor);
    has_children(actor, 1, 1);
}

PLAY(a_dead_child_is_none, FAILS, .expected = "actor has 1 other within", .observed = "it has 0")
{
    struct program *actor = runs(ACTOR, "fork", "exit", "0", "parent", "pause");
    comes_to_rest(actor);
    has_children(actor, 1, 0.1);
}

PLAY(children_that_were_killed_come_back, PASSES)
{
    struct program *actor = runs(ACTOR, "keep", "3", "1000");
    has_children(actor, 3, 1);
    other_children_are_sent(actor, 0, SIGKILL);
    has_children(actor, 3, 1);
    other_children_are_sent(actor, 0, SIGSTOP);
    comes_to_rest(actor);
    other_children_are_sent(actor, 0, SIGCONT);
    has_children(actor, 3, 1);
}

PLAY(children_come_back_too_late, FAILS, .expected = "actor has 2 others within 0.1 second", .observed = "it has 0")
{
    struct program *actor = runs(ACTOR, "keep", "2", "2000000");
    has_children(actor, 2, 1);
    other_children_are_sent(actor, 0, SIGKILL);
    has_children(actor, 2, 0.1);
}

PLAY(young_children_are_replaced_slowly, PASSES)
{
    struct program *actor = runs(ACTOR, "keep", "3", "120000");
    has_children(actor, 3, 1);
    children_die_young(actor, 0.6, 10);
}

PLAY(young_children_are_replaced_at_once, FAILS, .expected = "at most 10 a second are replaced",
     .observed = "new ones came within ")
{
    struct program *actor = runs(ACTOR, "keep", "3", "1000");
    has_children(actor, 3, 1);
    children_die_young(actor, 4, 10); /* long before that, but where a machine is slow */
}

static struct program *serves_in_a_child(int port)
{
    struct program *actor = runs(ACTOR, "listen", number(port), "fork", "accept", "send-pid", "echo", "parent",
                                 "pause");
    is_listening(actor, port);
    return actor;
}

PLAY(is_served_by_a_child, PASSES)
{
    int port = free_port();
    struct program *actor = serves_in_a_child(port);
    struct conn *client = connects_until_answered(port, 3);
    long pid = hears_number(client);
    is_served_by(client, pid);
    serves_nobody_itself(actor);
    child_is_sent(actor, pid, SIGKILL);
    is_closed(client);
    has_children(actor, 0, 1);
}

PLAY(is_served_by_the_first, FAILS, .expected = "is served by process *and that is not the first",
     .observed = "its connection is in its first process, *is the first process")
{
    int port = free_port();
    is_listening(runs(ACTOR, "listen", number(port), "accept", "send-pid", "echo"), port);
    struct conn *client = connects(port);
    is_served_by(client, hears_number(client));
}

PLAY(is_served_by_another, FAILS, .expected = "is served by process 1, and that is not the first",
     .observed = "its connection is in process ")
{
    int port = free_port();
    serves_in_a_child(port);
    struct conn *client = connects(port);
    hears_number(client);
    is_served_by(client, 1);
}

PLAY(serves_somebody_itself, FAILS, .expected = "the first process serves nobody",
     .observed = "holds a client's connection")
{
    int port = free_port();
    struct program *actor = runs(ACTOR, "listen", number(port), "accept", "echo");
    is_listening(actor, port);
    connects(port);
    serves_nobody_itself(actor);
}

PLAY(no_signal_to_a_stranger, FAILS, .expected = "the number is the id of the process that serves the client",
     .observed = "1 is none of its processes")
{
    child_is_sent(runs(ACTOR, "pause"), 1, SIGCONT);
}

PLAY(no_signal_to_the_first, FAILS, .observed = "is its first process")
{
    struct program *actor = runs(ACTOR, "pause");
    child_is_sent(actor, actor->pid, SIGKILL);
}

PLAY(hears_a_number, PASSES)
{
    struct conn *conn = from_actor("send", "4711\r\n0");
    if (hears_number(conn) != 4711)
        fails("4711", "another number");
    hears(conn, "0");
}

PLAY(hears_a_number_without_cr, FAILS, .expected = "hears a decimal number, CR and LF",
     .observed = "it heard \"4711\\n\"")
{
    hears_number(from_actor("send", "4711\n"));
}

PLAY(hears_no_number, FAILS, .expected = "hears a decimal number, CR and LF", .observed = "it heard \"+1\\r\\n\"")
{
    hears_number(from_actor("send", "+1\r\n"));
}

PLAY(is_answered_by_nobody, FAILS, .expected = "client 3 is served beside the others",
     .observed = "it heard nothing, nor did the 2 who tried before it")
{
    int port = free_port();
    is_listening(runs(ACTOR, "listen", number(port), "pause"), port);
    connects_until_answered(port, 3);
}

PLAY(is_turned_away_by_nobody, PASSES)
{
    is_turned_away(tries_to_connect(free_port()));
}

PLAY(is_turned_away_by_an_end, PASSES)
{
    int port = free_port();
    is_listening(runs(ACTOR, "listen", number(port), "accept", "close", "pause"), port);
    is_turned_away(tries_to_connect(port));
}

PLAY(is_not_turned_away, FAILS, .expected = "client 1 gets no byte", .observed = "it heard \"0\"")
{
    int port = free_port();
    is_listening(runs(ACTOR, "listen", number(port), "accept", "send", "0", "pause"), port);
    is_turned_away(tries_to_connect(port));
}

PLAY(is_left_waiting, FAILS, .expected = "client 1 gets no byte", .observed = "its connection stays open")
{
    int port = free_port();
    is_listening(runs(ACTOR, "listen", number(port), "accept", "recv"), port);
    is_turned_away(tries_to_connect(port));
}

PLAY(ends_by_end_of_file, PASSES)
{
    struct listener *server = listens(ANY_PORT);
    runs(ACTOR, "connect", port_of(server), "shutdown", "pause");
    hears_end_or_reset(accepts(server));
}

PLAY(ends_by_a_reset, PASSES)
{
    struct listener *server = listens(ANY_PORT);
    runs(ACTOR, "connect", port_of(server), "reset", "pause");
    hears_end_or_reset(accepts(server));
}

PLAY(ends_by_more, FAILS, .expected = "hears nothing more but end-of-file or a reset",
     .observed = "it heard more: \"0\"")
{
    struct listener *server = listens(ANY_PORT);
    runs(ACTOR, "connect", port_of(server), "send", "0", "pause");
    hears_end_or_reset(accepts(server));
}

PLAY(has_ended_too_early, FAILS, .expected = "actor has not ended yet", .observed = "actor ended with status 3")
{
    runs_on(runs(ACTOR, "exit", "3"));
}

PLAY(ends_as_a_skeleton, FAILS, .expected = "actor has not ended yet",
     .observed = "actor ended with status 3; its stderr: \"actor: step 4 is still to do: see TODO 4\"")
{
    is_past_the_skeleton(runs(ACTOR, "complain", "actor: step 4" STILL_TO_DO "4", "exit", "3"));
}

PLAY(ends_as_no_skeleton, PASSES)
{
    is_past_the_skeleton(runs(ACTOR, "complain", "actor: no such file", "exit", "3"));
}

/* ------------------------------------------------ time */

static void says_hello(void *context)
{
    says((struct conn *)context, "hello");
}

/* What is scheduled may still wake it: it is not stuck. */
PLAY(hears_what_is_scheduled, PASSES)
{
    struct listener *server = listens(ANY_PORT);
    struct program *actor = runs(ACTOR, "connect", port_of(server), "recv-count");
    schedule(now() + 0.15, says_hello, accepts(server));
    prints(actor, "5 ");
    exits(actor, 0);
    if (now() < 0.15)
        fault("what was scheduled came too early");
}

static const char *done = "";

static void is_done(void *context)
{
    done = text("%s%s", done, (const char *)context);
}

/* Who is kept from running until all of it is due does it in its order all the same. */
PLAY(does_what_is_due_in_its_order, PASSES)
{
    double start = now();
    schedule(start + 0.01, is_done, "a");
    schedule(start + 0.03, is_done, "c");
    schedule(start + 0.03, is_done, "d");
    schedule(start + 0.03, is_done, "e");
    schedule(start + 0.02, is_done, "b");
    while (now() < start + 0.03)
        ;
    time_passes(0.01);
    if (strcmp(done, "abcde") != 0)
        fails("abcde", done);
}

/* ------------------------------------------------ multicast: a program that has joined */

/* A program with a socket at an address and @p port, that has joined @p joined on lo. */
static struct program *member_at(const char *address, int port, const char *joined)
{
    return runs(ACTOR, "bind-udp", text("%s %d", address, port), "join", text("%s 127.0.0.1", joined), "print-udp");
}

PLAY(has_joined_and_hears, PASSES)
{
    const char *group = free_group();
    int port = free_port();
    struct program *actor = member_at(group, port, group);
    has_joined(actor, group, port, "127.0.0.1");
    casts("127.0.0.1", "127.0.0.2", group, port, "hello");
    prints_at_once(actor, "127.0.0.2: hello\n");
}

PLAY(has_joined_beside_others, PASSES)
{
    const char *group = free_group();
    int port = free_port();
    struct program *first = member_at("0.0.0.0", port, group);
    has_joined(first, group, port, "127.0.0.1");
    struct program *second = member_at(group, port, group);
    has_joined(second, group, port, "127.0.0.1");
    casts("127.0.0.1", "127.0.0.3", group, port, "both");
    prints_at_once(first, "127.0.0.3: both\n");
    prints_at_once(second, "127.0.0.3: both\n");
}

PLAY(others_have_joined, FAILS, .expected = "actor has UDP port * and has joined 239.255.*on lo (127.0.0.1)",
     .observed = "but has not joined the group*waiting in recvfrom()", .because = "IP_ADD_MEMBERSHIP")
{
    const char *group = free_group();
    int port = free_port();
    has_joined(member_at(group, port, group), group, port, "127.0.0.1");
    struct program *second = runs(ACTOR, "bind-udp", text("%s %d", group, port), "print-udp");
    has_joined(second, group, port, "127.0.0.1");
}

PLAY(has_joined_the_swapped_group, FAILS, .observed = "it has joined *.255.239, on lo",
     .because = "with its bytes swapped")
{
    const char *group = free_group();
    int a = 0, b = 0, c = 0, d = 0;
    int port = free_port();
    sscanf(group, "%d.%d.%d.%d", &a, &b, &c, &d);
    has_joined(member_at(group, port, text("%d.%d.%d.%d", d, c, b, a)), group, port, "127.0.0.1");
}

PLAY(is_bound_beside_the_group, FAILS, .observed = "its socket is bound to 127.0.0.1 port ",
     .because = "passes by a socket that is bound to another")
{
    const char *group = free_group();
    int port = free_port();
    has_joined(member_at("127.0.0.1", port, group), group, port, "127.0.0.1");
}

PLAY(is_connected_and_deaf, FAILS, .observed = "its socket is connected to 127.0.0.1 port 9",
     .because = "A connected socket")
{
    const char *group = free_group();
    int port = free_port();
    struct program *actor = runs(ACTOR, "bind-udp", text("%s %d", "0.0.0.0", port), "join", text("%s 127.0.0.1", group),
                                 "connect-udp", "9", "print-udp");
    has_joined(actor, group, port, "127.0.0.1");
}

PLAY(has_joined_on_the_wire, PASSES, .plain_status = "not-graded")
{
    needs_wire();
    const char *group = free_group();
    int port = free_port();
    struct program *actor = runs(ACTOR, "bind-udp", text("%s %d", group, port), "join", text("%s " WIRED, group),
                                 "print-udp");
    has_joined(actor, group, port, WIRED);
    casts(WIRED, WIRED, group, port, "hello");
    prints_at_once(actor, WIRED ": hello\n");
}

PLAY(has_joined_elsewhere, FAILS, .plain_status = "not-graded", .observed = "it has joined the group on lo",
     .because = "imr_interface")
{
    needs_wire();
    const char *group = free_group();
    int port = free_port();
    has_joined(member_at(group, port, group), group, port, WIRED);
}

/* ------------------------------------------------ multicast: a member that we play */

static struct program *casts_from(const char *group, int port, const char *interface, int ttl)
{
    return runs(ACTOR, "cast", text("%s %d %s %d hello", group, port, interface, ttl));
}

PLAY(hears_a_datagram, PASSES)
{
    const char *group = free_group();
    int port = free_port();
    struct member *member = joins(group, port);
    struct program *actor = casts_from(group, port, "127.0.0.1", 77);
    hears_datagram(member, "hello");
    datagram_has_ttl(member, 77);
    exits(actor, 0);
    datagram_left_by(member, "127.0.0.1");
    hears_no_other_datagram(member);
}

PLAY(hears_another_datagram, FAILS, .expected = "a datagram to 239.255.* with \"hallo\"",
     .observed = "it holds \"hello\" (5 bytes): at byte 1")
{
    const char *group = free_group();
    int port = free_port();
    struct member *member = joins(group, port);
    casts_from(group, port, "127.0.0.1", 1);
    hears_datagram(member, "hallo");
}

PLAY(hears_no_datagram, FAILS, .observed = "none came; actor ended with status 0", .because = "IP_MULTICAST_IF")
{
    struct member *member = joins(free_group(), free_port());
    runs(ACTOR);
    hears_datagram(member, "hello");
}

PLAY(hears_a_datagram_for_the_host, FAILS, .observed = "one came to 127.0.0.1 port ")
{
    int port = free_port();
    struct member *member = joins(free_group(), port);
    casts_from("127.0.0.1", port, "127.0.0.1", 1);
    hears_datagram(member, "hello");
}

PLAY(hears_a_datagram_too_many, FAILS, .expected = "one datagram to 239.255.", .observed = "one more came")
{
    const char *group = free_group();
    int port = free_port();
    struct member *member = joins(group, port);
    exits(casts_from(group, port, "127.0.0.1", 1), 0);
    hears_datagram(member, "hello");
    exits(casts_from(group, port, "127.0.0.1", 1), 0);
    hears_no_other_datagram(member);
}

PLAY(hears_another_ttl, FAILS, .expected = "time-to-live 9", .observed = "its time-to-live is 1",
     .because = "IP_MULTICAST_TTL")
{
    const char *group = free_group();
    int port = free_port();
    struct member *member = joins(group, port);
    casts_from(group, port, "127.0.0.1", 1);
    hears_datagram(member, "hello");
    datagram_has_ttl(member, 9);
}

PLAY(hears_by_the_wire, PASSES, .plain_status = "not-graded")
{
    needs_wire();
    const char *group = free_group();
    int port = free_port();
    struct member *member = joins(group, port);
    exits(casts_from(group, port, WIRED, 3), 0);
    hears_datagram(member, "hello");
    datagram_left_by(member, WIRED);
    hears_no_other_datagram(member);
}

PLAY(hears_by_another_interface, FAILS, .plain_status = "not-graded", .expected = "goes out of wire0 (" WIRED ")",
     .observed = "it went out of lo")
{
    needs_wire();
    const char *group = free_group();
    int port = free_port();
    struct member *member = joins(group, port);
    exits(casts_from(group, port, "127.0.0.1", 3), 0);
    hears_datagram(member, "hello");
    datagram_left_by(member, WIRED);
}

PLAY(groups_are_different, PASSES)
{
    if (strcmp(free_group(), free_group()) == 0)
        fault("a group was given twice");
}

/* ------------------------------------------------ datagrams */

PLAY(answers_a_datagram, PASSES)
{
    int port = free_port();
    struct station *station = takes_datagrams(port);
    struct program *actor = runs(ACTOR, "ask", number(port));
    struct request *request = is_asked(station, "127.0.0.1");
    hears_no_more(station);
    answers(request, "127.0.0.1", "that");
    prints(actor, "that");
    exits(actor, 0);
}

PLAY(is_not_asked, FAILS, .observed = "actor ended with status 0")
{
    struct station *station = takes_datagrams(free_port());
    runs(ACTOR);
    is_asked(station, "127.0.0.1");
}

PLAY(waits_for_a_datagram, FAILS,
     .observed = "your program is waiting in recv() at actor.c:", .at = "here it waits for an answer")
{
    int port = free_port();
    struct station *station = takes_datagrams(port);
    struct program *actor = runs(ACTOR, "ask", number(port));
    is_asked(station, "127.0.0.1");
    exits(actor, 0);
}

/* Asks, and listens so many milliseconds for what comes 0.3 s later; this process stands still for a while meanwhile. */
static struct program *hears_out(const char *milliseconds, long still)
{
    int port = free_port();
    struct station *station = takes_datagrams(port);
    struct program *actor = runs(ACTOR, "hear-out", number(port), milliseconds);
    struct request *request = is_asked(station, "127.0.0.1");
    answers_later(request, 0.3, "127.0.0.1", "that");
    nanosleep(&(struct timespec){.tv_nsec = still * 1000000}, NULL);
    return actor;
}

PLAY(answers_who_has_ended, FAILS, .observed = "no line \"heard\"", .because = "It ended before 127.0.0.1 answered.")
{
    prints_lines(hears_out("100", 0), line("heard"));
}

PLAY(has_not_answered_when_it_was_due, .status = "fault",
     .observed = "ms after an answer of ours was due*not been sent")
{
    prints_lines(hears_out("500", 900), line("heard"));
}

/* ------------------------------------------------ turning away */

PLAY(is_turned_away_in_time, PASSES)
{
    is_turned_away_within(from_actor("close", NULL), 1);
}

PLAY(is_turned_away_with_words, FAILS, .expected = "the connection of the server is closed, without a byte",
     .observed = "it heard \"busy\" first")
{
    is_turned_away_within(from_actor("send", "busy"), 1);
}

/* ------------------------------------------------ files */

PLAY(leaves_a_file_as_it_was, PASSES)
{
    there_is_a_file("kept", literal("a\0b"));
    struct program *actor = runs(ACTOR);
    file_is(actor, "kept", literal("a\0b"));
    has_no_file(actor, "other");
}

PLAY(has_another_file, FAILS, .expected = "the file kept is \"b\" (1 byte)", .observed = "at byte 0 \"a\"")
{
    there_is_a_file("kept", "a");
    file_is(runs(ACTOR), "kept", "b");
}

PLAY(has_no_such_file, FAILS, .observed = "there is no such file; actor ended with status 0")
{
    file_is(runs(ACTOR), "none", "");
}

PLAY(has_a_folder_for_a_file, FAILS, .observed = "there is no such file")
{
    there_is_a_folder("folder");
    file_is(runs(ACTOR), "folder", "");
}

PLAY(leaves_a_file_too_many, FAILS, .expected = "there is no file kept", .observed = "it is there, with 1 bytes")
{
    there_is_a_file("kept", "a");
    has_no_file(runs(ACTOR), "kept");
}

PLAY(has_a_piece_twice, FAILS, .because = "From byte 512 on come the same bytes as just before")
{
    struct bytes piece = random_bytes(512);
    there_is_a_file("kept", join(join(piece, piece), "end"));
    file_is(runs(ACTOR), "kept", join(piece, "end"));
}

/* ------------------------------------------------ TFTP */

#define READS_A "\\0\\1a\\0octet\\0"

/* An actor that says this, each word a datagram, and the transfer that its request begins. */
#define CONVERSES(content, ...)                                                                                        \
    int port = free_port();                                                                                            \
    struct station *station = takes_datagrams(port);                                                                   \
    struct program *actor = runs(ACTOR, "converse", number(port), __VA_ARGS__, ".");                                   \
    struct transfer *transfer = is_asked_for(station, "127.0.0.1", "a", content)

PLAY(gives_a_file, PASSES)
{
    CONVERSES(random_bytes(600), READS_A, "\\0\\4\\0\\1", "\\0\\4\\0\\2");
    gives_the_rest(transfer);
    exits(actor, 0);
}

PLAY(takes_a_file, PASSES)
{
    int port = free_port();
    struct station *station = takes_datagrams(port);
    struct program *actor = runs(ACTOR, "converse", number(port), "\\0\\2a\\0OCTET\\0", "\\0\\3\\0\\1xyz", ".");
    takes_the_rest(is_offered(station, "127.0.0.1", "a", "xyz"));
    exits(actor, 0);
}

PLAY(gives_a_file_in_two_parts, PASSES)
{
    CONVERSES(random_bytes(1100), READS_A, "\\0\\4\\0\\1", "\\0\\4\\0\\2", "\\0\\4\\0\\3");
    gives_blocks_until(transfer, 2);
    gives_the_rest(transfer);
    exits(actor, 0);
}

PLAY(takes_a_file_in_two_parts, PASSES)
{
    int port = free_port();
    struct station *station = takes_datagrams(port);
    struct program *actor = runs(ACTOR, "converse", number(port), "\\0\\2a\\0octet\\0", "\\0\\3\\0\\1xyz", ".");
    struct transfer *transfer = is_offered(station, "127.0.0.1", "a", "xyz");
    takes_blocks_until(transfer, 1);
    gets_nothing_new(transfer);
    takes_the_rest(transfer);
    exits(actor, 0);
}

PLAY(serves_by_itself, PASSES)
{
    int port = free_port();
    struct station *station = takes_datagrams(port);
    struct program *actor = runs(ACTOR, "converse", number(port), READS_A, "\\0\\4\\0\\1", ".", "printf", "done");
    serves_tftp(station, random_bytes(512));
    prints(actor, "done");
}

PLAY(asks_for_another_file, FAILS, .expected = "a request to read \"b\"", .observed = "the datagram is ")
{
    int port = free_port();
    struct station *station = takes_datagrams(port);
    runs(ACTOR, "converse", number(port), READS_A, ".");
    is_asked_for(station, "127.0.0.1", "b", "");
}

PLAY(asks_with_swapped_bytes, FAILS, .because = "The two bytes of the opcode are the wrong way round")
{
    int port = free_port();
    struct station *station = takes_datagrams(port);
    runs(ACTOR, "converse", number(port), "\\1\\0a\\0octet\\0", ".");
    is_asked_for(station, "127.0.0.1", "a", "");
}

PLAY(acknowledges_with_swapped_bytes, FAILS, .expected = "ACK 1", .observed = "ACK 256 came",
     .because = "The two bytes of a number are the wrong way round")
{
    CONVERSES(random_bytes(600), READS_A, "\\0\\4\\1\\0");
    sends_block(transfer, 1);
    gets_ack(transfer, 1);
    exits(actor, 0);
}

PLAY(is_sent_again_in_time, PASSES)
{
    CONVERSES("", READS_A, READS_A, "\\0\\4\\0\\1");
    is_sent_again(transfer, 1);
    gives_the_rest(transfer);
    exits(actor, 0);
}

PLAY(is_not_sent_again, FAILS, .expected = "a request to read \"a\" is sent again",
     .observed = "actor ended with status 0")
{
    CONVERSES("", READS_A);
    is_sent_again(transfer, 1);
    exits(actor, 0);
}

PLAY(is_sent_again_for_no_reason, FAILS, .expected = "and not sooner", .observed = "it was sent again 0.0*",
     .because = "Only its time-out makes it send anything again")
{
    CONVERSES(random_bytes(2000), READS_A, "\\0\\4\\0\\1", "\\0\\4\\0\\1");
    sends_block(transfer, 1);
    gets_ack(transfer, 1);
    transfer_sends(transfer, bytes("nonsense"));
    gets_ack(transfer, 2);
    exits(actor, 0);
}

PLAY(acknowledges_again, PASSES)
{
    CONVERSES(random_bytes(2000), READS_A, "\\0\\4\\0\\1", "\\0\\4\\0\\1");
    sends_block(transfer, 1);
    gets_ack(transfer, 1);
    is_acked_again(transfer, 1);
    exits(actor, 0);
}

PLAY(sends_a_third_block_too_early, FAILS, .expected = "no new datagram", .observed = "ACK 2 came")
{
    CONVERSES(random_bytes(2000), READS_A, "\\0\\4\\0\\1", "\\0\\4\\0\\2");
    struct transfer *stranger = another_port(transfer);
    sends_block(transfer, 1);
    gets_ack(transfer, 1);
    sends_block(transfer, 1);
    gets_nothing_new(transfer);
    is_told_unknown(stranger);
    exits(actor, 0);
}

PLAY(tells_a_stranger, PASSES)
{
    CONVERSES(random_bytes(2000), READS_A, "\\0\\5\\0\\5who?\\0");
    struct transfer *stranger = another_port(transfer);
    sends_block(stranger, 2);
    is_told_unknown(stranger);
    exits(actor, 0);
}

PLAY(gives_up_early, FAILS, .expected = "is sent again", .observed = "actor ended with status 0")
{
    CONVERSES("", READS_A, READS_A, READS_A);
    gives_up_on(actor, transfer);
}

PLAY(prints_lines_in_any_order, PASSES)
{
    struct program *actor = runs(ACTOR, "print", "b\na 7\n");
    prints_lines(actor, numbered_line("a N", 7), line("b"));
}

PLAY(prints_a_line_too_few, FAILS, .observed = "actor ended with status 0")
{
    prints_lines(runs(ACTOR, "print", "a\n"), line("a"), line("b"));
}

PLAY(asks_the_wrong_host, FAILS, .expected = "a datagram to 127.0.0.2 port ", .observed = "one came to 127.0.0.1 port ")
{
    int port = free_port();
    struct station *station = takes_datagrams(port);
    runs(ACTOR, "ask", number(port));
    is_asked(station, "127.0.0.2");
}

PLAY(asks_the_wrong_port, FAILS, .expected = "a datagram to 127.0.0.1 port ")
{
    struct station *station = takes_datagrams(free_port());
    runs(ACTOR, "ask", "37");
    is_asked(station, "127.0.0.1");
}

PLAY(asks_twice, FAILS, .expected = "one datagram to each host",
     .observed = "one more came, to 127.0.0.1 port *: 5 bytes, \"what?\"")
{
    int port = free_port();
    struct station *station = takes_datagrams(port);
    struct program *actor = runs(ACTOR, "ask", number(port), "ask", number(port));
    answers(is_asked(station, "127.0.0.1"), "127.0.0.1", "that");
    answers(is_asked(station, "127.0.0.1"), "127.0.0.1", "that");
    exits(actor, 0);
    hears_no_more(station);
    struct program *again = runs(ACTOR, "ask", number(port));
    comes_to_rest(again);
    hears_no_more(station);
}

PLAY(answers_from_elsewhere, PASSES)
{
    int port = free_port();
    struct station *station = takes_datagrams(port);
    struct program *actor = runs(ACTOR, "ask", number(port), "ask", number(port));
    answers(is_asked(station, "127.0.0.1"), "127.0.0.3", "heron ");
    answers_from_another_port(is_asked(station, "127.0.0.1"), "127.0.0.1", "tern");
    prints(actor, "heron tern");
}

PLAY(answers_in_a_while, PASSES)
{
    int port = free_port();
    struct station *station = takes_datagrams(port);
    struct program *actor = runs(ACTOR, "ask", number(port));
    answers_later(is_asked(station, "127.0.0.1"), 0.1, "127.0.0.1", "that");
    prints(actor, "that");
    ends_no_sooner(actor, station, 0);
}

PLAY(ends_too_soon, FAILS, .expected = "actor listens until 0.5 s have passed",
     .observed = "it ended 0.0* s after the last datagram")
{
    int port = free_port();
    struct station *station = takes_datagrams(port);
    struct program *actor = runs(ACTOR, "ask", number(port));
    answers(is_asked(station, "127.0.0.1"), "127.0.0.1", "that");
    ends_no_sooner(actor, station, 0.5);
}

PLAY(ends_soon_enough, PASSES)
{
    int port = free_port();
    struct station *station = takes_datagrams(port);
    struct program *actor = runs(ACTOR, "ask", number(port));
    struct request *question = is_asked(station, "127.0.0.1");
    answers_later(question, 0.05, "127.0.0.1", "that");
    ends_no_later(actor, question, 0.1);
}

PLAY(ends_too_late, FAILS, .expected = "actor ends 0.1 s after its question", .at = "here it naps")
{
    int port = free_port();
    struct station *station = takes_datagrams(port);
    struct program *actor = runs(ACTOR, "ask", number(port), "nap", "4000");
    struct request *question = is_asked(station, "127.0.0.1");
    answers(question, "127.0.0.1", "that");
    ends_no_later(actor, question, 0.1);
}

/* What a program does until it can wait takes as long as the machine makes it. */
PLAY(works_and_waits, PASSES)
{
    ends_sooner(0.2, ACTOR, "work", "300", "nap", "50");
}

PLAY(waits_too_long, FAILS, .expected = "actor ends in less than 0.2 seconds",
     .observed = "it was started 3 times*less than 0.")
{
    ends_sooner(0.2, ACTOR, "nap", "250");
}

PLAY(is_kept_by_what_comes, FAILS, .observed = "s after its question it still listened*when they stopped, it ended ",
     .because = "Each one that it ignores starts the wait anew")
{
    int port = free_port();
    struct station *station = takes_datagrams(port);
    struct program *actor = runs(ACTOR, "hear-out", number(port), "600");
    struct request *question = is_asked(station, "127.0.0.1");
    is_pestered(question, 0.05, "127.0.0.1", "junk!");
    ends_no_later(actor, question, 0.2);
}

PLAY(sends_without_end, FAILS, .observed = "it sent more than 1024", .because = "again and again")
{
    int port = free_port();
    struct station *station = takes_datagrams(port);
    runs(ACTOR, "flood-port", number(port));
    is_asked(station, "127.0.0.9");
}

PLAY(prints_the_right_time, PASSES)
{
    struct program *actor = runs(ACTOR, "print", "it is -62 s\nSending to 127.0.0.1:37\n");
    prints_lines(actor, clock_line("it is N s", -61), optional_line("Sending to NAME:N"));
}

PLAY(prints_the_wrong_sign, FAILS, .expected = "\"it is -61 s\"",
     .observed = "\"it is 61 s\": 61 where -61 was expected", .because = "The minus sign is missing")
{
    prints_lines(runs(ACTOR, "print", "it is 61 s\n"), clock_line("it is N s", -61));
}

PLAY(prints_a_line_too_many, FAILS, .observed = "\"c\" is none of these lines")
{
    prints_lines(runs(ACTOR, "print", "a\nc\n"), line("a"), optional_line("b"));
}

PLAY(prints_a_line_twice, FAILS, .observed = "the line \"a 1\" comes more than once")
{
    prints_lines(runs(ACTOR, "print", "a 1\na 1\n"), line("a N"));
}

PLAY(prints_half_of_what_is_optional, FAILS, .observed = "some of the optional lines are there, but not all")
{
    prints_lines(runs(ACTOR, "print", "b\n"), optional_line("a"), optional_line("b"));
}

PLAY(prints_no_last_newline, FAILS, .observed = "the last line does not end in a newline")
{
    prints_lines(runs(ACTOR, "print", "a\nb"), line("a"), line("b"));
}

ENDING(does_not_know_a_name, FAILS, .plain_status = "not-graded")
CHECK(does_not_know_a_name, "does_not_know_a_name", POINTS(1), NEEDS_PRIVATE_NETWORK)
{
    const char *reasons = does_not_resolve("nobody.invalid");
    complains(runs(ACTOR, "complain", "nobody"), "nobody.invalid", reasons);
}

ENDING(knows_a_reason, .status = "passed", .plain_status = "not-graded")
CHECK(knows_a_reason, "knows_a_reason", POINTS(1), NEEDS_PRIVATE_NETWORK)
{
    complains(runs(ACTOR, "complain", "nobody.invalid: temporary failure in name resolution"), "nobody.invalid",
              does_not_resolve("nobody.invalid"));
}

#define NAMES(check, ...)                                                                                              \
    ENDING(check, .plain_status = "not-graded", __VA_ARGS__)                                                           \
    CHECK(check, #check, POINTS(1), NEEDS_PRIVATE_NETWORK)

NAMES(finds_addresses_in_their_order, .status = "passed")
{
    dns_knows("many.test", "127.130.0.2", "127.140.0.3", "::1", "127.128.0.1");
    dns_aliases("alias.test", "many.test");
    prints(runs(ACTOR, "addresses", "many.test"), "::1\n127.130.0.2\n127.140.0.3\n127.128.0.1\n");
    prints(runs(ACTOR, "addresses", "ALIAS.test"), "::1\n127.130.0.2\n127.140.0.3\n127.128.0.1\n");
}

NAMES(finds_names_true_or_not, .status = "passed")
{
    dns_claims("127.1.2.3", "liar.test");
    dns_claims("2001:db8::5", "six.test");
    prints(runs(ACTOR, "name", "127.1.2.3"), "liar.test\n");
    prints(runs(ACTOR, "name", "2001:db8::5"), "six.test\n");
    prints(runs(ACTOR, "name", "::ffff:127.1.2.3"), "liar.test\n");
}

NAMES(finds_nothing_for_each_reason, .status = "passed")
{
    dns_knows("empty.test");
    dns_fails("failing.test");
    dns_never_answers("127.3.2.1");
    prints(runs(ACTOR, "addresses", "none.test"), "Name or service not known\n");
    prints(runs(ACTOR, "addresses", "empty.test"), "No address associated with hostname\n");
    prints(runs(ACTOR, "addresses", "failing.test"), "Temporary failure in name resolution\n");
    prints(runs(ACTOR, "name", "127.1.1.1"), "Name or service not known\n");
    prints(runs(ACTOR, "name", "127.3.2.1"), "Temporary failure in name resolution\n");
}

static bool never(void *context)
{
    (void)context;
    return false;
}

/* Who waits for an answer that does not come, without a time-out, is about to be answered for all we know. */
NAMES(stands_not_still_at_a_silent_server, .status = "passed")
{
    dns_knows("here.test", "127.0.0.9");
    dns_never_answers("silent.test");
    exits(runs(ACTOR, "query", "here.test"), 0);
    runs(ACTOR, "query", "silent.test");
    struct awaited awaited = {.come = never, .seconds = 0.5};
    if (wait_until(&awaited) != LATE)
        fails("a wait of half a second", "it was ended before");
}

/* The name server is ours: that the program has a socket to it excuses nothing. */
NAMES(prints_nothing_and_names_no_reason, FAILS,
      .observed = "so far it printed nothing; after 5.0 s your program is still at work")
{
    prints_lines(runs(ACTOR, "bind-udp", "127.0.0.1 0", "connect-udp", "53", "tick"), line("it knocks"));
}

NAMES(has_an_address_of_each_family, .status = "passed")
{
    prints(runs(ACTOR, "addresses", "localhost"), "::1\n127.0.0.1\n");
}

PLAY(hears_a_line_of_a_form, PASSES)
{
    struct listener *server = listens(ANY_PORT);
    runs(ACTOR, "connect", port_of(server), "send", "7 knocks by wind\r\nmore");
    struct conn *conn = accepts(server);
    hears_line(conn, "N pushes by NAME", "N knocks by NAME");
    hears(conn, "more");
    hears_end(conn);
}

PLAY(hears_a_line_of_another_form, FAILS,
     .expected = "hears the line \"N knocks by wind\\r\\n\"*or \"N knocks by rain\\r\\n\"",
     .observed = "it heard \"7 knocks by ruin\\r\\n\"")
{
    struct listener *server = listens(ANY_PORT);
    runs(ACTOR, "connect", port_of(server), "send", "7 knocks by ruin\r\n");
    hears_line(accepts(server), "N knocks by wind", "N knocks by rain");
}

PLAY(hears_a_line_without_cr, FAILS, .expected = "hears the line", .observed = "it heard \"knock\\n\"")
{
    struct listener *server = listens(ANY_PORT);
    runs(ACTOR, "connect", port_of(server), "send", "knock\n");
    hears_line(accepts(server), "knock");
}

PLAY(hears_half_a_line, FAILS, .expected = "hears the line", .observed = "\"kno\"*then end-of-file")
{
    struct listener *server = listens(ANY_PORT);
    runs(ACTOR, "connect", port_of(server), "send", "kno");
    hears_line(accepts(server), "knock");
}

PLAY(hears_no_line_from_one_who_waits, FAILS, .observed = "it heard nothing*your program is waiting in pause()",
     .because = "while the server waits for a line", .at = "here it pauses")
{
    struct listener *server = listens(ANY_PORT);
    runs(ACTOR, "connect", port_of(server), "pause");
    hears_line(accepts(server), "knock");
}

PLAY(is_connected_to_from_elsewhere, PASSES)
{
    int port = free_port();
    struct program *actor = runs(ACTOR, "listen", number(port), "accept", "copy");
    is_listening(actor, port);
    struct conn *client = connects_from("127.0.0.9", "127.0.0.1", port);
    const char *end = text("%s %d", client_address(client), client_port(client));
    says(client, end);
    hangs_up(client);
    prints(actor, end);
}

PLAY(holds_its_socket_alone, PASSES)
{
    struct listener *server = listens(ANY_PORT);
    struct program *actor = runs(ACTOR, "connect", port_of(server), "pause");
    holds_no_other_socket(actor, accepts(server));
}

PLAY(holds_a_socket_more, FAILS, .expected = "actor holds the socket of its connection, and no other",
     .observed = "it still holds other TCP sockets: descriptor 3", .by_looking = true)
{
    struct listener *server = listens(ANY_PORT);
    struct program *actor = runs(ACTOR, "connect", port_of(server), "connect", port_of(server), "pause");
    accepts(server);
    holds_no_other_socket(actor, accepts(server));
}

PLAY(is_stopped_and_hears_all_the_same, PASSES)
{
    int port = free_port();
    struct station *station = takes_datagrams(port);
    struct program *actor = runs(ACTOR, "ask", number(port));
    struct request *question = is_asked(station, "127.0.0.1");
    is_stopped_for(actor, 0.5);
    answers(question, "127.0.0.1", "that");
    prints(actor, "that");
    ends_no_sooner(actor, station, 0.15);
}

/* ------------------------------------------------ how checks are run */

ENDING(needs_its_own_network, .status = "passed", .plain_status = "not-graded")
CHECK(needs_its_own_network, "needs_its_own_network", POINTS(1), NEEDS_PRIVATE_NETWORK)
{
    listens(37);
}

ENDING(comes_after_what_passes, .status = "passed")
CHECK(comes_after_what_passes, "comes_after_what_passes", POINTS(1), AFTER(exits_as_it_should, accepts_a_connection))
{
}

ENDING(comes_after_what_fails, .status = "skipped", .observed = "needs the check \"hears_other_bytes\" first")
CHECK(comes_after_what_fails, "comes_after_what_fails", POINTS(1), AFTER(exits_as_it_should, hears_other_bytes))
{
}

ENDING(comes_after_what_is_skipped, .status = "skipped")
CHECK(comes_after_what_is_skipped, "comes_after_what_is_skipped", POINTS(1), AFTER(comes_after_what_fails))
{
}

ENDING(comes_after_what_may_not_be_graded, .status = "passed")
CHECK(comes_after_what_may_not_be_graded, "comes_after_what_may_not_be_graded", POINTS(1), AFTER(needs_its_own_network))
{
}

ENDING(says_why, .status = "failed",
       .because = "The line ends in CR LF where LF alone was asked for. Think of line ends.")
CHECK(says_why, "says_why", POINTS(1), BECAUSE("Think of line ends."))
{
    hears(from_actor("send", "knock\r\n"), "knock\n");
}

ENDING(tells_the_whole_story, .status = "failed", .because = "SIGCONT")
CHECK(tells_the_whole_story, "tells_the_whole_story", POINTS(1), BECAUSE("Think of line ends."))
{
    exits(runs(ACTOR, "raise", number(SIGSTOP)), 0);
}

ENDING(runs_clean_under_memcheck, .status = "passed")
CHECK(runs_clean_under_memcheck, "runs_clean_under_memcheck", POINTS(1), UNDER_MEMCHECK)
{
    prints(runs(ACTOR, "print", "there", "fork", "print", "!", "parent", "reap"), "there!");
}

ENDING(takes_all_memory_under_memcheck, .status = "failed", .expected = "a bounded amount of memory",
       .observed = "the program uses more than 1024 MiB")
CHECK(takes_all_memory_under_memcheck, "takes_all_memory_under_memcheck", POINTS(1), UNDER_MEMCHECK)
{
    exits(runs(ACTOR, "fork", "take-memory", "500", "pause", "parent", "take-memory", "500", "pause"), 0);
}

ENDING(leaks_under_memcheck, .status = "failed", .observed = "100 bytes in 1 blocks are definitely lost",
       .at = "here it leaks", .call = "malloc")
CHECK(leaks_under_memcheck, "leaks_under_memcheck", POINTS(1), UNDER_MEMCHECK)
{
    exits(runs(ACTOR, "leak"), 0);
}

/* A child's report is a child's own (valgrind would write it into the parent's). */
ENDING(a_child_leaks_under_memcheck, .status = "failed", .observed = "100 bytes in 1 blocks are definitely lost",
       .at = "here it leaks")
CHECK(a_child_leaks_under_memcheck, "a_child_leaks_under_memcheck", POINTS(1), UNDER_MEMCHECK)
{
    exits(runs(ACTOR, "fork", "leak", "parent", "reap"), 0);
}

PLAY(runs_what_is_not_there, .status = "fault", .observed = "could not start *nobody")
{
    runs("nobody");
}

PLAY(says_that_it_is_a_fault, .status = "fault", .observed = "broken on purpose")
{
    fault("broken on purpose");
}

PLAY(says_that_it_is_not_graded, .status = "not-graded", .observed = "nothing to judge")
{
    not_graded("nothing to judge");
}

/* ------------------------------------------------ gone mad */

/* A lesson of their own, played by themselves: in plain mode an ordinary user's processes are counted all together, and one
 * who takes them all would leave none to the others. */
#undef LESSON_FOLDER
#define LESSON_FOLDER "98-mad"

PLAY(forks_without_end, FAILS, .expected = "a bounded number of processes", .observed = "more than 400 processes",
     .because = "It forks without end")
{
    exits(runs(ACTOR, "bomb"), 0);
}

PLAY(floods_its_stdout, FAILS, .observed = "actor wrote more than 48 MiB to stdout",
     .because = "writes the same again and again")
{
    exits(runs(ACTOR, "flood", "1"), 0);
}

PLAY(floods_its_stderr, FAILS, .observed = "actor wrote more than 48 MiB to stderr")
{
    exits(runs(ACTOR, "flood", "2"), 0);
}

PLAY(takes_all_memory, FAILS, .expected = "a bounded amount of memory",
     .observed = "the program uses more than 256 MiB")
{
    exits(runs(ACTOR, "take-memory", "600", "pause"), 0);
}

PLAY(stops_itself, FAILS, .expected = "a program that runs", .observed = "your program has stopped itself (state T)",
     .because = "SIGCONT")
{
    exits(runs(ACTOR, "raise", number(SIGSTOP)), 0);
}

/* ------------------------------------------------ the tests */

static struct world world;
static json_t *document;     /* of the plays; NULL: private worlds are not to be had */
static json_t *mad_document; /* of those gone mad */
static struct kit kit = {
    .lessons = 2,
    .lesson = {{.number = 99, .folder = "99-unit", .name = "unit", .program = {ACTOR}, .programs = 1},
               {.number = 98, .folder = "98-mad", .name = "mad", .program = {ACTOR}, .programs = 1}},
};

static json_t *played(const struct lesson *lesson, const char *only)
{
    struct plan plan = {.kit = &kit,
                        .world = &world,
                        .lesson = {lesson},
                        .lessons = 1,
                        .work = unit_source("programs"),
                        .submission = "unit",
                        .only = {only},
                        .seed = 0x91c2,
                        .memcheck = true};
    return grade(&plan);
}

static const json_t *lesson_of(const json_t *result)
{
    return json_array_get(json_object_get(result, "lessons"), 0);
}

static int play_all(bool plain)
{
    static struct kit own_kit;
    char *own = own_kit.worker.text;
    const char *problem = "grade() was interrupted";
    ssize_t n = readlink("/proc/self/exe", own, sizeof own_kit.worker.text - 1);
    own[n > 0 ? n : 0] = '\0';
    setenv("SOCKEYE_CACHE", "/dev/null", 1); /* no cache: nothing is left behind */
    if (world_init(&world, &own_kit, plain, &problem) == -1) {
        unit_skip(problem);
        return 1;
    }
    if (!plain && !world.is_private)
        return 0; /* each test is skipped, with the reason */
    document = played(&kit.lesson[0], NULL);
    mad_document = played(&kit.lesson[1], NULL);
    const json_t *build = json_object_get(lesson_of(document), "build");
    if (result_has_status(build, "built"))
        return 0;
    unit_skip(document == NULL ? problem : result_text(build, "output"));
    return 1;
}

static int play_in_plain_mode(void)
{
    return play_all(true);
}

static int play_in_private_worlds(void)
{
    return play_all(false);
}

static int end_the_play(void)
{
    json_decref(document);
    json_decref(mad_document);
    document = mad_document = NULL;
    world_leave();
    unsetenv("SOCKEYE_CACHE");
    return 0;
}

/* The entry of the check named @p name in a document. */
static const json_t *check_in(const json_t *result, const char *name)
{
    char *id = keep(strlen(name) + 1);
    memcpy(id, name, strlen(name));
    for (char *c = id; *c != '\0'; c++)
        *c = *c == '_' ? '-' : *c;
    size_t i;
    json_t *entry;
    json_array_foreach (json_object_get(lesson_of(result), "checks"), i, entry) {
        if (strcmp(result_text(entry, "id") + strlen("99."), id) == 0)
            return entry;
    }
    return NULL;
}

/* True if the pieces of @p form between its "*" stand in @p words, in their order. */
static bool holds(const char *words, const char *form)
{
    for (;;) {
        size_t length = strcspn(form, "*");
        const char *found = strstr(words, text("%.*s", (int)length, form));
        if (found == NULL)
            return false;
        if (form[length] == '\0')
            return true;
        words = found + length;
        form += length + 1;
    }
}

static void assert_member(const json_t *entry, const char *member, const char *form)
{
    const char *words = result_text(entry, member);
    if (form != NULL && (*form == '\0' ? *words != '\0' : !holds(words, form)))
        fail_test("%s: %s\nexpected: %s", member, words, form);
}

static void assert_where(const json_t *entry, const struct ending *ending)
{
    const json_t *where = json_object_get(entry, "where");
    if (ending->at == NULL)
        return;
    assert_text(result_text(where, "file"), "actor.c");
    assert_number(result_number(where, "line"), unit_line_of(unit_source("programs/actor.c"), ending->at));
    if (ending->call != NULL)
        assert_text(result_text(where, "call"), ending->call);
}

static bool is_played(void)
{
    if (document == NULL)
        unit_skip(world.why_plain == NULL ? "no private worlds on this machine" : world.why_plain);
    return document != NULL;
}

static void spin_beside(void *context)
{
    (void)context;
    for (;;)
        getppid();
}

static void ends_as_it_should(void)
{
    const struct ending *ending = NULL;
    for (int i = 0; i < ending_count; i++) {
        if (strcmp(endings[i]->name, CU_get_current_test()->pName) == 0)
            ending = endings[i];
    }
    if (!is_played())
        return;
    const json_t *entry = check_in(document, ending->name);
    if (entry == NULL)
        entry = check_in(mad_document, ending->name);
    CU_ASSERT_PTR_NOT_NULL_FATAL(entry);
    bool not_graded_here = strcmp(result_text(entry, "status"), "not-graded") == 0;
    if (ending->by_strace && not_graded_here) {
        unit_skip("strace may not trace here");
        return;
    }
    if (ending->by_looking && !unit_may_look())
        return;
    if (not_graded_here && strstr(result_text(entry, "observed"), "valgrind") != NULL) {
        unit_skip("valgrind is not installed");
        return;
    }
    if (world.is_private && not_graded_here && strstr(result_text(entry, "observed"), "veth") != NULL) {
        unit_skip("this kernel has no veth");
        return;
    }
    const char *status = !world.is_private && ending->plain_status != NULL ? ending->plain_status : ending->status;
    if (strcmp(result_text(entry, "status"), status) != 0) {
        fail_test("%s, not %s\nobserved: %s", result_text(entry, "status"), status, result_text(entry, "observed"));
        return;
    }
    if (strcmp(status, ending->status) == 0) { /* the words are about that */
        assert_member(entry, "expected", ending->expected);
        if (strcmp(status, "failed") == 0 && !unit_may_look())
            return;
        assert_member(entry, "observed", ending->observed);
        assert_member(entry, "because", ending->because);
        assert_where(entry, ending);
    }
    assert_number(result_number(entry, "points"), strcmp(status, "passed") == 0);
}

/* One CPU for all, and more who spin: each gets little of it, and yet it does not pass for one who sleeps. */
static void who_spins_does_not_pass_on_a_busy_machine(void)
{
    cpu_set_t before;
    cpu_set_t one;
    CU_ASSERT_FATAL(sched_getaffinity(0, sizeof before, &before) == 0);
    CPU_ZERO(&one);
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, &before) && CPU_COUNT(&one) == 0)
            CPU_SET(cpu, &one);
    }
    if (!is_played())
        return;
    sched_setaffinity(0, sizeof one, &one);
    for (int i = 0; i < 12; i++)
        unit_child(spin_beside, NULL);
    json_t *again = played(&kit.lesson[0], "spins");
    sched_setaffinity(0, sizeof before, &before);
    const char *status = result_text(check_in(again, "spins"), "status");
    CU_ASSERT(strcmp(status, "failed") == 0 || strcmp(status, "fault") == 0);
    json_decref(again);
}

/* What was sent and said, without times and numbers of processes and ports. */
static const char *conversation(const json_t *result, const char *name)
{
    const char *words = "";
    size_t i;
    json_t *event;
    json_array_foreach (json_object_get(check_in(result, name), "wire"), i, event) {
        if (strcmp(result_text(event, "event"), "exit") == 0)
            continue; /* whether it has ended by now is its own affair */
        words = text("%s%s: %s %s\n", words, result_text(event, "from"), result_text(event, "event"),
                     result_text(event, "data"));
    }
    return words;
}

/* In plain mode another program may have a port meanwhile, and then the next is taken. */
static const char *with_any_port(const char *words)
{
    const char *any = "";
    for (size_t digits; *words != '\0'; words += digits > 0 ? digits : 1) {
        digits = strspn(words, "0123456789");
        any = digits >= 4 ? text("%sN", any) : text("%s%.*s", any, digits > 0 ? (int)digits : 1, words);
    }
    return any;
}

static void the_same_seed_is_the_same_conversation(void)
{
    if (!is_played())
        return;
    json_t *again = played(&kit.lesson[0], "hears_what_is_sent");
    CU_ASSERT_PTR_NOT_NULL_FATAL(again);
    assert_number(json_array_size(json_object_get(lesson_of(again), "checks")), 1);
    assert_text(result_text(again, "seed"), "91c2");
    const char *one = conversation(document, "hears_what_is_sent");
    const char *other = conversation(again, "hears_what_is_sent");
    assert_contains(other, "you: connect");
    assert_text(world.is_private ? other : with_any_port(other), world.is_private ? one : with_any_port(one));
    json_decref(again);
}

static bool has_ended(void *context)
{
    struct process process;
    return proc_process(*(const pid_t *)context, &process) == -1 || process.state == 'Z';
}

static void a_server_that_is_lost_is_made_anew(void)
{
    if (!is_played())
        return;
    if (!world.is_private) {
        unit_skip("in plain mode there is none");
        return;
    }
    pid_t lost = server_pid();
    pid_t inside;
    CU_ASSERT_FATAL(proc_children(lost, &inside, 1) == 1);
    kill(lost, SIGKILL);
    CU_ASSERT(eventually(has_ended, &inside));
    json_t *again = played(&kit.lesson[0], "hears_what_is_sent");
    CU_ASSERT_PTR_NOT_NULL_FATAL(again);
    assert_contains(conversation(again, "hears_what_is_sent"), "you: connect");
    CU_ASSERT(server_pid() != 0 && server_pid() != lost);
    json_decref(again);
}

static void the_record_shows_the_conversation(void)
{
    if (!is_played())
        return;
    const char *words = conversation(document, "hears_more_before_the_end");
    CU_ASSERT(holds(words, "server: listen *you: start actor connect *you: connect *you: data \"knock\\n*"));
}

static void the_score_is_what_passed(void)
{
    if (!is_played())
        return;
    int passed = 0;
    int graded = 0;
    size_t i;
    json_t *entry;
    json_array_foreach (json_object_get(lesson_of(document), "checks"), i, entry) {
        passed += strcmp(result_text(entry, "status"), "passed") == 0;
        graded += strcmp(result_text(entry, "status"), "not-graded") != 0;
    }
    assert_number(json_array_size(json_object_get(lesson_of(document), "checks")) +
                      json_array_size(json_object_get(lesson_of(mad_document), "checks")),
                  ending_count);
    assert_number(result_number(document, "score"), passed);
    assert_number(result_number(document, "max_score"), graded);
    assert_text(result_text(document, "mode"), world.is_private ? "private" : "plain");
    assert_text(result_text(lesson_of(document), "status"), "failed");
    assert_number(result_exit_status(document), 3); /* some were faults */
    assert_number(result_exit_status(mad_document), 1);
}

/* The janitor; and in private mode bubblewrap and the server. */
static bool so_many_processes_are_left(void *context)
{
    pid_t pids[64];
    return proc_descendants(getpid(), pids, 64) == *(const int *)context;
}

static void nothing_is_left_of_the_checks(void)
{
    if (!is_played())
        return;
    int count = world.is_private ? 3 : 1;
    CU_ASSERT(eventually(so_many_processes_are_left, &count)); /* a check's are gone a little after its first */
    server_end(false);
    count = 1;
    CU_ASSERT(so_many_processes_are_left(&count));
    const char *list = text("%s/left", unit_folder());
    if (system(text("find '%s'/check-* > '%s' 2>/dev/null", rundir(), list)) != 0)
        unit_write(list, ""); /* there is none */
    assert_text(unit_read(list), "");
}

/* Behind the plays; constructors run in the order of the file. */
__attribute__((constructor)) static void add_tests_of_all(void)
{
    static const CU_TestInfo others[] = {
        {"the same seed is the same conversation", the_same_seed_is_the_same_conversation},
        {"a server that is lost is made anew", a_server_that_is_lost_is_made_anew},
        {"who spins does not pass on a busy machine", who_spins_does_not_pass_on_a_busy_machine},
        {"the record shows the conversation", the_record_shows_the_conversation},
        {"the score is what passed", the_score_is_what_passed},
        {"nothing is left of the checks", nothing_is_left_of_the_checks},
    };
    memcpy(tests + ending_count, others, sizeof others);
}

CU_SuiteInfo plain_verbs_suite = {"verbs-plain", play_in_plain_mode, end_the_play, NULL, unit_tear_down, tests};
CU_SuiteInfo private_verbs_suite = {"verbs-private", play_in_private_worlds, end_the_play, NULL, unit_tear_down, tests};
