#include "check/tftp.h"

#include <strings.h>

static struct bytes with_header(char *memory, int opcode, long number, struct bytes rest)
{
    const char header[TFTP_HEADER] = {0, (char)opcode, (char)(number >> 8), (char)number};
    memcpy(memory, header, sizeof header);
    memcpy(memory + TFTP_HEADER, rest.data, rest.length);
    return (struct bytes){memory, TFTP_HEADER + rest.length};
}

/* What a request has behind its opcode. */
static struct bytes names(const char *file)
{
    return join(join(file, literal("\0")), literal("octet\0"));
}

struct bytes tftp_request(int opcode, const char *file)
{
    const char header[2] = {0, (char)opcode};
    return join(((struct bytes){header, sizeof header}), names(file));
}

struct bytes tftp_data_in(char *memory, long block, struct bytes content)
{
    return with_header(memory, TFTP_DATA, block, part(content, (size_t)(block - 1) * TFTP_BLOCK, TFTP_BLOCK));
}

struct bytes tftp_ack_in(char *memory, long block)
{
    return with_header(memory, TFTP_ACK, block, bytes(""));
}

struct bytes tftp_data(long block, struct bytes content)
{
    return tftp_data_in(keep(TFTP_LARGEST), block, content);
}

struct bytes tftp_ack(long block)
{
    return tftp_ack_in(keep(TFTP_LARGEST), block);
}

struct bytes tftp_error(int code, const char *message)
{
    struct bytes words = join(message, literal("\0"));
    return with_header(keep(TFTP_HEADER + words.length), TFTP_ERROR, code, words);
}

long tftp_blocks(struct bytes content)
{
    return (long)(content.length / TFTP_BLOCK) + 1;
}

static int number_at(struct bytes datagram, size_t at)
{
    if (datagram.length < at + 2)
        return -1;
    return (unsigned char)datagram.data[at] << 8 | (unsigned char)datagram.data[at + 1];
}

int tftp_opcode(struct bytes datagram)
{
    int opcode = number_at(datagram, 0);
    return opcode == -1 ? 0 : opcode;
}

int tftp_number(struct bytes datagram)
{
    return number_at(datagram, 2);
}

bool tftp_same_request(struct bytes a, struct bytes b)
{
    const size_t mode = sizeof "octet";
    if (a.length != b.length || a.length < mode + 2)
        return false;
    size_t same = a.length - mode;
    return memcmp(a.data, b.data, same) == 0 && a.data[a.length - 1] == '\0' &&
           strncasecmp(a.data + same, b.data + same, mode) == 0;
}

const char *tftp_words(struct bytes datagram)
{
    int number = tftp_number(datagram);
    int opcode = tftp_opcode(datagram);
    struct bytes rest = part(datagram, TFTP_HEADER, datagram.length);
    if (opcode == TFTP_ACK && datagram.length == TFTP_HEADER)
        return text("ACK %d", number);
    if (opcode == TFTP_DATA && datagram.length >= TFTP_HEADER)
        return text("DATA %d with %zu byte%s", number, rest.length, rest.length == 1 ? "" : "s");
    if (opcode == TFTP_ERROR && datagram.length >= TFTP_HEADER)
        return text("ERROR %d %s", number, quoted(part(rest, 0, strnlen(rest.data, rest.length)), 80));
    if (opcode == TFTP_READ || opcode == TFTP_WRITE) {
        struct bytes names = part(datagram, 2, datagram.length);
        struct bytes file = part(names, 0, strnlen(names.data, names.length));
        return text("a request to %s %s", opcode == TFTP_READ ? "read" : "write", quoted(file, 80));
    }
    return text("%zu byte%s that are no TFTP", datagram.length, datagram.length == 1 ? "" : "s");
}
