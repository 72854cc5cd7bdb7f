/**
 * @file
 * The language that a check is written in: a check reads as the conversation that it grades.
 *
 *     CHECK(answer_in_pieces, "prints an answer that arrives in pieces", POINTS(2))
 *     {
 *         struct listener *server = listens(ANY_PORT);
 *         struct program *client = runs("tcp_client", "127.0.0.1", port_of(server), "knock knock");
 *         struct conn *conn = accepts(server);
 *         hears(conn, "knock knock\n");
 *         says(conn, "who's ");
 *         says_when_taken(conn, "there?\n");
 *         hangs_up(conn);
 *         prints(client, "who's there?\n");
 *         exits(client, 0);
 *     }
 *
 * Every verb records its step, waits for its event, and ends the check at once when the event can't come any more:
 * the program has ended, or is stuck, or a deadline has passed. A verb whose subject is the program (prints, exits)
 * fails the check if the program does otherwise; one whose subject is a peer (says, hangs_up) just does what it says.
 * What a verb takes as bytes may be a C string or a `struct bytes`.
 *
 * Everything that a verb returns belongs to the check and is gone when it ends; nothing is to be closed or freed.
 */
#pragma once

#include <signal.h>

#include "check/bytes.h"
#include "check/clock.h"
#include "check/lines.h"
#include "check/program.h"
#include "check/registry.h"

struct listener;
struct conn;
struct station;
struct request;
struct caller;
struct transfer;
struct member;
struct crowd;

/* Programs. */

/** Starts a program of the lesson: runs("tcp_client", "127.0.0.1", …). */
#define runs(...) program_runs(AS_USUAL, (const char *const[]){__VA_ARGS__, NULL})
/** Starts it otherwise than usual: runs_as((struct how){.signals_blocked = true}, "tcp_client", …). */
#define runs_as(how, ...) program_runs((how), (const char *const[]){__VA_ARGS__, NULL})

/** Ends with @p status, and no process of its is left. */
void exits(struct program *program, int status);
/** Ends with @p status within @p seconds from now (judged with room for a busy machine). */
void exits_within(struct program *program, double seconds, int status);
/** When nothing moves any more, its first process has not ended. */
void runs_on(struct program *program);
/** When nothing moves any more, it has not ended with the skeleton's message that a step is still to do. */
void is_past_the_skeleton(struct program *program);
/** Ends, with whatever status. */
void finishes(struct program *program);
/** When it has ended, its stdout is exactly that. */
#define prints(program, what) program_prints((program), bytes(what))
void program_prints(struct program *program, struct bytes expected);
/** Its stdout is that so far, before it ends. */
#define prints_at_once(program, what) program_prints_at_once((program), bytes(what))
void program_prints_at_once(struct program *program, struct bytes expected);
/** From here on its stdout is read: it was started with `how.output_waits`. */
void output_is_read(struct program *program);
/** When it has ended, its stdout has exactly these lines, in any order: see lines.h for how they are written. */
#define prints_lines(program, ...) program_prints_lines((program), (const struct line[]){__VA_ARGS__, {0}})
void program_prints_lines(struct program *program, const struct line *lines);
/** Says on stderr a message that holds each of the words (or just any, if there are none), upper or lower case alike;
 *  "A|B" is one of two. */
#define complains(program, ...) program_complains((program), (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})
void program_complains(struct program *program, const char *const *words);
/** Started with these arguments, says why on stderr, prints nothing and ends with status 2. */
#define refuses(...) program_refuses((const char *const[]){__VA_ARGS__, NULL})
void program_refuses(const char *const *args);

/** The same, with status 1 or 2: the contract leaves it open whether that is an argument that is wrong or one that leads
 *  nowhere. */
#define rejects(...) program_rejects((const char *const[]){__VA_ARGS__, NULL})
void program_rejects(const char *const *args);

/** Refuses these arguments before it makes any internet socket; not graded where strace may not trace. */
#define refuses_without_socket(...) program_refuses_without_socket((const char *const[]){__VA_ARGS__, NULL})
void program_refuses_without_socket(const char *const *args);

/** Is sent a signal: the program's first process alone. */
void is_sent(struct program *program, int sig);
/** Is ended on the spot, with all its processes (SIGKILL), and has closed nothing itself. */
void is_killed(struct program *program);
/** Is stopped as soon as it sleeps in a system call, then continued, with all its processes. */
void is_stopped_and_continued(struct program *program);
/** Waits until nothing moves any more: every process sleeps, or a second has passed. */
void comes_to_rest(struct program *program);
/** Sleeps, with all its processes; one that wakes up now and then may use a tenth of a CPU, and no thread wakes up more than
 *  fifty times a second. */
void uses_no_cpu(struct program *program);
/** Has ended, and used no CPU while it waited: a tenth of its life is allowed. For one that soon ends. */
void used_no_cpu(struct program *program);
/** Gets bytes on its stdin, which must have been asked for with `how.input`, as fast as it takes them, while the check
 *  goes on. */
#define is_typed(program, what) program_is_typed((program), bytes(what))
void program_is_typed(struct program *program, struct bytes what);
/** Gets them when it has read all that was typed before, and sleeps. */
#define is_typed_when_read(program, what) program_is_typed_when_read((program), bytes(what))
void program_is_typed_when_read(struct program *program, struct bytes what);
/** Gets end-of-file on its stdin, behind all that was typed. */
void input_ends(struct program *program);

/* Processes. */

/** When nothing moves any more, and within a second, no child that has ended is left unreaped. */
void has_no_zombies(struct program *program);
/** Each open connection is held by a process of its own, none of which is the program's first. */
void serves_each_in_its_own_process(struct program *server);
/** Who holds the listener of TCP @p port holds no connection, and nobody holds two. */
void shares_no_descriptors(int port);
/** It is one process with one thread. */
void is_one_thread(struct program *program);
/** How many descriptors it has, all its processes together, when nothing moves any more. */
int descriptors_of(struct program *program);
/** It has no more than @p count, within a second. */
void has_no_more_descriptors(struct program *program, int count);
/** How much memory it has in use, all its processes together, in bytes, when nothing moves any more. */
size_t memory_of(struct program *program);
/** It uses at most @p more bytes than the @p before that memory_of() has found. */
void has_no_more_memory(struct program *program, size_t before, size_t more);
/** Its first process alone is stopped (SIGSTOP), until is_continued(). */
void is_stopped(struct program *program);
/** Continues it, once everything else has come to rest. */
void is_continued(struct program *program);
/** Its first process has @p count children that live, the same ones for a while, within @p seconds (judged with room for a
 *  busy machine); never more. Whatever they have started themselves counts, too. */
void has_children(struct program *program, int count, double seconds);
/** Process @p pid is one of the program's, not its first, and holds the program's end of @p conn. */
void is_served_by(const struct conn *conn, long pid);
/** The program's first process holds none of our connections, until nothing can change any more, or for a while. */
void serves_nobody_itself(struct program *program);
/** Process @p pid, one of the program's but not its first, is sent a signal; waits until it is dead if that is SIGKILL. */
void child_is_sent(struct program *program, long pid, int sig);
/** The same for all but the first and @p pid (0: none) of its processes. */
void other_children_are_sent(struct program *program, long pid, int sig);
/** All processes but each program's first that hold a connection of ours are killed (SIGKILL), those too whose parent has left
 *  them. */
void all_who_serve_are_killed(void);
/** Process @p pid, which was one of the program's, not its first, is there still, and lives. */
void has_still_its_child(struct program *program, long pid);
/** For @p seconds each of its processes but the first is killed as soon as it is seen; those that come instead of them
 *  are no more than @p each_second a second, counted in whatever seconds. Returns how many were gone so late that their
 *  parent may have taken them for old: on a slow machine, that many more were allowed. */
int children_die_young(struct program *program, double seconds, int each_second);
/** Besides the program's end of @p conn it holds no TCP socket. */
void holds_no_other_socket(struct program *program, const struct conn *conn);
/** The next fork (of each of its processes) fails with EAGAIN; not graded where strace may not trace. */
void cannot_fork(struct program *program);
/** Every other fork fails so, from here on: the next, not the one after it. */
void can_fork_every_other_time(struct program *program);
/** Each fork fails so, from here on. */
void can_never_fork(struct program *program);
/** The next accept (of each of its threads) fails with ECONNABORTED, as if a client were gone before its turn: the one that
 *  is under way, or the one after it. Not graded where strace may not trace. */
void cannot_accept(struct program *program);

/** Ends at that signal, within @p seconds with @p status as in exits_within(), and has waited for all its children itself,
 *  unless it ignores SIGCHLD, which says that the kernel is to do so. */
void ends_with_its_children(struct program *program, int sig, double seconds, int status);

/* Commands: what a program becomes by exec(3), for a connection that the command has as its stdin. Each waits until there is
 * such a command, which must not end by itself: one that waits for input. */

/** It has the connection as its descriptors 0, 1 and 2, and no other descriptor. */
void command_holds_only(struct conn *conn);
/** It ignores no signal, and blocks none (32 and 33 are not looked at: they are glibc's own). */
void command_has_default_signals(struct conn *conn);
/** Its environment is exactly these variables, in any order: command_has_environment(client, "PATH=/bin", "TERM=vt100"). */
#define command_has_environment(conn, ...) command_environment((conn), (const char *const[]){__VA_ARGS__, NULL})
void command_environment(struct conn *conn, const char *const *wanted);
/** Makes an executable file of that name which runs a line of sh(1); returns the folder that it is in, for `how.path`. */
const char *makes_command(const char *name, const char *script);
/** The same, in a folder of that name below the one that programs start in, or in that one itself ("."). */
const char *makes_command_in(const char *below, const char *name, const char *script);

/* Files, in the folder that programs start in. */

/** A file lies there. */
#define there_is_a_file(name, what) file_is_put((name), bytes(what))
void file_is_put(const char *name, struct bytes content);
/** A folder lies there, empty. */
#define there_is_a_folder(name) folder_is_put(name)
void folder_is_put(const char *name);
/** A file that programs may not read. */
void there_is_a_secret_file(const char *name);
/** A symbolic link to @p target. */
void there_is_a_link(const char *name, const char *target);
/** A named pipe, which nobody has open. */
void there_is_a_fifo(const char *name);
/** A socket file at which nobody listens. */
void there_is_a_dead_socket(const char *name);
/** The check deletes a file. */
void file_is_deleted(const char *name);
/** When the program has ended, the file is exactly that. */
#define file_is(program, name, what) program_file_is((program), (name), bytes(what))
void program_file_is(struct program *program, const char *name, struct bytes expected);
/** When the program has ended, nothing of that name is there. */
void has_no_file(struct program *program, const char *name);

/* Ports. */

enum { ANY_PORT = 0 };

/** A TCP and UDP port that nobody uses, for a program that serves; not used by another check at the same time. */
int free_port(void);
/** Where a client may call from: in the private network any address that begins with 127, and a long one of IPv6, each of
 *  which has a name. Without it 127.0.0.1 and ::1, since nobody knows how long the look-up of another takes there. */
const char *some_client_address(void);
const char *some_ipv6_client_address(void);
/** The highest port that there is, 65535, where it is nobody else's: in a private network. Elsewhere as free_port(). */
int highest_port(void);
/** Port 80, one of those below 1024, where everybody may have it: in a private network. Elsewhere as free_port(). */
int well_known_port(void);
/** A number as text, for an argument. */
const char *number(long value);
/** A program listens on TCP @p port: the kernel says so. */
void is_listening(struct program *server, int port);

/** Two addresses that this machine has in the private network, where it has IPv6: a client's, say. */
#define SHORT_IPV6 "2001:db8::1" /* documentation, RFC 3849 */
#define LONG_IPV6 "2001:db8:4d2:162e:a9f3:51c7:e08b:76d4"

/** Not graded on a machine whose loopback has no IPv6. */
void needs_ipv6(void);

/* TCP: playing the server. */

/** Listens on 127.0.0.1. */
struct listener *listens(int port);
struct listener *listens_at(const char *address, int port);
/** Listens on every address of this machine, of both families where it has both. */
struct listener *listens_everywhere(int port);
/** Listens at the address that this machine's name localhost leads to first. */
struct listener *listens_at_localhost(void);
/** Listens, with a receive buffer and segments so small that 100 KB do not fit on their way. */
struct listener *listens_with_small_buffers(int port);
/** Its port, as text for an argument. */
const char *port_of(const struct listener *listener);
/** Its port, as a number. */
int server_port(const struct listener *listener);
/** The next connection that the program makes. */
struct conn *accepts(struct listener *listener);
/** No connection has come. */
void nobody_came(struct listener *listener);

/* TCP: playing a client. */

/** Connects to 127.0.0.1; the program's queue takes it at once. */
struct conn *connects(int port);
/** Connects to a numeric address of either family. */
struct conn *connects_to(const char *address, int port);
/** Connects from a numeric address of this machine's to another; from a port whose two bytes differ. */
struct conn *connects_from(const char *from, const char *address, int port);
/** The program accepts it. */
void is_accepted(struct conn *conn);
/** The address and the port of our end. */
const char *client_address(const struct conn *conn);
int client_port(const struct conn *conn);
/** Connects, with a receive buffer and segments so small that the program soon can't send on. */
struct conn *connects_with_small_buffers(int port);
/** Connects to 127.0.0.1, up to @p times, until the program has something to say: which of several sockets that listen on
 *  one port gets a connection is the kernel's choice, and who holds it may be busy. Hangs up on those that hear nothing. */
struct conn *connects_until_answered(int port, int times);
/** Connects to 127.0.0.1, or is refused: see was_refused(), is_turned_away(). */
struct conn *tries_to_connect(int port);
/** Whether that was so. */
bool was_refused(const struct conn *conn);
/** A connection to that address and port is refused. */
void finds_nobody(const char *address, int port);

/* TCP: what every server of the course owes, whatever it says to its clients. Its arguments are `[ADDRESS] PORT`. */

struct server {
    const char *program;
    const char *behind;                               /**< the argument behind PORT, where it needs one; or NULL */
    void (*is_served)(const char *address, int port); /**< a client of the check's connects there, and is served */
};

/** Whatever is neither an address nor a port, or too little or too much, it refuses as in refuses(). */
void refuses_all_but_address_and_port(struct server server);
/** Without ADDRESS, and with 0.0.0.0, it listens on every interface; with another address on that alone. */
void listens_where_told(struct server server);
/** It listens on an IPv6 ADDRESS alone (`::` may be for both families), says which one if it is in use, and can be started
 *  again there at once. Not graded on a machine whose loopback has no IPv6. */
void listens_where_told_in_ipv6(struct server server);
/** A port that is in use it reports on stderr, with ADDRESS if there was one, and with the reason; the status is 1. */
void reports_port_in_use(struct server server);
/** A function that starts it so, finds that it serves, and ends it with that signal is played with descriptors 0 to 2 closed
 *  or others open, and with signals ignored or blocked. */
void is_started_in_odd_ways(void (*works)(struct how how, int sig));

/* TCP: talking. */

/** Sends; waits while the program's side takes no more. */
#define says(conn, what) conn_says((conn), bytes(what))
void conn_says(struct conn *conn, struct bytes what);
/** Sends when the program has read all that was sent before, and waits for more. */
#define says_when_taken(conn, what) conn_says_when_taken((conn), bytes(what))
void conn_says_when_taken(struct conn *conn, struct bytes what);
/** Waits until the program has read all that was sent, and sleeps (or has ended, or closed the connection). */
void is_taken(struct conn *conn);
/** Sends until the program's side takes no more, and everything has come to rest. */
#define says_what_fits(conn, what) conn_says_what_fits((conn), bytes(what))
void conn_says_what_fits(struct conn *conn, struct bytes what);
/** What is left of @p what behind all that was sent on the connection so far. */
struct bytes rest_of(const struct conn *conn, struct bytes what);
/** Exactly these bytes come next. */
#define hears(conn, what) conn_hears((conn), bytes(what))
void conn_hears(struct conn *conn, struct bytes expected);
/** A line comes next, with CR LF at its end, that has one of these forms (see lines.h): hears_line(conn, "N bytes"). */
#define hears_line(conn, ...) conn_hears_line((conn), (const char *const[]){__VA_ARGS__, NULL})
void conn_hears_line(struct conn *conn, const char *const *forms);
/** A line comes next, with CR LF at its end, that is a decimal number; returns it. */
long hears_number(struct conn *conn);
/** Exactly these bytes come next, read so slowly that the program has to wait. */
#define hears_slowly(conn, what) conn_hears_slowly((conn), bytes(what))
void conn_hears_slowly(struct conn *conn, struct bytes expected);
/** Sends and hears at the same time. */
#define exchanges(conn, out, in) conn_exchanges((conn), bytes(out), bytes(in))
void conn_exchanges(struct conn *conn, struct bytes out, struct bytes expected);
/** An echo server's client, who has no more to send and has not heard all yet: sends of @p what as much as fits, closes our
 *  sending direction, and only then hears it, and the end. */
void hears_all_behind_its_end(struct conn *conn, struct bytes what);
/** The program closes its sending direction: nothing more comes, then end-of-file. */
void hears_end(struct conn *conn);
/** Nothing more comes, then the program ends the connection, by end-of-file or reset. */
void hears_end_or_reset(struct conn *conn);
/** The program ends the connection, by end-of-file or reset; whatever came before is passed over. */
void is_closed(struct conn *conn);
/** The same, within @p seconds from now (judged with room for a busy machine). */
void is_closed_within(struct conn *conn, double seconds);
/** The same, and no byte comes before. */
void is_turned_away_within(struct conn *conn, double seconds);
/** Whether the program has closed its end of the connection, though we may still have to hear what it sent before. */
bool has_been_closed(const struct conn *conn);
/** The connection was refused, or the program ends it, by end-of-file or reset, and no byte came before. */
void is_turned_away(struct conn *conn);
/** Nothing comes while nothing moves: no byte and no end. */
void hears_nothing(struct conn *conn);
/** No byte comes while nothing moves; the end may. */
void hears_no_more_bytes(struct conn *conn);
/** Closes our sending direction. */
void half_closes(struct conn *conn);
/** Closes the connection. */
void hangs_up(struct conn *conn);
/** Aborts the connection: the program gets a reset. */
void resets(struct conn *conn);

/* Unix-domain streams: TCP's verbs for talking do for them, too. A path is as long as a socket's may be (107 bytes), or
   shorter. */

/** A socket file at which we listen. */
struct listener *listens_at_path(const char *path);
/** A program listens at the socket file: the kernel says so, under whatever name it was bound. */
void is_listening_at_path(struct program *server, const char *path);
/** Connects; waits while the program's queue is full. */
struct conn *connects_to_path(const char *path);
/** Clients connect and hang up until the queue of the program, which is stopped, takes no more. */
void queue_is_filled(const char *path);

/** A descriptor to pass on: of a file, open for reading. The file may be deleted then. */
int descriptor_of(const char *path);
/** A descriptor to pass on: the end of a pipe to read from, whose other end is closed, or kept open. */
int pipe_with(const char *content);
int open_pipe(void);
/** Sends, with descriptors attached to the first byte: says_with(conn, "ok\n", descriptor_of("a"), descriptor_of("b")). */
#define says_with(conn, what, ...) conn_says_with((conn), bytes(what), (const int[]){__VA_ARGS__, -1})
void conn_says_with(struct conn *conn, struct bytes what, const int *descriptors);

/** A line comes next, with LF at its end, that begins so and goes on. */
#define hears_line_that_begins(conn, start) conn_hears_line_that_begins((conn), bytes(start))
void conn_hears_line_that_begins(struct conn *conn, struct bytes start);
/** No descriptor came with all that was heard. */
void no_descriptor_came(const struct conn *conn);
/** Just one descriptor came with all that was heard. */
void one_descriptor_came(const struct conn *conn);
/** The descriptor that came is that file's, and no other's. */
void descriptor_leads_to(const struct conn *conn, const char *path);
/** From the descriptor that came, this can be read, and then the end of the file. */
#define descriptor_reads(conn, content) conn_descriptor_reads((conn), bytes(content))
void conn_descriptor_reads(const struct conn *conn, struct bytes content);
/** The descriptor that came is for reading alone. */
void descriptor_is_read_only(const struct conn *conn);

/* TCP: playing many clients at once (crowd.c). */

/** So many clients connect to 127.0.0.1, as fast as the program accepts them. Not graded where a process may not have so
 *  many descriptors. */
struct crowd *gathers(int port, int count);
/** So many clients begin to connect, and nobody waits for them: the program may accept each, leave it in its queue, or
 *  close it. */
struct crowd *knocks(int port, int count);
/** How many there are. */
int size_of(const struct crowd *crowd);
/** One of them; the first is number 0. */
struct conn *one_of(struct crowd *crowd, int index);
/** Exactly these bytes come next to each of them but @p speaker (NULL: to each). */
#define each_hears(crowd, speaker, what) crowd_hears((crowd), (speaker), bytes(what))
void crowd_hears(struct crowd *crowd, const struct conn *speaker, struct bytes expected);
/** Those whom the program has accepted and has not closed, when nothing moves any more. What they were sent so far is
 *  passed over. */
struct crowd *are_served(struct crowd *crowd);
/** Each of them closes its connection. */
void all_hang_up(struct crowd *crowd);

/* UDP. A peer answers for every host that a check names, from the port that was asked. */

/** Hears what is sent to a UDP port, at every address of this machine, broadcasts too. */
struct station *takes_datagrams(int port);
/** Hears what is sent to a UDP port of @p address alone: at any other the port is closed, and refuses. */
struct station *takes_datagrams_at(const char *address, int port);
/** The next datagram that the program sends to @p address (a host's, or a broadcast's) and the station's port. */
struct request *is_asked(struct station *station, const char *address);
/** No datagram has come but those that is_asked() has returned. */
void hears_no_more(struct station *station);
/** No datagram has come with other bytes than @p question. */
void hears_nothing_else(struct request *question);

/** The host @p from answers with bytes or with its clock: answers(question, "127.0.0.2", clock_ahead(61)). */
#define answers(request, from, what) request_answers((request), (from), answer_of(what))
void request_answers(struct request *request, const char *from, struct answer what);
/** The same, from another port of that host. */
#define answers_from_another_port(request, from, what)                                                                 \
    request_answers_from_another_port((request), (from), answer_of(what))
void request_answers_from_another_port(struct request *request, const char *from, struct answer what);
/** The same, @p seconds after the last question so far was sent (to whomever), whatever the check does then. */
#define answers_later(request, seconds, from, what) request_answers_later((request), (seconds), (from), answer_of(what))
void request_answers_later(struct request *request, double seconds, const char *from, struct answer what);
/** The same, at once and then every @p every seconds until the program has ended. */
#define is_pestered(request, every, from, what) request_is_pestered((request), (every), (from), answer_of(what))
void request_is_pestered(struct request *request, double every, const char *from, struct answer what);

/** The program ends no sooner than @p seconds after the last datagram to or from the station. */
void ends_no_sooner(struct program *program, const struct station *station, double seconds);
/** The program ends no later than @p seconds after it sent @p question (judged with room for a busy machine). */
void ends_no_later(struct program *program, const struct request *question, double seconds);
/** Started with these arguments, ends in less than @p seconds, less what it ran or was ready to run. It has three tries. */
#define ends_sooner(seconds, ...) program_ends_sooner((seconds), (const char *const[]){__VA_ARGS__, NULL})
void program_ends_sooner(double seconds, const char *const *args);
/** Is stopped as soon as it sleeps in a system call, with all its processes, and continued in @p seconds from then. */
void is_stopped_for(struct program *program, double seconds);

/* TFTP (RFC 1350): playing the server, which answers a request from a port of its own, or a third party. Blocks are
 * counted from 1 without an end. That the program sends a datagram again is judged in every verb: not sooner than 0.2 s
 * after it has sent it before, unless it is an ACK and what it acknowledges has come again. */

/** The program asks @p address and the station's port for the file @p remote, which has that content. */
#define is_asked_for(station, address, remote, what) transfer_to_program((station), (address), (remote), bytes(what))
struct transfer *transfer_to_program(struct station *station, const char *address, const char *remote,
                                     struct bytes content);
/** The program asks it to take the file @p remote, which must come out as that content. */
#define is_offered(station, address, remote, what) transfer_from_program((station), (address), (remote), bytes(what))
struct transfer *transfer_from_program(struct station *station, const char *address, const char *remote,
                                       struct bytes content);
/** The station answers whoever asks, all the way and whatever happens: with that content, or by taking what is offered. */
#define serves_tftp(station, what) station_serves((station), bytes(what))
void station_serves(struct station *station, struct bytes content);
/** Answers from the port that was asked, from here on. */
void answers_from_the_port_asked(struct transfer *transfer);
/** Another port of the same host, which talks to the program's port as well: the verbs that send may have it as their
 *  subject. What it has of the file is other bytes. */
struct transfer *another_port(const struct transfer *transfer);
/** The same port of another host (IPv4), which is as foreign. */
struct transfer *same_port_elsewhere(const struct transfer *transfer);

/** Sends a block (DATA); the last one sent, again; or an older one. */
void sends_block(struct transfer *transfer, long block);
/** Sends an ACK; one that it has sent already, again. */
void sends_ack(struct transfer *transfer, long block);
/** Sends ERROR. */
void sends_error(struct transfer *transfer, int code, const char *message);
/** Sends a datagram of any content. */
#define sends_datagram(transfer, what) transfer_sends((transfer), bytes(what))
void transfer_sends(struct transfer *transfer, struct bytes what);
/** Sends a datagram at once and then every @p every seconds until the program has ended. */
#define keeps_sending(transfer, every, what) transfer_keeps_sending((transfer), (every), bytes(what))
void transfer_keeps_sending(struct transfer *transfer, double every, struct bytes what);
/** The same with a block. */
void keeps_sending_block(struct transfer *transfer, double every, long block);

/** The next new datagram is the ACK of this block. */
void gets_ack(struct transfer *transfer, long block);
/** The next new datagram is this block. */
void gets_block(struct transfer *transfer, long block);
/** Sends the block that the program acknowledged last again, and gets its ACK again, at once. */
void is_acked_again(struct transfer *transfer, long block);
/** Sends the rest of the file, block by block, and gets the ACKs. */
void gives_the_rest(struct transfer *transfer);
/** The same, until block @p last has got its ACK. */
void gives_blocks_until(struct transfer *transfer, long last);
/** Gets the rest of the file, and sends the ACKs. */
void takes_the_rest(struct transfer *transfer);
/** The same, until block @p last has come, whose ACK is not sent. */
void takes_blocks_until(struct transfer *transfer, long last);
/** When nothing moves any more, no new datagram has come; but ERROR may, to a third party. */
void gets_nothing_new(struct transfer *transfer);
/** The program has sent its last datagram again that often in all, each time 0.2 to 2 seconds after the time before
 *  (judged with room for a busy machine). */
void is_sent_again(struct transfer *transfer, int times);
/** The program sends its last datagram again though blocks keep coming, each of which it answers; or gives up. */
void is_sent_again_meanwhile(struct program *program, struct transfer *transfer);
/** The program sends its last datagram again five times in all, and ends when no answer has come to the last. */
void gives_up_on(struct program *program, struct transfer *transfer);
/** The program ends, and after what we have sent last it has not sent its last datagram again and again. */
void asks_no_more(struct program *program, struct transfer *transfer);
/** The program ends no sooner than 0.2 s after its last datagram, which nothing has answered. */
void stays_for_a_time_out(struct program *program, struct transfer *transfer);
/** Another port is told by ERROR 5 that nobody knows it, unless the program's socket is connected and can't hear it. */
void is_told_unknown(struct transfer *stranger);

/* UDP: playing the clients of a server. */

/** A program has UDP @p port: the kernel says so. */
void is_bound(struct program *server, int port);
/** A client, with a socket and a port of its own, which asks the server at that address and port. */
struct caller *calls(const char *address, int port);
/** The same, but not from @p address itself: in a private network from another IPv6 address of this machine. */
struct caller *calls_from_elsewhere(const char *address, int port);
/** Sends one datagram, of up to 65507 bytes (IPv4). */
#define asks_with(caller, what) caller_asks((caller), bytes(what))
void caller_asks(struct caller *caller, struct bytes what);
/** A datagram comes, from whomever, whatever is in it: what follows judges it. */
void is_answered(struct caller *caller);
/** Asks up to @p times, until an answer comes. */
void is_answered_sooner_or_later(struct caller *caller, int times);
/** When nothing moves any more, no other datagram has come than those that is_answered() has taken. */
void hears_no_answer(struct caller *caller);
/** The last answer is the time of its moment, as RFC 868 wants it (judged with a second of room). */
void tells_the_time(struct caller *caller);
/** The last answer came from the port that was asked. */
void answer_has_the_port(struct caller *caller);
/** The last answer came from the address that was asked. */
void answer_has_the_address(struct caller *caller);
/** Closes its socket, so that an answer finds nobody. */
void vanishes(struct caller *caller);
/** So many seconds pass: where the time of day itself is what a program tells. */
void time_passes(double seconds);
/** A datagram to that address and port is refused. */
void takes_no_datagrams(const char *address, int port);
/** The next datagram that the program sends (each of its threads, those that are started from now on too) fails with
 *  ENETUNREACH, until is_answered_sooner_or_later() has seen that; not graded where strace may not trace. */
void cannot_send(struct program *server);
/** It has failed so; not graded if it has not: it sends by other calls. */
void could_not_send(void);

/* Multicast (IPv4). The interfaces go by their addresses, as in the socket options: 127.0.0.1 is lo. */

/** Another interface besides lo, with the address WIRED: one end of a wire, whose other end hears what goes out and has no
 *  address. The routes still lead to lo. Not graded without a private network, or where the kernel has no veth(4). */
void needs_wire(void);
#define WIRED "203.0.113.1" /* documentation, RFC 5737 */
/** A group that nobody else uses, in 239.255.0.0/16 (RFC 2365). With its bytes swapped it is another group. */
const char *free_group(void);
/** A group outside of 239.0.0.0/8, for the private network alone: elsewhere it may be somebody's. */
const char *any_group(void);
/** The program waits with a socket that hears what is sent to @p port of @p group, and the group has been joined on the
 *  interface: the kernel says so. */
void has_joined(struct program *listener, const char *group, int port, const char *interface);
/** From the address @p from of ours a datagram goes to a group, a broadcast address or a host, out of the interface: no
 *  further than this machine (its time-to-live is 0). */
#define casts(interface, from, to, port, what) datagram_is_cast((interface), (from), (to), (port), bytes(what))
void datagram_is_cast(const char *interface, const char *from, const char *to, int port, struct bytes what);

/** We join a group, on lo and at both ends of the wire if there is one, and hear what is sent to that port. */
struct member *joins(const char *group, int port);
/** The next datagram to the group holds exactly that; what follows judges it. */
#define hears_datagram(member, what) member_hears_datagram((member), bytes(what))
void member_hears_datagram(struct member *member, struct bytes expected);
/** It had that time-to-live. */
void datagram_has_ttl(struct member *member, int ttl);
/** It went out of that interface, and of no other. */
void datagram_left_by(struct member *member, const char *interface);
/** No other datagram has come than those that hears_datagram() has taken, to the group or anywhere near it. */
void hears_no_other_datagram(struct member *member);

/* Names. The DNS server answers in the private network alone; of what nobody has told it, it says that it does not exist. */

/** The name has these addresses, of either family, given in this order: dns_knows("heron.test", "127.0.1.2", "::1"). */
#define dns_knows(...) dns_names((const char *const[]){__VA_ARGS__, NULL})
void dns_names(const char *const *name_and_addresses);
/** The name is an alias (CNAME) of another. */
void dns_aliases(const char *alias, const char *name);
/** Reverse look-up of the address gives this name, true or not (PTR). */
void dns_claims(const char *address, const char *name);
/** Who asks for this name, or for the name of this address, gets no answer at all. */
void dns_never_answers(const char *name_or_address);
/** Who asks for this name, or for the name of this address, is told that the server has failed (SERVFAIL). */
void dns_fails(const char *name_or_address);
/** Not graded on a machine that has no name for an address of its own, or that takes long to find it. */
void needs_name_of(const char *address);
/** What the private network's /etc/hosts does not know has no name and no address: a name server says so. */
void nobody_has_another_name(void);
/** A host name that nobody has; not graded where a name server has an address for it, or is slow. Returns the reasons
 *  that a look-up may give, for complains(). */
const char *does_not_resolve(const char *host);
