#define _GNU_SOURCE
#include "report/wire.h"

#include <stdlib.h>
#include <string.h>

#include "record/result.h"

/* One line of the diagram: an event, or several that look the same. */
struct line {
    const json_t *event;
    int times;
};

enum { LINES_MAX = 5000 };

static bool is_you(const char *who)
{
    return strcmp(who, "you") == 0;
}

/* "client 7" and "client 8" are the same kind of peer; "127.0.0.2" and "127.0.0.3" are two. */
static bool same_kind(const char *a, const char *b)
{
    size_t kind = strcspn(a, "0123456789");
    if (kind == 0)
        return strcmp(a, b) == 0;
    return kind == strcspn(b, "0123456789") && strncmp(a, b, kind) == 0;
}

static bool same_event(const json_t *a, const json_t *b)
{
    return strcmp(result_text(a, "event"), result_text(b, "event")) == 0 &&
           same_kind(result_text(a, "from"), result_text(b, "from")) &&
           same_kind(result_text(a, "to"), result_text(b, "to")) &&
           strcmp(result_text(a, "data"), result_text(b, "data")) == 0;
}

static int collect(const json_t *wire, struct line *lines)
{
    int count = 0;
    size_t i;
    json_t *event;
    json_array_foreach (wire, i, event) {
        if (count > 0 && same_event(lines[count - 1].event, event))
            lines[count - 1].times++;
        else if (count < LINES_MAX)
            lines[count++] = (struct line){event, 1};
    }
    return count;
}

/* The label of an arrow: the data itself, or the event's name. */
static void arrow_label(const struct line *line, char *text, size_t size)
{
    const char *data = result_text(line->event, "data");
    const char *event = result_text(line->event, "event");
    bool is_data = strcmp(event, "data") == 0 && *data != '\0';
    snprintf(text, size, "%s%s%.*s", is_data ? "" : event, is_data || *data == '\0' ? "" : " ", (int)size - 100, data);
}

/* The words of a step that is no message: what you did, what a peer did by itself, what the check did to you. */
static void step_label(const struct line *line, char *text, size_t size)
{
    static const struct {
        const char *event;
        const char *words;
    } verbs[] = {{"start", "$ "}, {"exit", ""}, {"call", ""}, {"stdout", "prints "}, {"listen", "listens on "}};
    const char *data = result_text(line->event, "data");
    const char *event = result_text(line->event, "event");
    const char *from = result_text(line->event, "from");
    char words[160];
    snprintf(words, sizeof words, "%s%s", event, *data == '\0' ? "" : " ");
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(verbs[i].event, event) == 0)
            snprintf(words, sizeof words, "%s", verbs[i].words);
    }
    if (strcmp(event, "stdout") == 0 && *data == '\0')
        data = "nothing";
    bool by_peer = !is_you(from) && strcmp(from, "check") != 0;
    snprintf(text, size, "%s%s%s%.*s", by_peer ? from : "", by_peer ? " " : "", words, (int)size - 300, data);
}

static bool is_message(const json_t *event)
{
    return *result_text(event, "to") != '\0' && strcmp(result_text(event, "from"), "check") != 0;
}

static void label(const struct screen *screen, const struct line *line, char *text, size_t size)
{
    if (!is_message(line->event))
        step_label(line, text, size);
    else
        arrow_label(line, text, size);
    if (line->times > 1 && screen->linear)
        snprintf(text + strlen(text), 24, ", %d times", line->times);
    else if (line->times > 1)
        snprintf(text + strlen(text), 24, " %s%d", screen_sign(screen, "×", "x"), line->times);
}

static void repeat(const struct screen *screen, const char *sign, int count)
{
    for (int i = 0; i < count; i++)
        fputs(sign, screen->file);
}

/* The place in a text behind so many columns. */
static size_t behind_columns(const char *text, int columns)
{
    size_t at = 0;
    for (int column = 0; text[at] != '\0' && column < columns; column++) {
        at++;
        while (((unsigned char)text[at] & 0xc0) == 0x80)
            at++;
    }
    return at;
}

/* Cuts a text so that it fits, and says so: with the number of bytes that it stands for, or what a call returned. */
static void fit(const struct screen *screen, const json_t *event, char *text, int columns)
{
    char tail[120];
    const char *ellipsis = screen_sign(screen, "…", "...");
    int bytes = result_number(event, "bytes");
    const char *result = strcmp(result_text(event, "event"), "call") == 0 ? strstr(text, ") = ") : NULL;
    if (screen_columns(text) <= columns)
        return;
    if (result != NULL)
        snprintf(tail, sizeof tail, "%s%.40s", ellipsis, result);
    else if (bytes > 0)
        snprintf(tail, sizeof tail, "%s (%d bytes)", ellipsis, bytes);
    else
        snprintf(tail, sizeof tail, "%s", ellipsis);
    memcpy(text + behind_columns(text, columns - screen_columns(tail)), tail, strlen(tail) + 1);
}

static void draw_arrow(const struct screen *screen, const struct line *line, int columns)
{
    char text[8192 + 64];
    const char *dash = screen_sign(screen, "─", "-");
    bool to_you = is_you(result_text(line->event, "to"));
    label(screen, line, text, 8192);
    fit(screen, line->event, text, columns - 8);
    int rest = columns - 6 - screen_columns(text);
    if (to_you)
        fputs(screen_sign(screen, "◀─", "<-"), screen->file);
    else
        repeat(screen, dash, 2);
    fprintf(screen->file, " %s ", text);
    repeat(screen, dash, rest);
    fputs(to_you ? dash : "", screen->file);
    fputs(to_you ? dash : screen_sign(screen, "─▶", "->"), screen->file);
}

static void draw_step(const struct screen *screen, const struct line *line, int columns)
{
    char text[8192 + 64];
    label(screen, line, text, 8192);
    fit(screen, line->event, text, columns - 1);
    fputc(' ', screen->file);
    screen_cell(screen, text, columns - 1);
}

/* On a linear screen: "0.020 s, client 18 sends you: ...". */
static void tell_line(const struct screen *screen, const struct line *line)
{
    static const struct {
        const char *event, *from_peer, *from_you;
    } verbs[] = {{"data", "sends", "send"}, {"connect", "connects to", "connect to"}};
    char words[8192 + 64];
    const char *event = result_text(line->event, "event");
    const char *from = result_text(line->event, "from");
    const char *to = result_text(line->event, "to");
    const char *verb = is_you(from) ? "send" : "sends";
    const char *what = words;
    label(screen, line, words, 8192);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(event, verbs[i].event) == 0)
            verb = is_you(from) ? verbs[i].from_you : verbs[i].from_peer;
    }
    if (strcmp(event, "connect") == 0 && strncmp(words, "connect", strlen("connect")) == 0)
        what += strlen("connect");
    what += strspn(what, " ");
    char *safe = screen_safe(screen, what);
    fprintf(screen->file, "%.3f s, ", json_real_value(json_object_get(line->event, "t")));
    if (*to == '\0' || strcmp(from, "check") == 0)
        fprintf(screen->file, "%s: %s\n", strcmp(from, "check") == 0 ? "the check" : from, safe == NULL ? "" : safe);
    else
        fprintf(screen->file, "%s %s %s%s%s\n", from, verb, to, *what == '\0' ? "" : ": ", safe == NULL ? "" : safe);
    free(safe);
}

static void draw_line(const struct screen *screen, const struct line *line, int indent, int columns)
{
    if (screen->linear) {
        tell_line(screen, line);
        return;
    }
    const char *from = result_text(line->event, "from");
    const char *to = result_text(line->event, "to");
    const char *bar = screen_sign(screen, "│", "|");
    bool is_arrow = is_message(line->event);
    const char *peer = !is_arrow ? "" : is_you(from) ? to : from;
    fprintf(screen->file, "%*s%s", indent, "", bar);
    if (is_arrow)
        draw_arrow(screen, line, columns);
    else
        draw_step(screen, line, columns);
    screen_paint(screen, DIM);
    fprintf(screen->file, "%s %6.3f%s%s\n", is_arrow ? bar : " ", json_real_value(json_object_get(line->event, "t")),
            *peer == '\0' ? "" : "  ", peer);
    screen_paint(screen, PLAIN);
}

void wire_draw(const struct screen *screen, const json_t *wire, int indent, int max)
{
    static struct line lines[LINES_MAX];
    int count = collect(wire, lines);
    int first = max > 0 && count > max ? count - max : 0;
    int columns = screen->width - indent - 22;
    if (count == 0)
        return;
    screen_paint(screen, DIM);
    if (!screen->linear)
        fprintf(screen->file, "%*syou%*speer\n", indent, "", columns - 3, "");
    if (first > 0 && screen->linear)
        fprintf(screen->file, "%d earlier steps are left out: --trace tells them\n", first);
    else if (first > 0)
        fprintf(screen->file, "%*s%s %d earlier steps: --trace shows them\n", indent, "", screen_sign(screen, "⋮", ":"),
                first);
    screen_paint(screen, PLAIN);
    for (int i = first; i < count; i++)
        draw_line(screen, &lines[i], indent, columns);
}

int wire_tell(const json_t *wire, int max, void (*tell)(void *context, const struct wire_step *step), void *context)
{
    static struct line lines[LINES_MAX];
    static const struct screen page = {.unicode = true};
    int count = collect(wire, lines);
    int first = max > 0 && count > max ? count - max : 0;
    for (int i = first; i < count; i++) {
        char words[8192 + 64];
        label(&page, &lines[i], words, 8192);
        tell(context, &(struct wire_step){lines[i].event, is_message(lines[i].event), words});
    }
    return first;
}
