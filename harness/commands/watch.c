/** sockeye watch: grades at each save. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands/arguments.h"
#include "commands/grading.h"
#include "commands/watch.h"
#include "record/result.h"
#include "report/fullscreen.h"
#include "report/terminal.h"
#include "run/rundir.h"
#include "run/work.h"
#include "sockeye.h"

const char help_watch[] =
    "Checks your program of lesson N (without N, of the lesson you are at) each time you save it, and shows the first "
    "failure. A save while a check runs begins it anew. It ends with q or Control-C, and its status is that of the "
    "last check.\n"
    "\n"
    "  Enter, space\tchecks now\n"
    "  h\tgives a hint, and the next one each time\n"
    "  w\tthe whole conversation of the failure\n"
    "  r\tplays it again with the same seed, and shows the program's system calls\n"
    "  up, down\tscroll, as do j, k, Page Up and Page Down\n"
    "  Esc\tback to the report\n"
    "\n"
    "Without a terminal it prints a line for each result, until its input ends or SIGTERM comes.\n";

/* ------------------------------------------------ what happens */

/* Runs `sockeye hint` in a process of its own, and keeps what it says. */
static void take_hint(struct watch *watch)
{
    int ends[2];
    size_t length = 0;
    char *text = calloc(1, 8192);
    fflush(NULL);
    pid_t pid = text == NULL || pipe2(ends, O_CLOEXEC) == -1 ? -1 : fork();
    if (pid == 0) {
        char columns[16];
        char number[16];
        snprintf(columns, sizeof columns, "%d", screen_of_stdout().width);
        snprintf(number, sizeof number, "%d", watch->lesson->number);
        setenv("COLUMNS", columns, 1);
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        command_hint(watch->kit, 2, (char *[]){"hint", number, NULL});
        fflush(NULL);
        _exit(0);
    }
    if (pid == -1) {
        free(text);
        return;
    }
    close(ends[1]);
    ssize_t n;
    while (length < 8191 && (n = read(ends[0], text + length, 8191 - length)) > 0)
        length += (size_t)n;
    close(ends[0]);
    waitpid(pid, NULL, 0);
    free(watch->hint);
    watch->hint = text;
    watch->view = VIEW_HINT;
}

static void change_view(struct watch *watch, enum watch_view view)
{
    watch->view = watch->view == view ? VIEW_REPORT : view;
    watch->top = 0;
}

static void press(struct watch *watch, char key)
{
    switch (key) {
    case '\r':
    case '\n':
    case ' ': watch->check_now = true; break;
    case 'q': watch->quit = true; break;
    case 'w': change_view(watch, VIEW_WIRE); break;
    case 'r': watch->replay_now = true; break;
    case 'j': watch->top++; break;
    case 'k': watch->top--; break;
    case 'h':
        take_hint(watch);
        watch->top = 0;
        break;
    case '\033':
    case '\177': change_view(watch, VIEW_REPORT); break;
    default: break;
    }
}

/* A terminal sends one of these for the keys that have no character: the end of "\033[A" or "\033OA" says which. */
static void press_special(struct watch *watch, const char *sequence)
{
    int page = fullscreen_rows() - 1;
    switch (sequence[0]) {
    case 'A': watch->top--; break;
    case 'B': watch->top++; break;
    case '5': watch->top -= page; break;
    case '6': watch->top += page; break;
    case 'H': watch->top = 0; break;
    default: break;
    }
}

static void take_input(struct watch *watch)
{
    char keys[65];
    ssize_t n = read(STDIN_FILENO, keys, sizeof keys - 1);
    if (n == -1 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) {
        watch->quit = watch->quit || watch->on_screen;
        watch->input_ended = true;
        epoll_ctl(watch->events, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
        return;
    }
    keys[n] = '\0';
    for (char *key = keys; watch->on_screen && key < keys + n; key++) {
        if (key[0] == '\033' && (key[1] == '[' || key[1] == 'O')) {
            press_special(watch, key + 2);
            key += 2 + strspn(key + 2, "0123456789;");
        } else {
            press(watch, *key);
        }
    }
}

static void take_signal(struct watch *watch)
{
    struct signalfd_siginfo signal;
    if (read(watch->signals, &signal, sizeof signal) != sizeof signal || signal.ssi_signo == SIGWINCH)
        return; /* what was drawn is drawn anew in any case */
    if (signal.ssi_signo == SIGTSTP)
        watch->suspend = true;
    else
        watch->quit = true;
}

/* Takes all that has happened; true if the check under way is to end. */
static bool happened(void *context)
{
    struct watch *watch = context;
    struct epoll_event events[8];
    uint64_t times;
    bool only_ticked = true;
    int count = epoll_wait(watch->events, events, 8, 0);
    for (int i = 0; i < count; i++) {
        int fd = events[i].data.fd;
        only_ticked = only_ticked && fd == watch->ticks;
        if (fd == watch->signals)
            take_signal(watch);
        else if (fd == STDIN_FILENO)
            take_input(watch);
        else if (fd == watch->saves.fd)
            watch->check_now = saves_read(&watch->saves) || watch->check_now;
        else if (read(fd, &times, sizeof times) > 0)
            watch->check_now = saves_look(&watch->saves) || watch->check_now;
    }
    if (watch->on_screen && !only_ticked && !watch->suspend && !watch->quit)
        watch_draw(watch);
    return watch->check_now || watch->suspend || watch->quit;
}

static void listen_to(struct watch *watch, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (fd != -1 && epoll_ctl(watch->events, EPOLL_CTL_ADD, fd, &event) == -1 && fd == STDIN_FILENO)
        watch->input_ended = true; /* a file or /dev/null, which epoll(7) does not take, since reading it never waits */
}

static void begin_events(struct watch *watch)
{
    sigset_t ours;
    sigemptyset(&ours);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGHUP);
    if (watch->on_screen) {
        sigaddset(&ours, SIGTSTP);
        sigaddset(&ours, SIGWINCH);
    }
    sigprocmask(SIG_BLOCK, &ours, NULL);
    watch->events = epoll_create1(EPOLL_CLOEXEC);
    watch->signals = signalfd(-1, &ours, SFD_CLOEXEC);
    watch->ticks = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    timerfd_settime(watch->ticks, 0, &(struct itimerspec){.it_interval = {.tv_sec = 1}, .it_value = {.tv_sec = 1}},
                    NULL);
    saves_begin(&watch->saves, work_folder(watch->kit).text, watch->lesson);
    listen_to(watch, watch->signals);
    listen_to(watch, watch->ticks);
    listen_to(watch, watch->saves.fd);
    listen_to(watch, STDIN_FILENO);
}

/* ------------------------------------------------ what is done */

static void keep(json_t **place, json_t *document)
{
    json_incref(document);
    json_decref(*place);
    *place = document;
}

static void progress(void *context, const json_t *document)
{
    struct watch *watch = context;
    if (watch->state == WATCH_REPLAYING)
        return;
    watch->state = WATCH_CHECKING;
    keep(&watch->document, (json_t *)(uintptr_t)document);
    if (watch->on_screen)
        watch_draw(watch);
    else
        watch_print_new(watch);
}

static json_t *grade_lesson(struct watch *watch, const char *only, uint64_t seed)
{
    struct path work = work_folder(watch->kit);
    struct jobs_event event = {.fd = watch->events, .happened = happened, .context = watch};
    struct plan plan = {.kit = watch->kit,
                        .world = &watch->world,
                        .lesson = {watch->lesson},
                        .lessons = 1,
                        .work = work.text,
                        .submission = "work",
                        .only = {only},
                        .seed = seed,
                        .memcheck = true,
                        .trace = only != NULL,
                        .first = watch->failed,
                        .progress = progress,
                        .context = watch,
                        .event = &event};
    return grade(&plan);
}

/* The name of a check's function, of its id. */
static void remember_failure(struct watch *watch)
{
    const json_t *failure = report_first_failure(watch_lesson(watch->document));
    const char *dot = strchr(result_text(failure, "id"), '.');
    snprintf(watch->failed, sizeof watch->failed, "%s", dot == NULL ? "" : dot + 1);
    for (char *c = watch->failed; *c != '\0'; c++) {
        if (*c == '-')
            *c = '_';
    }
}

static void check(struct watch *watch)
{
    watch->check_now = false;
    watch->state = WATCH_BUILDING;
    watch->view = VIEW_REPORT;
    watch->top = 0;
    memset(watch->told, 0, sizeof watch->told);
    keep(&watch->replayed, NULL);
    if (watch->on_screen)
        watch_draw(watch);
    json_t *document = grade_lesson(watch, NULL, grading_seed());
    watch->state = WATCH_IDLE;
    if (document == NULL) { /* a save, a stop or the end */
        watch->check_now = !watch->quit;
        return;
    }
    work_remember(watch->kit, document);
    keep(&watch->document, document);
    json_decref(document);
    clock_gettime(CLOCK_REALTIME, &watch->ended);
    watch->status = result_exit_status(watch->document);
    remember_failure(watch);
    if (watch->on_screen)
        watch_draw(watch);
    else
        watch_print_end(watch);
}

static void replay(struct watch *watch)
{
    watch->replay_now = false;
    watch->view = VIEW_REPLAY;
    watch->top = 0;
    if (watch->failed[0] != '\0') {
        watch->state = WATCH_REPLAYING;
        watch_draw(watch);
        json_t *document = grade_lesson(watch, watch->failed, strtoull(result_text(watch->document, "seed"), NULL, 16));
        watch->state = WATCH_IDLE;
        keep(&watch->replayed, document);
        json_decref(document);
    }
    watch_draw(watch);
}

static void sleep_until_continued(struct watch *watch)
{
    watch->suspend = false;
    fullscreen_leave();
    raise(SIGSTOP);
    if (fullscreen_enter() == -1)
        watch->quit = true;
    else
        watch_draw(watch);
}

static void run(struct watch *watch)
{
    watch->check_now = true;
    while (!watch->quit) {
        if (watch->suspend)
            sleep_until_continued(watch);
        else if (watch->check_now)
            check(watch);
        else if (watch->replay_now)
            replay(watch);
        else if (watch->input_ended)
            break;
        else if (poll(&(struct pollfd){.fd = watch->events, .events = POLLIN}, 1, -1) == 1)
            happened(watch);
    }
}

int command_watch(const struct kit *kit, int argc, char *argv[])
{
    static struct watch watch;
    const char *problem;
    const char *term = getenv("TERM");
    watch.kit = kit;
    watch.lesson = argc < 2 ? work_current(kit) : argument_lesson(kit, argc, argv, 1);
    if (watch.lesson == NULL)
        return EXIT_USAGE;
    watch.on_screen = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term != NULL && strcmp(term, "dumb") != 0 &&
                      !screen_of_stdout().linear;
    grading_start_lesson(kit, watch.lesson, false);
    if (world_init(&watch.world, kit, false, &problem) == -1) {
        world_leave();
        return fault_error("%s", problem);
    }
    begin_events(&watch);
    if (!watch.on_screen) {
        struct screen screen = screen_of_stdout();
        grading_tell_mode(&screen, &watch.world);
    } else if (fullscreen_enter() == -1) {
        watch.on_screen = false;
    }
    run(&watch);
    fullscreen_leave();
    world_leave();
    saves_end(&watch.saves);
    json_decref(watch.document);
    json_decref(watch.replayed);
    free(watch.hint);
    return watch.status;
}
