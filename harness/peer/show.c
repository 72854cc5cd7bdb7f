#define _GNU_SOURCE
#include "peer/show.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/screen.h"
#include "run/jobs.h"

enum { LINES_SHOWN = 4, TIME_COLUMNS = 9, ARROW_COLUMNS = 5 };

static struct screen screen;
static double began;
static int who_columns;

double show_time(void)
{
    return jobs_now() - began;
}

const char *show_command(const struct peer *peer, const char **commands, int port)
{
    static char command[400];
    int length = (int)strcspn(*commands, "\n");
    char line[300];
    snprintf(line, sizeof line, "%.*s", length, *commands);
    *commands += length + ((*commands)[length] == '\n');
    char *place = strstr(line, "PORT");
    if (place == NULL) {
        snprintf(command, sizeof command, "%s %s", peer->sockeye, line);
    } else {
        *place = '\0';
        snprintf(command, sizeof command, "%s %s%d%s", peer->sockeye, line, port, place + strlen("PORT"));
    }
    return command;
}

void show_peer(const struct peer *peer, int port, int columns)
{
    char words[500];
    setvbuf(stdout, NULL, _IOLBF, 0);
    screen = screen_of_stdout();
    who_columns = columns;
    snprintf(words, sizeof words, "The other end of lesson %d: %s.", atoi(peer->lesson), peer->what);
    screen_paragraph(&screen, 0, "", words);
    if (port > 0)
        fputs("In another terminal:\n\n", stdout);
    screen_paint(&screen, HINT);
    for (const char *commands = peer->commands; port > 0 && *commands != '\0';)
        printf("    %s\n", show_command(peer, &commands, port));
    screen_paint(&screen, PLAIN);
    printf("%sCtrl-C ends it.\n\n", port > 0 ? "\n" : "");
    began = jobs_now();
}

static void begin_line(const char *who, const char *arrow)
{
    if (screen.linear) {
        printf("%.3f s, %s%s%s", show_time(), who, *arrow == ' ' ? "" : " ", *arrow == ' ' ? ": " : arrow);
        return;
    }
    screen_paint(&screen, DIM);
    printf("%*.3f", TIME_COLUMNS - 2, show_time());
    screen_paint(&screen, PLAIN);
    printf("  %-*s %s ", who_columns, who, arrow);
}

static const char *arrow(bool sends)
{
    if (screen.linear)
        return sends ? "sends: " : "gets: ";
    return sends ? screen_sign(&screen, "──▶", "-->") : screen_sign(&screen, "◀──", "<--");
}

/* As many bytes as one line of text has room for, up to and with the next newline. */
static size_t line_length(struct bytes bytes, int columns)
{
    size_t length = 0;
    while (length < bytes.length) {
        length++;
        bool full = (int)strlen(quoted(part(bytes, 0, length), length)) > columns;
        if (full && length > 1)
            return length - 1;
        if (bytes.data[length - 1] == '\n')
            break;
    }
    return length;
}

void show_bytes(const char *who, bool sends, struct bytes bytes)
{
    int columns = screen.width - TIME_COLUMNS - who_columns - ARROW_COLUMNS;
    int lines = 0;
    begin_line(who, arrow(sends));
    do {
        size_t length = line_length(bytes, columns);
        if (lines++ > 0)
            printf("%*s", TIME_COLUMNS + who_columns + ARROW_COLUMNS, "");
        puts(quoted(part(bytes, 0, length), length));
        bytes = part(bytes, length, bytes.length);
        keep_release();
    } while (bytes.length > 0 && lines < LINES_SHOWN);
    if (bytes.length > 0)
        printf("%*sand %zu more bytes\n", TIME_COLUMNS + who_columns + ARROW_COLUMNS, "", bytes.length);
}

void show_event(const char *who, bool sends, const char *format, ...)
{
    va_list list;
    begin_line(who, arrow(sends));
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    putchar('\n');
}

void show_note(const char *who, const char *format, ...)
{
    va_list list;
    begin_line(who, "   ");
    screen_paint(&screen, DIM);
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    screen_paint(&screen, PLAIN);
    putchar('\n');
}
