/* report/wire.h: the wire diagram. */
#define _GNU_SOURCE
#include "report/wire.h"

#include <stdlib.h>
#include <string.h>

#include "check/bytes.h"
#include "unit.h"

static json_t *wire;

static void make_wire(void)
{
    wire = json_array();
}

static void forget_wire(void)
{
    json_decref(wire);
    unit_tear_down();
}

static void add(const char *from, const char *to, const char *event, const char *data, int bytes)
{
    json_t *entry = json_pack("{s:f, s:s, s:s?, s:s, s:s?}", "t", 0.001 * (double)json_array_size(wire), "from", from,
                              "to", to, "event", event, "data", data);
    if (bytes > 0)
        json_object_set_new(entry, "bytes", json_integer(bytes));
    json_array_append_new(wire, entry);
}

/* What is drawn, at a width that leaves 32 columns for an arrow. */
static const char *drawn(int max, bool unicode)
{
    char *printed = NULL;
    size_t length;
    struct screen screen = {.file = open_memstream(&printed, &length), .width = 60, .unicode = unicode};
    wire_draw(&screen, wire, 6, max);
    fclose(screen.file);
    const char *kept = text("%s", printed);
    free(printed);
    return kept;
}

#define HEAD "      you                             peer\n"

static void nothing_is_drawn_of_nothing(void)
{
    assert_text(drawn(0, true), "");
}

static void arrows_go_both_ways(void)
{
    add("you", "server", "connect", NULL, 0);
    add("you", "server", "data", "\"knock\\n\"", 6);
    add("server", "you", "data", "\"who?\"", 4);
    add("server", "you", "end-of-file", NULL, 0);
    assert_text(drawn(0, true), HEAD "      │── connect ────────────────────▶│  0.000  server\n"
                                     "      │── \"knock\\n\" ──────────────────▶│  0.001  server\n"
                                     "      │◀─ \"who?\" ──────────────────────│  0.002  server\n"
                                     "      │◀─ end-of-file ─────────────────│  0.003  server\n");
    assert_text(drawn(0, false), HEAD "      |-- connect -------------------->|  0.000  server\n"
                                      "      |-- \"knock\\n\" ------------------>|  0.001  server\n"
                                      "      |<- \"who?\" ----------------------|  0.002  server\n"
                                      "      |<- end-of-file -----------------|  0.003  server\n");
}

static void what_looks_the_same_is_one_line(void)
{
    for (int i = 1; i <= 20; i++)
        add(text("client %d", i), "you", "connect", NULL, 0);
    add("client 20", "you", "reset", NULL, 0);
    add("127.0.0.2", "you", "datagram", NULL, 0);
    add("127.0.0.3", "you", "datagram", NULL, 0);
    const char *all = drawn(0, true);
    assert_contains(all, "◀─ connect ×20 ─");
    assert_contains(all, "◀─ reset ─");
    assert_contains(all, "127.0.0.2\n");
    assert_contains(all, "127.0.0.3\n"); /* two hosts are two */
    assert_contains(drawn(0, false), "<- connect x20 -");
}

static void who_prints_nothing_is_said_to(void)
{
    add("you", NULL, "stdout", NULL, 0);
    assert_contains(drawn(0, true), "│ prints nothing ");
}

static void what_does_not_fit_is_cut_with_its_number_of_bytes(void)
{
    add("you", "server", "data", text("\"%s\"", repeated('x', 2000).data), 100000);
    assert_text(drawn(0, true), HEAD "      │── \"xxxxxxx… (100000 bytes) ───▶│  0.000  server\n");
    assert_text(drawn(0, false), HEAD "      |-- \"xxxxx... (100000 bytes) --->|  0.000  server\n");
}

static void a_call_keeps_its_result(void)
{
    add("you", NULL, "call", "recvfrom(4, \"knock knock knock knock\", 4096, 0, NULL, NULL) = -1 EAGAIN", 0);
    assert_contains(drawn(0, true), "…) = -1 EAGAIN");
}

static void the_last_steps_are_drawn(void)
{
    for (int i = 0; i < 30; i++)
        add("you", "server", "data", text("\"%d\"", i), 2);
    const char *some = drawn(12, true);
    assert_contains(some, "⋮ 18 earlier steps: --trace shows them\n");
    CU_ASSERT_PTR_NULL(strstr(some, "\"17\""));
    assert_contains(some, "\"18\"");
    assert_contains(some, "\"29\"");
    CU_ASSERT_PTR_NULL(strstr(drawn(30, true), "earlier"));
    CU_ASSERT_PTR_NULL(strstr(drawn(0, true), "earlier"));
}

static void an_event_without_its_members_does_no_harm(void)
{
    json_array_append_new(wire, json_object());
    json_array_append_new(wire, json_null());
    json_array_append_new(wire, json_pack("{s:s}", "from", "you"));
    CU_ASSERT(strlen(drawn(0, true)) > 0);
}

static CU_TestInfo tests[] = {
    {"nothing is drawn of nothing", nothing_is_drawn_of_nothing},
    {"arrows go both ways", arrows_go_both_ways},
    {"what looks the same is one line", what_looks_the_same_is_one_line},
    {"who prints nothing is said to", who_prints_nothing_is_said_to},
    {"what does not fit is cut, with its number of bytes", what_does_not_fit_is_cut_with_its_number_of_bytes},
    {"a call keeps its result", a_call_keeps_its_result},
    {"the last steps are drawn", the_last_steps_are_drawn},
    {"an event without its members does no harm", an_event_without_its_members_does_no_harm},
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo wire_suite = {"wire", NULL, NULL, make_wire, forget_wire, tests};
