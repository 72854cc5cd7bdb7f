#define _GNU_SOURCE
#include "check/dns.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <resolv.h>
#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "check/address.h"
#include "check/check.h"
#include "check/record.h"
#include "check/stage.h"
#include "check/verdict.h"
#include "check/wait.h"
#include "look/sockets.h"

#define SERVER "DNS server"

enum { ENTRIES_MAX = 256, TIME_TO_LIVE = 60, SILENT = -1 };

/* So late an answer is of no use: the resolver waits a second (resolv.conf in run/world.c), and the answer travels. */
static const double TOO_LATE = 0.9;

/* What the server knows of a name: a record, or how it behaves when it is asked for the name. */
struct entry {
    const char *owner;
    int type;          /* ns_t_a, ns_t_aaaa, ns_t_ptr, ns_t_cname; 0: only that the name is there */
    const char *value; /* the address or name as text */
    int rcode;         /* ns_r_noerror, or what to answer in place of records; SILENT: nothing */
};

struct message {
    unsigned char bytes[NS_PACKETSZ];
    size_t length;
};

struct question {
    struct message message; /* the query, cut behind its one question */
    char name[NS_MAXDNAME];
    int type;
    struct sockaddr_in from;
    const char *words; /* "A heron.sockeye.test" */
};

static struct entry entries[ENTRIES_MAX];
static int count;
static int server = -1;
static int unanswered_port; /* who asked the last question that was left unanswered; 0: nobody */

/* ------------------------------------------------ names */

static bool is_same_name(const char *a, const char *b)
{
    return strcasecmp(a, b) == 0;
}

/* The name under which an address is looked up (RFC 1035, section 3.5, and RFC 3596, section 2.5). */
static const char *reverse_name(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, host, &v4) == 1) {
        const unsigned char *b = (const unsigned char *)&v4;
        return text("%u.%u.%u.%u.in-addr.arpa", b[3], b[2], b[1], b[0]);
    }
    if (inet_pton(AF_INET6, host, &v6) != 1)
        return NULL;
    const char *name = "ip6.arpa";
    for (int i = 0; i < 16; i++)
        name = text("%x.%x.%s", v6.s6_addr[i] & 15, v6.s6_addr[i] >> 4, name);
    return name;
}

static const char *owner_of(const char *name_or_address)
{
    const char *reverse = reverse_name(name_or_address);
    return reverse != NULL ? reverse : name_or_address;
}

static const char *type_word(int type)
{
    switch (type) {
    case ns_t_a: return "A";
    case ns_t_aaaa: return "AAAA";
    case ns_t_ptr: return "PTR";
    case ns_t_cname: return "CNAME";
    default: return text("TYPE%d", type);
    }
}

/* ------------------------------------------------ questions and answers on the wire */

static bool read_question(const unsigned char *bytes, size_t length, struct question *question)
{
    const HEADER *header = (const HEADER *)(const void *)bytes;
    if (length < NS_HFIXEDSZ || header->qr || header->opcode != ns_o_query || ntohs(header->qdcount) != 1)
        return false;
    int n = dn_expand(bytes, bytes + length, bytes + NS_HFIXEDSZ, question->name, sizeof question->name);
    size_t end = NS_HFIXEDSZ + (size_t)n + NS_QFIXEDSZ;
    if (n < 0 || end > length || end > sizeof question->message.bytes)
        return false;
    question->type = bytes[end - 4] << 8 | bytes[end - 3];
    question->words = text("%s %s", type_word(question->type), question->name);
    memcpy(question->message.bytes, bytes, end);
    question->message.length = end;
    return true;
}

static void put(struct message *message, const void *bytes, size_t length)
{
    if (message->length + length > sizeof message->bytes)
        fault("an answer of the DNS server has more than %d bytes", NS_PACKETSZ);
    memcpy(message->bytes + message->length, bytes, length);
    message->length += length;
}

static void put_number(struct message *message, unsigned int number, int size)
{
    unsigned char bytes[4] = {(unsigned char)(number >> 24), (unsigned char)(number >> 16),
                              (unsigned char)(number >> 8), (unsigned char)number};
    put(message, bytes + 4 - size, (size_t)size);
}

static struct bytes kept(const void *data, size_t length)
{
    return (struct bytes){memcpy(keep(length), data, length), length};
}

/* A name as it stands in a message; shorter (RFC 1035, 4.1.4) if @p known has what stands there already. */
static struct bytes packed_name(const char *name, unsigned char **known)
{
    unsigned char packed[NS_MAXCDNAME];
    int n = dn_comp(name, packed, sizeof packed, known, NULL);
    if (n < 0)
        fault("a check gives the DNS server a name that is none: %s", name);
    return kept(packed, (size_t)n);
}

static struct bytes packed_value(const struct entry *entry)
{
    struct in6_addr address;
    if (entry->type == ns_t_ptr || entry->type == ns_t_cname)
        return packed_name(entry->value, NULL);
    inet_pton(entry->type == ns_t_a ? AF_INET : AF_INET6, entry->value, &address);
    return kept(&address, entry->type == ns_t_a ? NS_INADDRSZ : NS_IN6ADDRSZ);
}

static void put_record(struct message *message, const struct entry *entry)
{
    unsigned char *question[] = {message->bytes, message->bytes + NS_HFIXEDSZ, NULL};
    struct bytes owner = packed_name(entry->owner, question);
    struct bytes value = packed_value(entry);
    HEADER *header = (HEADER *)(void *)message->bytes;
    put(message, owner.data, owner.length);
    put_number(message, (unsigned int)entry->type, 2);
    put_number(message, ns_c_in, 2);
    put_number(message, TIME_TO_LIVE, 4);
    put_number(message, (unsigned int)value.length, 2);
    put(message, value.data, value.length);
    header->ancount = htons((uint16_t)(ntohs(header->ancount) + 1));
}

/* Puts the records of a name and, if it is an alias, those of the name behind it; returns the answer's code. */
static int put_answer(struct message *message, const char *name, int type, const char **words)
{
    int rcode = ns_r_nxdomain;
    for (int i = 0; i < count; i++) {
        const struct entry *entry = &entries[i];
        if (!is_same_name(entry->owner, name))
            continue;
        if (entry->rcode != ns_r_noerror)
            return entry->rcode;
        rcode = ns_r_noerror;
        if (entry->type == type || entry->type == ns_t_cname) {
            put_record(message, entry);
            *words = text("%s%s%s", *words, **words == '\0' ? "" : ", ", entry->value);
        }
        if (entry->type == ns_t_cname && type != ns_t_cname)
            return put_answer(message, entry->value, type, words);
    }
    return rcode;
}

static const char *rcode_words(int rcode)
{
    switch (rcode) {
    case ns_r_noerror: return "no such record";
    case ns_r_nxdomain: return "NXDOMAIN";
    case ns_r_servfail: return "SERVFAIL";
    default: return text("RCODE%d", rcode);
    }
}

static void answer(struct question *question)
{
    struct message *message = &question->message;
    HEADER *header = (HEADER *)(void *)message->bytes;
    const char *words = "";
    header->qr = 1;
    header->aa = 1;
    header->ra = 1;
    header->ancount = header->nscount = header->arcount = 0;
    record(YOU, SERVER, text("query %s", question->words), bytes(""));
    int rcode = put_answer(message, question->name, question->type, &words);
    if (rcode == SILENT) {
        unanswered_port = ntohs(question->from.sin_port);
        record(SERVER, NULL, "does not answer", bytes(""));
        return;
    }
    header->rcode = (unsigned int)rcode & 15;
    if (sendto(server, message->bytes, message->length, MSG_DONTWAIT, (struct sockaddr *)&question->from,
               sizeof question->from) == -1)
        fault("the DNS server can't answer: %s", strerror(errno));
    record(SERVER, YOU, text("answer %s", *words == '\0' ? rcode_words(rcode) : words), bytes(""));
}

/* How long a datagram has waited for us: the kernel has noted when it came. */
static double seconds_in_queue(struct msghdr *header)
{
    struct timespec current;
    clock_gettime(CLOCK_REALTIME, &current);
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
        struct timespec came;
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
            continue;
        memcpy(&came, CMSG_DATA(c), sizeof came);
        return (double)(current.tv_sec - came.tv_sec) + (double)(current.tv_nsec - came.tv_nsec) / 1e9;
    }
    return 0;
}

static void attend(int fd)
{
    for (;;) {
        unsigned char bytes[NS_MAXMSG];
        char control[CMSG_SPACE(sizeof(struct timespec))];
        struct question question;
        struct iovec part = {bytes, sizeof bytes};
        struct msghdr header = {.msg_name = &question.from,
                                .msg_namelen = sizeof question.from,
                                .msg_iov = &part,
                                .msg_iovlen = 1,
                                .msg_control = control,
                                .msg_controllen = sizeof control};
        ssize_t n = recvmsg(fd, &header, MSG_DONTWAIT);
        if (n == -1)
            return;
        if (seconds_in_queue(&header) > TOO_LATE)
            fault("this machine is too busy: a DNS query waited %.1f s for our server", seconds_in_queue(&header));
        if (read_question(bytes, (size_t)n, &question))
            answer(&question);
    }
}

bool dns_keeps_waiting(void)
{
    struct socket_row row;
    return unanswered_port != 0 && sockets_listener(SOCKET_UDP, unanswered_port, &row);
}

/* ------------------------------------------------ what the server knows */

static void serve(void)
{
    if (server != -1)
        return;
    if (!stage.private_network)
        fault("a check tells names to a DNS server, but does not say that it needs the private network");
    struct address address = address_of("127.0.0.1", NS_DEFAULTPORT);
    int on = 1;
    server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (server == -1 || bind(server, (struct sockaddr *)&address.storage, address.length) == -1)
        fault("can't be a DNS server: %s", strerror(errno));
    setsockopt(server, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    wait_attends(server, attend);
}

static void add(const char *owner, int type, const char *value, int rcode)
{
    serve();
    if (count == ENTRIES_MAX)
        fault("a check may tell the DNS server %d things", ENTRIES_MAX);
    entries[count++] = (struct entry){owner, type, value, rcode};
}

void dns_names(const char *const *name_and_addresses)
{
    const char *name = name_and_addresses[0];
    const char *list = "";
    add(name, 0, NULL, ns_r_noerror);
    for (const char *const *host = name_and_addresses + 1; *host != NULL; host++) {
        struct address address = address_of(*host, 0);
        add(name, address.storage.ss_family == AF_INET ? ns_t_a : ns_t_aaaa, *host, ns_r_noerror);
        list = text("%s%s%s", list, *list == '\0' ? "" : ", ", *host);
    }
    record(SERVER, NULL, text("knows %s: %s", name, *list == '\0' ? "no address" : list), bytes(""));
}

void dns_aliases(const char *alias, const char *name)
{
    add(alias, ns_t_cname, name, ns_r_noerror);
    record(SERVER, NULL, text("knows %s: alias of %s", alias, name), bytes(""));
}

void dns_claims(const char *address, const char *name)
{
    address_of(address, 0);
    add(reverse_name(address), ns_t_ptr, name, ns_r_noerror);
    record(SERVER, NULL, text("knows %s: %s", address, name), bytes(""));
}

void dns_never_answers(const char *name_or_address)
{
    add(owner_of(name_or_address), 0, NULL, SILENT);
    record(SERVER, NULL, text("will not answer about %s", name_or_address), bytes(""));
}

void dns_fails(const char *name_or_address)
{
    add(owner_of(name_or_address), 0, NULL, ns_r_servfail);
    record(SERVER, NULL, text("will fail (SERVFAIL) about %s", name_or_address), bytes(""));
}

/* No step of the conversation: who asks will see it. */
static const char *with_a_name(const char *address)
{
    const char *name = text("client-%ld.sockeye.test", random_between(1000, 9999));
    add(reverse_name(address), ns_t_ptr, name, ns_r_noerror);
    add(name, address_of(address, 0).storage.ss_family == AF_INET ? ns_t_a : ns_t_aaaa, address, ns_r_noerror);
    return address;
}

const char *some_client_address(void)
{
    return !stage.private_network ? "127.0.0.1"
                                  : with_a_name(text("127.%ld.%ld.%ld", random_between(1, 254), random_between(1, 254),
                                                     random_between(1, 254)));
}

const char *some_ipv6_client_address(void)
{
    return !stage.private_network ? "::1" : with_a_name(LONG_IPV6);
}

void nobody_has_another_name(void)
{
    if (stage.private_network)
        serve();
}
