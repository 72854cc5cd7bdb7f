/* Lesson 14: a file by datagrams. The checks stand in the order in which they should turn green. */
#include "check/check.h"

#define PROGRAM "tftp"
#define LOCALHOST "127.0.0.1"
#define HERON "127.0.0.2"

enum { BLOCK = 512, TFTP_PORT = 69, LAST_NUMBER = 65535, MORE_THAN_A_BYTE = 260, STRAYS = 20, REPETITIONS = 7 };

/* So long at most a program takes to give up: six datagrams, each of which it waits two seconds for. */
static const double LONGEST = 12;

/* Some bytes that take so many blocks, the last of which is not empty. */
static struct bytes blocks(int count)
{
    return random_bytes((size_t)(count - 1) * BLOCK + (size_t)random_between(1, BLOCK - 1));
}

/* A file name that nobody could guess, without blanks. */
static const char *some_name(void)
{
    return text("%ld.data", random_between(100000, 999999));
}

/* A server, and a program that gets or puts a file of that content. */
struct play {
    struct station *server;
    struct program *client;
    struct transfer *transfer;
    const char *remote;
    const char *local;
    struct bytes content;
};

static struct play gets_into(const char *local, struct how how, struct bytes content)
{
    int port = free_port();
    struct play play = {.remote = some_name(), .local = local, .content = content};
    play.server = takes_datagrams(port);
    play.client = runs_as(how, PROGRAM, "get", LOCALHOST, number(port), play.remote, play.local);
    play.transfer = is_asked_for(play.server, LOCALHOST, play.remote, content);
    return play;
}

static void gives_block(struct transfer *transfer, long number)
{
    sends_block(transfer, number);
    gets_ack(transfer, number);
}

static struct play gets_as(struct how how, struct bytes content)
{
    return gets_into(some_name(), how, content);
}

static struct play gets(struct bytes content)
{
    return gets_as(AS_USUAL, content);
}

static struct play puts_as(struct how how, struct bytes content)
{
    int port = free_port();
    struct play play = {.remote = some_name(), .local = some_name(), .content = content};
    there_is_a_file(play.local, content);
    play.server = takes_datagrams(port);
    play.client = runs_as(how, PROGRAM, "put", LOCALHOST, number(port), play.remote, play.local);
    play.transfer = is_offered(play.server, LOCALHOST, play.remote, content);
    return play;
}

static struct play puts_file(struct bytes content)
{
    return puts_as(AS_USUAL, content);
}

/* The rest of the file comes, and the program has all of it. */
static void has_all(struct play *play)
{
    gives_the_rest(play->transfer);
    file_is(play->client, play->local, play->content);
    exits(play->client, 0);
}

/* The server gets the rest of the file, and the program is content. */
static void has_sent_all(struct play *play)
{
    takes_the_rest(play->transfer);
    exits(play->client, 0);
}

CHECK(usage, "refuses wrong arguments with a message and status 2", POINTS(1),
      BECAUSE("What begins with a digit is a number: look at where strtoul() stopped, and at the range 1 to 65535. No "
              "service's name begins with a sign or a space, and getaddrinfo() does not mind them."))
{
    int port = free_port();
    struct station *server = takes_datagrams(port);
    refuses(PROGRAM);
    refuses(PROGRAM, "get", LOCALHOST, number(port), "a");
    refuses(PROGRAM, "get", LOCALHOST, number(port), "a", "b", "c");
    refuses(PROGRAM, "fetch", LOCALHOST, number(port), "a", "b");
    refuses(PROGRAM, "gett", LOCALHOST, number(port), "a", "b");
    refuses(PROGRAM, "putt", LOCALHOST, number(port), "a", "b");
    refuses(PROGRAM, "get", LOCALHOST, "0", "a", "b");
    refuses(PROGRAM, "get", LOCALHOST, "65536", "a", "b");
    refuses(PROGRAM, "get", LOCALHOST, number(65536 + port), "a", "b");
    refuses(PROGRAM, "get", LOCALHOST, number(4294967296 + port), "a", "b");
    refuses(PROGRAM, "get", LOCALHOST, "99999999999999999999", "a", "b");
    refuses(PROGRAM, "get", LOCALHOST, text("%dx", port), "a", "b");
    refuses(PROGRAM, "get", LOCALHOST, text("%d ", port), "a", "b");
    refuses(PROGRAM, "get", LOCALHOST, text("0x%x", port), "a", "b");
    rejects(PROGRAM, "get", LOCALHOST, text(" %d", port), "a", "b");
    rejects(PROGRAM, "get", LOCALHOST, text("+%d", port), "a", "b");
    rejects(PROGRAM, "get", LOCALHOST, text("-%d", port), "a", "b");
    hears_no_more(server);
}

CHECK(no_socket, "makes no socket when the arguments are wrong", POINTS(1), AFTER(usage),
      BECAUSE("Look at all the arguments first: what is wrong with them is known before the network is needed."))
{
    refuses_without_socket(PROGRAM);
    refuses_without_socket(PROGRAM, "fetch", LOCALHOST, "69", "a", "b");
    refuses_without_socket(PROGRAM, "get", LOCALHOST, "65536", "a", "b");
}

CHECK(asks, "asks HOST at PORT for REMOTE, in octet mode", POINTS(1),
      BECAUSE("A request is two bytes of opcode, the name, a NUL, the word octet, a NUL; and no more."))
{
    gets(blocks(1));

    int port = free_port();
    const char *remote = text("/Of %ld/its Own/%0160ld/%s", random_between(100, 999), random_between(1, 999), some_name());
    struct station *server = takes_datagrams(port);
    runs(PROGRAM, "get", LOCALHOST, number(port), remote, some_name());
    is_asked_for(server, LOCALHOST, remote, bytes(""));
}

CHECK(fetches, "gets a file in blocks, and ends with status 0", POINTS(1), AFTER(asks),
      BECAUSE("Each block is acknowledged with its number, to the port that it came from. The first block with fewer "
              "than 512 bytes is the last."))
{
    struct play play = gets(blocks(4));
    has_all(&play);
}

CHECK(port_asked, "goes on with the port that it asked, if that one answers", POINTS(1), AFTER(fetches),
      BECAUSE("Most servers answer from a new port, but none has to: the answer's port is the one to talk to."))
{
    struct play play = gets(blocks(2));
    answers_from_the_port_asked(play.transfer);
    gives_block(play.transfer, 1);
    gives_block(play.transfer, 2);
    file_is(play.client, play.local, play.content);
}

CHECK(hyphens, "takes names that begin with a hyphen", POINTS(1), AFTER(fetches),
      BECAUSE("This program has no options: what begins with a hyphen is a name like any other."))
{
    int port = free_port();
    struct bytes content = blocks(1);
    struct station *server = takes_datagrams(port);
    struct program *client = runs(PROGRAM, "get", LOCALHOST, number(port), "-r", "-l");
    gives_the_rest(is_asked_for(server, LOCALHOST, "-r", content));
    file_is(client, "-l", content);
}

CHECK(full_blocks, "gets files that fill their blocks, and an empty one", POINTS(1), AFTER(fetches),
      BECAUSE("The last block is the first that has fewer than 512 bytes: it may have none."))
{
    struct play full = gets(random_bytes((size_t)MORE_THAN_A_BYTE * BLOCK));
    has_all(&full);
    struct play empty = gets(bytes(""));
    has_all(&empty);
    prints(empty.client, "");
}

CHECK(replaces, "puts the remote file in place of an existing LOCAL", POINTS(1), AFTER(fetches),
      BECAUSE("What was longer before must not shine through: the old content goes."))
{
    int port = free_port();
    struct bytes content = blocks(2);
    there_is_a_file("old", random_bytes((size_t)5 * BLOCK));
    struct station *server = takes_datagrams(port);
    struct program *client = runs(PROGRAM, "get", LOCALHOST, number(port), "new", "old");
    gives_the_rest(is_asked_for(server, LOCALHOST, "new", content));
    file_is(client, "old", content);
}

CHECK(side_by_side, "gets two files into one folder at the same time", POINTS(1), AFTER(fetches),
      BECAUSE("Until a file is whole it may have another name. That lies in LOCAL's folder, too, and no other get may have "
              "the same: put something behind LOCAL, not in front of it."))
{
    there_is_a_folder("sub");
    struct play one = gets_into("sub/one", AS_USUAL, blocks(2));
    struct play other = gets_into("sub/other", AS_USUAL, blocks(2));
    gives_block(one.transfer, 1);
    gives_block(other.transfer, 1);
    gives_the_rest(one.transfer);
    has_all(&other);
    has_all(&one);
}

CHECK(offers, "offers a file as REMOTE, in octet mode", POINTS(1),
      BECAUSE("The same request, but its opcode is 2."))
{
    puts_file(blocks(1));
}

CHECK(brings, "puts a file in blocks, and ends with status 0", POINTS(1), AFTER(offers),
      BECAUSE("ACK 0 answers the request: then comes block 1. Each next block waits for the ACK of the one before."))
{
    struct play play = puts_file(blocks(4));
    has_sent_all(&play);
}

CHECK(puts_full_blocks, "puts files that fill their blocks, and an empty one", POINTS(1), AFTER(brings),
      BECAUSE("The server takes a full block for a sign that more comes: behind the last full one goes an empty one."))
{
    struct play full = puts_file(random_bytes((size_t)MORE_THAN_A_BYTE * BLOCK));
    has_sent_all(&full);
    struct play empty = puts_file(bytes(""));
    has_sent_all(&empty);
    prints(empty.client, "");
}

CHECK(error, "reports the server's ERROR with its message, and ends with status 1", POINTS(1), AFTER(fetches, brings),
      BECAUSE("ERROR is opcode 5: two bytes of code, then the message, which ends in a NUL. It "
              "may come in place of any answer."))
{
    const char *message = random_words();
    struct play play = gets(blocks(1));
    sends_error(play.transfer, 0, message);
    complains(play.client, message, text("%s|%s|%s", LOCALHOST, play.remote, play.local));
    prints(play.client, "");
    exits(play.client, 1);

    const char *other_message = text("%s: 100%%s of %0160ld", random_words(), random_between(1, 999));
    struct play other = puts_file(blocks(3));
    sends_ack(other.transfer, 0);
    gets_block(other.transfer, 1);
    sends_error(other.transfer, 3, other_message);
    complains(other.client, other_message);
    exits(other.client, 1);

    const char *refusal = random_words();
    struct play refused = puts_file(blocks(1));
    sends_error(refused.transfer, 2, refusal);
    complains(refused.client, refusal);
    exits(refused.client, 1);

    const char *endless = random_words();
    struct play cut = puts_file(blocks(1));
    sends_datagram(cut.transfer, join(literal("\0\5\0\6"), endless)); /* its NUL is missing */
    complains(cut.client, endless);
    exits(cut.client, 1);

    struct play mute = gets(blocks(2));
    gives_block(mute.transfer, 1);
    sends_error(mute.transfer, 4, "");
    asks_no_more(mute.client, mute.transfer);
    complains(mute.client);
    exits(mute.client, 1);
}

CHECK(resends, "sends its request, and an ACK, again when nothing comes", POINTS(1), AFTER(fetches),
      BECAUSE("A datagram that is lost never comes. Wait 0.2 to 2 seconds, then send your last datagram again."))
{
    struct play play = gets(blocks(2));
    is_sent_again(play.transfer, 2);
    gives_block(play.transfer, 1);
    is_sent_again(play.transfer, 1);
    has_all(&play);
}

CHECK(resends_data, "sends DATA again when its ACK does not come", POINTS(1), AFTER(brings),
      BECAUSE("Keep the datagram that you sent last: it may be asked for again, just as it was."))
{
    struct play play = puts_file(blocks(3));
    sends_ack(play.transfer, 0);
    gets_block(play.transfer, 1);
    is_sent_again(play.transfer, 2);
    sends_ack(play.transfer, 1);
    gets_block(play.transfer, 2);
    has_sent_all(&play);
}

CHECK(each_datagram, "sends each datagram up to five times again", POINTS(1), AFTER(resends, resends_data),
      BECAUSE("Each datagram has its own five times: what got through counts no more. The request of a put, and its last "
              "block, are datagrams as any other."))
{
    struct play play = gets(blocks(2));
    struct play other = puts_file(blocks(1)); /* side by side */
    is_sent_again(play.transfer, 3);
    is_sent_again(other.transfer, 3);
    gives_block(play.transfer, 1);
    sends_ack(other.transfer, 0);
    gets_block(other.transfer, 1);
    is_sent_again(play.transfer, 3);
    is_sent_again(other.transfer, 3);
    has_all(&play);
    prints(play.client, "");
    has_sent_all(&other);
}

CHECK(gives_up, "sends a datagram five times again, then gives up: says who did not answer, status 1", POINTS(1),
      AFTER(resends, resends_data),
      BECAUSE("Count how often you have sent it: five times again, and one more time-out for the answer to the last. Then "
              "say on stderr which HOST and PORT did not answer, and return 1."))
{
    int port = free_port();
    struct station *server = takes_datagrams(port);
    struct program *client = runs(PROGRAM, "get", HERON, number(port), "a", "b");
    struct transfer *request = is_asked_for(server, HERON, "a", bytes(""));
    struct play offer = puts_file(blocks(2)); /* the four of them give up side by side */
    struct play put = puts_file(blocks(1));   /* at its last block */
    sends_ack(put.transfer, 0);
    gets_block(put.transfer, 1);
    struct play get = gets(blocks(2));
    gives_block(get.transfer, 1);

    gives_up_on(client, request);
    complains(client, HERON, number(port));
    prints(client, "");
    exits(client, 1);
    gives_up_on(offer.client, offer.transfer);
    complains(offer.client, LOCALHOST);
    exits(offer.client, 1);
    gives_up_on(put.client, put.transfer);
    complains(put.client, LOCALHOST);
    exits(put.client, 1);
    gives_up_on(get.client, get.transfer);
    complains(get.client, LOCALHOST);
    exits(get.client, 1);
}

CHECK(leaves_nothing, "leaves no LOCAL when a get fails", POINTS(1), AFTER(error, gives_up),
      BECAUSE("Half of a file is worse than none: whoever finds it takes it for the whole. Write it under another name, "
              "and rename() it when it is whole; or remove it."))
{
    struct play silent = gets(blocks(4));
    gives_block(silent.transfer, 1);

    struct play play = gets(blocks(4));
    gives_block(play.transfer, 1);
    gives_block(play.transfer, 2);
    sends_error(play.transfer, 0, "the disk is broken");
    has_no_file(play.client, play.local);
    exits(play.client, 1);

    exits_within(silent.client, LONGEST, 1);
    has_no_file(silent.client, silent.local);
}

CHECK(keeps_local, "leaves an existing LOCAL as it was when a get fails", POINTS(1), AFTER(error, gives_up),
      BECAUSE("fopen(…, \"w\") empties a file before anybody knows whether there will be a new one. Write it under "
              "another name, and rename() it when it is whole."))
{
    struct bytes old = blocks(3);
    there_is_a_file("copy", old);
    there_is_a_file("other-copy", old);
    struct play silent = gets_into("other-copy", AS_USUAL, blocks(2));
    gives_block(silent.transfer, 1);

    struct play play = gets_into("copy", AS_USUAL, blocks(2));
    gives_block(play.transfer, 1);
    sends_error(play.transfer, 0, "the disk is broken");
    file_is(play.client, "copy", old);

    struct play again = gets_into("copy", AS_USUAL, blocks(2));
    sends_error(again.transfer, 1, "no such file");
    file_is(again.client, "copy", old);

    exits_within(silent.client, LONGEST, 1);
    file_is(silent.client, "other-copy", old);
}

CHECK(doubled, "writes a block that comes twice once", POINTS(1), AFTER(fetches),
      BECAUSE("A block is written when its number is the one that you wait for. One that comes again has an old one."))
{
    struct play play = gets(blocks(4));
    gives_block(play.transfer, 1);
    sends_block(play.transfer, 1);
    gives_block(play.transfer, 2);
    sends_block(play.transfer, 2);
    sends_block(play.transfer, 2);
    has_all(&play);
}

CHECK(acks_again, "answers a block that comes again with its ACK, at once", POINTS(1), AFTER(doubled, other_port),
      BECAUSE("The server sends a block again because your ACK was lost. If you keep silent it has to go on asking."))
{
    struct play play = gets(blocks(4));
    gives_block(play.transfer, 1);
    for (int i = 0; i < REPETITIONS; i++)
        is_acked_again(play.transfer, 1);
    gives_block(play.transfer, 2);
    is_acked_again(play.transfer, 2);
    has_all(&play);
}

CHECK(older, "is not confused by an older block that comes late", POINTS(1), AFTER(doubled),
      BECAUSE("Only the block that you wait for is new; every other number is old, whatever it is."))
{
    struct play play = gets(blocks(4));
    gives_block(play.transfer, 1);
    gives_block(play.transfer, 2);
    sends_block(play.transfer, 1);
    gives_block(play.transfer, 3);
    sends_block(play.transfer, 1);
    has_all(&play);
}

CHECK(final_ack, "stays after the last ACK, to repeat it", POINTS(1), AFTER(acks_again, full_blocks),
      BECAUSE("If your last ACK is lost the server sends the last block again, and finds nobody: it does not know that "
              "you have it all. Stay for one time-out, however often that happens."))
{
    struct play play = gets(blocks(2));
    gives_block(play.transfer, 1);
    struct transfer *stranger = another_port(play.transfer);
    gives_block(play.transfer, 2);
    sends_block(play.transfer, 1);
    sends_block(stranger, 2);
    is_acked_again(play.transfer, 2);
    is_acked_again(play.transfer, 2);
    gets_nothing_new(stranger);

    struct play small = gets(blocks(1));
    gives_the_rest(small.transfer);
    is_acked_again(small.transfer, 1);

    struct play full = gets(random_bytes(BLOCK));
    gives_the_rest(full.transfer);
    is_acked_again(full.transfer, 2);

    has_all(&play);
    has_all(&small);
    has_all(&full);

    struct play unasked = gets(blocks(1));
    gives_the_rest(unasked.transfer);
    stays_for_a_time_out(unasked.client, unasked.transfer);
}

CHECK(apprentice, "does not answer an ACK that comes twice", POINTS(1), AFTER(resends_data),
      BECAUSE("RFC 1123, 4.2.3.1: only a time-out makes the sender send DATA again. Pass over ACKs of blocks that have "
              "been acknowledged."))
{
    struct play play = puts_file(blocks(4));
    sends_ack(play.transfer, 0);
    gets_block(play.transfer, 1);
    sends_ack(play.transfer, 0);
    gets_nothing_new(play.transfer);
    sends_ack(play.transfer, 1);
    gets_block(play.transfer, 2);
    sends_ack(play.transfer, 1);
    sends_ack(play.transfer, 0);
    gets_nothing_new(play.transfer);
    sends_ack(play.transfer, 2);
    gets_block(play.transfer, 3);
    has_sent_all(&play);
}

CHECK(other_port, "ignores what another port sends", POINTS(1), AFTER(resends, resends_data),
      BECAUSE("Anybody may send to your port. From the first valid answer on, compare the address and the port that "
              "recvfrom() gives you with that one's; or connect() to it."))
{
    struct play play = gets(blocks(3));
    struct transfer *stranger = another_port(play.transfer);
    gives_block(play.transfer, 1);
    for (int i = 0; i < STRAYS; i++)
        sends_block(stranger, 2);
    sends_error(stranger, 0, "go away");
    sends_datagram(stranger, "");
    struct transfer *elsewhere = same_port_elsewhere(play.transfer);
    sends_block(elsewhere, 2);
    sends_error(elsewhere, 0, "go away");
    gets_nothing_new(play.transfer);
    has_all(&play);

    struct play other = puts_file(blocks(3));
    struct transfer *meddler = another_port(other.transfer);
    sends_ack(other.transfer, 0);
    gets_block(other.transfer, 1);
    sends_ack(meddler, 1);
    sends_error(meddler, 0, "go away");
    sends_datagram(meddler, "");
    sends_ack(same_port_elsewhere(other.transfer), 1);
    gets_nothing_new(other.transfer);
    sends_ack(other.transfer, 1);
    gets_block(other.transfer, 2);
    has_sent_all(&other);
}

CHECK(first_valid, "takes the port of the first valid answer for the server's", POINTS(1), AFTER(resends, resends_data),
      BECAUSE("What is no answer to the request does not say which port is the server's: DATA 1, ACK 0 and ERROR do."))
{
    struct play play = gets(blocks(2));
    struct transfer *stranger = another_port(play.transfer);
    sends_block(stranger, 2);
    sends_ack(stranger, 0);
    gets_nothing_new(play.transfer);
    has_all(&play);

    struct play other = puts_file(blocks(2));
    struct transfer *nobody = another_port(other.transfer);
    sends_datagram(nobody, literal("\0\4")); /* of no block */
    sends_ack(nobody, 1);
    sends_block(nobody, 1);
    gets_nothing_new(other.transfer);
    has_sent_all(&other);
}

CHECK(tells_others, "answers another port with ERROR 5", POINTS(1), AFTER(other_port),
      BECAUSE("Whoever sends to your port without being your server has mistaken you for somebody: ERROR 5 tells it. A "
              "server that has got your request twice answers from two ports."))
{
    struct play play = gets(blocks(3));
    struct transfer *stranger = another_port(play.transfer);
    gives_block(play.transfer, 1);
    sends_block(stranger, 1);
    is_told_unknown(stranger);

    struct play other = puts_file(blocks(2));
    struct transfer *meddler = another_port(other.transfer);
    sends_ack(other.transfer, 0);
    gets_block(other.transfer, 1);
    sends_ack(meddler, 0);
    is_told_unknown(meddler);

    is_sent_again(play.transfer, 1); /* not the ERROR */
    is_sent_again(other.transfer, 1);
    has_all(&play);
    has_sent_all(&other);
}

CHECK(not_kept, "is not kept waiting by what is no answer", POINTS(1),
      AFTER(gives_up, acks_again, apprentice, other_port, first_valid),
      BECAUSE("Keep the end of the wait as a point in time, and wait for what is left until then: what is no answer does "
              "not move it, nor does it count as a new try."))
{
    struct play early = gets(blocks(1)); /* before the first answer everybody is a stranger */
    keeps_sending(another_port(early.transfer), 0.15, literal("\0\4\0\1"));
    struct play play = gets(blocks(3));
    struct transfer *stranger = another_port(play.transfer);
    gives_block(play.transfer, 1);
    keeps_sending(stranger, 0.15, literal("\0\4\0\1"));
    is_sent_again(play.transfer, 1);
    is_sent_again(early.transfer, 1);
    has_all(&early);
    gives_block(play.transfer, 2);
    keeps_sending_block(play.transfer, 0.15, 2);
    is_sent_again_meanwhile(play.client, play.transfer);

    struct play other = puts_file(blocks(2));
    sends_ack(other.transfer, 0);
    gets_block(other.transfer, 1);
    keeps_sending(other.transfer, 0.15, literal("\0\4\0\0"));
    keeps_sending(another_port(other.transfer), 0.15, literal("\0\4\0\1"));
    gives_up_on(other.client, other.transfer);
}

CHECK(refused, "reports a port that refuses", POINTS(1), AFTER(gives_up),
      BECAUSE("Nobody answers, and that is a failure. A connected socket learns at once that the port is closed; any other "
              "waits until it has asked often enough."))
{
    int port = highest_port();
    struct program *client = runs(PROGRAM, "get", LOCALHOST, number(port), "a", "b");
    exits_within(client, LONGEST, 1);
    complains(client, LOCALHOST, number(port));
    prints(client, "");
}

CHECK(missing, "reports a LOCAL that is not there: which, and why", POINTS(1),
      BECAUSE("fopen() and open() say in errno why they failed: strerror() has the words."))
{
    int port = free_port();
    struct station *server = takes_datagrams(port);
    struct program *client = runs(PROGRAM, "put", LOCALHOST, number(port), "a", "nothing-here");
    complains(client, "nothing-here", "No such file or directory");
    exits(client, 1);
    hears_no_more(server);
}

CHECK(unreadable, "reports a LOCAL that can't be read", POINTS(1), AFTER(missing, port_asked),
      BECAUSE("A read that fails is no end of the file: read() returns -1, and fread() leaves it to ferror()."))
{
    there_is_a_folder("folder");
    int port = free_port();
    struct station *server = takes_datagrams(port);
    struct program *client = runs(PROGRAM, "put", LOCALHOST, number(port), "a", "folder");
    serves_tftp(server, "");
    complains(client, "folder");
    exits(client, 1);
}

CHECK(unwritable, "reports a LOCAL that can't be written: which, and why", POINTS(1), AFTER(port_asked),
      BECAUSE("A folder that does not exist has no room for a file: open() says so, and errno says why."))
{
    int port = free_port();
    struct station *server = takes_datagrams(port);
    struct program *client = runs(PROGRAM, "get", LOCALHOST, number(port), "a", "nowhere/b");
    serves_tftp(server, blocks(2));
    complains(client, "nowhere/b", "No such file or directory");
    exits(client, 1);
}

CHECK(disk_full, "reports a LOCAL that can't be written to its end", POINTS(1), AFTER(port_asked, keeps_local),
      BECAUSE("fwrite() may have put it all into a buffer, and only fclose() finds no room on the disk: what that returns "
              "counts, too. LOCAL, if there is one, stays as it was."))
{
    int port = free_port();
    struct how how = {.file_limit = (size_t)2 * BLOCK + 100};
    serves_tftp(takes_datagrams(port), blocks(4));
    struct program *client = runs_as(how, PROGRAM, "get", LOCALHOST, number(port), "a", "b");
    complains(client, "b", "File too large");
    exits(client, 1);
    has_no_file(client, "b");

    int other_port = free_port();
    struct bytes old = blocks(2);
    there_is_a_file("c", old);
    serves_tftp(takes_datagrams(other_port), blocks(20)); /* more than stdio's buffer holds */
    struct program *other = runs_as(how, PROGRAM, "get", LOCALHOST, number(other_port), "a", "c");
    complains(other, "c", "File too large");
    exits(other, 1);
    file_is(other, "c", old);
}

CHECK(unresolved, "reports a HOST that does not resolve: which, and why", POINTS(1), NEEDS_PRIVATE_NETWORK,
      BECAUSE("getaddrinfo() returns the error, which gai_strerror() has words for; errno is not set."))
{
    int port = free_port();
    const char *reasons = does_not_resolve("nobody.invalid");
    struct program *client = runs(PROGRAM, "get", "nobody.invalid", number(port), "a", "b");
    complains(client, "nobody.invalid", number(port), reasons);
    exits(client, 1);
}

CHECK(unknown_service, "reports a service that nobody knows", POINTS(1),
      BECAUSE("A service that is not found is a failed look-up: a message that names it, and status 1."))
{
    struct program *client = runs(PROGRAM, "get", LOCALHOST, "sockeye-none", "a", "b");
    complains(client, LOCALHOST, "sockeye-none");
    exits(client, 1);
}

CHECK(names, "takes a HOST by its name, and a service's name for PORT", POINTS(1), AFTER(fetches),
      NEEDS_PRIVATE_NETWORK,
      BECAUSE("getaddrinfo() takes names and numbers alike, of hosts and of services: give it HOST and PORT as they were "
              "given to you."))
{
    struct bytes content = blocks(2);
    struct station *server = takes_datagrams(TFTP_PORT);
    struct program *client = runs(PROGRAM, "get", "heron.sockeye.test", "tftp", "a", "b");
    gives_the_rest(is_asked_for(server, HERON, "a", content));
    file_is(client, "b", content);
}

CHECK(stopped, "loses nothing when it is stopped and continued while it waits", POINTS(1), AFTER(resends),
      BECAUSE("A call that waits returns -1 with EINTR when the program is stopped and continued: that is no answer, and "
              "not the end of the time-out either."))
{
    struct play play = gets(blocks(3));
    is_stopped_and_continued(play.client);
    gives_block(play.transfer, 1);
    is_stopped_and_continued(play.client);
    has_all(&play);

    struct play other = puts_file(blocks(2));
    is_stopped_and_continued(other.client);
    has_sent_all(&other);
}

CHECK(quiet, "uses no CPU while it waits", POINTS(1), AFTER(resends, final_ack))
{
    struct play done = gets(blocks(1));
    gives_the_rest(done.transfer);
    struct play play = gets(blocks(2));
    gives_block(play.transfer, 1);
    uses_no_cpu(play.client);
    used_no_cpu(done.client); /* in its stay */
}

/* So many blocks that their numbers begin anew: the last one is number 2 again. */
static struct bytes more_than_numbers(void)
{
    return random_bytes((size_t)(LAST_NUMBER + 2) * BLOCK + 100);
}

CHECK(wraps, "gets a file of more than 32 MB: behind block 65535 comes block 0", POINTS(1),
      AFTER(full_blocks, resends, acks_again),
      BECAUSE("A block number has 16 bits: behind 65535 comes 0, and the file goes on. uint16_t does that by itself; an "
              "int must be cut before it is compared."))
{
    struct play play = gets(more_than_numbers());
    gives_blocks_until(play.transfer, LAST_NUMBER);
    is_acked_again(play.transfer, LAST_NUMBER);
    gives_block(play.transfer, LAST_NUMBER + 1);
    is_acked_again(play.transfer, LAST_NUMBER + 1);
    has_all(&play);
}

CHECK(put_wraps, "puts a file of more than 32 MB: behind block 65535 comes block 0", POINTS(1),
      AFTER(puts_full_blocks, apprentice),
      BECAUSE("A block number has 16 bits: behind 65535 comes 0, and the file goes on. uint16_t does that by itself; an "
              "int must be cut before it is compared."))
{
    struct play play = puts_file(more_than_numbers());
    takes_blocks_until(play.transfer, LAST_NUMBER);
    sends_ack(play.transfer, LAST_NUMBER);
    gets_block(play.transfer, LAST_NUMBER + 1);
    sends_ack(play.transfer, LAST_NUMBER + 1);
    gets_block(play.transfer, LAST_NUMBER + 2);
    sends_ack(play.transfer, LAST_NUMBER); /* greater than 1, but older */
    gets_nothing_new(play.transfer);
    has_sent_all(&play);
}

CHECK(odd_start, "keeps its contract with descriptors closed and signals ignored or blocked", POINTS(1),
      AFTER(resends, brings, error),
      BECAUSE("A program inherits its descriptors and its signals from whoever started it: a socket or a file may get the "
              "number 0 or 2, and a signal that is to end the wait may be blocked."))
{
    struct play blocked = gets_as((struct how){.closed = {true, false, false}, .signals_blocked = true}, blocks(2));
    is_sent_again(blocked.transfer, 1);
    has_all(&blocked);
    struct play given = puts_as((struct how){.closed = {true, true, true}, .extra_descriptors = true}, blocks(2));
    has_sent_all(&given);
    struct play failing = puts_as((struct how){.closed = {false, true, true}, .signals_ignored = true}, blocks(2));
    sends_ack(failing.transfer, 0);
    gets_block(failing.transfer, 1);
    sends_error(failing.transfer, 0, "not today");
    exits(failing.client, 1);
    gets_nothing_new(failing.transfer);
    file_is(failing.client, failing.local, failing.content);
}

CHECK(memory, "makes no memory error and leaks nothing", POINTS(1), AFTER(error), UNDER_MEMCHECK)
{
    struct play play = gets(blocks(3));
    struct transfer *stranger = another_port(play.transfer);
    sends_datagram(stranger, "");
    sends_datagram(stranger, literal("\0"));
    sends_datagram(stranger, literal("\0\3\0"));
    gives_the_rest(play.transfer);
    finishes(play.client);

    struct play other = puts_file(blocks(2));
    sends_ack(other.transfer, 0);
    gets_block(other.transfer, 1);
    sends_datagram(other.transfer, literal("\0\5\0\2no NUL"));
    finishes(other.client);
}
