#include "check/clock.h"

#include <stdlib.h>
#include <time.h>

#include "check/datagram.h"
#include "check/verdict.h"

static const uint32_t seconds_1900_to_1970 = 2208988800U; /* RFC 868: "corresponds to 00:00 1 Jan 1970 GMT" */

struct answer answer_same(struct answer answer)
{
    return answer;
}

struct answer answer_of_bytes(struct bytes bytes)
{
    return (struct answer){.bytes = bytes};
}

struct answer answer_of_text(const char *text)
{
    return answer_of_bytes(bytes(text));
}

struct answer clock_ahead(long seconds)
{
    return (struct answer){.is_clock = true, .ahead = seconds};
}

uint32_t clock_now(void)
{
    return (uint32_t)time(NULL) + seconds_1900_to_1970;
}

long across_the_wrap(void)
{
    enum { MARGIN = 1000 };
    int64_t half = INT64_C(1) << 31;
    int64_t ours = clock_now();
    if (ours >= half) /* theirs has wrapped already */
        return (long)random_between((long)(2 * half - ours) + MARGIN, (long)half - MARGIN);
    return (long)-random_between((long)ours + MARGIN, (long)half - MARGIN);
}

struct bytes clock_bytes(uint32_t clock)
{
    char *data = keep(4);
    for (int i = 0; i < 4; i++)
        data[i] = (char)(clock >> (24 - 8 * i));
    return (struct bytes){data, 4};
}

uint32_t clock_of_bytes(struct bytes bytes)
{
    uint32_t clock = 0;
    for (size_t i = 0; i < 4; i++)
        clock = clock << 8 | (i < bytes.length ? (unsigned char)bytes.data[i] : 0);
    return clock;
}

/* The same on the clock face, give or take what passes between two looks at a clock. */
static bool near(uint32_t a, uint32_t b)
{
    int32_t distance = (int32_t)(a - b);
    return distance >= -2 && distance <= 2;
}

/* Causes that show only beside the bytes that were sent. */
static const char *misread(uint32_t got, const struct sent *sent)
{
    uint32_t theirs = clock_of_bytes(sent->data);
    uint32_t ours = sent->clock;
    uint32_t backwards = __builtin_bswap32(theirs);
    bool is_answer = sent->data.length == 4;
    if (!is_answer && near(got, theirs - ours) && sent->data.length > 4)
        return text("That is what the first four bytes of a datagram of %zu bytes would mean.", sent->data.length);
    if (!is_answer && near(got, theirs - ours))
        return text("That is what a datagram of %zu byte%s would mean, with zeros for what is missing.",
                    sent->data.length, sent->data.length == 1 ? "" : "s");
    if (is_answer && (near(got, backwards - ours) || near(got, ours - backwards) ||
                      near(got, backwards - (ours - seconds_1900_to_1970))))
        return "That is what comes out when the four bytes are taken in the wrong order. On the network the highest "
               "byte comes "
               "first: ntohl().";
    if (is_answer && near(got, theirs))
        return "That is the other clock's own time: the distance is theirs minus ours.";
    return NULL;
}

void clock_misread(long long got)
{
    const char *cause = NULL;
    for (int i = 0; cause == NULL && datagram_sent(i) != NULL; i++)
        cause = misread((uint32_t)got, datagram_sent(i));
    if (cause != NULL)
        verdict_because("%s", cause);
}

void clock_explains(long long got, long ahead)
{
    uint32_t face = (uint32_t)got;
    uint32_t right = (uint32_t)ahead;
    long long off = got - ahead;
    if (near(face, right) && ahead < 0 && got > 0)
        verdict_because(
            "%lld is 2^32 - %ld: the distance %ld, taken for an unsigned number. Bring it into a signed type "
            "(int32_t) before it is printed.",
            got, -ahead, ahead);
    else if (near(face, right) && llabs(off) > 2)
        verdict_because(
            "%lld is off by 2^32. Both clocks count modulo 2^32, so their distance does too: subtract in uint32_t, "
            "then bring the result into -2^31 … 2^31-1.",
            got);
    else if (near(face, -right) && ahead < 0)
        verdict_because(
            "The minus sign is missing: a clock that is behind is a negative number of seconds ahead, their "
            "clock minus this one.");
    else if (near(face, -right))
        verdict_because(
            "The sign is the wrong way round: ahead is their clock minus this one, not this one minus theirs.");
    else if (near(face - right, seconds_1900_to_1970) || near(right - face, seconds_1900_to_1970))
        verdict_because(
            "It is off by 2208988800, the seconds from 1900 to 1970: RFC 868 counts from 1900, time() from 1970.");
    else if (near(face - right, 2 * seconds_1900_to_1970) || near(right - face, 2 * seconds_1900_to_1970))
        verdict_because(
            "It is off by twice 2208988800: these seconds are to be added to the time since 1970, not taken from it.");
    else if (llabs(off) <= 60)
        verdict_because(
            "It is off by %lld seconds: compare with your own clock when the answer comes, right after recvfrom(), "
            "neither earlier nor later.",
            llabs(off));
    else
        clock_misread(got);
}
