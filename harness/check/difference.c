#include "check/difference.h"

#include "check/verdict.h"

enum { SHORT = 100, WINDOW = 24, BULK = 1000 };

const char *shown(struct bytes bytes)
{
    if (bytes.length <= SHORT)
        return text("%s (%zu byte%s)", quoted(bytes, SHORT), bytes.length, bytes.length == 1 ? "" : "s");
    return text("%zu bytes, %s …", bytes.length, quoted(part(bytes, 0, WINDOW), WINDOW));
}

static bool all_nul(struct bytes bytes)
{
    for (size_t i = 0; i < bytes.length; i++) {
        if (bytes.data[i] != '\0')
            return false;
    }
    return bytes.length > 0;
}

static bool is_buffer_size(size_t n)
{
    return n >= 256 && ((n & (n - 1)) == 0 || ((n + 1) & n) == 0 || n % 1000 == 0 || n == 1460);
}

static const char *too_short(struct bytes expected, struct bytes got)
{
    if (expected.data[got.length] == '\0')
        verdict_because(
            "It stops exactly before a NUL byte: the bytes were taken for a C string. Count bytes, as read() "
            "and write() do; do not measure them with strlen() or print them with %%s.");
    else if (got.length > 0 && is_buffer_size(got.length))
        verdict_because("%zu bytes is the size of one buffer: one read or write was made, and no more.", got.length);
    if (got.length == 0)
        return text("nothing, of %zu byte%s", expected.length, expected.length == 1 ? "" : "s");
    return text("only the first %zu of %zu bytes%s", got.length, expected.length,
                got.length <= SHORT ? text(": %s", quoted(got, SHORT)) : "");
}

static const char *too_long(struct bytes expected, struct bytes got)
{
    struct bytes extra = part(got, expected.length, got.length);
    if (extra.length == 1 && all_nul(extra))
        verdict_because(
            "One NUL byte too many: the terminating NUL of a C string is not part of the text. Send strlen(text) "
            "bytes, not strlen(text) + 1 or sizeof.");
    else if (all_nul(extra))
        verdict_because("The NUL bytes look like the rest of a buffer: send as many bytes as the text has, not sizeof "
                        "buffer.");
    else if (extra.length == 1 && extra.data[0] == '\n')
        verdict_because("One newline too many.");
    else if (expected.length > 0 && common_prefix(expected, extra) == expected.length)
        verdict_because("The same bytes come twice.");
    else if (is_buffer_size(got.length))
        verdict_because("%zu bytes is the size of a whole buffer: pass on as many as the last read() brought.",
                        got.length);
    return text("the right %zu byte%s, then %zu more: %s", expected.length, expected.length == 1 ? "" : "s",
                extra.length, quoted(extra, WINDOW));
}

static const char *other_bytes(struct bytes expected, struct bytes got, size_t at)
{
    struct bytes next = part(got, at, 32);
    long later = next.length < 8 ? -1 : position_of(part(expected, at, expected.length), next);
    long earlier = next.length < 8 ? -1 : position_of(part(expected, 0, at), next);
    if (expected.data[at] == '\n' && got.data[at] == '\r' && at > 0 && expected.data[at - 1] == '\r')
        verdict_because("One CR too many: where a line ends in CR LF, its CR is no part of what it says.");
    else if (expected.data[at] == '\n' && got.data[at] == '\r')
        verdict_because("The line ends in CR LF where LF alone was asked for.");
    else if (expected.data[at] == '\r' && got.data[at] == '\n')
        verdict_because("The line ends in LF where CR LF was asked for.");
    else if (later > 0)
        verdict_because("%ld byte%s missing in the middle%s.", later, later == 1 ? " is" : "s are",
                        expected.length < BULK
                            ? ""
                            : ": it looks as if a short count from read() or write() was taken for a "
                              "whole one");
    else if (earlier >= 0)
        verdict_because("From there on come bytes that were there before: after a short write, go on behind what was "
                        "taken, not from the start; and of a buffer, pass on the bytes that the last read() brought. "
                        "Behind them stands what was in it before, and no NUL.");
    else if (got.data[at] == '\0')
        verdict_because("A NUL byte stands where text should be.");
    const char *all = got.length <= SHORT ? text("%s: ", shown(got)) : text("%zu bytes: ", got.length);
    return text("%sat byte %zu %s where %s was expected", all, at, quoted(part(got, at, WINDOW), WINDOW),
                quoted(part(expected, at, WINDOW), WINDOW));
}

const char *difference(struct bytes expected, struct bytes got)
{
    size_t same = common_prefix(expected, got);
    if (same == got.length && same == expected.length)
        return "exactly that";
    if (same == got.length)
        return too_short(expected, got);
    if (same == expected.length)
        return too_long(expected, got);
    return other_bytes(expected, got, same);
}
