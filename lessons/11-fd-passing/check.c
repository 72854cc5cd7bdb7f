/* Lesson 11: passing an open file. The checks stand in the order in which they should turn green: the client, then the
   server. */
#include "check/check.h"

#define CLIENT "fd_client"
#define SERVER "fd_server"
#define SOCKET "door"
#define FOLDER "files"


enum { LONGEST_PATH = 107, LONGEST_NAME = 255, LONG_REASON = 200, LONGEST_ANSWER = 3000 };

/* ---- the client, with us as its server */

/* What is to be passed on: a file that is nowhere to be found any more. */
static int file_of_nobody(struct bytes content)
{
    static int count;
    const char *path = text("passed-%d", count++);
    there_is_a_file(path, content);
    int fd = descriptor_of(path);
    file_is_deleted(path);
    return fd;
}

static struct bytes some_lines(void)
{
    return bytes(text("%s\n%s\n", random_words(), random_words()));
}

static const char *some_name(void)
{
    return text("%s.txt", random_words());
}

/* A client that has asked for a file. */
struct asking {
    struct program *client;
    struct conn *conn;
    const char *name;
};

static struct asking asks_when_started(struct how how, const char *name)
{
    static struct listener *server;
    if (server == NULL)
        server = listens_at_path(SOCKET);
    struct program *client = runs_as(how, CLIENT, SOCKET, name);
    struct conn *conn = accepts(server);
    hears(conn, text("%s\n", name));
    return (struct asking){client, conn, name};
}

static struct asking asks_for(const char *name)
{
    return asks_when_started(AS_USUAL, name);
}

/* Reports a failure, and has printed nothing. */
static void gives_up(struct asking asking)
{
    prints(asking.client, "");
    complains(asking.client, text("%s|%s", asking.name, SOCKET));
    exits(asking.client, 1);
}

CHECK(client_usage, "fd_client refuses wrong arguments with a message and status 2", POINTS(1),
      BECAUSE("sun_path has 108 bytes, one of them for the NUL: measure the path before you copy it."))
{
    refuses(CLIENT);
    refuses(CLIENT, SOCKET);
    refuses(CLIENT, SOCKET, "a", "b");
    refuses(CLIENT, random_text(LONGEST_PATH + 1), "a");
    refuses(CLIENT, random_text(LONGEST_PATH + 2), "a");
    refuses(CLIENT, random_text((size_t)random_between(200, 5000)), "a");
}

CHECK(asks, "fd_client sends NAME and one newline, nothing else", POINTS(1),
      BECAUSE("NAME may be long: a buffer of a fixed size needs somebody who measures. You can send it without one, and the newline "
              "behind it."))
{
    /* what is wrong with a NAME is for the server to say */
    const char *names[] = {some_name(), "-n", "a/b", "", random_text(LONGEST_NAME), random_text(1000)};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct asking asking = asks_for(names[i]);
        hears_no_more_bytes(asking.conn);
        hangs_up(asking.conn);
        finishes(asking.client);
    }
}

CHECK(no_server, "fd_client reports a server that is not there: where, and why", POINTS(1), AFTER(client_usage),
      BECAUSE("A socket file that is not there and one at which nobody listens are two reasons: errno knows which."))
{
    struct program *client = runs(CLIENT, SOCKET, "a");
    prints(client, "");
    complains(client, SOCKET, "No such file or directory");
    exits(client, 1);
    there_is_a_dead_socket("dead");
    client = runs(CLIENT, "dead", "a");
    prints(client, "");
    complains(client, "dead", "Connection refused");
    exits(client, 1);
}

CHECK(prints_file, "fd_client prints the file whose descriptor it gets, and ends with status 0", POINTS(2), AFTER(asks),
      BECAUSE("The descriptor comes in a control message, for which recvmsg() needs a buffer of its own: read() and "
              "recv() drop it."))
{
    struct bytes content = some_lines();
    struct asking asking = asks_for(some_name());
    says_with(asking.conn, "ok\n", file_of_nobody(content));
    hangs_up(asking.conn);
    prints(asking.client, content);
    exits(asking.client, 0);
}

CHECK(any_content, "fd_client prints every byte of a file, whatever is in it, or says that it can't", POINTS(1), AFTER(prints_file),
      BECAUSE("A file may be empty, hold NULs, have no newline at its end, and be larger than any buffer. write() may write less "
              "than it was given, or fail, and read() may fail, too: look at what they return."))
{
    struct bytes contents[] = {literal("\0\n\0%s\xff"), bytes(""), random_bytes((size_t)random_between(2 << 20, 3 << 20))};
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        struct asking asking = asks_for(some_name());
        says_with(asking.conn, "ok\n", file_of_nobody(contents[i]));
        hangs_up(asking.conn);
        prints(asking.client, contents[i]);
        exits(asking.client, 0);
    }

    struct asking slow = asks_when_started((struct how){.output_waits = true}, some_name());
    says_with(slow.conn, "ok\n", file_of_nobody(contents[2]));
    hangs_up(slow.conn);
    is_stopped_and_continued(slow.client); /* in the middle of a write() */
    output_is_read(slow.client);
    prints(slow.client, contents[2]);
    exits(slow.client, 0);

    struct asking full = asks_when_started((struct how){.output_full = true}, some_name());
    says_with(full.conn, "ok\n", file_of_nobody(some_lines()));
    hangs_up(full.conn);
    complains(full.client);
    exits(full.client, 1);

    there_is_a_folder(FOLDER); /* which read() refuses */
    struct asking unreadable = asks_for(some_name());
    says_with(unreadable.conn, "ok\n", descriptor_of(FOLDER));
    hangs_up(unreadable.conn);
    prints(unreadable.client, "");
    complains(unreadable.client);
    exits(unreadable.client, 1);
}

CHECK(answer_in_pieces, "fd_client takes an answer that arrives in pieces", POINTS(1), AFTER(prints_file),
      BECAUSE("It is a stream: one recvmsg() brings what has come so far. The descriptor came with the first byte; keep it "
              "until the newline has come, too."))
{
    struct bytes content = some_lines();
    struct asking asking = asks_for(some_name());
    says_with(asking.conn, "o", file_of_nobody(content));
    says_when_taken(asking.conn, "k");
    says_when_taken(asking.conn, "\n");
    hangs_up(asking.conn);
    prints(asking.client, content);
    exits(asking.client, 0);
}

CHECK(refused, "fd_client takes the server's error for a failure, and says why", POINTS(1), AFTER(asks),
      BECAUSE("The answer is ok when the whole line is `ok`, and an error when it begins with `error `. REASON is any text, longer "
              "than you think, too: look at the end of your buffer before you write behind it."))
{
    const char *name = some_name();
    const char *reason = text("%s is not ok", random_words());
    struct asking asking = asks_for(name);
    says(asking.conn, text("error %s\n", reason));
    hangs_up(asking.conn);
    prints(asking.client, "");
    complains(asking.client, text("%s|%s", name, SOCKET), reason);
    exits(asking.client, 1);

    asking = asks_for(some_name());
    says(asking.conn, "err");
    says_when_taken(asking.conn, text("or %s", reason));
    says_when_taken(asking.conn, "\n");
    hangs_up(asking.conn);
    gives_up(asking);

    asking = asks_for(name);
    reason = text("%0*ld", LONG_REASON, random_between(1, 1000000));
    says(asking.conn, text("error %s\n", reason));
    hangs_up(asking.conn);
    complains(asking.client, reason);
    exits(asking.client, 1);

    asking = asks_for(some_name());
    says(asking.conn, text("error %s\n", random_text(LONGEST_ANSWER))); /* it may be too long to be told */
    hangs_up(asking.conn);
    gives_up(asking);
}

CHECK(no_descriptor, "fd_client takes an ok without a descriptor for a failure", POINTS(1), AFTER(prints_file),
      BECAUSE("Look whether there is a control message at all, and whether it is SCM_RIGHTS, before you take a descriptor "
              "out of it."))
{
    struct asking asking = asks_for(some_name());
    says(asking.conn, "ok\n");
    hangs_up(asking.conn);
    gives_up(asking);
}

CHECK(one_descriptor, "fd_client takes an ok with two descriptors, or more, for a failure", POINTS(2), AFTER(no_descriptor),
      BECAUSE("cmsg_len says how many came. CMSG_SPACE(sizeof(int)) is rounded up, and has room for two on most machines; "
              "of what has no room, msg_flags tells (MSG_CTRUNC). Each piece of the answer may bring one: count them all."))
{
    int file = file_of_nobody(some_lines());
    struct asking asking = asks_for(some_name());
    says_with(asking.conn, "ok\n", file, file_of_nobody(some_lines()));
    hangs_up(asking.conn);
    gives_up(asking);
    asking = asks_for(some_name());
    says_with(asking.conn, "ok\n", file, file, file);
    hangs_up(asking.conn);
    gives_up(asking);
    asking = asks_for(some_name());
    says_with(asking.conn, "ok\n", file, file, file, file, file, file, file, file, file, file, file, file, file, file, file,
              file);
    hangs_up(asking.conn);
    gives_up(asking);
    asking = asks_for(some_name());
    says_with(asking.conn, "o", file);
    says_with(asking.conn, "k\n", file);
    hangs_up(asking.conn);
    gives_up(asking);
}

CHECK(error_decides, "fd_client takes an error with a descriptor for a failure", POINTS(1), AFTER(refused, prints_file),
      BECAUSE("The line says what happened. A descriptor that comes with an error was not asked for."))
{
    struct asking asking = asks_for(some_name());
    says_with(asking.conn, text("error %s is not ok\n", random_words()), file_of_nobody(some_lines()));
    hangs_up(asking.conn);
    gives_up(asking);
}

CHECK(no_answer, "fd_client takes the end of the connection for a failure when no whole answer has come", POINTS(1),
      AFTER(refused), BECAUSE("recvmsg() returns 0 at the end: what has not come by then never will. An answer without its newline "
                              "is none."))
{
    struct asking asking = asks_for(some_name());
    hangs_up(asking.conn);
    gives_up(asking);
    asking = asks_for(some_name());
    says_with(asking.conn, "ok", file_of_nobody(some_lines()));
    hangs_up(asking.conn);
    gives_up(asking);
}

CHECK(client_waits, "fd_client uses no CPU while it waits, and loses nothing when stopped and continued", POINTS(1),
      AFTER(prints_file))
{
    struct bytes content = some_lines();
    struct asking asking = asks_for(some_name());
    uses_no_cpu(asking.client);
    is_stopped_and_continued(asking.client);
    says_with(asking.conn, "ok\n", file_of_nobody(content));
    hangs_up(asking.conn);
    prints(asking.client, content);
    exits(asking.client, 0);
}

/* ---- the server, with us as its clients */

/* A server that is ready, with an empty folder. */
static struct program *serves(void)
{
    there_is_a_folder(FOLDER);
    struct program *server = runs(SERVER, SOCKET, FOLDER);
    is_listening_at_path(server, SOCKET);
    return server;
}

static const char *in_folder(const char *name)
{
    return text(FOLDER "/%s", name);
}

static const char *new_file(void)
{
    static int count;
    const char *name = text("%s-%d", random_words(), count++);
    there_is_a_file(in_folder(name), some_lines());
    return name;
}

static void is_handed(struct conn *client, const char *name)
{
    hears(client, "ok\n");
    one_descriptor_came(client);
    descriptor_leads_to(client, in_folder(name));
}

static struct conn *asks_server_at(const char *socket, struct bytes question)
{
    struct conn *client = connects_to_path(socket);
    says(client, question);
    return client;
}

static struct conn *asks_server(struct bytes question)
{
    return asks_server_at(SOCKET, question);
}

#define asks_server_for(name) asks_server(join((name), "\n"))

static void is_served(void)
{
    const char *name = new_file();
    struct conn *client = asks_server_for(name);
    is_handed(client, name);
    hangs_up(client);
}

static void is_refused(struct conn *client)
{
    hears_line_that_begins(client, "error ");
    is_closed(client);
    no_descriptor_came(client);
}

CHECK(server_usage, "fd_server refuses wrong arguments with a message and status 2", POINTS(1),
      BECAUSE("sun_path has 108 bytes, one of them for the NUL: measure the path before you copy it."))
{
    there_is_a_folder(FOLDER);
    refuses(SERVER);
    refuses(SERVER, SOCKET);
    refuses(SERVER, SOCKET, FOLDER, "more");
    refuses(SERVER, random_text(LONGEST_PATH + 1), FOLDER);
    refuses(SERVER, random_text(LONGEST_PATH + 2), FOLDER);
    refuses(SERVER, random_text((size_t)random_between(200, 5000)), FOLDER);
}

CHECK(hands_over, "fd_server answers ok, with the open descriptor of the file", POINTS(2))
{
    serves();
    const char *name = new_file();
    struct conn *client = asks_server_for(name);
    is_handed(client, name);
}

CHECK(closes, "fd_server closes the connection when it has answered", POINTS(1), AFTER(hands_over))
{
    serves();
    struct conn *client = asks_server_for(new_file());
    hears(client, "ok\n");
    hears_end(client);
}

CHECK(read_only, "fd_server hands over a descriptor that is for reading alone", POINTS(1), AFTER(hands_over),
      BECAUSE("Who has a descriptor may do what it was opened for, whatever the file's mode says."))
{
    serves();
    const char *name = some_name();
    there_is_a_file(in_folder(name), some_lines());
    struct conn *client = asks_server_for(name);
    hears(client, "ok\n");
    descriptor_is_read_only(client);
}

CHECK(serves_again, "fd_server serves the next client when one has gone", POINTS(1), AFTER(hands_over),
      BECAUSE("A server never ends by itself: accept() belongs in a loop."))
{
    serves();
    for (int i = 0; i < 4; i++)
        is_served();
    const char *name = new_file();
    struct conn *client = asks_server_for(name);
    half_closes(client);
    is_handed(client, name);
}

CHECK(whole_file, "fd_server opens the file anew for each client, at its start", POINTS(1), AFTER(serves_again),
      BECAUSE("The place in a file goes along with its descriptor, as after dup(): whoever reads or seeks moves it for all. Each "
              "client needs an open() of its own, in which nobody has moved yet. (One that is empty is a file, too.)"))
{
    serves();
    struct bytes content = some_lines();
    const char *name = some_name();
    there_is_a_file(in_folder(name), content);
    for (int i = 0; i < 3; i++) {
        struct conn *client = asks_server_for(name);
        is_handed(client, name);
        descriptor_reads(client, content);
    }
    there_is_a_file(FOLDER "/empty", "");
    struct conn *client = asks_server_for("empty");
    is_handed(client, "empty");
    descriptor_reads(client, "");
}

CHECK(not_there, "fd_server answers error and a reason for a file that it can't open", POINTS(1), AFTER(serves_again, closes),
      BECAUSE("If REASON tells NAME, too: it may have 255 bytes, and be no format for printf(). The answer ends in its newline."))
{
    serves();
    is_refused(asks_server_for(some_name()));
    is_refused(asks_server_for("%n%s%n%s%n%s%n%s"));
    is_refused(asks_server_for(text("%0*d", LONGEST_NAME, 1)));
    there_is_a_secret_file(FOLDER "/secret");
    is_refused(asks_server_for("secret"));
    is_served();
}

CHECK(no_path, "fd_server refuses a NAME that leads out of DIRECTORY", POINTS(1), AFTER(not_there),
      BECAUSE("A NAME is a name, no path: nothing with a / in it, nor . or .., may reach open()."))
{
    serves();
    there_is_a_file("outside", "x");
    there_is_a_folder(FOLDER "/inner");
    there_is_a_file(FOLDER "/inner/file", "x");
    there_is_a_file(FOLDER "/file", "x");
    is_refused(asks_server_for("../outside"));
    is_refused(asks_server_for("inner/file"));
    is_refused(asks_server_for("./file"));
    is_refused(asks_server_for("/file"));
    is_refused(asks_server_for("file/"));
    is_refused(asks_server_for("/etc/passwd"));
    is_refused(asks_server_for(".."));
    is_refused(asks_server_for("."));
    is_served();
}

CHECK(bad_names, "fd_server refuses a NAME that is empty or has a NUL in it", POINTS(1), AFTER(not_there),
      BECAUSE("A NUL ends a C string, and so does the name for open(): `file` and NUL would open `file`. Look at all the bytes "
              "before the newline."))
{
    serves();
    there_is_a_file(FOLDER "/file", "x");
    is_refused(asks_server_for(""));
    is_refused(asks_server_for(literal("file\0")));
    is_refused(asks_server_for(literal("file\0.txt")));
    is_refused(asks_server_for(literal("\0file")));
    is_served();
}

CHECK(too_long, "fd_server refuses a NAME of more than 255 bytes, and takes one of 255", POINTS(1), AFTER(not_there),
      BECAUSE("255 bytes and a newline need room for 256. A name that has filled it without a newline is too long. (A path that is "
              "put together needs more: DIRECTORY may be long, too.)"))
{
    serves();
    const char *name = text("%0*d", LONGEST_NAME, (int)random_between(1, 1000000));
    there_is_a_file(in_folder(name), some_lines());
    struct conn *client = asks_server_for(name);
    is_handed(client, name);
    is_refused(asks_server_for(text("%s0", name)));
    is_refused(asks_server_for(text("%s01", name)));
    is_refused(asks_server_for(text("%s%s", name, name)));
    is_refused(asks_server_for(repeated('x', (size_t)random_between(5000, 6000))));
    is_served();
    const char *upper = text("%0*d", 200, 1);
    const char *folder = text("%s/%s", upper, upper);
    there_is_a_folder(upper);
    there_is_a_folder(folder);
    there_is_a_file(text("%s/%s", folder, name), some_lines());
    is_listening_at_path(runs(SERVER, "other", folder), "other");
    client = asks_server_at("other", join(name, "\n"));
    hears(client, "ok\n");
    one_descriptor_came(client);
    descriptor_leads_to(client, text("%s/%s", folder, name));
}

CHECK(odd_names, "fd_server takes any other NAME, with whatever bytes", POINTS(1), AFTER(serves_again),
      BECAUSE("Only what is not allowed is refused: a dot at the start, a space, a % or a byte that is no ASCII are part "
              "of a name."))
{
    static const char *const names[] = {"..file", "...", ".hidden", "a..b", " a  b ", "-n", "%s%n", "error", "ok", "caf\303\251",
                                        "\x80\xff", "a\\b", "*", "a\tb", "a\r", "\r", "\001",
                                        "\177", "a\v "};
    serves();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        there_is_a_file(in_folder(names[i]), some_lines());
        struct conn *client = asks_server_for(names[i]);
        is_handed(client, names[i]);
    }
}

CHECK(regular_files, "fd_server refuses what is no regular file: a directory, a pipe, a socket, a device", POINTS(1),
      AFTER(not_there),
      BECAUSE("fstat() of what you have opened says what it is. To open a named pipe waits for somebody who writes into it, "
              "unless O_NONBLOCK is set."))
{
    serves();
    there_is_a_folder(FOLDER "/folder");
    is_refused(asks_server_for("folder"));
    there_is_a_dead_socket(FOLDER "/socket");
    is_refused(asks_server_for("socket"));
    there_is_a_fifo(FOLDER "/pipe");
    is_refused(asks_server_for("pipe"));
    is_served();
    is_listening_at_path(runs(SERVER, "other", "/dev"), "other");
    is_refused(asks_server_at("other", bytes("null\n")));
}

CHECK(no_links, "fd_server refuses a symbolic link", POINTS(1), AFTER(not_there),
      BECAUSE("open() follows a link, to wherever it leads, and fstat() then sees the file: O_NOFOLLOW."))
{
    serves();
    there_is_a_file(FOLDER "/file", "x");
    there_is_a_file("outside", "x");
    there_is_a_link(FOLDER "/to-file", "file");
    there_is_a_link(FOLDER "/to-outside", "../outside");
    there_is_a_link(FOLDER "/to-nothing", "nothing");
    is_refused(asks_server_for("to-file"));
    is_refused(asks_server_for("to-outside"));
    is_refused(asks_server_for("to-nothing"));
    is_served();
    there_is_a_link("elsewhere", FOLDER); /* DIRECTORY may be one: what is refused is a NAME */
    is_listening_at_path(runs(SERVER, "other", "elsewhere"), "other");
    is_handed(asks_server_at("other", bytes("file\n")), "file");
}

CHECK(name_in_pieces, "fd_server puts a NAME together that arrives in pieces", POINTS(1), AFTER(serves_again),
      BECAUSE("It is a stream: one read() brings what has come so far. Keep it until the newline comes."))
{
    serves();
    const char *name = new_file();
    struct conn *client = connects_to_path(SOCKET);
    says(client, part(bytes(name), 0, 2));
    says_when_taken(client, part(bytes(name), 2, 1));
    says_when_taken(client, part(bytes(name), 3, LONGEST_NAME));
    says_when_taken(client, "\n");
    is_handed(client, name);
}

CHECK(unfinished, "fd_server hands over nothing to a client that closes before its newline", POINTS(1),
      AFTER(name_in_pieces), BECAUSE("End-of-file is not the end of a NAME: what has no newline is none."))
{
    serves();
    const char *name = new_file();
    struct conn *client = connects_to_path(SOCKET);
    says(client, name);
    is_taken(client);
    half_closes(client);
    is_closed(client);
    no_descriptor_came(client);
    hangs_up(asks_server(bytes(name)));
    hangs_up(connects_to_path(SOCKET));
    is_served();
}

/* Silent clients come until the server has no descriptor for the next, and leave. (A process for each takes them all.) */
static void survives_a_crowd(struct program *server, const char *socket)
{
    enum { CROWD = 20 };
    struct conn *silent[CROWD];
    int count = 0;
    do {
        silent[count] = connects_to_path(socket);
        comes_to_rest(server);
    } while (!has_been_closed(silent[count++]) && count < CROWD); /* or not yet accepted */
    while (count > 0)
        hangs_up(silent[--count]);
    comes_to_rest(server);
    const char *name = new_file();
    is_handed(asks_server_at(socket, join(name, "\n")), name);
}

CHECK(silent_clients, "fd_server keeps nobody waiting for clients that are silent", POINTS(2), AFTER(serves_again),
      BECAUSE("It waits in a read() for one client, and cannot see the others. poll() waits for all of them; a process for "
              "each client does, too. And that accept() fails for want of a descriptor (EMFILE) is no reason to end: somebody may "
              "go."))
{
    enum { SILENT = 80 };
    serves();
    struct conn *silent[SILENT];
    for (int i = 0; i < SILENT; i++)
        silent[i] = connects_to_path(SOCKET);
    is_served();
    const char *name = new_file();
    says(silent[0], name);
    is_taken(silent[0]);
    is_served();
    struct conn *other = silent[SILENT / 2];
    const char *other_name = new_file();
    says(other, text("%s\n", other_name));
    is_handed(other, other_name);
    says(silent[0], "\n");
    is_handed(silent[0], name);
    struct program *poor = runs_as((struct how){.descriptors = 16}, SERVER, "other", FOLDER);
    is_listening_at_path(poor, "other");
    survives_a_crowd(poor, "other");
}

CHECK(vanishing_client, "fd_server survives clients that are gone before the answer", POINTS(1), AFTER(serves_again, not_there),
      BECAUSE("A write to a connection that is closed raises SIGPIPE, which ends the program, unless it is ignored or "
              "MSG_NOSIGNAL is set."))
{
    struct program *server = serves();
    const char *name = new_file();
    is_served();
    for (int i = 0; i < 3; i++) {
        is_stopped(server);
        hangs_up(asks_server_for(name)); /* two: its queue may be short */
        hangs_up(asks_server_for("nothing"));
        is_continued(server);
        is_served();
    }
    is_served();
}

CHECK(descriptors, "fd_server keeps no descriptor past its use", POINTS(2),
      AFTER(regular_files, vanishing_client, replaces_dead),
      BECAUSE("A message that carries a descriptor carries a copy. Yours is still open: close it when it is sent, and the "
              "connection, too. (And the socket with which you have asked a dead server's.)"))
{
    struct program *server = serves();
    int at_first = descriptors_of(server);
    is_served();
    int before = descriptors_of(server);
    for (int i = 0; i < 5; i++) {
        is_served();
        hangs_up(asks_server_for("nothing"));
        hangs_up(connects_to_path(SOCKET));
        struct conn *generous = connects_to_path(SOCKET);
        says_with(generous, text("%s\n", new_file()), file_of_nobody(some_lines()));
        is_closed(generous);
    }
    there_is_a_folder(FOLDER "/folder");
    is_refused(asks_server_for("folder"));
    has_no_more_descriptors(server, before);
    is_killed(server);
    server = runs(SERVER, SOCKET, FOLDER); /* it asks the dead one's socket whether anybody is there */
    is_listening_at_path(server, SOCKET);
    has_no_more_descriptors(server, at_first);
}

CHECK(terminates, "fd_server ends at SIGTERM and at SIGINT with status 0, and has printed nothing", POINTS(1), AFTER(not_there),
      BECAUSE("Both signals are to be caught, or blocked and waited for. A process that serves a silent client has to end, "
              "too. And stdout is not for messages: what a server logs goes to stderr."))
{
    struct program *server = serves();
    is_served();
    is_refused(asks_server_for("nothing"));
    connects_to_path(SOCKET); /* and is silent */
    comes_to_rest(server);
    is_sent(server, SIGTERM);
    exits_within(server, 1, 0);
    prints(server, "");
    server = runs(SERVER, "other", FOLDER);
    is_listening_at_path(server, "other");
    is_sent(server, SIGINT);
    exits_within(server, 1, 0);
}

CHECK(removes_socket, "fd_server removes its socket file when it ends", POINTS(1), AFTER(terminates),
      BECAUSE("The kernel closes what is open, but a socket's file stays until somebody removes it: unlink()."))
{
    struct program *server = serves();
    is_served();
    is_sent(server, SIGTERM);
    exits(server, 0);
    has_no_file(server, SOCKET);
    server = runs(SERVER, SOCKET, FOLDER);
    is_listening_at_path(server, SOCKET);
    is_sent(server, SIGINT);
    exits(server, 0);
    has_no_file(server, SOCKET);
}

CHECK(replaces_dead, "fd_server replaces the socket file of a server that has died", POINTS(1), AFTER(serves_again),
      BECAUSE("bind() makes the file, and fails if one is there, be it dead. connect() says whether anybody listens there "
              "(ECONNREFUSED: nobody); then it may be unlinked."))
{
    struct program *server = serves();
    is_served();
    is_killed(server);
    server = runs(SERVER, SOCKET, FOLDER);
    is_listening_at_path(server, SOCKET);
    is_served();
}

/* Fails, and says which socket it is about. */
static void cannot_listen(struct program *server, const char *path)
{
    prints(server, "");
    complains(server, path);
    exits(server, 1);
}

CHECK(spares_live, "fd_server leaves a live server's socket alone, and reports it", POINTS(2), AFTER(serves_again),
      BECAUSE("A socket file that is there may be somebody's: who unlinks it before bind() leaves a server that nobody can "
              "reach. Is anybody there? Try to connect: ECONNREFUSED says that nobody is, any other error does not (EAGAIN: the "
              "server's queue is full)."))
{
    struct program *server = serves();
    is_served();
    cannot_listen(runs(SERVER, SOCKET, FOLDER), SOCKET);
    is_served();
    cannot_listen(runs(SERVER, SOCKET, FOLDER), SOCKET);
    is_served();
    is_stopped(server);
    queue_is_filled(SOCKET);
    struct program *second = runs(SERVER, SOCKET, FOLDER);
    comes_to_rest(second);
    if (!second->ended)
        is_continued(server); /* who wants to connect may wait until there is room */
    cannot_listen(second, SOCKET);
}

CHECK(spares_files, "fd_server leaves a file alone that is not a socket, and reports it", POINTS(1), AFTER(spares_live),
      BECAUSE("connect() says ECONNREFUSED of any file that is no socket: lstat() tells what it is."))
{
    there_is_a_folder(FOLDER);
    const char *words = random_words();
    there_is_a_file("notes", words);
    struct program *server = runs(SERVER, "notes", FOLDER);
    cannot_listen(server, "notes");
    file_is(server, "notes", words);
    there_is_a_file("empty", "");
    server = runs(SERVER, "empty", FOLDER);
    cannot_listen(server, "empty");
    file_is(server, "empty", "");
    cannot_listen(runs(SERVER, FOLDER, FOLDER), FOLDER);
}

CHECK(cannot_bind, "fd_server reports a SOCKET that can't be made, or a DIRECTORY that it can't open: which, and why", POINTS(1),
      AFTER(spares_live))
{
    there_is_a_folder(FOLDER);
    struct program *server = runs(SERVER, "nowhere/door", FOLDER);
    prints(server, "");
    complains(server, "nowhere", "No such file or directory");
    exits(server, 1);
    server = runs(SERVER, SOCKET, "missing");
    comes_to_rest(server);
    if (server->ended) { /* it need not look before somebody asks for a file */
        prints(server, "");
        complains(server, "missing", "No such file or directory");
        exits(server, 1);
    }
}

CHECK(longest_path, "both programs take a SOCKET of 107 bytes", POINTS(1), AFTER(prints_file, name_in_pieces, whole_file),
      BECAUSE("sun_path has 108 bytes, one of them for the NUL. Set the whole structure to zero first."))
{
    there_is_a_folder(FOLDER);
    there_is_a_folder("d");
    const char *path = text("d/%0*ld", LONGEST_PATH - 2, random_between(1, 1000000));
    is_listening_at_path(runs(SERVER, path, FOLDER), path);
    struct bytes content = some_lines();
    there_is_a_file(in_folder("note"), content);
    struct program *client = runs(CLIENT, path, "note");
    prints(client, content);
    exits(client, 0);
}

CHECK(server_waits, "fd_server uses no CPU while it waits", POINTS(1), AFTER(silent_clients))
{
    struct program *server = serves();
    uses_no_cpu(server);
    struct conn *silent = connects_to_path(SOCKET);
    is_served();
    uses_no_cpu(server);
    says(silent, "part");
    is_taken(silent);
    uses_no_cpu(server);
    hangs_up(silent);
    uses_no_cpu(server);
}

static void works_when_started(struct how how, const char *socket)
{
    struct program *server = runs_as(how, SERVER, socket, FOLDER);
    is_listening_at_path(server, socket);
    struct conn *silent = connects_to_path(socket);
    struct conn *refused = connects_to_path(socket);
    says(refused, "nothing\n");
    is_refused(refused);
    hangs_up(silent);
    const char *name = new_file();
    struct conn *client = connects_to_path(socket);
    says(client, text("%s\n", name));
    is_handed(client, name);
    is_sent(server, SIGTERM);
    exits_within(server, 1, 0);
    has_no_file(server, socket);
}

CHECK(odd_start, "both programs keep their contract however they were started", POINTS(1),
      AFTER(silent_clients, removes_socket, prints_file, refused, not_there),
      BECAUSE("Signals that were ignored or blocked stay so through exec: set what you need. And a socket that gets the number "
              "2 is sent every message."))
{
    there_is_a_folder(FOLDER);
    works_when_started((struct how){.closed = {true, true, true}}, "a");
    works_when_started((struct how){.closed = {true, false, true}}, "b");
    works_when_started((struct how){.signals_ignored = true, .extra_descriptors = true}, "c");
    works_when_started((struct how){.signals_blocked = true}, "d");

    struct bytes content = some_lines();
    struct listener *server = listens_at_path(SOCKET);
    static const struct how hows[] = {{.closed = {true, false, true}}, {.signals_ignored = true}, {.signals_blocked = true}};
    for (size_t i = 0; i < sizeof hows / sizeof *hows; i++) {
        struct program *client = runs_as(hows[i], CLIENT, SOCKET, "a");
        struct conn *conn = accepts(server);
        hears(conn, "a\n");
        says_with(conn, "ok\n", file_of_nobody(content));
        hangs_up(conn);
        prints(client, content);
        exits(client, 0);
    }
    struct program *client = runs_as(((struct how){.closed = {false, false, true}}), CLIENT, SOCKET, "a");
    struct conn *conn = accepts(server);
    hears(conn, "a\n");
    says(conn, "error no\n");
    half_closes(conn);
    hears_end(conn); /* of the message, which has no stderr to go to, it hears nothing */
    exits(client, 1);
}

CHECK(client_memory, "fd_client makes no memory error and leaks nothing", POINTS(1), AFTER(one_descriptor, refused),
      UNDER_MEMCHECK)
{
    struct bytes content = some_lines();
    struct asking asking = asks_for(some_name());
    says_with(asking.conn, "ok\n", file_of_nobody(content));
    hangs_up(asking.conn);
    prints(asking.client, content);
    exits(asking.client, 0);
    asking = asks_for(some_name());
    says_with(asking.conn, "ok\n", file_of_nobody(content), file_of_nobody(content));
    hangs_up(asking.conn);
    gives_up(asking);
    asking = asks_for(some_name());
    says(asking.conn, text("error %s\n", random_words()));
    hangs_up(asking.conn);
    gives_up(asking);
}

CHECK(server_memory, "fd_server makes no memory error and leaks nothing", POINTS(1),
      AFTER(too_long, bad_names, terminates, silent_clients), UNDER_MEMCHECK)
{
    struct program *server = serves();
    struct conn *silent[20];
    for (int i = 0; i < 20; i++)
        silent[i] = connects_to_path(SOCKET);
    is_served();
    says(silent[1], "part");
    hangs_up(silent[2]);
    is_refused(asks_server_for("nothing"));
    is_refused(asks_server_for(repeated('x', 300)));
    is_refused(asks_server_for(literal("a\0b")));
    there_is_a_folder(FOLDER "/folder");
    for (int i = 0; i < 4; i++)
        is_refused(asks_server_for("folder"));
    for (int i = 3; i < 20; i++)
        hangs_up(silent[i]);
    hangs_up(silent[1]);
    hangs_up(silent[0]);
    comes_to_rest(server);
    is_sent(server, SIGTERM);
    exits(server, 0);
}
