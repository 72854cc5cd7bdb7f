#define _GNU_SOURCE
#include "report/screen.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { NARROWEST = 60, USUAL = 80, WIDEST = 100 };

static enum colours colours_chosen;
static bool linear_chosen;

void screen_choose_colours(enum colours colours)
{
    colours_chosen = colours;
}

void screen_choose_linear(void)
{
    linear_chosen = true;
}

static bool is_set(const char *variable)
{
    const char *value = getenv(variable);
    return value != NULL && *value != '\0';
}

static bool wants_colours(bool terminal)
{
    const char *term = getenv("TERM");
    if (colours_chosen != COLOURS_AUTO)
        return colours_chosen == COLOURS_ALWAYS;
    return terminal && !is_set("NO_COLOR") && (term == NULL || strcmp(term, "dumb") != 0);
}

struct screen screen_of_stdout(void)
{
    setlocale(LC_CTYPE, "");
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    bool terminal = isatty(STDOUT_FILENO);
    int width = USUAL;
    if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        width = size.ws_col;
    else if (columns != NULL && atoi(columns) > 0)
        width = atoi(columns);
    return (struct screen){
        .file = stdout,
        .width = width < NARROWEST ? NARROWEST
                 : width > WIDEST  ? WIDEST
                                   : width,
        .colour = wants_colours(terminal),
        .unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
        .linear = linear_chosen || is_set("SOCKEYE_LINEAR"),
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

/* The nearest that ASCII has for the character at the start of @p text. */
static const char *nearest_ascii(const char *text)
{
    static const char *const table[][2] = {{"…", "..."}, {"‘", "'"},  {"’", "'"}, {"“", "\""}, {"”", "\""},
                                           {"×", "x"},   {"–", "-"},  {"—", "-"}, {"─", "-"},  {"│", "|"},
                                           {"→", "->"},  {"✓", "ok"}, {"✗", "x"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strncmp(text, table[i][0], strlen(table[i][0])) == 0)
            return table[i][1];
    }
    return "?";
}

/* Bytes of a control character at the start of @p text, 0 if there is none. U+0080 to U+009F are such, too. */
static int control_bytes(const unsigned char *text)
{
    if (text[0] == 0xc2 && text[1] >= 0x80 && text[1] < 0xa0)
        return 2;
    return (text[0] < 0x20 && text[0] != '\n' && text[0] != '\t') || text[0] == 0x7f;
}

char *screen_safe(const struct screen *screen, const char *text)
{
    char *safe = malloc(strlen(text) * 4 + 1); /* no byte grows to more than four */
    size_t length = 0;
    while (safe != NULL && *text != '\0') {
        int control = control_bytes((const unsigned char *)text);
        for (int i = 0; i < control; i++)
            length += (size_t)sprintf(safe + length, "\\%03o", (unsigned char)*text++);
        if (control > 0)
            continue;
        if (screen->unicode || (unsigned char)*text < 0x80) {
            safe[length++] = *text++;
            continue;
        }
        length += (size_t)sprintf(safe + length, "%s", nearest_ascii(text));
        while (((unsigned char)*++text & 0xc0) == 0x80)
            ;
    }
    if (safe != NULL)
        safe[length] = '\0';
    return safe;
}

static void spaces(const struct screen *screen, int count)
{
    for (int i = 0; i < count; i++)
        fputc(' ', screen->file);
}

static void cell(const struct screen *screen, const char *text, int columns)
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

void screen_cell(const struct screen *screen, const char *text, int columns)
{
    char *safe = screen_safe(screen, text);
    if (screen->linear)
        fputs(safe == NULL ? "" : safe, screen->file);
    else
        cell(screen, safe == NULL ? "" : safe, columns);
    free(safe);
}

/* "  ok       compiler" and a text: "ok compiler: gcc 12". */
static void statement(const struct screen *screen, const char *label, const char *text)
{
    char last = '\0';
    for (const char *c = label + strspn(label, " "); *c != '\0'; c++) {
        bool is_gap = *c == ' ' && (c[1] == ' ' || c[1] == '\0');
        if (!is_gap)
            fputc(last = *c, screen->file);
    }
    fprintf(screen->file, "%s%s%s\n", last == '\0' || last == ':' ? "" : ":", last == '\0' ? "" : " ", text);
}

static void paragraph(const struct screen *screen, int indent, const char *label, const char *text)
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

void screen_item(const struct screen *screen, int indent, const char *label, const char *text)
{
    char *safe = screen_safe(screen, text);
    if (screen->linear)
        statement(screen, label, safe == NULL ? "" : safe);
    else
        fprintf(screen->file, "%s%*s%s\n", label, indent - screen_columns(label), "", safe == NULL ? "" : safe);
    free(safe);
}

void screen_paragraph(const struct screen *screen, int indent, const char *label, const char *text)
{
    char *safe = screen_safe(screen, text);
    if (screen->linear)
        statement(screen, label, safe == NULL ? "" : safe);
    else
        paragraph(screen, indent, label, safe == NULL ? "" : safe);
    free(safe);
}
