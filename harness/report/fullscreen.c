#define _GNU_SOURCE
#include "report/fullscreen.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* xterm's control sequences, which every terminal in use knows: the other screen, no wrapping, no cursor. What brackets
   a drawing keeps a terminal that knows it from showing half of one. */
#define ENTER "\033[?1049h\033[?7l\033[?25l"
#define LEAVE "\033[?7h\033[?25h\033[0m\033[?1049l"
#define BEGIN "\033[?2026h\033[H"
#define END "\033[?2026l"

static struct termios before;
static bool entered;
static int lifeline = -1; /* the guard reads its other end: end-of-file without a byte means that we were killed */
static pid_t guard;

static void give_back(void)
{
    ssize_t n = write(STDOUT_FILENO, LEAVE, strlen(LEAVE));
    (void)n; /* a terminal that is gone needs nothing */
    tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
}

static _Noreturn void guard_terminal(int end)
{
    setsid(); /* what the terminal does to its foreground is not for the guard */
    for (int sig = 1; sig < NSIG; sig++)
        signal(sig, SIG_IGN);
    dup2(end, 3);
    close_range(4, ~0U, 0);
    char byte;
    ssize_t n;
    while ((n = read(3, &byte, 1)) == -1 && errno == EINTR)
        ;
    if (n == 0)
        give_back();
    _exit(0);
}

static int start_guard(void)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) == -1)
        return -1;
    lifeline = ends[1];
    guard = fork();
    if (guard == 0) {
        close(lifeline);
        guard_terminal(ends[0]);
    }
    close(ends[0]);
    return guard == -1 ? -1 : 0;
}

int fullscreen_enter(void)
{
    if (tcgetattr(STDIN_FILENO, &before) == -1 || start_guard() == -1)
        return -1;
    struct termios keys = before;
    keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    keys.c_cc[VMIN] = 1;
    keys.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &keys);
    fputs(ENTER, stdout);
    fflush(stdout);
    entered = true;
    return 0;
}

void fullscreen_leave(void)
{
    if (!entered)
        return;
    entered = false;
    fflush(stdout);
    give_back();
    ssize_t n = write(lifeline, "", 1);
    (void)n;
    close(lifeline);
    while (waitpid(guard, NULL, 0) == -1 && errno == EINTR)
        ;
}

static struct winsize size(void)
{
    struct winsize now = {0};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &now) == -1 || now.ws_row == 0 || now.ws_col == 0)
        now = (struct winsize){.ws_row = 24, .ws_col = 80};
    return now;
}

int fullscreen_rows(void)
{
    int rows = size().ws_row - 2;
    return rows < 1 ? 1 : rows;
}

/* The end of what fits into @p columns from @p text on, at the end of its line at the latest. */
static const char *end_of_row(const char *text, int columns)
{
    int column = 0;
    for (; *text != '\0' && *text != '\n'; text++) {
        if (*text == '\033') { /* a colour */
            text += strcspn(text, "m\n");
            if (*text != 'm')
                return text;
            continue;
        }
        if (((unsigned char)*text & 0xc0) == 0x80)
            continue;
        if (column == columns)
            return text;
        column = *text == '\t' ? column / 8 * 8 + 8 : column + 1;
    }
    return text;
}

static int count_rows(const char *text, int columns)
{
    int rows = 0;
    for (; *text != '\0'; rows++) {
        text = end_of_row(text, columns);
        text += *text == '\n';
    }
    return rows;
}

/* A row that is scrolled away leaves the colour that it has set. */
static const char *skip_row(const char *text, int columns)
{
    const char *end = end_of_row(text, columns);
    while ((text = memchr(text, '\033', (size_t)(end - text))) != NULL) {
        size_t length = strcspn(text, "m\n") + 1;
        fwrite(text, 1, length, stdout);
        text += length;
    }
    return end + (*end == '\n');
}

static const char *draw_row(const char *text, int columns)
{
    const char *end = end_of_row(text, columns);
    fputs("\033[K", stdout); /* before the text: behind a full row it would take the last column */
    fwrite(text, 1, (size_t)(end - text), stdout);
    fputs("\r\n", stdout);
    return end + (*end == '\n');
}

void fullscreen_show(const char *text, int *top, const char *const foot[2])
{
    int columns = size().ws_col;
    int rows = fullscreen_rows();
    int most = count_rows(text, columns) - rows;
    *top = *top > most ? most : *top;
    *top = *top < 0 ? 0 : *top;
    fputs(BEGIN, stdout);
    for (int i = 0; i < *top; i++)
        text = skip_row(text, columns);
    for (int i = 0; i < rows; i++)
        text = draw_row(text, columns);
    fputs("\033[0m", stdout);
    draw_row(foot[0], columns);
    fputs("\033[K", stdout);
    fwrite(foot[1], 1, (size_t)(end_of_row(foot[1], columns) - foot[1]), stdout);
    fputs("\033[0m" END, stdout);
    fflush(stdout);
}
