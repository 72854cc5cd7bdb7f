#define _GNU_SOURCE
#include "report/screen.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { NARROWEST = 60, USUAL = 80, WIDEST = 100 };

struct screen screen_of_stdout(void)
{
    setlocale(LC_CTYPE, "");
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    bool terminal = isatty(STDOUT_FILENO);
    int width = USUAL;
    if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        width = size.ws_col;
    else if (columns != NULL && atoi(columns) > 0)
        width = atoi(columns);
    return (struct screen){
        .file = stdout,
        .width = width < NARROWEST ? NARROWEST : width > WIDEST ? WIDEST : width,
        .colour = terminal && (no_color == NULL || *no_color == '\0') && (term == NULL || strcmp(term, "dumb") != 0),
        .unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
    };
}

const char *screen_code(const struct screen *screen, enum paint paint)
{
    static const char *const codes[] = {[PLAIN] = "\033[0m", [GOOD] = "\033[32m", [BAD] = "\033[1;31m",
                                        [DIM] = "\033[2m",   [BOLD] = "\033[1m",  [HINT] = "\033[36m"};
    return screen->colour ? codes[paint] : "";
}

void screen_paint(const struct screen *screen, enum paint paint)
{
    fputs(screen_code(screen, paint), screen->file);
}

/* All signs that we print take one column; a continuation byte takes none, nor does one of our colours. */
int screen_columns(const char *text)
{
    int columns = 0;
    for (; *text != '\0'; text++) {
        if (text[0] == '\033' && text[1] == '[')
            text += strcspn(text, "m") - (strchr(text, 'm') == NULL);
        else
            columns += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return columns;
}

const char *screen_sign(const struct screen *screen, const char *unicode, const char *ascii)
{
    return screen->unicode ? unicode : ascii;
}

static void spaces(const struct screen *screen, int count)
{
    for (int i = 0; i < count; i++)
        fputc(' ', screen->file);
}

void screen_cell(const struct screen *screen, const char *text, int columns)
{
    const char *ellipsis = screen_sign(screen, "…", "...");
    int all = screen_columns(text);
    int shown = all <= columns ? all : columns - screen_columns(ellipsis);
    int at = 0;
    const char *c = text;
    for (; *c != '\0'; c++) {
        if (((unsigned char)*c & 0xc0) != 0x80 && at++ == shown)
            break;
        fputc(*c, screen->file);
    }
    if (all > columns)
        fputs(ellipsis, screen->file);
    else
        spaces(screen, columns - all);
}

void screen_paragraph(const struct screen *screen, int indent, const char *label, const char *text)
{
    fprintf(screen->file, "%s", label);
    spaces(screen, indent - screen_columns(label));
    int room = screen->width - indent;
    int used = 0;
    while (*text != '\0') {
        size_t length = strcspn(text, " \n");
        char word[512];
        snprintf(word, sizeof word, "%.*s", (int)length, text);
        int columns = screen_columns(word);
        if (used > 0 && used + 1 + columns > room) {
            fputc('\n', screen->file);
            spaces(screen, indent);
            used = 0;
        }
        if (used > 0)
            fputc(' ', screen->file), used++;
        fwrite(text, 1, length, screen->file);
        used += columns;
        text += length;
        while (*text == ' ')
            text++;
        if (*text == '\n') {
            fputc('\n', screen->file);
            text++;
            if (*text != '\0')
                spaces(screen, indent);
            used = 0;
        }
    }
    fputc('\n', screen->file);
}
